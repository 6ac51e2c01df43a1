"""The first program's rule, to the letter: its users' old tag files depend on it."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from miles_deep.errors import OptionError


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of whole seconds, as the first program counted them."""

    start: int
    """First second."""
    end: int
    """Last second, inclusive."""
    score: float
    """Mean winning score of the seconds counted."""
    coverage: float
    """Seconds counted over seconds between start and end, both inclusive."""

    @property
    def seconds(self) -> int:
        """How many seconds it is long."""
        return self.end - self.start + 1


def find_cuts(
    values: ArrayLike,
    targets: Collection[int],
    min_cut: int = 4,
    max_gap: int = 2,
    min_score: float = 0.5,
    min_coverage: float = 0.4,
) -> list[Cut]:
    """Find the cuts that the first program would.

    Its peculiarities are kept: the second that opens a segment is not counted, the one that closes it is; a
    target counts towards coverage whatever its score; the last second of the film neither adds to the gap nor
    ends it; a cut has to be more than `min_cut` seconds longer than its first.

    Args:
        values: [N, K] scores, a row a second.
        targets: column numbers of the labels asked for.
        min_cut, max_gap: seconds.
        min_score, min_coverage: 0…1.

    Raises:
        OptionError: the scores are not a table.
    """
    table = np.asarray(values, np.float32)
    if table.ndim != 2 or (len(table) and not table.shape[1]):
        raise OptionError(f"scores must be a table [seconds, labels], not of shape {table.shape}")
    cuts: list[Cut] = []
    start: int | None = None
    gap = counted = 0
    total = 0.0
    last = len(table) - 1
    threshold = np.float32(min_score)  # as precise as the scores: one of 0.7 reaches 0.7
    for second, row in enumerate(table):
        winner = int(row.argmax())
        score, is_target = float(row[winner]), winner in targets
        matches = is_target and row[winner] >= threshold
        if start is None:
            if matches:
                start, gap, counted, total = second, 0, 0, 0.0
            continue
        if is_target:
            counted += 1
            total += score
        if second != last:
            gap = 0 if matches else gap + 1
        if gap > max_gap or second == last:
            end = second - gap
            coverage = counted / (end - start + 1)
            if end - min_cut > start and coverage >= min_coverage:
                cuts.append(Cut(start, end, total / counted if counted else 0.0, coverage))
            start = None
    return cuts
