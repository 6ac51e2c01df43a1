"""Groups of labels in a TOML file."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miles_deep.errors import FormatError, LabelError
from miles_deep.model.card import Grouping
from miles_deep.model.groups import read_groups

TABBY, PERSIAN, FOX, CRANE, MACHINE, WEB = LABELS = (
    "n02123045 tabby, tabby cat",
    "n02123394 Persian cat",
    "n02119789 kit fox, Vulpes macrotis",
    "n02012849 crane",
    "n03126707 crane",
    "n06359193 web site, website",
)
OWN = {"cat": (TABBY, PERSIAN), "bird": (CRANE,)}


@pytest.fixture
def read(tmp_path):
    """Reads a text as groups of the labels above."""

    def read(text, own=OWN, background=()):
        (tmp_path / "groups.toml").write_text(text, encoding="utf-8")
        return read_groups(tmp_path / "groups.toml", LABELS, own, background)

    return read


@pytest.mark.parametrize(
    "member", [TABBY, "n02123045", "tabby", "tabby cat", "Tabby"], ids=["label", "id", "word", "words", "capitals"]
)
def test_members_are_called_as_targets_are(read, member):
    assert read(f'[groups]\nstriped = ["{member}"]') == Grouping({"striped": (TABBY,)})


def test_groups_have_the_order_of_the_file_and_members_that_of_the_labels(read):
    found = read('[groups]\nz = ["kit fox", "tabby", "tabby cat"]\na = ["n03126707"]')
    assert list(found.groups.items()) == [("z", (TABBY, FOX)), ("a", (MACHINE,))]


def test_groups_hold_each_other_and_those_of_the_model(read):
    found = read('[groups]\nseen = ["pet", "bird"]\npet = ["cat", "fox"]\nfox = ["kit fox"]')
    assert found.groups == {"seen": (TABBY, PERSIAN, FOX, CRANE), "pet": (TABBY, PERSIAN, FOX), "fox": (FOX,)}


def test_a_group_may_add_to_the_models_own_of_that_name(read):
    found = read('[groups]\ncat = ["cat", "kit fox"]\npet = ["cat"]')
    assert found.groups == {"cat": (TABBY, PERSIAN, FOX), "pet": (TABBY, PERSIAN, FOX)}


def test_what_is_in_no_group_is_summed_to_other(read):
    found = read('other = true\n[groups]\npet = ["cat"]')
    assert found.groups == {"pet": (TABBY, PERSIAN), "other": (FOX, CRANE, MACHINE, WEB)}
    assert found.background == (FOX, CRANE, MACHINE, WEB)


def test_other_may_be_a_member(read):
    assert read('other = false\n[groups]\nother = ["cat"]').groups == {"other": (TABBY, PERSIAN)}


@pytest.mark.parametrize(
    ("text", "background"),
    [
        ('background = ["web site"]', (WEB,)),
        ('background = ["web site", "pet", "n02012849"]\n[groups]\npet = ["cat"]', (TABBY, PERSIAN, CRANE, WEB)),
        (
            'other = true\nbackground = ["bird"]\n[groups]\nmost = ["cat", "bird", "kit fox", "web site"]',
            (CRANE, MACHINE),
        ),
        ('[groups]\npet = ["cat"]', (MACHINE,)),
        ('background = []\n[groups]\npet = ["cat"]', None),
    ],
    ids=["label", "group", "and other", "the model's own", "none"],
)
def test_background(read, text, background):
    if background is None:
        with pytest.raises(FormatError, match="background is empty"):
            read(text)
    else:
        assert read(text, background=(MACHINE,)).background == background


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"there are no groups in it: \[groups\], then NAME = \[labels\]"),
        ("[groups", "not a file of groups in TOML"),
        ("[groups]\npet = []", "group 'pet' is empty"),
        ('[groups]\npet = "cat"', r"group 'pet' must be a list of names in quotes: \[\"cat\", \"dog\"\]"),
        ("[groups]\npet = [1]", "group 'pet' must be a list of names"),
        ("groups = 3", "groups must be a table"),
        ('other = "yes"', "other must be true or false"),
        ('[gruops]\npet = ["cat"]', "no key 'gruops'; did you mean 'groups'"),
        ('xyzzy = 1\n[groups]\npet = ["cat"]', "no key 'xyzzy'; there are: groups, other, background"),
        ('bunny = ["hare"]', r"no key 'bunny'; put it under \[groups\]"),
        ('other = true\n[groups]\nother = ["cat"]', "other = true makes a group 'other', and there is one"),
        ('other = true\n[groups]\na = ["!"]', "group 'a': no label '!'"),
        (
            '[groups]\na = ["b"]\nb = ["c"]\nc = ["a"]',
            "groups that are members of each other: '.' in '.' in '.' in '.'",
        ),
        (f"other = true\n[groups]\na = {list(LABELS)}", "other = true, but every label is in a group"),
        ("\0", "not a file of groups in TOML"),
        ("x = " + "[" * 5000, "not a file of groups in TOML"),
        ("[groups]\n" + "\n".join(f'g{n} = ["cat"]' for n in range(1001)), "1001 groups, which is more than 1000"),
        (f"[groups]\na = {['cat'] * 50_001}", "50001 members of groups, which is more than 50,000"),
        ("#" * (1 << 20) + "\n", "larger than the 1,048,576 bytes"),
        ('[groups]\n"" = ["cat"]', "a group is called by an empty name"),
        ('[groups]\n" " = ["cat"]', "a group is called by an empty name"),
        ('[groups]\n"a\\nb" = []', r"group 'a\\nb' is empty"),
        ('[groups]\n"' + "long" * 99 + '" = []', r"group '(long)+l?o?n?\.\.\.' is empty"),
    ],
)
def test_what_makes_no_groups_is_told_in_one_line(read, tmp_path, text, message):
    with pytest.raises((FormatError, LabelError), match=message) as caught:
        read(text)
    assert str(caught.value).startswith(f"{tmp_path / 'groups.toml'}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[groups]\npet = ["taby"]', "group 'pet': no label 'taby' in the model; did you mean 'tabby'"),
        ('[groups]\npet = ["pet"]', "group 'pet': no label 'pet' in the model"),
        (
            '[groups]\npet = ["crane"]',
            r"group 'pet': label 'crane' could be any of: n02012849 crane \(bird\); n03126707 crane",
        ),
        ('background = ["websight"]', "background: no label 'websight' in the model; did you mean 'website'"),
        ('[groups]\n"n02012849 crane" = ["cat"]', "group 'n02012849 crane' is called as a label"),
    ],
)
def test_names_that_are_no_labels(read, text, message):
    with pytest.raises(LabelError, match=message):
        read(text)


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(FormatError, match=r"nowhere\.toml: cannot be read \(No such file"):
        read_groups(tmp_path / "nowhere.toml", LABELS, OWN)
    with pytest.raises(FormatError, match="not a file"):
        read_groups(tmp_path, LABELS, OWN)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(FormatError, match=r"bytes\.toml: groups must be UTF-8 text"):
        read_groups(tmp_path / "bytes.toml", LABELS, OWN)


def test_a_long_chain_of_groups_is_no_harm(read):
    chain = "\n".join(f'g{number} = ["g{number + 1}"]' for number in range(999))
    begun = time.process_time()
    assert set(read(f'[groups]\n{chain}\ng999 = ["cat"]').groups.values()) == {(TABBY, PERSIAN)}
    assert time.process_time() - begun < 2


@given(
    st.dictionaries(
        st.text("abc", min_size=1, max_size=3), st.sets(st.sampled_from(LABELS), min_size=1), min_size=1
    )
)
def test_other_and_the_groups_are_all_labels(tmp_path_factory, groups):
    lines = [f"{name} = {sorted(members)}" for name, members in groups.items()]
    path = tmp_path_factory.mktemp("groups") / "groups.toml"
    path.write_text("\n".join(["other = true", "[groups]", *lines]), encoding="utf-8")
    inside = set().union(*groups.values())
    if inside == set(LABELS):
        with pytest.raises(FormatError, match="every label is in a group"):
            read_groups(path, LABELS, OWN)
        return
    found = read_groups(path, LABELS, OWN)
    assert set(found.background) == set(found.groups["other"]) == set(LABELS) - inside
    assert {name: set(members) for name, members in found.groups.items() if name != "other"} == groups
