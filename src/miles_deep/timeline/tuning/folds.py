"""Folds: what is left out in turn, so that rules are judged by films that they were not tuned on."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from miles_deep.timecode import Span
from miles_deep.timeline.tuning.examples import Example

MOST_GROUPS = 10
"""Groups that films are left out in; of more films, several are left out at once."""
ENOUGH = 4
"""Films with which the choice between rules, too, can be made by leaving films out."""
BLOCKS = 5
"""Parts of a film where there are fewer."""
LEAST_SEGMENTS = 4
"""Segments of the truth that a part of a film needs."""


@dataclass(frozen=True, slots=True)
class Folds:
    """Parts of the truth, films or blocks of them, and the groups in which they are left out."""

    bounds: tuple[tuple[float, ...], ...]
    """Of each film, the times between its parts, seconds."""
    outer: tuple[int, ...]
    """Of each part, its group when the whole of tuning is judged."""
    inner: tuple[int, ...]
    """Of each part, its group when one rule is chosen before another. An inner group lies in one outer group."""
    by_film: bool
    """Whether whole films are left out when tuning is judged; blocks of the one film, else."""

    @property
    def count(self) -> int:
        """How many outer groups there are."""
        return len(set(self.outer))

    @property
    def enough(self) -> bool:
        """Whether, whatever is left out to judge by, something can be left out of the rest to choose by."""
        pairs = set(zip(self.outer, self.inner, strict=True))
        return all(len({inner for outer, inner in pairs if outer != group}) > 1 for group in set(self.outer))

    def first(self, film: int) -> int:
        """Number of a film's first part."""
        return sum(len(bounds) + 1 for bounds in self.bounds[:film])

    def part_of(self, film: int, span: Span) -> int:
        """The part of a film in which the middle of a span lies."""
        middle = float(span.start + span.end) / 2
        return self.first(film) + int(np.searchsorted(self.bounds[film], middle, "right"))

    def parts_of(self, film: int, middles: NDArray[np.float64]) -> dict[int, int]:
        """The parts of a film, with how many of its seconds, given by their middles, are in each."""
        ends = [0, *np.searchsorted(middles, self.bounds[film]).tolist(), len(middles)]
        return {self.first(film) + place: high - low for place, (low, high) in enumerate(pairwise(ends))}

    def films_of(self, group: int) -> list[int]:
        """Films that have parts in an outer group."""
        ends = [self.first(film) for film in range(len(self.bounds) + 1)]
        return [film for film, (low, high) in enumerate(pairwise(ends)) if group in self.outer[low:high]]


def folds_of(made: Sequence[Example]) -> Folds:
    """How some films are left out in turn.

    Each film once (leave-one-out, Stone 1974); of two or three films, parts of those left are left out in turn to
    choose between rules. One film is parted into blocks of about as many segments each, in order of time: seconds
    beside each other are too much alike to be told apart by chance (Bergmeir and Benitez, "On the use of
    cross-validation for time series predictor evaluation", Information Sciences 2012).
    """
    films = len(made)
    if films >= ENOUGH:
        groups = tuple(number % MOST_GROUPS for number in range(films))
        return Folds(((),) * films, groups, groups, by_film=True)
    bounds = tuple(_bounds(example) for example in made)
    film_of = tuple(film for film, times in enumerate(bounds) for _ in range(len(times) + 1))
    parts = tuple(range(len(film_of)))
    return Folds(bounds, film_of if films > 1 else parts, parts, by_film=films > 1)


def train_sets(folds: Folds) -> dict[frozenset[int], int]:
    """Every set of parts that is ever trained on, with its place in a table: all, all but an outer group, and each
    of those but an inner one."""
    parts = range(len(folds.outer))
    found: dict[frozenset[int], int] = {}
    for group in (None, *sorted(set(folds.outer))):
        left = frozenset(part for part in parts if folds.outer[part] != group)
        found.setdefault(left, len(found))
        for held_out in inner_groups(folds, left):
            found.setdefault(left - held_out, len(found))
    return found


def inner_groups(folds: Folds, parts: frozenset[int]) -> list[frozenset[int]]:
    """The inner groups of some parts."""
    groups = sorted({folds.inner[part] for part in parts})
    return [frozenset(part for part in parts if folds.inner[part] == group) for group in groups]


def members(sets: dict[frozenset[int], int], parts: int) -> NDArray[np.float64]:
    """[S, U] 1 where a part is in a set."""
    table = np.zeros((len(sets), parts))
    for those, row in sets.items():
        table[row, list(those)] = 1
    return table


def _bounds(example: Example) -> tuple[float, ...]:
    """Times that part a film into blocks of about as many segments each; none where it has too few."""
    spans = sorted(span for of_label in example.spans.values() for span in of_label)
    blocks = min(BLOCKS, len(spans) // LEAST_SEGMENTS)
    firsts = [round(len(spans) * block / blocks) for block in range(1, blocks)]
    return tuple(float(spans[first - 1].end + spans[first].start) / 2 for first in firsts)
