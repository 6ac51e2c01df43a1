"""Models side by side: each has a winner of its own in every second."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from score_tables import film

from miles_deep import Rule, Rules, Scores, Segment, Smoothing, evaluate, find_all, find_segments, read_truth
from miles_deep.errors import ExpressionError, LabelError
from miles_deep.timeline import foreground
from miles_deep.timeline.targets import background_names, contest

LOOSE = Rule(min_score=0, min_length=0, max_gap=0, min_coverage=0)


def beside(*films: Scores) -> Scores:
    """Scores of models that looked at one film; what two of them call `other` is `0:other` and `1:other`."""
    labels = [
        f"{number}:{label}" if label == "other" else label
        for number, one in enumerate(films)
        for label in one.labels
    ]
    groups = {name: inside for one in films for name, inside in one.groups.items()}
    values = np.concatenate([one.values for one in films], axis=1)
    heads = tuple(len(one.labels) for one in films)
    return replace(films[0], labels=tuple(labels), values=values, heads=heads, groups=groups)


def found(segments: Sequence[Segment]) -> list[tuple[int, int, str, float]]:
    return [(int(s.span.start), int(s.span.end), s.label, round(s.score, 3)) for s in segments]


CAT, RAIN = film("aaaa....", sure=0.9), film("..bbbb..", sure=0.7)
BOTH = beside(CAT, RAIN)


def test_labels_of_two_models_do_not_compete() -> None:
    assert found(find_segments(BOTH, ["a"], LOOSE)) == [(0, 4, "a", 0.9)]
    assert found(find_segments(BOTH, ["b"], LOOSE)) == [(2, 6, "b", 0.7)]
    assert found(find_all(BOTH, LOOSE)) == [
        (0, 2, "1:other", 0.7),
        (0, 4, "a", 0.9),
        (2, 6, "b", 0.7),
        (4, 8, "0:other", 0.9),
        (6, 8, "1:other", 0.7),
    ]


@pytest.mark.parametrize("targets", [["a", "b"], ["a|b"], ["a,b"], ["b , a"]])
def test_targets_of_two_models(targets: list[str]) -> None:
    """Either is enough; a second that both match is of the surer one."""
    assert found(find_segments(BOTH, targets, LOOSE)) == [(0, 6, "a", round((4 * 0.9 + 2 * 0.7) / 6, 3))]


def test_the_one_that_matches_counts() -> None:
    """Not a surer one that is below its min score, nor one that is no target."""
    rules = Rules(replace(LOOSE, min_score=0.5), labels={"a": {"min_score": 0.95}})
    assert found(find_segments(BOTH, ["a", "b"], rules)) == [(2, 6, "b", round((2 * 0.7 + 2 * 0.7) / 4, 3))]
    assert found(find_segments(beside(film("....", sure=0.9), film("bbbb", sure=0.6)), ["b"], LOOSE)) == [
        (0, 4, "b", 0.6)
    ]


def test_a_target_that_does_not_match_comes_before_none() -> None:
    """It counts for coverage, as it does where one model looks."""
    rule = Rule(min_score=0.65, min_length=0, max_gap=2, min_coverage=0)
    weak = replace(
        RAIN, values=np.where(np.arange(8)[:, None] == 3, [[0.45, 0.55]], RAIN.values).astype(np.float32)
    )
    (segment,) = find_segments(beside(film("........", sure=0.99), weak), ["b"], rule)
    assert found([segment]) == [(2, 6, "b", round((3 * 0.7 + 0.55) / 4, 3))] and segment.coverage == 1


@given(
    rows=st.lists(st.lists(st.integers(0, 9), min_size=5, max_size=5), min_size=1, max_size=20),
    smoothing=st.sampled_from([Smoothing(), Smoothing("median", 3), Smoothing("viterbi", switch_cost=1)]),
    temperature=st.sampled_from([1.0, 0.5]),
)
def test_each_finds_what_it_finds_alone(rows: list[list[int]], smoothing: Smoothing, temperature: float) -> None:
    rules = Rules(LOOSE, smoothing=smoothing, temperature=temperature)
    values = np.array(rows, np.float32) + 0.5
    values /= values.sum(axis=1, keepdims=True)
    both = scores(values, "abcde", (2, 3))
    alone = [scores(values[:, :2], "ab"), scores(values[:, 2:], "cde")]
    expected = [segment for one in alone for segment in find_all(one, rules)]
    assert find_all(both, rules) == sorted(expected, key=lambda segment: (segment.span, segment.label))
    for target, one in (("a", alone[0]), ("!d", alone[1]), ("c|d", alone[1])):
        assert find_segments(both, [target], rules) == find_segments(one, [target], rules)


def scores(values: np.ndarray, labels: str, heads: tuple[int, ...] = ()) -> Scores:  # type: ignore[type-arg]
    times = np.arange(len(values)) + 0.5
    return Scores(tuple(labels), times, values.astype(np.float32), Fraction(len(values)), heads=heads)


@given(
    rows=st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=0, max_size=12),
    sizes=st.sampled_from([(), (2, 3), (1, 4)]),
    temperature=st.sampled_from([1.0, 2.0]),
    how=st.sampled_from(
        [
            ("plain", Smoothing()),
            ("classic", Smoothing()),
            ("each", Smoothing()),
            *((method, Smoothing("median", window)) for method in ("plain", "each") for window in (1, 3, 5)),
            *((method, Smoothing("viterbi", switch_cost=0.7)) for method in ("plain", "each")),
        ]
    ),
)
def test_a_group_is_found_as_if_it_were_the_target(
    rows: list[list[int]], sizes: tuple[int, ...], temperature: float, how: tuple[str, Smoothing]
) -> None:
    """Ties of many kinds among them."""
    table = scores(np.array(rows, np.float32).reshape(len(rows), 5) / 4, "abcde", sizes)
    groups = {"ce": ("c", "e"), "d": ("d",), "cde": ("e", "d", "c"), "b": ("b",)}
    both = replace(table, groups={f"G{name}": inside for name, inside in groups.items()})
    rule = replace(LOOSE, method=how[0], min_score=0.3)  # type: ignore[arg-type]
    rules = Rules(rule, smoothing=how[1], temperature=temperature)
    each = [segment for name in both.groups for segment in find_segments(both, [name], rules)]
    expected = sorted(each, key=lambda segment: (segment.span, segment.label))
    assert found(find_all(both, rules, groups=tuple(both.groups))) == found(expected)


def test_a_group_of_nothing() -> None:
    """Nothing is found of it, and it stands in nobody's way."""
    empty = replace(BOTH, groups={"nothing": (), "gone": ("not a label",), "rain": ("b", "b", "not a label")})
    for smoothing in (Smoothing(), Smoothing("median", 1)):
        segments = find_all(empty, Rules(LOOSE, smoothing=smoothing), groups=tuple(empty.groups))
        assert found(segments) == [(2, 6, "rain", 0.7)]


