"""Smoothing: what it evens out, what it leaves, and that Viterbi's path is the best there is."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from score_tables import film, scores_of

from miles_deep import Rule, Rules, Smoothing, find_all, find_segments
from miles_deep.errors import OptionError
from miles_deep.timeline.smooth import median, viterbi

LOOSE = Rule(min_score=0, min_length=0, max_gap=0, min_coverage=0)


def labels(seconds: str, smoothing: Smoothing, sure: float = 1) -> str:
    """Who wins each second after smoothing, in letters."""
    scores = film(seconds, sure)
    found = ["?"] * len(seconds)
    for segment in find_all(scores, Rules(LOOSE, smoothing=smoothing)):
        for second in range(int(segment.span.start), int(segment.span.end)):
            found[second] = "." if segment.label == "other" else segment.label
    return "".join(found)


@pytest.mark.parametrize(
    ("seconds", "none", "three", "five"),
    [
        ("aaaa.aaaa", "aaaa.aaaa", "aaaaaaaaa", "aaaaaaaaa"),
        ("aaa..aaaa", "aaa..aaaa", "aaa..aaaa", "aaaaaaaaa"),
        ("....b....", "....b....", ".........", "........."),
        ("aaaabbbb", "aaaabbbb", "aaaabbbb", "aaaabbbb"),
        ("a.", "a.", "a.", "a."),
        ("a", "a", "a", "a"),
    ],
)
def test_median(seconds, none, three, five):
    assert labels(seconds, Smoothing()) == none
    assert labels(seconds, Smoothing("median", window=3)) == three
    assert labels(seconds, Smoothing("median", window=5)) == five


@pytest.mark.parametrize(
    ("seconds", "cost", "left"),
    [
        ("aaaa...aaaa", 4, "aaaaaaaaaaa"),
        ("aaaa...aaaa", 3.5, "aaaaaaaaaaa"),
        ("aaaa...aaaa", 2.5, "aaaa...aaaa"),
        ("aaaa....aaaa", 3.5, "aaaa....aaaa"),
        ("....bbb....", 4, "..........."),
        ("....bbb....", 2, "....bbb...."),
        ("aaaa.b.aaaa", 4, "aaaaaaaaaaa"),
        ("aaaaabbbbb", 4, "aaaaabbbbb"),
        ("a.a.a.a.", 0, "a.a.a.a."),
    ],
)
def test_viterbi_takes_a_stretch_for_real_from_switch_cost_on(seconds, cost, left):
    assert labels(seconds, Smoothing("viterbi", switch_cost=cost)) == left


def test_less_certain_scores_have_to_last_longer():
    """With scores of .55 and .45, a second wins a tenth."""
    assert labels("..........bbbbb..........", Smoothing("viterbi", switch_cost=4), sure=0.55) == "." * 25


def test_with_viterbi_the_min_score_is_that_of_the_stretch():
    rows = [[0.1, 0.9], [0.1, 0.9], [0.6, 0.4], [0.1, 0.9]]
    scores = scores_of(rows, ["other", "a"])
    smooth = Smoothing("viterbi", switch_cost=4)
    [segment] = find_segments(
        scores, ["a"], Rules(Rule(min_score=0.77, max_gap=0, min_length=0), smoothing=smooth)
    )
    assert (segment.span.start, segment.span.end) == (0, 4)
    assert (segment.score, segment.coverage) == (pytest.approx(0.775), 1)
    assert (
        find_segments(scores, ["a"], Rules(Rule(min_score=0.78, max_gap=0, min_length=0), smoothing=smooth)) == []
    )


@given(
    rows=st.lists(st.tuples(*[st.integers(0, 8)] * 3), min_size=1, max_size=6),
    cost=st.integers(0, 32).map(lambda eighths: eighths / 8),
)
def test_no_path_is_better(rows, cost):
    table = np.array(rows, np.float32) / 8

    def worth(path):
        return sum(table[k, c] for k, c in enumerate(path)) - cost / 2 * sum(
            a != b for a, b in itertools.pairwise(path)
        )

    best = max(map(worth, itertools.product(range(3), repeat=len(rows))))
    assert worth(viterbi(table, cost).tolist()) == pytest.approx(best)


@given(rows=st.lists(st.tuples(*[st.integers(0, 8)] * 2), min_size=1, max_size=9), reach=st.integers(0, 5))
def test_median_of_each_window(rows, reach):
    table = np.array(rows, np.float32) / 8
    for k, found in enumerate(median(table, 2 * reach + 1)):
        window = [table[min(max(k + d, 0), len(table) - 1)] for d in range(-reach, reach + 1)]
        medians = [sorted(row[c] for row in window)[reach] for c in (0, 1)]
        total = sorted(row.sum() for row in window)[reach]
        expected = [score * total / sum(medians) for score in medians] if sum(medians) else table[k]
        assert found.tolist() == pytest.approx([float(score) for score in expected], abs=1e-6)


def test_medians_add_up_to_what_scores_do():
    """Else the winner would fall below the min score wherever a label gives way to another."""
    table = film("aaabbbccc").values
    for row, second in zip(table, median(table, 5), strict=True):
        assert second.sum() == pytest.approx(row.sum(), abs=0.001)


def test_a_film_of_three_hours_and_a_thousand_labels_fits_in_memory():
    table = np.random.default_rng(1).random((10_800, 1000), np.float32)
    assert len(viterbi(table, 4)) == 10_800


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"method": "mean"}, "no smoothing 'mean'; there are: none, median, viterbi"),
        ({"window": 4}, "must be an odd number of seconds up to 599, not 4"),
        ({"window": -1}, "must be an odd number of seconds up to 599, not -1"),
        ({"window": 10**400 + 1}, "not so much"),
        ({"switch_cost": -1}, "switch cost must be 0 or more seconds, not -1"),
        ({"switch_cost": float("nan")}, "switch cost must be 0 or more seconds, not nan"),
    ],
)
def test_numbers_that_make_no_sense(values, says):
    with pytest.raises(OptionError, match=says):
        Smoothing(**values)
