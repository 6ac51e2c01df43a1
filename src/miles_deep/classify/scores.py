"""Scores: what the model said about every second of a film."""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.table import Table, read_table, write_table
from miles_deep.errors import FormatError

RESERVED = ("second", "time", "looked")
"""The columns beside those of the labels."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """One row of label scores for every second of a film.

    Row k belongs to second k, the half-open span [k, k+1) from the video's start (the last one may be
    shorter).
    """

    labels: tuple[str, ...]
    """K label names, in the order of the columns."""
    times: NDArray[np.float64]
    """(N,) seconds from the video's start at which the samples were taken."""
    values: NDArray[np.float32]
    """[N, K] scores, 0…1."""
    duration: Fraction
    """Seconds from the first frame shown to the end of the last one: the end of the last second."""
    background: tuple[str, ...] = ()
    """The model's labels that mean "none of the interesting ones"."""
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The model's groups: name to the labels it sums."""
    model: str = ""
    """Digest of the model that gave the scores."""
    notes: tuple[str, ...] = ()
    """What a user should know of the decoding: damaged packets, a truncated film."""
    looked: NDArray[np.bool_] = field(default_factory=lambda: np.ones(0, np.bool_))
    """(N,) whether the second was looked at (True) or inferred from its neighbours; all were where not given."""
    sampling: str = "exact"
    """How the seconds to look at were chosen: a name in `classify.sampling.SAMPLINGS`."""
    effort: float = 1.0
    """0…1, how much certainty was asked of a sampling that leaves seconds out; 1 where none is left out."""
    video: str = ""
    """The film's fingerprint."""
    heads: tuple[int, ...] = ()
    """How many labels each model has, where several with labels of their own stand side by side: each has a winner
    of its own in every second. Empty where all labels compete with each other."""
    rules: dict[str, Any] = field(default_factory=dict)
    """What the model's card has for finding segments where nobody says otherwise; see `ModelCard.rules`."""
    asked: tuple[str, ...] = ()
    """The targets of which alone they are as certain as the sampling promises; empty where all labels are."""

    def __post_init__(self) -> None:
        rows = len(self.times)
        if self.values.shape != (rows, len(self.labels)):
            shape = f"{rows} x {len(self.labels)}"
            raise FormatError(f"scores of shape {self.values.shape} for {shape} seconds and labels")
        if not len(self.looked):
            object.__setattr__(self, "looked", np.ones(rows, np.bool_))
        if self.looked.shape != (rows,):
            raise FormatError(f"{self.looked.shape} marks for {rows} seconds")
        if self.heads and (sum(self.heads) != len(self.labels) or min(self.heads) < 1):
            raise FormatError(f"heads of {list(self.heads)} labels for {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.times)

    def save(self, path: str | Path) -> None:
        """Write a Parquet file: columns second, time, looked, and one float32 column a label.

        Raises:
            OutputError: the file cannot be written. No partial file stays.
        """
        write_table(to_table(self), Path(path))

    @classmethod
    def load(cls, path: str | Path) -> "Scores":
        """Read what `save` wrote, now or in an older version.

        Raises:
            FormatError: the file is missing, or not such a file.
        """
        try:
            return from_table(read_table(Path(path)), Path(path))
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise FormatError(f"{path}: not a file of scores ({error})") from error


def to_table(scores: Scores) -> Table:
    """Scores as they are written."""
    return Table(
        names=(*RESERVED, *map(_column, scores.labels)),
        columns=(
            np.arange(len(scores), dtype=np.int32),
            np.asarray(scores.times, np.float64),
            np.asarray(scores.looked, np.bool_),
            *np.asarray(scores.values, np.float32).T,
        ),
        meta={
            "labels": scores.labels,
            "duration": str(scores.duration),
            "background": scores.background,
            "groups": scores.groups,
            "model": scores.model,
            "notes": scores.notes,
            "sampling": scores.sampling,
            "effort": scores.effort,
            "video": scores.video,
            **({"heads": scores.heads} if scores.heads else {}),
            **({"rules": scores.rules} if scores.rules else {}),
            **({"asked": scores.asked} if scores.asked else {}),
        },
    )


def from_table(table: Table, path: Path) -> Scores:
    """What `to_table` made a table of, checked. Raises FormatError, its message beginning with `path`."""
    try:
        return _from_table(table)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"{path}: not a file of scores ({str(error)[:200]})") from error


def _from_table(table: Table) -> Scores:
    meta = table.meta
    labels, columns = _texts(meta["labels"]), list(table.columns)
    names = (*RESERVED, *map(_column, labels))
    if len(set(labels)) != len(labels) or not labels:
        raise ValueError("labels are missing or repeated")
    if "sampling" not in meta:  # as written before there was a choice
        columns.insert(RESERVED.index("looked"), np.ones(len(columns[0]), np.bool_))
    elif table.names != names:
        raise ValueError("its columns are not those of its labels")
    if len(columns) != len(names):
        raise ValueError(f"{len(columns)} columns for {len(labels)} labels")
    second, times, looked, *values = columns
    scores = Scores(
        labels=labels,
        times=times.astype(np.float64),
        values=np.stack(values, axis=1).astype(np.float32),
        duration=_duration(meta["duration"]),
        background=_texts(meta["background"]),
        groups={name: _texts(members) for name, members in meta["groups"].items()},
        model=_text(meta["model"]),
        notes=_texts(meta["notes"]),
        looked=looked,
        sampling=_text(meta.get("sampling", "exact")),
        effort=float(meta.get("effort", 1)),
        video=_text(meta.get("video", "")),
        heads=_heads(meta.get("heads", []), len(labels)),
        rules=dict(meta.get("rules", {})),
        asked=_texts(meta.get("asked", [])),
    )
    _check(scores, second)
    return scores


def _check(scores: Scores, second: NDArray[Any]) -> None:
    """Hold to what other code takes for granted. Raises ValueError."""
    rows, times = len(scores), scores.times
    if not np.array_equal(second, np.arange(rows)):
        raise ValueError("its rows are not the seconds of a film")
    if not (np.isfinite(times).all() and (times >= 0).all() and (np.diff(times) >= 0).all()):
        raise ValueError("its times are out of order")
    if rows and rows - 1 >= scores.duration:
        raise ValueError("it has seconds after the film's end")
    if not np.isfinite(scores.values).all():
        raise ValueError("scores that are no numbers")
    if scores.looked.dtype != np.bool_:
        raise TypeError("column looked of another kind")
    if not 0 <= scores.effort <= 1:
        raise ValueError("its effort is not between 0 and 1")


def _duration(text: str) -> Fraction:
    # Checked first, since Fraction("1e999999999") takes all memory there is.
    if not re.fullmatch(r"[0-9]{1,30}(/0*[1-9][0-9]{0,30})?", text):
        raise ValueError("its duration is no number of seconds")
    return Fraction(text)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("metadata of another kind")
    return tuple(map(_text, value))


def _heads(value: Any, labels: int) -> tuple[int, ...]:
    if not (isinstance(value, list) and all(type(count) is int and count > 0 for count in value)):
        raise TypeError("metadata of another kind")
    if value and sum(value) != labels:
        raise ValueError(f"its models have {sum(value)} labels, and it has {labels}")
    return tuple(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("metadata of another kind")
    return value


def _column(label: str) -> str:
    """The name of a label's column; no two columns may have one name, or other programs will not read them."""
    return f"label {label}" if re.fullmatch(rf"(label )*({'|'.join(RESERVED)})", label) else label
