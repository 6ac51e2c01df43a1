"""The search: of all rules on a grid, the one that finds the truth best, for all sets of parts at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miles_deep.timeline.rules import SMOOTHINGS, OwnMethod, Smoothing, SmoothingMethod
from miles_deep.timeline.tuning.counts import Counts
from miles_deep.timeline.tuning.evaluation import kappa
from miles_deep.timeline.tuning.tracks import Grids, Numbers

EDGE_WEIGHT = 0.01
"""Of F1, what a second of mean edge error costs: it tells apart rules that find the same segments."""
SECONDS_WEIGHT = 0.5
"""Of what rules are worth, the part that is F1 of seconds; the rest is that of segments, of which are few."""
BY_CHANCE = 0.1
"""Kappa of seconds below which rules say nothing."""
AS_GOOD = 0.002
"""Of F1, by how much a smoothing must be better than a simpler one to be taken."""

TRIED: tuple[Smoothing, ...] = (
    Smoothing(),
    *(Smoothing("median", window=window) for window in (3, 5, 7, 9, 13)),
    *(Smoothing("viterbi", switch_cost=cost) for cost in (1, 2, 3, 4, 6, 8, 12)),
)
"""The smoothings that are tried, simpler ones first."""
UNUSUAL: dict[OwnMethod, SmoothingMethod] = {"each": "viterbi", "evidence": "median"}
"""Of methods, the smoothing that is tried only where no other is asked for: a path that a low min score let in
never leaves, and evidence is gathered over stretches anyway."""

Place = tuple[int, ...]
"""A rule's place in the grid."""


@dataclass(frozen=True, slots=True)
class Best:
    """The best that a set of parts has to say."""

    smoothing: int
    """Its number among those tried."""
    general: Place
    """The rule of all labels; where they do not compete, each has its own min score there."""
    own: Mapping[str, Place]
    """Each label's own rule, with that smoothing; of labels that are in those parts."""


