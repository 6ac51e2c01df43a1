"""Small made-up scores for the tests of the rules."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from miles_deep import Scores


def scores_of(
    rows: Sequence[Sequence[float]],
    labels: Sequence[str],
    duration: Fraction | None = None,
    groups: dict[str, tuple[str, ...]] | None = None,
) -> Scores:
    """Scores of a film: a row a second, a column a label."""
    return Scores(
        labels=tuple(labels),
        times=np.arange(len(rows)) + 0.5,
        values=np.array(rows, np.float32).reshape(len(rows), len(labels)),
        duration=Fraction(len(rows)) if duration is None else duration,
        groups=groups or {},
    )


def film(seconds: str, sure: float = 0.9) -> Scores:
    """Scores of a film in which a letter says who wins each second: "aa.b"; a dot is the label `other`."""
    labels = ("other", *sorted(set(seconds) - {"."}))
    rows = [
        [sure if label == ("other" if letter == "." else letter) else (1 - sure) / len(labels) for label in labels]
        for letter in seconds
    ]
    return scores_of(rows, labels)
