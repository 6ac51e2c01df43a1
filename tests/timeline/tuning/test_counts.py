"""The tables that tuning looks up, against segments that are found and matched one rule at a time."""

from dataclasses import replace

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from labelled import noisy, script, truth_of

from miles_deep.timeline.rules import Rule, Rules, Smoothing
from miles_deep.timeline.smooth import viterbi
from miles_deep.timeline.tuning.counts import IOU, count
from miles_deep.timeline.tuning.examples import examples
from miles_deep.timeline.tuning.folds import folds_of
from miles_deep.timeline.tuning.grid import STEPS, Grid, each_grid
from miles_deep.timeline.tuning.outcome import results_by_part
from miles_deep.timeline.tuning.tracks import switched_on, tracks

GRID = Grid((0, 0.4, 0.6, 0.9), (0, 2, 5), (1, 4, 7), (0, 0.5, 0.9))
SMOOTHINGS = (Smoothing(), Smoothing("median", window=5), Smoothing("viterbi", switch_cost=2))


@settings(max_examples=30, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    st.integers(0, 10**6),
    st.integers(1, 5),
    st.sampled_from(SMOOTHINGS),
    st.tuples(*(st.integers(0, size - 1) for size in GRID.shape)),
    st.sampled_from(["plain", "each", "evidence"]),
)
def test_every_rule_is_counted_as_it_does(seed, films, smoothing, place, method):
    grid = replace(GRID, method=method)
    random = np.random.default_rng(seed)
    scripts = [script(random, 60) for _ in range(films)]
    scripts[0] = "abcab" * 10 + "c" * 10  # so that every label is named
    words, made = examples(truth_of(*scripts), noisy(scripts, random))
    folds = folds_of(made)
    parts = len(folds.outer)
    counts = {
        label: count(track, grid, parts)
        for label, track in tracks(words, made, folds, smoothing, dict.fromkeys(words.labels, grid), 9).items()
    }

    rules = Rules(grid.rule(place), smoothing=smoothing)
    by_part = results_by_part(words, made, folds, rules, range(films))
    assert sorted(by_part) == list(range(parts))
    for number, label in enumerate(words.labels):
        at = [by_part[part][number].at[IOU] for part in range(parts)]
        assert counts[label].matched[:, *place].sum() == sum(one.matched for one in at)
        assert counts[label].found[:, *place].tolist() == [one.found for one in at]
        seconds = [by_part[part][number].seconds for part in range(parts)]
        assert counts[label].seconds[:, *place].tolist() == [one.found for one in seconds]
        assert counts[label].right[:, *place].tolist() == [one.matched for one in seconds]
        edges = sum(
            by_part[part][number].edges.mean * at[part].matched for part in range(parts) if at[part].matched
        )
        assert np.isclose(counts[label].edges[:, *place].sum(), edges)


@given(st.integers(0, 10**6), st.sampled_from([0, 0.5, 2, 7]))
def test_a_path_of_two_states_is_that_of_viterbi(seed, cost):
    above = np.random.default_rng(seed).normal(0, 1, (30, 4)).astype(np.float32)
    on = switched_on(above, cost)
    for column, of_column in zip(above.T, on.T, strict=True):
        path = viterbi(np.stack([column, np.zeros(30, np.float32)], axis=1), cost)
        assert (of_column == (path == 0)).all()


@given(st.floats(0, 1, width=32), st.floats(0, 1, width=32))
def test_min_scores_suit_the_scores(one, other):
    grid = each_grid(np.array([one, other, one, min(one, other)], np.float32))
    assert list(grid.min_scores) == sorted(grid.min_scores) and len(grid.min_scores) == STEPS
    assert all(0 < score < 1 for score in grid.min_scores)
    assert grid.min_scores[0] <= 1.1 * max(one, other, 1e-5) and grid.rule((0, 0, 0, 0)).method == "each"


def test_the_rule_to_start_from_is_in_the_grid():
    rule = Rule(0.55, 7, 4.5, 0.33)
    grid = Grid().around(rule)
    assert grid.rule(grid.place(rule)) == rule
