"""What has to be certain of a second for it to go without a look."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
"""[N, K] scores, a row a second."""

MOST_ODDS = 1e6
"""Odds of a min score of 1, which are endless."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which of some sides is the highest in a second."""

    columns: slice
    """The scores that it is about, of all."""
    sides: Callable[[Rows], Rows]
    """From these to [N, C], a column a side."""


def winner_is(heads: Sequence[int] = ()) -> tuple[Question, ...]:
    """Which label wins, in each head of so many labels; in the only one, where none are given."""
    ends = [*accumulate(heads, initial=0)] if heads else [0, None]
    return tuple(Question(slice(*columns), lambda rows: rows) for columns in pairwise(ends))


LABEL = winner_is()
"""Which label wins, of a model alone."""


def is_reached(number: int, min_score: float) -> Question:
    """Whether a label, of this number, reaches its min score."""

    def sides(rows: Rows) -> Rows:
        return np.stack([rows[:, 0], shortfall(rows[:, 0], min_score)], axis=1)

    return Question(slice(number, number + 1), sides)


def shortfall(score: NDArray[np.float32], min_score: float | NDArray[np.float32]) -> NDArray[np.float32]:
    """(N,) what a score has to be higher than to reach its min score: the rest to 1, as much smaller or larger as
    makes both equal there.

    The log ratio of the two is the difference of log odds; with a min score of 0.5 it is that of the score and the
    rest, as where two labels compete.
    """
    odds = np.minimum(min_score, 1) / np.maximum(1 - np.asarray(min_score), 1 / MOST_ODDS)
    missing: NDArray[np.float32] = ((1 - score) * odds).astype(np.float32)
    return missing
