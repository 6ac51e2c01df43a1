"""The truth that segments are held against: labelled spans, as a CSV file.

::

    movie,label,start,end
    a.mp4,cat,12.5,40
    b.mp4,dog,1:02:03.5,1:02:30

Columns may stand in any order; `movie` may be missing where there is one film, and other columns are ignored, so
that the CSV that `export` writes is read as it is. Times are seconds or [h:]mm:ss, exact. What no row covers has
no label; a row of the background, or of `none`, says so of a film without any other. Where a spreadsheet separates
values by semicolons or tabs, these are read as well, and 12,5 is a time then.
"""

import csv
import difflib
import io
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from miles_deep.errors import FormatError, OptionError
from miles_deep.timecode import Span

NEEDED = ("label", "start", "end")
TIME = re.compile(r"(?:(?:([0-9]{1,6}):)?([0-9]{1,6}):)?([0-9]{1,12}(?:\.[0-9]{0,30})?)")
"""Seconds, mm:ss, or h:mm:ss."""
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
"""Of values, with their names; the first that is in the first line is the file's."""
LONGEST = 60
"""Letters of a value in a message."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled span."""

    line: int
    """Of the file, from 1."""
    movie: str | None
    """As the file has it; None where it has no such column."""
    label: str
    """As the file has it."""
    span: Span


@dataclass(frozen=True, slots=True)
class Truth:
    """Labelled spans of one film or several."""

    path: Path
    """The file they come from."""
    rows: tuple[Row, ...]
    """In the order of the file."""

    def of_films(self, movies: Sequence[str | Path]) -> list[tuple[Row, ...]]:
        """The rows of each film, in order of time.

        A film is meant by its path, or by its file name alone.

        Raises:
            OptionError: rows are of another film, of several of these, or there is none for one of them.
        """
        paths = [Path(movie) for movie in movies]
        of_film: list[list[Row]] = [[] for _ in paths]
        meant: dict[str | None, int] = {}
        for row in self.rows:
            if row.movie not in meant:
                meant[row.movie] = self._meant(row, paths)
            of_film[meant[row.movie]].append(row)
        for path, rows in zip(paths, of_film, strict=True):
            if not rows and (len(paths) > 1 or self.rows):
                raise OptionError(
                    f"{self.path}: no row is of {path}; if there is nothing in that film, "
                    f"say so with a row of it that is labelled none"
                )
        return [tuple(sorted(rows, key=lambda row: row.span)) for rows in of_film]

    def _meant(self, row: Row, paths: Sequence[Path]) -> int:
        """Number of the film that a row is of."""
        if row.movie is None:
            if len(paths) == 1:
                return 0
            raise OptionError(f"{self.path}: a column 'movie' is needed to tell {len(paths)} films apart")
        near = self.path.parent / row.movie
        for same in (
            [
                number
                for number, path in enumerate(paths)
                if _place(path) in (_place(Path(row.movie)), _place(near))
            ],
            [number for number, path in enumerate(paths) if path.name == row.movie],
        ):
            if len(same) == 1:
                return same[0]
            if same:
                raise OptionError(
                    f"{self.path}:{row.line}: movie {quoted(row.movie)} could be any of {len(same)} films"
                )
        known = [path.name for path in paths]
        close = difflib.get_close_matches(row.movie, known, n=1)
        hint = (
            f"did you mean {close[0]!r}?"
            if close
            else f"they are: {', '.join(known[:6])}{', …' * (len(known) > 6)}"
        )
        raise OptionError(f"{self.path}:{row.line}: movie {quoted(row.movie)} is none of the films given; {hint}")


def read_truth(path: str | Path) -> Truth:
    """Read labelled spans.

    Raises:
        FormatError: the file is missing or no such CSV; the message names the line.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise FormatError(f"{path}: the truth cannot be read ({getattr(error, 'strerror', error)})") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FormatError(f"{path}:{line}: bytes that are no text; save it as UTF-8") from error
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    try:
        return Truth(path, tuple(_rows(path, reader, separator)))
    except csv.Error as error:
        raise FormatError(f"{path}:{reader.line_num}: not CSV ({error})") from error


def seconds_of(text: str) -> Fraction | None:
    """Read 75.5, 1:15.5 or 0:01:15.5 as seconds; None where it is no time."""
    found = TIME.fullmatch(text.strip())
    if not found:
        return None
    hours, minutes, seconds = found.groups()
    exact = Fraction(seconds)
    if (minutes and exact >= 60) or (hours and int(minutes) >= 60):
        return None
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + exact


def quoted(text: str) -> str:
    """A value of the file for a message, in quotes; somebody's whole novel may be one."""
    return repr(shortened(text))


def shortened(text: str) -> str:
    """No more of a value than a line has room for."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _separator(text: str) -> str:
    """What parts the names of the columns, which are in the first line that is not empty."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    return next((separator for separator in SEPARATORS if separator in head), ",")


def _rows(path: Path, reader: "csv._reader", separator: str) -> list[Row]:  # type: ignore[name-defined]
    columns: dict[str, int] = {}
    size, rows = 0, []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns, size = _columns(path, cells), len(cells)
            continue
        where = f"{path}:{reader.line_num}"
        if len(cells) != size:
            values = f"{len(cells)} value{'s' * (len(cells) != 1)} in {size} columns"
            quotes = f"; a value with a {SEPARATORS[separator]} needs quotes" * (len(cells) > size)
            raise FormatError(f"{where}: {values}{quotes}")
        of_row = {name: cells[place].strip() for name, place in columns.items()}
        if separator != ",":
            of_row |= {name: of_row[name].replace(",", ".") for name in ("start", "end")}
        rows.append(_row(where, reader.line_num, of_row))
    if not columns:
        raise FormatError(f"{path}: it is empty; its first line has to be: movie,label,start,end")
    return rows


def _columns(path: Path, cells: Sequence[str]) -> dict[str, int]:
    """Where the columns are that count."""
    names = [cell.strip().lower() for cell in cells]
    for name in ("movie", *NEEDED):
        if names.count(name) > 1:
            raise FormatError(f"{path}:1: column {name!r} is there more than once")
    if missing := [name for name in NEEDED if name not in names]:
        raise FormatError(
            f"{path}:1: column {missing[0]!r} is missing; the first line is: {','.join(cells)[:80]!r}"
        )
    return {name: names.index(name) for name in ("movie", *NEEDED) if name in names}


def _row(where: str, line: int, cells: dict[str, str]) -> Row:
    times = []
    for name in ("start", "end"):
        time = seconds_of(cells[name])
        if time is None:
            raise FormatError(f"{where}: {name} {quoted(cells[name])} is no time; give seconds or h:mm:ss")
        times.append(time)
    start, end = times
    if end <= start:
        raise FormatError(f"{where}: it ends at {cells['end']}, not after its start at {cells['start']}")
    for name in ("label", "movie"):
        if not cells.get(name, name):
            raise FormatError(f"{where}: no {name}")
    return Row(line, cells.get("movie"), cells["label"], Span(start, end))


def _place(path: Path) -> str:
    return os.path.realpath(path)
