"""Scores of pictures in CSV and NumPy files: what is expected of a model, and what it gave."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import FormatError
from miles_deep.files import open_file, partial_file

MAX_BYTES = 256 << 20

MAX_SCORES = 1 << 26
"""Of a table: 256 MB of them, such as those of a thousand labels for 67,000 pictures."""

ROOM = 64
"""Scores that a picture's name, and all that goes with it, takes as much memory as."""

NAMES = "surrogateescape"
"""Names of files need not be text."""

FILE, LABEL, SCORE, KIND = "file", "label", "score", "kind"
"""Columns. A table has `file` and one for each label, or `file`, `label` and `score`; of the latter kind, rows
whose `kind` is not `label` are passed by. Labels are called by their names, or by their numbers from 0."""

Expected = dict[str, NDArray[np.float32]]
"""Name of a picture to the scores of all K labels, NaN where nothing is expected."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """The score of a picture that is farthest from what was expected."""

    path: Path
    label: str
    expected: float
    found: float

    @property
    def size(self) -> float:
        """How far; infinite where it is not a number."""
        difference = abs(self.expected - self.found)
        return difference if math.isfinite(difference) else math.inf


@dataclass(frozen=True, slots=True)
class Comparison:
    """How scores agree with what was expected."""

    deviations: tuple[Deviation, ...]
    """One a picture, the largest first."""
    missing: tuple[str, ...]
    """Names of which something was expected, and no picture was there."""
    unknown: tuple[Path, ...]
    """Pictures of which nothing was expected."""

    def beyond(self, tolerance: float) -> list[Deviation]:
        """Those that are farther off."""
        return [deviation for deviation in self.deviations if deviation.size > tolerance]


def compare_expected(
    folder: Path, paths: Sequence[Path], labels: Sequence[str], values: NDArray[np.float32], expected: Expected
) -> Comparison:
    """Hold scores against what is expected.

    Args:
        folder: that the pictures are in. A picture is expected by its name within it, by its path as given, or by
            the bare name of its file, whichever is there first.
        paths: of the pictures.
        labels: K names.
        values: [N, K].
        expected: by name.
    """
    deviations, unknown, met = [], [], set()
    for path, row in zip(paths, values, strict=True):
        name = next((name for name in (within(folder, path), str(path), path.name) if name in expected), None)
        if name is None:
            unknown.append(path)
            continue
        met.add(name)
        wanted = expected[name]
        size = np.where(np.isnan(wanted), -1, np.nan_to_num(np.abs(wanted - row), nan=np.inf))
        worst = int(size.argmax())
        deviations.append(Deviation(path, labels[worst], float(wanted[worst]), float(row[worst])))
    deviations.sort(key=lambda deviation: -deviation.size)
    return Comparison(tuple(deviations), tuple(name for name in expected if name not in met), tuple(unknown))


def within(folder: Path, path: Path) -> str:
    """A file's name in a folder, the same on every machine."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def write_scores(path: Path, names: Sequence[str], labels: Sequence[str], values: NDArray[np.float32]) -> None:
    """Write a row a picture, a column a label; floats as exact as they are. Raises OutputError."""
    with partial_file(path) as partial, open(partial, "w", encoding="utf-8", errors=NAMES, newline="") as file:
        writer = csv.writer(file)
        writer.writerow([FILE, *labels])
        writer.writerows([name, *map(str, row)] for name, row in zip(names, values, strict=True))


def read_expected(path: Path, labels: Sequence[str]) -> Expected:
    """Read columns `file` and one a label, or `file`, `label`, `score`. A picture need not have all labels.

    Raises:
        FormatError: the file is no such table, a score is no number, or a label not the model's.
    """
    try:
        # With the mark that spreadsheets put before a text.
        with TextIOWrapper(open_file(path, MAX_BYTES, FormatError), "utf-8-sig", NAMES, newline="") as file:
            return _read(csv.DictReader(file), labels)
    except (OSError, UnicodeError, csv.Error, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FormatError(f"{path}: not a table of scores ({reason[:200]})") from error


def read_rows(path: Path, labels: Sequence[str], names: Sequence[str]) -> Expected:
    """Read a `.npy` file of [N, K] scores.

    Args:
        path: the file.
        labels: K names.
        names: of the N pictures, in its order.

    Raises:
        FormatError: the file is no such array.
    """
    open_file(path, MAX_BYTES, FormatError).close()
    try:
        # As it lies in the file: no room is made for what it only says it has; what would be a pickle is refused.
        rows = np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError, TypeError, SyntaxError, OverflowError, MemoryError, RecursionError) as error:
        raise FormatError(f"{path}: not an array of numbers as NumPy saves it, or cut short") from error
    wanted = len(names), len(labels)
    if rows.dtype.kind not in "fiu" or rows.shape != wanted:
        found = " x ".join(map(str, rows.shape[:8])) or "one"
        raise FormatError(
            f"{path}: {found} values ({rows.dtype}), not {wanted[0]} x {wanted[1]} scores: a row a picture, "
            "in the order of their names"
        )
    with np.errstate(over="ignore"):
        scores = np.array(rows, np.float32)
    if not np.isfinite(scores).all():
        raise FormatError(f"{path}: a score is no number")
    return dict(zip(names, scores, strict=True))


def _read(table: "csv.DictReader[str]", labels: Sequence[str]) -> Expected:
    columns = list(table.fieldnames or ())
    if FILE not in columns:
        raise ValueError(f"it has no column {FILE!r}")
    long = LABEL in columns and SCORE in columns
    number = {label: column for column, label in enumerate(labels)}
    if not any(map(str.isdecimal, labels)):  # what is a number then is the label's of that number
        number |= {str(column): column for column in range(len(labels))}
    if not long and (foreign := [name for name in columns if name != FILE and name not in number]):
        raise ValueError(f"line 1: the model has no label {foreign[0][:80]!r}")
    most = MAX_SCORES // max(ROOM, len(labels))
    expected: Expected = {}
    for row in table:
        scores = _scores(row, long)
        if not scores:
            continue
        if unknown := scores.keys() - number.keys():
            raise ValueError(f"line {table.line_num}: the model has no label {min(unknown)[:80]!r}")
        if row[FILE] not in expected:
            if len(expected) == most:
                raise ValueError(f"more than {most:,} pictures of {len(labels)} labels")
            expected[row[FILE]] = np.full(len(labels), np.nan, np.float32)
        places = [number[label] for label in scores]
        with np.errstate(over="ignore"):
            found = np.array(list(scores.values()), np.float32)
        before = expected[row[FILE]][places]
        if not np.isfinite(found).all():
            raise ValueError(f"line {table.line_num}: a score is no number")
        if (~np.isnan(before) & (before != found)).any():
            raise ValueError(f"line {table.line_num}: another score than before for {row[FILE][:80]!r}")
        expected[row[FILE]][places] = found
    if not expected:
        raise ValueError("it has no rows")
    return expected


def _scores(row: Mapping[str, str], long: bool) -> dict[str, float]:
    if None in row or None in row.values():
        raise ValueError("a row has more or fewer cells than the first")
    if not long:
        return {label: float(score) for label, score in row.items() if label != FILE}
    return {row[LABEL]: float(row[SCORE])} if row.get(KIND, LABEL) == LABEL else {}
