"""The search: of all rules on a grid, the one that finds the truth best, for all sets of parts at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from miles_deep.timeline.rules import SMOOTHINGS, Smoothing
from miles_deep.timeline.tuning.counts import Counts, Grid, Numbers

EDGE_WEIGHT = 0.01
"""Of F1, what a second of mean edge error costs: it tells apart rules that find the same segments."""
AS_GOOD = 0.002
"""Of F1, by how much a smoothing must be better than a simpler one to be taken."""

TRIED: tuple[Smoothing, ...] = (
    Smoothing(),
    *(Smoothing("median", window=window) for window in (3, 5, 7, 9, 13)),
    *(Smoothing("viterbi", switch_cost=cost) for cost in (1, 2, 3, 4, 6, 8, 12)),
)
"""The smoothings that are tried, simpler ones first."""

Place = tuple[int, ...]
"""A rule's place in the grid."""


@dataclass(frozen=True, slots=True)
class Best:
    """The best that a set of parts has to say."""

    smoothing: int
    """Its number among those tried."""
    general: Place
    """The rule of all labels."""
    own: Mapping[str, Place]
    """Each label's own rule, with that smoothing; of labels that are in those parts."""


@dataclass(frozen=True, eq=False)
class Search:
    """What every rule does in every part, and for every set of parts that is trained on, which is best."""

    grid: Grid
    usual: Place
    """The place of the rule that is kept where others are not better."""
    usual_smoothing: int | None
    """The number of the smoothing that is, where it was tried."""
    smoothings: Sequence[Smoothing]
    counts: Mapping[tuple[int, str], Counts]
    """Number of a smoothing, label: what its rules find."""
    truth: Mapping[str, Numbers]
    """Label to (U,) segments of the truth in each part."""
    sets: Numbers
    """[S, U] 1 where a part is in a set."""

    @cached_property
    def best(self) -> list[Best]:
        """S of them."""
        tables = [self._general(number) for number in range(len(self.smoothings))]
        return [self._best_of(row, [table[row] for table in tables]) for row in range(len(self.sets))]

    def _general(self, smoothing: int) -> Numbers:
        """[S, *grid] how good one rule for all labels is: the mean over labels that are in the parts."""
        total: Numbers = np.zeros((len(self.sets), *self.grid.shape))
        present = np.zeros(len(self.sets))
        for label, truth in self.truth.items():
            total += goodness(self.counts[smoothing, label], truth, self.sets)
            present += self.sets @ truth > 0
        return blurred(total / np.maximum(present, 1).reshape(-1, 1, 1, 1, 1))

    def _best_of(self, row: int, tables: Sequence[Numbers]) -> Best:
        smoothing = self._smoothing([float(table.max()) for table in tables])
        general = settle(tables[smoothing], self.usual)
        own = {}
        for label, truth in self.truth.items():
            if self.sets[row] @ truth:
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


def goodness(counts: Counts, truth: Numbers, sets: Numbers) -> Numbers:
    """[S, *grid] F1 of one label, less a little for its edge error; 0 where it is not in the parts.

    Args:
        counts: what its rules find in every part.
        truth: (U,) segments of the truth in each.
        sets: [S, U] which parts count.
    """
    # Not the matrix product, whose threads cost more than they save here: ten times as long on a busy machine.
    found, matched, edges = (
        np.einsum("su,uabcd->sabcd", sets, table) for table in (counts.found, counts.matched, counts.edges)
    )
    expected = (sets @ truth).reshape(-1, 1, 1, 1, 1)
    f1 = 2 * matched / np.maximum(found + expected, 1)
    good: Numbers = np.where(expected > 0, f1 - EDGE_WEIGHT * edges / np.maximum(matched, 1), 0)
    return good


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
