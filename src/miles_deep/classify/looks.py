"""Looks: what a model said of single frames of a film, by their exact times."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.table import Table
from miles_deep.errors import FormatError

Look = NDArray[np.float32]
"""(K,), one score a label."""

Looks = dict[Fraction, Look]
"""Seconds from the video's start at which a frame was looked for, to what the model said of it."""

TIME = ("numerator", "denominator")
"""The columns that hold a time exactly."""

LARGEST = 2**63 - 1


def looks_table(looks: Mapping[Fraction, Look], video: str, model: str) -> Table:
    """Looks as they are written: two int64 columns for the time, and one float32 column a label.

    Times that 64 bits cannot hold, which no film has, are left out.
    """
    times = sorted(time for time in looks if max(abs(time.numerator), time.denominator) <= LARGEST)
    values = np.array([looks[time] for time in times], np.float32)
    labels = len(next(iter(looks.values())))
    return Table(
        names=(*TIME, *map(str, range(labels))),
        columns=(
            np.array([time.numerator for time in times], np.int64),
            np.array([time.denominator for time in times], np.int64),
            *values.reshape(len(times), labels).T,
        ),
        meta={"video": video, "model": model, "labels": labels},
    )


def looks_from_table(table: Table, path: Path, video: str, model: str, labels: int) -> Looks:
    """What `looks_table` made a table of.

    Raises:
        FormatError: it is of another film, model or number of labels. The message begins with `path`.
    """
    wanted = {"video": video, "model": model, "labels": labels}
    if {name: table.meta.get(name) for name in wanted} != wanted:
        raise FormatError(f"{path}: looks of another film or model")
    kinds = [str(column.dtype) for column in table.columns]
    if table.names != (*TIME, *map(str, range(labels))) or kinds != ["int64"] * 2 + ["float32"] * labels:
        raise FormatError(f"{path}: looks in columns of another kind")
    numerators, denominators, *values = table.columns
    if (denominators <= 0).any():
        raise FormatError(f"{path}: looks at impossible times")
    times = map(Fraction, numerators.tolist(), denominators.tolist())
    return dict(zip(times, np.stack(values, axis=1), strict=True))
