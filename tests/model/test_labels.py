"""Label lists in the forms that they are published in."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miles_deep.errors import ModelError
from miles_deep.model.labels import distinct, parse_labels, read_labels

THREE = ("n01440764 tench, Tinca tinca", "goldfish", "great white shark")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.txt", "n01440764 tench, Tinca tinca\ngoldfish\r\n  great white shark \n\n\n"),
        ("bom.txt", "\ufeffn01440764 tench, Tinca tinca\ngoldfish\ngreat white shark"),
        ("list.json", '["n01440764 tench, Tinca tinca", "goldfish", "great white shark"]'),
        ("index.json", '{"0": ["n01440764", "tench, Tinca tinca"], "2": "great white shark", "1": "goldfish"}'),
        ("keras.json", '{"goldfish": 1, "n01440764 tench, Tinca tinca": 0, "great white shark": 2}'),
        (
            "config.json",
            '{"id2label": {"0": "n01440764 tench, Tinca tinca", "2": "great white shark", "1": "goldfish"}}',
        ),
        ("pasted.txt", "{0: 'n01440764 tench, Tinca tinca',\n 1: 'goldfish',\n 2: 'great white shark'}"),
        (
            "python2.txt",
            "[u'n01440764 tench, Tinca tinca',  # or \"doctor\"\n ('gold\\x66ish'), \"great white shark\",\n]",
        ),
        ("index.csv", '0,"n01440764 tench, Tinca tinca"\n1,goldfish\n2,great white shark\n'),
        ("unordered.csv", '2,great white shark\n1,goldfish\n0,"n01440764 tench, Tinca tinca"\n'),
        ("points.txt", "0: n01440764 tench, Tinca tinca\n2: great white shark\n1: goldfish\n\n"),
        ("blanks.txt", "0 n01440764 tench, Tinca tinca\n1\tgoldfish\n2   great white shark\n"),
        ("flat.yaml", "0: n01440764 tench, Tinca tinca\n1: goldfish\n2: great white shark\n"),
        ("europe.csv", "index;label\n0;n01440764 tench, Tinca tinca\n1;goldfish\n2;great white shark\n;\n\n"),
        ("tabs.tsv", "0\tn01440764 tench, Tinca tinca\n1\tgoldfish\n2\tgreat white shark\n"),
        ("one.csv", '"n01440764 tench, Tinca tinca"\ngoldfish\ngreat white shark\n'),
        (
            "tags.csv",
            'tag_id,name,count\n77,"n01440764 tench, Tinca tinca",5\n1,goldfish,6\n9,great white shark,7\n',
        ),
        (
            "map.csv",
            'index,m,display_name\n1,b,goldfish\n0,a,"n01440764 tench, Tinca tinca"\n2,c,great white shark',
        ),
    ],
)
def test_the_same_labels_in_many_forms(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, newline="")
    assert read_labels(tmp_path / name) == THREE


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("data.yaml", b"names:\n  0: cat\n  1: dog\n", "YAML is not read; labels are one label a line, CSV ("),
        ("words.txt", b"{ cat, dog }", "labels are one label a line, CSV (with , ; or tabs), JSON, or"),
        ("empty.txt", b"", "there are no labels in it"),
        ("gap.txt", b"a\n\nb\n", "label 2 is empty"),
        ("open.json", b"['a', 'b", "neither JSON nor a list"),
        ("broken.json", b"['a', 'b\\', \\", "neither JSON nor a list"),
        ("latin.txt", b"\xff\xfe", "must be UTF-8"),
        ("half.json", b'{"0": "a", "2": "b"}', "not numbered 0 to 1"),
        ("code.json", b'{"0": __import__("os").system("true")}', "neither JSON nor a list"),
        ("deep.json", b"[" * 100_000, "neither JSON nor a list"),
        ("numbers.json", b"[1.5]", "a label must be text"),
        ("names.json", b'{"a": "b"}', "no numbers before them"),
        ("short.csv", b"0,a\n1\n", "row 2 has no label"),
        ("large.txt", b"a" * ((1 << 21) + 1), "larger than"),
    ],
)
def test_what_is_no_label_list(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_labels(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ") and words in str(caught.value)


@pytest.mark.parametrize(
    "labels",
    [("0 stars", "1 stars"), ("1 cat", "2 dog"), ("0 cat", "1"), ("0 cat", "dog"), ("007", "42"), ("0 a", "0 b")],
)
def test_numbers_that_are_no_index_stay(labels: tuple[str, ...]) -> None:
    assert parse_labels("\n".join(labels)) == labels


def test_a_hostile_list_costs_little() -> None:
    """Python's own reader would take 500 bytes for each of it, and a second for 70,000 labels."""
    text = f"[{'1,' * 20_000}'a',]"
    tracemalloc.start()
    try:
        assert len(parse_labels(text)) == 20_001
        assert tracemalloc.get_traced_memory()[1] < 200 * len(text)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("piece", ["'", "\\'", "'\"", "1", "1 ", "- ", ", ", "(", "#", "u", "u'", "\\"])
def test_broken_lists_are_read_once(piece: str) -> None:
    """Which would take minutes each if its rest were looked at anew from every letter."""
    for opened in ("[", "['", '{"'):
        with pytest.raises(ValueError, match="neither JSON"):
            parse_labels(opened + piece * (100_000 // len(piece)) + "x")


def test_metadata_may_not_be_longer_than_files() -> None:
    with pytest.raises(ValueError, match="longer than the 2,097,152 letters"):
        parse_labels("a\n" * (1 << 20) + "b")


@given(st.lists(st.text(st.characters(max_codepoint=0xFFFF)).filter(str.strip), min_size=1, max_size=5))
def test_what_python_writes_is_read(labels: list[str]) -> None:
    right = distinct([label.strip() for label in labels])
    for written in (repr(labels), repr(dict(enumerate(labels))), f"[{', '.join(map(repr, labels))},]"):
        assert parse_labels(f" {written}\n") == right


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_labels(tmp_path / "none.txt")
    with pytest.raises(ModelError, match="not a file"):
        read_labels(tmp_path)


def test_imagenet_s_two_cranes_are_told_apart() -> None:
    assert parse_labels("crane\nowl\ncrane\n") == ("crane", "owl", "crane (2)")


@given(st.lists(st.sampled_from(["a", "b", "a (1)", "a (2)", "a (2)'"]), min_size=1, max_size=9))
def test_labels_become_distinct_and_first_ones_stay(labels: list[str]) -> None:
    result = distinct(labels)
    assert len(set(result)) == len(labels)
    assert all(result[labels.index(label)] == label for label in labels)
    assert all(new.startswith(old) for new, old in zip(result, labels, strict=True))
