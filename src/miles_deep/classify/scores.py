"""Scores: what the model said about every second of a film."""

import json
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import FormatError
from miles_deep.files import partial_file


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

    def __post_init__(self) -> None:
        rows = len(self.times)
        if self.values.shape != (rows, len(self.labels)):
            shape = f"{rows} x {len(self.labels)}"
            raise FormatError(f"scores of shape {self.values.shape} for {shape} seconds and labels")

    def __len__(self) -> int:
        return len(self.times)

    def save(self, path: str | Path) -> None:
        """Write a Parquet file: columns second, time, and one float32 column a label.

        Raises:
            OutputError: the file cannot be written. No partial file stays.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table(
            [
                pa.array(range(len(self)), pa.int32()),
                pa.array(self.times, pa.float64()),
                *(pa.array(np.ascontiguousarray(column)) for column in self.values.T),
            ],
            names=["second", "time", *map(_column, self.labels)],
            metadata={
                "miles_deep": json.dumps(
                    {
                        "labels": self.labels,
                        "duration": str(self.duration),
                        "background": self.background,
                        "groups": self.groups,
                        "model": self.model,
                        "notes": self.notes,
                    }
                )
            },
        )
        with partial_file(Path(path)) as partial:
            pq.write_table(table, partial, write_page_checksum=True)

    @classmethod
    def load(cls, path: str | Path) -> "Scores":
        """Read what `save` wrote. Raises FormatError where the file is missing or not such a file."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                table = file.read()
            meta = json.loads(table.schema.metadata[b"miles_deep"])
            labels = tuple(meta["labels"])
            columns = [table.column(2 + k).to_numpy() for k in range(len(labels))]
            return cls(
                labels=labels,
                times=table.column(1).to_numpy().astype(np.float64),
                values=np.stack(columns, axis=1).astype(np.float32),
                duration=Fraction(meta["duration"]),
                background=tuple(meta["background"]),
                groups={name: tuple(members) for name, members in meta["groups"].items()},
                model=meta["model"],
                notes=tuple(meta["notes"]),
            )
        except (OSError, pa.ArrowException, LookupError, TypeError, ValueError, AttributeError) as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise FormatError(f"{path}: not a file of scores ({reason})") from error


def _column(label: str) -> str:
    """The name of a label's column; no two columns may have one name, or other programs will not read them."""
    return f"label {label}" if label in ("second", "time") else label
