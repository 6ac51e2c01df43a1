"""Targets as set algebra: what they mean, and where they do not parse."""

from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from score_tables import film, scores_of

from miles_deep import Rule, find_segments
from miles_deep.errors import ExpressionError, LabelError
from miles_deep.timeline.expression import All, Any, Expression, Name, Not, names_in, parse
from miles_deep.timeline.targets import contest

LABELS = ("tabby", "lynx", "dog", "car", "rock & roll")
GROUPS: Mapping[str, tuple[str, ...]] = {
    "cat": ("tabby", "lynx"),
    "animal": ("tabby", "lynx", "dog"),
    "pet": ("tabby", "dog"),
}
LOOSE = Rule(min_length=0, max_gap=0, min_coverage=0)


def meant(*targets: str) -> set[str]:
    """The labels that are asked for."""
    who = contest(targets, LABELS, GROUPS)
    return {LABELS[k] for members, asked in zip(who.members, who.is_target, strict=True) if asked for k in members}


@pytest.mark.parametrize(
    ("target", "labels"),
    [
        ("dog", "dog"),
        ("cat", "tabby lynx"),
        ("cat|dog", "tabby lynx dog"),
        ("cat , dog", "tabby lynx dog"),
        ("cat,dog,", "tabby lynx dog"),
        ("cat & pet", "tabby"),
        ("animal & !cat", "dog"),
        ("!animal & !car", "rock & roll"),
        ("car | animal & !pet", "car lynx"),
        ("(car | animal) & !pet", "car lynx"),
        ("(car | dog) & !dog", "car"),
        ("!(cat | car) & !!dog", "dog"),
        ("rock & roll", "rock & roll"),
        (" rock & roll ", "rock & roll"),
        ('"rock & roll" | dog', "rock & roll dog"),
        ("'rock & roll'", "rock & roll"),
    ],
)
def test_what_a_target_means(target, labels):
    assert meant(target) == {"rock & roll", *labels.replace("rock & roll", "").split()} - (
        set() if "rock" in labels else {"rock & roll"}
    )


def test_several_targets_are_one_or_the_other():
    assert meant("cat", "car") == {"tabby", "lynx", "car"}


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", 0, "a label is missing"),
        ("cat &", 5, "a label is missing"),
        ("cat & | dog", 6, "a label is missing"),
        ("cat ! dog", 4, "a sign is missing"),
        ("| dog", 0, "a label is missing"),
        ("(cat | dog", 0, "this bracket is not closed"),
        ("a & (b | (c)", 4, "this bracket is not closed"),
        ("cat) | dog", 3, "a closing bracket that nothing opens"),
        ("cat | ()", 7, "a label is missing"),
        ("cat | ''", 6, "a name is empty"),
        ("cat (dog)", 4, "a sign is missing"),
        ("dog | 'rock & roll", 6, "this quote is not closed"),
        (",", 0, "a label is missing"),
        ("cat & ,", 5, "a label is missing"),
        ('"cat" dog', 6, "a sign is missing"),
        ("!" * 100_000 + "cat", 100, "too many signs"),
        ("(" * 100_000, 100, "too many signs"),
    ],
)
def test_where_it_does_not_parse(text, place, says):
    with pytest.raises(ExpressionError, match=says) as caught:
        parse(text)
    assert (caught.value.text, caught.value.place) == (text, place)


def test_names_that_the_model_does_not_have():
    with pytest.raises(LabelError, match="no label 'cot' in the model; did you mean 'cat'"):
        meant("dog & !cot")


def test_a_set_of_no_label():
    with pytest.raises(LabelError, match="target 'dog & car': no label of the model is in it"):
        meant("dog & car")


def test_labels_of_a_group_win_together_unless_told_apart():
    """Two cats share what one dog has not: as a group they win; as part of `animal` they stand against the dog."""
    rows = [[0.3, 0.3, 0.4, 0, 0]] * 3
    scores = scores_of(rows, LABELS, groups=dict(GROUPS))
    [segment] = find_segments(scores, ["cat"], LOOSE)
    assert (segment.label, segment.score) == ("cat", pytest.approx(0.6))
    [segment] = find_segments(scores, ["animal"], LOOSE)
    assert (segment.label, segment.score) == ("animal", pytest.approx(1))
    assert find_segments(scores, ["dog"], Rule(min_score=0, min_length=0)) != []
    assert find_segments(scores, ["animal & !cat"], Rule(min_score=0, min_length=0)) == []
    [segment] = find_segments(scores, ["animal & !dog"], LOOSE)
    assert (segment.label, segment.score) == ("animal", pytest.approx(0.6))


def test_all_but_one_is_a_target_too():
    found = find_segments(film("aa.bb"), ["!other"], LOOSE)
    assert [(segment.span.start, segment.span.end, segment.label) for segment in found] == [
        (0, 2, "a"),
        (3, 5, "b"),
    ]


LETTERS = st.sampled_from("abcd").map(Name)
TREES = st.recursive(
    LETTERS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Any(tuple(parts))),
    ),
    max_leaves=8,
)


def written(tree: Expression) -> str:
    match tree:
        case Name(text):
            return text
        case Not(part):
            return f"!{written(part)}" if isinstance(part, Name | Not) else f"! ({written(part)})"
        case All(parts):
            return " & ".join(f"({written(part)})" for part in parts)
        case Any(parts):
            return "|".join(f" ( {written(part)} )" for part in parts)


def set_of(tree: Expression) -> set[str]:
    """The same with Python's own sets."""
    match tree:
        case Name(text):
            return {text}
        case Not(part):
            return set("abcd") - set_of(part)
        case All(parts):
            return set.intersection(*map(set_of, parts))
        case Any(parts):
            return set.union(*map(set_of, parts))


@given(tree=TREES)
def test_means_what_sets_mean(tree):
    text = written(tree)
    assert set(names_in(parse(text))) == set(names_in(tree))
    if not set_of(tree):
        with pytest.raises(LabelError):
            contest([text], "abcd", {})
    else:
        who = contest([text], "abcd", {})
        assert {name for name, asked in zip(who.names, who.is_target, strict=True) if asked} == set_of(tree)


@given(text=st.text(alphabet="ab|&!(), \"'\n", max_size=12))
@example("\x00")
def test_anything_parses_or_says_where_not(text):
    try:
        parse(text)
    except ExpressionError as error:
        assert 0 <= error.place <= len(error.text) and str(error).isprintable()
