"""The tables that tuning looks up, against segments that are found and matched one rule at a time."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled import noisy, script, truth_of

from miles_deep.timeline.rules import Rule, Rules, Smoothing
from miles_deep.timeline.tuning.counts import IOU, Grid, count, tracks
from miles_deep.timeline.tuning.examples import examples
from miles_deep.timeline.tuning.folds import folds_of
from miles_deep.timeline.tuning.outcome import results_by_part

GRID = Grid((0, 0.4, 0.6, 0.9), (0, 2, 5), (1, 4, 7), (0, 0.5, 0.9))
SMOOTHINGS = (Smoothing(), Smoothing("median", window=5), Smoothing("viterbi", switch_cost=2))


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(1, 5),
    st.sampled_from(SMOOTHINGS),
    st.tuples(*(st.integers(0, size - 1) for size in GRID.shape)),
)
def test_every_rule_is_counted_as_it_does(seed, films, smoothing, place):
    random = np.random.default_rng(seed)
    scripts = [script(random, 60) for _ in range(films)]
    scripts[0] = "abcab" * 10 + "c" * 10  # so that every label is named
    words, made = examples(truth_of(*scripts), noisy(scripts, random))
    folds = folds_of(made)
    parts = len(folds.outer)
    counts = {
        label: count(track, GRID, parts) for label, track in tracks(words, made, folds, smoothing, 9).items()
    }

    rules = Rules(GRID.rule(place), smoothing=smoothing)
    by_part = results_by_part(words, made, folds, rules, range(films))
    assert sorted(by_part) == list(range(parts))
    for number, label in enumerate(words.labels):
        at = [by_part[part][number].at[IOU] for part in range(parts)]
        assert counts[label].matched[:, *place].sum() == sum(one.matched for one in at)
        assert counts[label].found[:, *place].tolist() == [one.found for one in at]
        edges = sum(
            by_part[part][number].edges.mean * at[part].matched for part in range(parts) if at[part].matched
        )
        assert np.isclose(counts[label].edges[:, *place].sum(), edges)


def test_the_rule_to_start_from_is_in_the_grid():
    rule = Rule(0.55, 7, 4.5, 0.33)
    grid = Grid.around(rule)
    assert grid.rule(grid.place(rule)) == rule