@dataclass(frozen=True, eq=False)
class Search:
    """What every rule of a method does in every part; and for every set of parts to train on, which is best."""

    grids: Grids
    usual: Place
    """The place of the rule that is kept where others are not better."""
    usual_smoothing: int | None
    """The number of the smoothing that is, where it was tried."""
    smoothings: Sequence[Smoothing]
    counts: Mapping[tuple[int, str], Counts]
    """Number of a smoothing, label: what its rules find."""
    truth: Mapping[str, Numbers]
    """Label to [3, U] segments, and seconds, of the truth in each part, and all its seconds."""
    sets: Numbers
    """[S, U] 1 where a part is in a set."""

    @cached_property
    def best(self) -> list[Best]:
        """S of them."""
        tables = [self._general(number) for number in range(len(self.smoothings))]
        return [self._best_of(row, [table[row] for table in tables]) for row in range(len(self.sets))]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the grids."""
        return next(iter(self.grids.values())).shape

    @property
    def method(self) -> OwnMethod:
        """Of all their rules."""
        return next(iter(self.grids.values())).method

    def _general(self, smoothing: int) -> Numbers:
        """[S, *grid] how good one rule for all labels is: the mean over labels that are in the parts."""
        total: Numbers = np.zeros((len(self.sets), *self.shape))
        present = np.zeros(len(self.sets))
        for label, truth in self.truth.items():
            total += goodness(self.counts[smoothing, label], truth, self.sets)
            present += self.sets @ truth[0] > 0
        return blurred(total / np.maximum(present, 1).reshape(-1, 1, 1, 1, 1))

    def _best_of(self, row: int, tables: Sequence[Numbers]) -> Best:
        smoothing = self._smoothing([float(table.max()) for table in tables])
        general = settle(tables[smoothing], self.usual)
        own = {}
        for label, truth in self.truth.items():
            if self.sets[row] @ truth[0]:
                table = goodness(self.counts[smoothing, label], truth, self.sets[row : row + 1])
                own[label] = settle(blurred(table)[0], general)
        return Best(smoothing, general, own)

    def _smoothing(self, reached: Sequence[float]) -> int:
        """The usual one if it is as good as the best, or else the simplest that is, of the middle strength."""
        good = [number for number, value in enumerate(reached) if value >= max(reached) - AS_GOOD]
        if self.usual_smoothing in good:
            return self.usual_smoothing
        methods = [self.smoothings[number].method for number in good]
        simplest = min(methods, key=SMOOTHINGS.index)
        alike = [number for number, method in zip(good, methods, strict=True) if method == simplest]
        return alike[len(alike) // 2]


def smoothings_for(method: OwnMethod, asked: Sequence[Smoothing]) -> list[Smoothing]:
    """Those of some smoothings that are tried with a method; all where there are no others."""
    usual = [smoothing for smoothing in asked if smoothing.method != UNUSUAL.get(method)]
    return usual or list(asked)


def goodness(counts: Counts, truth: Numbers, sets: Numbers) -> Numbers:
    """[S, *grid] how good the rules are for one label, as `value` has it; 0 where it is not in the parts.

    Args:
        counts: what its rules find in every part.
        truth: [3, U] segments and seconds of the truth in each, and all its seconds.
        sets: [S, U] which parts count.
    """
    # Not the matrix product, whose threads cost more than they save here: ten times as long on a busy machine.
    found, matched, edges, seconds, right = (
        np.einsum("su,uabcd->sabcd", sets, getattr(counts, field.name)) for field in fields(counts)
    )
    expected, length, watched = ((sets @ one).reshape(-1, 1, 1, 1, 1) for one in truth)
    good: Numbers = np.where(
        expected > 0,
        value(
            2 * matched / np.maximum(found + expected, 1),
            edges / np.maximum(matched, 1),
            (length, seconds, right, watched),
        ),
        0,
    )
    return good


def value(f1: Any, edges: Any, seconds: tuple[Any, Any, Any, Any]) -> Any:
    """What rules are worth, of numbers or arrays: F1 of segments and of seconds, less a little for edges.

    Whoever finds the whole film has no bad F1 of seconds, but says nothing (Lipton, Elkan, Naryanaswamy: "Optimal
    Thresholding of Classifiers to Maximize F1 Measure", ECML PKDD 2014): rules whose seconds agree no better than
    by chance are worth nothing.

    Args:
        f1: of segments at IoU 0.5.
        edges: mean edge error of matched segments, seconds.
        seconds: those of the truth, those found, in both, and all.
    """
    truth, found, matched, _ = seconds
    of_seconds = 2 * matched / np.maximum(truth + found, 1)
    worth = (1 - SECONDS_WEIGHT) * f1 + SECONDS_WEIGHT * of_seconds - EDGE_WEIGHT * edges
    return np.where(kappa(*seconds) < BY_CHANCE, 0, worth)


def blurred(table: Numbers) -> Numbers:
    """[S, *grid] each value averaged with its neighbours, one dimension of the grid after the other.

    A rule that is good only as long as none of its numbers changes a little is good by chance.
    """
    for axis in range(1, table.ndim):
        size = table.shape[axis]
        before = np.take(table, np.maximum(np.arange(size) - 1, 0), axis)
        after = np.take(table, np.minimum(np.arange(size) + 1, size - 1), axis)
        table = (before + table + after) / 3
    return table


def settle(table: Numbers, usual: Place) -> Place:
    """The place of the best value; where many are as good, the usual one, or else the middle of them.

    Of that middle, whatever may as well be as usual is.
    """
    as_good: NDArray[np.bool_] = table >= table.max() - 1e-9
    if as_good[usual]:
        return usual
    places = np.argwhere(as_good)
    away = np.abs(places - places.mean(axis=0)).sum(axis=1)
    place = tuple(int(number) for number in places[away.argmin()])
    for axis, number in enumerate(usual):
        nearer = (*place[:axis], number, *place[axis + 1 :])
        if as_good[nearer]:
            place = nearer
    return place
