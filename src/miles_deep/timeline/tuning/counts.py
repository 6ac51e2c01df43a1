"""How many segments are right, for thousands of rules at once.

A rule is a point of a grid: min score, max gap, min length, min coverage. Runs of seconds depend on the first two
only; the others drop runs. So runs are found once for each pair of the first two, and cumulative histograms of
their length and coverage tell the rest. All films are one timeline here, with more than any gap between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from miles_deep.timeline.calibrate import calibrate
from miles_deep.timeline.find import Winners, winners
from miles_deep.timeline.rules import Rule, Rules, Smoothing
from miles_deep.timeline.targets import contest
from miles_deep.timeline.tuning.examples import Example, Vocabulary
from miles_deep.timeline.tuning.folds import Folds

IOU = 0.5
"""How alike a segment and one of the truth have to be to count as the same. At half or more, no segment is that of
two of the truth, nor two of one, but where all are exactly halves."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grid:
    """The rules that are tried: every combination of these."""

    min_scores: tuple[float, ...] = (0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
    max_gaps: tuple[int, ...] = (0, 1, 2, 3, 4, 6, 8, 12)
    min_lengths: tuple[float, ...] = (1, 2, 3, 4, 5, 6, 8, 10, 15)
    min_coverages: tuple[float, ...] = (0, 0.2, 0.4, 0.6, 0.8)

    @classmethod
    def around(cls, rule: Rule) -> "Grid":
        """The usual one, in which this rule is a point too."""
        usual = cls()
        return cls(
            tuple(sorted({*usual.min_scores, rule.min_score})),
            tuple(sorted({*usual.max_gaps, rule.max_gap})),
            tuple(sorted({*usual.min_lengths, rule.min_length})),
            tuple(sorted({*usual.min_coverages, rule.min_coverage})),
        )

    @property
    def axes(self) -> tuple[tuple[float, ...], ...]:
        """The values of each dimension."""
        return self.min_scores, self.max_gaps, self.min_lengths, self.min_coverages

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each dimension has."""
        return tuple(map(len, self.axes))

    def place(self, rule: Rule) -> tuple[int, ...]:
        """Where a rule of the grid is."""
        values = (rule.min_score, rule.max_gap, rule.min_length, rule.min_coverage)
        return tuple(axis.index(value) for axis, value in zip(self.axes, values, strict=True))

    def rule(self, place: Sequence[int]) -> Rule:
        """The rule at a place."""
        score, gap, length, coverage = place
        return Rule(
            self.min_scores[score], self.max_gaps[gap], self.min_lengths[length], self.min_coverages[coverage]
        )


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Of one label, what every rule finds in every part; each is [U, *grid]."""

    found: Numbers
    """Segments."""
    matched: Numbers
    """Those that are right."""
    edges: Numbers
    """Sum over those of their mean edge error, seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """All films one after another, as the runs of one label need them; N seconds."""

    second: Numbers
    """(N,) where each second starts."""
    end: Numbers
    """(N,) and ends."""
    wins: NDArray[np.bool_]
    """(N,) whether the label wins it."""
    score: NDArray[np.float32]
    """(N,) the winner's score."""
    parts: Numbers
    """(U,) where each part starts."""
    truth: Numbers
    """[T, 2] start and end of the label's segments in the truth."""
    truth_part: NDArray[np.intp]
    """(T,) the part of each."""


def tracks(
    words: Vocabulary, made: Sequence[Example], folds: Folds, smoothing: Smoothing, room: int
) -> dict[str, Track]:
    """Each label's track.

    Args:
        words: labels.
        made: films, their scores calibrated already.
        folds: their parts.
        smoothing: of the scores.
        room: seconds between films.
    """
    rules = Rules(smoothing=smoothing)
    sizes = [len(example.scores) for example in made]
    offsets = np.cumsum([0, *(size + room for size in sizes)])[:-1]
    second = np.concatenate([np.arange(size) + float(offset) for size, offset in zip(sizes, offsets, strict=True)])
    end = np.minimum(second + 1, np.repeat(offsets + [float(example.scores.duration) for example in made], sizes))
    parts = [offset + time for offset, times in zip(offsets, folds.bounds, strict=True) for time in (0, *times)]
    found = {}
    alone = [_won(example, [], rules) for example in made]
    for label in words.labels:
        in_group = label in made[0].scores.groups
        won = [_won(example, [label], rules) for example in made] if in_group else alone
        spans = [(film, span) for film, example in enumerate(made) for span in example.spans[label]]
        truth = [(offsets[film] + float(span.start), offsets[film] + float(span.end)) for film, span in spans]
        found[label] = Track(
            second,
            end,
            np.concatenate([of_film.winner == of_film.names.index(label) for of_film in won]),
            np.concatenate([of_film.score for of_film in won]),
            np.array(parts),
            np.array(truth).reshape(-1, 2),
            np.array([folds.part_of(film, span) for film, span in spans], np.intp),
        )
    return found


def count(track: Track, grid: Grid, parts: int) -> Counts:
    """What every rule of the grid finds, part by part."""
    shape = (parts, *grid.shape)
    counts = Counts(np.zeros(shape), np.zeros(shape), np.zeros(shape))
    targets = np.concatenate(([0], np.cumsum(track.wins)))
    for number, least in enumerate(grid.min_scores):
        matching = np.flatnonzero(track.wins & (track.score >= np.float32(least)))
        if not len(matching):
            break
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
        ):
            kept = np.bincount(places, weights, minlength=int(np.prod(sizes))).reshape(sizes)
            kept = np.cumsum(np.cumsum(kept[..., ::-1, ::-1], axis=-1), axis=-2)[..., ::-1, ::-1]
            table[:, number] = kept[..., 1:, 1:]
    return counts


def _won(example: Example, targets: Sequence[str], rules: Rules) -> Winners:
    return winners(example.scores.values, contest(targets, example.scores.labels, example.scores.groups), rules)


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


def calibrated(made: Sequence[Example], temperature: float) -> list[Example]:
    """The same films with scores at a temperature."""
    return [
        replace(example, scores=replace(example.scores, values=calibrate(example.scores.values, temperature)))
        for example in made
    ]
