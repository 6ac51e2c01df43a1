"""The first program's rule, against 200 runs of the first program itself (its scores and its cuts)."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from score_tables import film, scores_of

from miles_deep import Rule, Span, classic, find_segments
from miles_deep.errors import OptionError

CASES = json.loads((Path(__file__).parent / "cuts.json").read_text())
CLOSE = 1e-5


def settings(case):
    return {name: case[name] for name in ("min_cut", "max_gap", "min_score", "min_coverage")}


def test_there_are_cases_of_every_kind():
    found = [len(case["expected"]["cuts"]) for case in CASES]
    assert len(CASES) == 200 and 0 in found and max(found) > 5


@pytest.mark.parametrize("number", range(len(CASES)))
def test_finds_what_the_first_program_found(number):
    case = CASES[number]
    cuts = classic.find_cuts(case["scores"], case["targets"], **settings(case))
    expected = case["expected"]["cuts"]
    assert [(cut.start, cut.end) for cut in cuts] == [(cut["start"], cut["end"]) for cut in expected]
    assert [cut.score for cut in cuts] == pytest.approx([cut["score"] for cut in expected], abs=CLOSE)
    assert [cut.coverage for cut in cuts] == pytest.approx([cut["coverage"] for cut in expected], abs=CLOSE)
    assert sum(cut.seconds for cut in cuts) == case["expected"]["total_seconds"]


@pytest.mark.parametrize("number", range(len(CASES)))
@pytest.mark.parametrize("missing", [Fraction(0), Fraction(2, 3)], ids=["whole", "partial last second"])
def test_segments_are_the_same_cuts(number, missing):
    case = CASES[number]
    labels = [f"label {column}" for column in range(len(case["scores"][0]))]
    duration = len(case["scores"]) - missing
    rule = Rule(case["min_score"], case["max_gap"], case["min_cut"], case["min_coverage"], "classic")
    targets = [labels[column] for column in case["targets"]]
    segments = find_segments(scores_of(case["scores"], labels, duration), targets, rule)
    expected = case["expected"]["cuts"]
    assert [segment.span for segment in segments] == [
        Span(cut["start"], min(Fraction(cut["end"] + 1), duration)) for cut in expected
    ]
    assert [segment.score for segment in segments] == pytest.approx([c["score"] for c in expected], abs=CLOSE)
    assert [segment.coverage for segment in segments] == pytest.approx(
        [c["coverage"] for c in expected], abs=CLOSE
    )


@given(
    rows=st.lists(st.lists(st.sampled_from([0, 0.1, 0.5, 0.7, 1]), min_size=3, max_size=3), max_size=40),
    targets=st.sets(st.integers(0, 2), min_size=1),
    min_cut=st.integers(0, 5),
    max_gap=st.integers(0, 3),
    min_score=st.sampled_from([0, 0.1, 0.5, 0.7, 1]),
    min_coverage=st.sampled_from([0, 0.5, 1]),
)
@example(rows=[[0, 0, 0]] * 9, targets={0}, min_cut=4, max_gap=2, min_score=0, min_coverage=0.4)
def test_segments_are_cuts_whatever_the_scores(rows, targets, min_cut, max_gap, min_score, min_coverage):
    """Scores of 0 and ties are not among the 200 cases."""
    cuts = classic.find_cuts(np.array(rows).reshape(-1, 3), targets, min_cut, max_gap, min_score, min_coverage)
    rule = Rule(min_score, max_gap, min_cut, min_coverage, "classic")
    segments = find_segments(scores_of(rows, "abc"), ["abc"[column] for column in sorted(targets)], rule)
    assert [(s.span, s.coverage) for s in segments] == [(Span(c.start, c.end + 1), c.coverage) for c in cuts]
    assert [s.score for s in segments] == pytest.approx([c.score for c in cuts])


def test_peculiarities():
    """What sets it apart from the plain rule, on one film: seconds 0-5, 9-11, 20-24, 30-31 of a."""
    seen = film("aaaaaa...aaa........aaaaa.....aa........")
    plain, old = Rule(), Rule(method="classic")
    assert [s.span for s in find_segments(seen, ["a"], plain)] == [Span(0, 6), Span(20, 25)]
    assert [s.span for s in find_segments(seen, ["a"], old)] == [Span(0, 6)], "5 seconds are too few for min cut 4"
    [segment] = find_segments(seen, ["a"], old)
    assert segment.coverage == pytest.approx(5 / 6), "the second that opens it does not count"


def test_film_that_ends_inside_a_segment():
    assert [s.span for s in find_segments(film("..aaaaaaa"), ["a"], Rule(method="classic"))] == [Span(2, 9)]
    assert [s.span for s in find_segments(film("..aaaaaaa.."), ["a"], Rule(method="classic"))] == [Span(2, 10)], (
        "the last second does not add to the gap"
    )


def test_score_at_the_threshold_matches():
    """The scores are 32-bit floats, and 0.7 as such is a hair below 0.7."""
    assert [(c.start, c.end) for c in classic.find_cuts([[0.7, 0.3]] * 9, [0], min_score=0.7)] == [(0, 8)]
    assert not classic.find_cuts([[0.7, 0.3]] * 9, [0], min_score=0.7001)


@pytest.mark.parametrize("values", [np.zeros((0, 3)), []], ids=["no seconds", "nothing"])
def test_no_scores_no_cuts(values):
    if np.ndim(values) == 2:
        assert classic.find_cuts(values, [0]) == []
    else:
        with pytest.raises(OptionError, match=r"table \[seconds, labels\], not of shape \(0,\)"):
            classic.find_cuts(values, [0])


@pytest.mark.parametrize("values", [[0.5, 0.5], [[[0.5]]], np.zeros((3, 0))], ids=["flat", "deep", "no labels"])
def test_scores_must_be_a_table(values):
    with pytest.raises(OptionError, match="must be a table"):
        classic.find_cuts(values, [0])
