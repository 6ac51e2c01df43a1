"""What a user types, and the labels and groups that are meant by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from score_tables import film

from miles_deep import find_segments
from miles_deep.errors import LabelError
from miles_deep.model.naming import spoken_name
from miles_deep.timeline import foreground, resolve

LABELS = (
    "n02123045 tabby, tabby cat",
    "n02123159 tiger cat",
    "n02124075 Egyptian cat",
    "n02129604 tiger",
    "sunset",
)
GROUPS = {"felines": LABELS[:3]}
LIKE_TIGER = ("n02123159 tiger", "n02129604 tiger, Panthera tigris")


def meant(target: str) -> str:
    return resolve(target, LABELS, GROUPS)


@pytest.mark.parametrize(
    ("target", "label"),
    [
        *((label, label) for label in LABELS),
        ("felines", "felines"),
        ("n02123045", LABELS[0]),
        ("tabby", LABELS[0]),
        ("tabby cat", LABELS[0]),
        ("Egyptian cat", LABELS[2]),
        ("tiger", LABELS[3]),
        ("tiger cat", LABELS[1]),
    ],
)
def test_a_name_an_id_or_a_word(target, label):
    assert meant(target) == label


def refusal(target: str, labels=LABELS, groups=GROUPS) -> str:
    with pytest.raises(LabelError) as caught:
        resolve(target, labels, groups)
    return str(caught.value)


def test_did_you_mean():
    assert refusal("sunsett") == "no label 'sunsett' in the model; did you mean 'sunset'?"
    assert "did you mean 'felines'?" in refusal("feline")
    assert f"did you mean {LABELS[0]!r} or" in refusal("n02123044")
    assert "'tabby'" in refusal("taby")
    birds = ("seabird", "bird of prey")
    assert refusal("birds", birds, {"bird": birds}).endswith("did you mean 'bird' or 'bird of prey' or 'seabird'?")
    assert refusal("foxes", ("fox terrier", "fox"), {}).endswith("did you mean 'fox' or 'fox terrier'?")


def test_nothing_like_it():
    assert refusal("qqqq", ["sfw", "nsfw"], {"any": ("sfw",)}) == (
        "no label 'qqqq' in the model; it has: sfw, nsfw, any"
    )
    many = refusal("qqqq", [f"label{n}" for n in range(1000)], {})
    assert many.endswith("label10, label11, …") and len(many) < 300


def test_more_than_one():
    message = refusal("tiger", LIKE_TIGER, {})
    assert message == f"label 'tiger' could be any of: {LIKE_TIGER[0]}; {LIKE_TIGER[1]}"


def test_case_matters_where_it_tells_names_apart():
    assert (meant("Sunset"), meant("FELINES"), meant("TABBY")) == ("sunset", "felines", LABELS[0])
    assert refusal("mouse", ("Mouse", "MOUSE"), {}) == "label 'mouse' could be any of: Mouse; MOUSE"
    assert resolve("Tiger", LIKE_TIGER, {"tiger": LIKE_TIGER}) == "tiger"


@pytest.mark.parametrize(
    ("target", "label"),
    [("Tabby", LABELS[0]), ("egyptian CAT", LABELS[2]), ("N02129604", LABELS[3]), ("TIGER", LABELS[3])],
)
def test_words_are_known_in_any_case(target, label):
    assert meant(target) == label


ANIMALS = (
    "n02012849 crane",
    "n03126707 crane",
    "n02099601 golden retriever",
    "n02099712 Labrador retriever",
    "n02106662 German shepherd, German shepherd dog",
)


@pytest.mark.parametrize("target", ["crane", "Crane"])
def test_a_word_of_two_labels(target):
    assert refusal(target, ANIMALS, {}) == f"label {target!r} could be any of: {ANIMALS[0]}; {ANIMALS[1]}"


def test_words_that_it_is_a_part_of():
    assert refusal("Retriever", ANIMALS, {}).endswith("did you mean 'golden retriever' or 'Labrador retriever'?")
    assert resolve("german shepherd", ANIMALS, {}) == ANIMALS[4]


def test_a_word_of_a_label_that_is_misspelt():
    labels = (*ANIMALS, "n04154565 screwdriver")
    assert refusal("retreiver", labels).endswith(
        "did you mean 'golden retriever' or 'Labrador retriever' or 'screwdriver'?"
    )


def test_the_beginning_of_an_id():
    assert refusal("n0212", LABELS, {}).endswith(f"did you mean {' or '.join(map(repr, LABELS[:3]))}?")


def test_labels_of_one_word_are_told_apart_by_their_groups():
    groups = {"thing": (ANIMALS[1],), "animal": (ANIMALS[0], *ANIMALS[2:]), "bird": (ANIMALS[0],)}
    assert refusal("crane", ANIMALS, groups) == (
        "label 'crane' could be any of: n02012849 crane (bird); n03126707 crane (thing)"
    )


def test_a_group_comes_before_a_word():
    assert resolve("crane", ANIMALS, {"crane": ANIMALS[:1]}) == "crane"


BESIDE = ("a:n02123045 tabby, tabby cat", "b:n02123045 tabby, tabby cat", "a:other", "b:other")


@pytest.mark.parametrize("target", ["tabby", "n02123045", "Tabby cat"])
def test_words_of_two_models(target):
    """Each is asked for with the name of its model before the colon."""
    assert refusal(target, BESIDE, {}) == f"label {target!r} could be any of: {BESIDE[0]}; {BESIDE[1]}"
    assert resolve(f"b:{target}", BESIDE, {}) == BESIDE[1]


def test_what_to_type_for_a_label():
    """A word where that says it all, and no word that is another's."""
    assert [spoken_name(label, ANIMALS) for label in ANIMALS] == [
        "n02012849",
        "n03126707",
        "golden retriever",
        "Labrador retriever",
        "German shepherd",
    ]
    assert spoken_name("sunset", LABELS) == "sunset"
    assert all(
        resolve(spoken_name(label, names), names, {}) == label for names in (LABELS, BESIDE) for label in names
    )


@given(target=st.text(max_size=20))
def test_a_refusal_is_one_line(target):
    assert refusal(f"no {target}", LABELS, GROUPS).isprintable()


def test_find_segments_refuses_what_is_no_label():
    with pytest.raises(LabelError, match="no label 'z' in the model; it has: other, a"):
        find_segments(film("a"), ["a", "z"])


def test_foreground():
    assert foreground(("other", "a", "b"), ("other",)) == ("a", "b")
    assert foreground(("sfw", "nsfw", "none"), ("none", "sfw")) == ("nsfw",)


def test_foreground_of_a_model_without_background():
    with pytest.raises(LabelError, match=r"^the model names no background label, .*; use -t$"):
        foreground(("a", "b"), ())


def test_nothing_but_background():
    with pytest.raises(LabelError, match=r"^the model has no label but the background$"):
        foreground(("a", "b"), ("b", "a"))