def test_no_such_group() -> None:
    with pytest.raises(LabelError, match=r"^no group 'a' in the model; its groups: none$"):
        find_all(CAT, groups=["a"])


@pytest.mark.parametrize("target", ["a & b", "!(a|b)", "(a|b) & !1:other"])
def test_a_part_of_two_models(target: str) -> None:
    with pytest.raises(ExpressionError, match=r"are of different models, .* give two -t, or .* --drop$") as caught:
        find_segments(BOTH, [target])
    assert target[caught.value.place] in "b1"


def test_the_truth_may_be_of_both_models(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("label,start,end\na,0,4\nb,2,6\n")
    evaluation = evaluate(read_truth(tmp_path / "truth.csv"), {"movie.mp4": BOTH}, LOOSE)
    assert evaluation.accuracy == evaluation.macro_f1(0.75) == 1


def test_not_is_within_its_model() -> None:
    asked = contest(["!a"], BOTH.labels, {}, BOTH.heads)
    assert [name for name, is_target in zip(asked.names, asked.is_target, strict=True) if is_target] == ["0:other"]


@pytest.mark.parametrize("targets", [["1:other"], ["1:other | a"], ["'1:other'&!b"]])
def test_names_that_both_have_are_asked_for_with_the_model(targets: list[str]) -> None:
    assert find_segments(BOTH, targets, LOOSE)
    with pytest.raises(LabelError, match=r"^label 'other' could be any of: 0:other; 1:other$"):
        find_segments(BOTH, ["other"])


def test_all_but_the_background_of_those_that_have_one() -> None:
    labels, heads = ("a", "0:other", "b", "c", "1:other"), (2, 3)
    assert foreground(labels, ("0:other", "1:other"), {}, heads) == ("a", "b", "c")
    assert foreground(labels, ("1:other",), {}, heads) == ("b", "c")
    with pytest.raises(LabelError, match="names no background"):
        foreground(labels, (), {}, heads)


GROUPS = {
    "cat": ("tabby", "lynx"),
    "animal": ("tabby", "lynx", "dog"),
    "none at all": ("sky", "sea"),
    "odd": ("sea", "dog"),
}
LABELS = ("tabby", "lynx", "dog", "sky", "sea", "sun")


def test_a_background_that_is_a_group() -> None:
    """Groups compete as wholes, but for those that have some of it; what is background competes label by label."""
    targets = foreground(LABELS, GROUPS["none at all"], GROUPS)
    assert targets == ("cat", "animal", "sun")
    asked = contest(targets, LABELS, GROUPS)
    competing = dict(zip(asked.names, asked.is_target.tolist(), strict=True))
    assert competing == {"sky": False, "sea": False, "sun": True, "animal": True}
    assert background_names(LABELS, GROUPS["none at all"], GROUPS) == ["none at all"]


def test_a_background_that_is_no_group() -> None:
    assert foreground(LABELS, ("sky",), GROUPS) == ("tabby", "lynx", "dog", "sea", "sun")
    assert background_names(LABELS, ("sky", "sun"), GROUPS) == ["sky", "sun"]
