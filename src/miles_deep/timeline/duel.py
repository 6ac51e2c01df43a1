"""A group against all other labels, one group after another; what is the same for all of them is done once."""

import numpy as np
from numpy.typing import NDArray

from miles_deep.timeline.rules import Smoothing
from miles_deep.timeline.smooth import medians, running_median, usual_sums

Table = NDArray[np.float32]
"""[N, K] scores, a row a second, a column a label."""


class Field:
    """The labels of a head, for groups of them to compete with; without smoothing, or with the median's."""

    def __init__(self, table: Table, smoothing: Smoothing) -> None:
        self.table = table
        """As they are."""
        self._window = smoothing.window if smoothing.method == "median" else 0
        self._even = medians(table, self._window) if self._window else table
        self._sums = self._even.sum(axis=1) if self._window else None
        self._usual = usual_sums(table, self._window) if self._window else None
        self._leader = self._even.argmax(axis=1) if table.size else np.zeros(len(table), np.intp)

    def duel(self, members: list[int]) -> Table:
        """[N, 2] the highest score outside a group, and the group's: all that counts if it alone is asked for.

        They are as `targets.contest` and `smooth.median` have them.
        """
        total = self.table[:, members].sum(axis=1)
        if self._sums is None or self._usual is None:
            return _duel(self.table, members, self._leader, total)
        even = running_median(total, self._window)
        pair = _duel(self._even, members, self._leader, even)
        # Scaled to the sum around, as everyone's medians together are not it; raw where no median is above 0.
        raw = (pair <= 0).all(axis=1)
        sums = self._sums - self._even[:, members].sum(axis=1) + even
        scale = np.divide(self._usual, sums, out=np.ones_like(sums), where=~raw)
        pair = np.where(np.isfinite(pair), pair * scale[:, None], pair)
        pair[raw] = _duel(self.table[raw], members, self.table[raw].argmax(axis=1), total[raw])
        return pair.astype(np.float32)


def _duel(table: Table, members: list[int], leader: NDArray[np.intp], total: NDArray[np.float32]) -> Table:
    """The highest score of the labels outside a group, and `total`, which is that of the group.

    Where the leader of all labels is one of the group, the group wins, and the others' score is left out; unless
    the total is no more than its leader's share, which others may have too.
    """
    inside = np.zeros(table.shape[1], np.bool_)
    inside[members] = True
    top = np.take_along_axis(table, leader[:, None], axis=1)[:, 0]
    others = np.where(inside[leader], -np.inf, top).astype(np.float32)
    for second in np.flatnonzero(inside[leader] & (total <= top)):
        others[second] = table[second].max(initial=-np.inf, where=~inside)
    return np.stack([others, total], axis=1)
