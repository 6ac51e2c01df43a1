"""What was taken for what, second by second, where a second may have several labels."""

import numpy as np
from numpy.typing import NDArray

Confusion = tuple[tuple[int, ...], ...]
"""[L+1, L+1] seconds: a row a label of the truth, a column a label that was found; what has none comes last."""


def confusion(truth: NDArray[np.bool_], found: NDArray[np.bool_]) -> Confusion:
    """Count what was taken for what.

    Where a second has one label at most, and one was found at most, it counts once. Of several, those that are
    both there and found are right. Each of the others that are there was taken for each of the others that were
    found; or for nothing, where all that was found is there. What was found beside all that is there is in the
    last row.
    (After MLCM: Heydarian, Doyle, Samavi, "MLCM: Multi-Label Confusion Matrix", IEEE Access 2022.)

    Args:
        truth: [N, L] which labels every second has.
        found: [N, L] which were found there.
    """
    size = truth.shape[1]
    missed, extra = truth & ~found, found & ~truth
    mistaken = missed.any(axis=1) & extra.any(axis=1)
    counts = np.zeros((size + 1, size + 1))
    # Of floats, because whole numbers are multiplied without the machine's fast routines; they are exact to 2**53.
    counts[:size, :size] = missed[mistaken].T.astype(np.float64) @ extra[mistaken].astype(np.float64)
    counts[np.arange(size), np.arange(size)] += (truth & found).sum(axis=0)
    counts[:size, size] = missed[~mistaken].sum(axis=0)
    counts[size, :size] = extra[~mistaken].sum(axis=0)
    counts[size, size] = (~(truth | found).any(axis=1)).sum()
    return tuple(tuple(map(int, row)) for row in counts)


def added(one: Confusion, other: Confusion) -> Confusion:
    """Those of two films together."""
    return tuple(tuple(a + b for a, b in zip(*rows, strict=True)) for rows in zip(one, other, strict=True))


def right_part(counts: Confusion) -> float | None:
    """Fraction of all that was counted that is right; None where there is nothing."""
    total = sum(map(sum, counts))
    return sum(row[number] for number, row in enumerate(counts)) / total if total else None
