"""How many segments are right, for thousands of rules at once.

A rule is a point of a grid: min score, max gap, min length, min coverage. Runs of seconds depend on the first two
only; the others drop runs. So runs are found once for each pair of the first two, and cumulative histograms of
their length and coverage tell the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from miles_deep.timeline.tuning.grid import Grid
from miles_deep.timeline.tuning.tracks import Numbers, Track

IOU = 0.5
"""How alike a segment and one of the truth have to be to count as the same. At half or more, no segment is that of
two of the truth, nor two of one, but where all are exactly halves."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Of one label, what every rule finds in every part; each is [U, *grid]."""

    found: Numbers
    """Segments."""
    matched: Numbers
    """Those that are right."""
    edges: Numbers
    """Sum over those of their mean edge error, seconds."""
    seconds: Numbers
    """In segments."""
    right: Numbers
    """Those of them that have the label."""


def count(track: Track, grid: Grid, parts: int) -> Counts:
    """What every rule of the grid finds, part by part."""
    shape = (parts, *grid.shape)
    counts = Counts(*(np.zeros(shape) for _ in fields(Counts)))
    labelled = np.concatenate(([0], np.cumsum(track.labelled)))
    for number in range(len(grid.min_scores)):
        is_target, matches = track.seconds(number)
        matching = np.flatnonzero(matches)
        if not len(matching):
            break
        targets = np.concatenate(([0], np.cumsum(is_target)))
        firsts, lasts, gap = _runs(track.second[matching], matching, grid.max_gaps)
        starts, ends = track.second[firsts], track.end[lasts]
        coverage = (targets[lasts + 1] - targets[firsts]) / (lasts - firsts + 1)
        right, errors, part = _matched(track, starts, ends, gap)
        longest = np.searchsorted(grid.min_lengths, ends - starts, "right")
        fullest = np.searchsorted(grid.min_coverages, coverage, "right")
        sizes = (parts, len(grid.max_gaps), len(grid.min_lengths) + 1, len(grid.min_coverages) + 1)
        places = np.ravel_multi_index((part, gap, longest, fullest), sizes)
        for table, weights in (
            (counts.found, None),
            (counts.matched, right.astype(np.float64)),
            (counts.edges, np.where(right, errors, 0)),
            (counts.seconds, lasts - firsts + 1),
            (counts.right, labelled[lasts + 1] - labelled[firsts]),
        ):
            kept = np.bincount(places, weights, minlength=int(np.prod(sizes))).reshape(sizes)
            kept = np.cumsum(np.cumsum(kept[..., ::-1, ::-1], axis=-1), axis=-2)[..., ::-1, ::-1]
            table[:, number] = kept[..., 1:, 1:]
    return counts


def _runs(
    times: Numbers, matching: NDArray[np.intp], gaps: Sequence[int]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """First and last second of every run, and the number of the gap that it may have; of all gaps."""
    steps = np.diff(times)
    firsts, lasts, numbers = [], [], []
    for number, gap in enumerate(gaps):
        breaks = np.flatnonzero(steps > gap + 1)
        firsts.append(matching[np.concatenate(([0], breaks + 1))])
        lasts.append(matching[np.concatenate((breaks, [len(matching) - 1]))])
        numbers.append(np.full(len(breaks) + 1, number, np.intp))
    return np.concatenate(firsts), np.concatenate(lasts), np.concatenate(numbers)


def _matched(
    track: Track, starts: Numbers, ends: Numbers, gap: NDArray[np.intp]
) -> tuple[NDArray[np.bool_], Numbers, NDArray[np.intp]]:
    """Of every run: whether it is one of the truth, its mean edge error if so, and the part in which it counts."""
    middles = (starts + ends) / 2
    part = np.searchsorted(track.parts, middles, "right") - 1
    if not len(track.truth):
        return np.zeros(len(starts), np.bool_), np.zeros(len(starts)), part
    begins, stops = track.truth.T
    # One that shares half of all that either covers holds the middle of the run.
    near = np.maximum(np.searchsorted(begins, middles, "right") - 1, 0)
    shared = np.maximum(np.minimum(ends, stops[near]) - np.maximum(starts, begins[near]), 0)
    right = shared >= IOU * ((ends - starts) + (stops - begins)[near] - shared)
    right[1:] &= ~(right[:-1] & (near[1:] == near[:-1]) & (gap[1:] == gap[:-1]))
    errors = (np.abs(starts - begins[near]) + np.abs(ends - stops[near])) / 2
    return right, errors, np.where(right, track.truth_part[near], part)
