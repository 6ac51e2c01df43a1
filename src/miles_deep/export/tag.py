"""The first program's `.tag` file: totals, then one line a segment.

::

    movie_name,label_1,…,label_n
    total_seconds,label_1_seconds,…,label_n_seconds
    label,start,end,score,coverage
    <one line a segment of every label, ordered by start>

Seconds are whole and, as in the first program, inclusive: a segment of the span [134, 143) is written as
134,142 and counts 9 seconds.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from miles_deep.errors import FormatError, MilesDeepError
from miles_deep.export.cutlist import Cutlist
from miles_deep.export.notation import csv_line
from miles_deep.timecode import Span
from miles_deep.timeline.segment import Segment

HEADER = ["label", "start", "end", "score", "coverage"]


@dataclass(frozen=True, slots=True)
class Tags:
    """What a `.tag` file says."""

    movie: str
    """Name of the film."""
    total_seconds: int
    """Of the whole film."""
    seconds: dict[str, int]
    """Label to the seconds its segments add up to; every label of the model is there."""
    segments: list[Segment]
    lines: list[int]
    """Of the file, the one that each segment ends on; there may be empty ones between."""


def render(segments: Sequence[Segment], labels: Sequence[str], movie: str, duration: Fraction) -> str:
    """The text of a `.tag` file.

    Args:
        segments: of every label.
        labels: all labels of the model; those of segments are added where they are missing.
        movie: the film's name, without its folder.
        duration: of the film, seconds.
    """
    ordered = sorted(segments, key=lambda segment: (segment.span, segment.label))
    totals = dict.fromkeys([*labels, *(segment.label for segment in ordered)], 0)
    rows: list[list[object]] = []
    for segment in ordered:
        first, last = math.floor(segment.span.start), math.ceil(segment.span.end) - 1
        totals[segment.label] += last - first + 1
        # Six significant digits, as C++ streams print them.
        rows.append([segment.label, first, last, f"{segment.score:.6g}", f"{segment.coverage:.6g}"])
    head: list[list[object]] = [[movie, *totals], [math.ceil(duration), *totals.values()], [*HEADER]]
    return "".join(csv_line(row) for row in [*head, *rows])


def write(cutlist: Cutlist) -> str:
    """The text of the `.tag` file of a cutlist."""
    return render(cutlist.segments, cutlist.labels, cutlist.video.path.name, cutlist.duration)


def read(path: str | Path) -> Tags:
    """Read a `.tag` file, ours or the first program's, with or without commas at the ends of lines.

    Raises:
        FormatError: the file is missing or no such file; the message names the line.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8", errors="surrogateescape")
        reader = csv.reader(io.StringIO(text, newline=""))
        numbered = [(reader.line_num, row) for raw in reader if (row := _without_trailing_comma(raw))]
    except OSError as error:
        raise FormatError(f"{path}: the tags cannot be read ({error.strerror})") from error
    except csv.Error as error:
        raise FormatError(f"{path}: not a tag file ({error})") from error
    rows = [row for _, row in numbered]
    if len(rows) < 3 or [cell.strip() for cell in rows[2]] != HEADER or len(rows[0]) != len(rows[1]):
        raise FormatError(f"{path}: not a tag file (its first three lines are not names, seconds and header)")
    try:
        total, *seconds = map(int, rows[1])
        segments = [_segment(row) for row in rows[3:]]
    except (ValueError, MilesDeepError) as error:
        raise FormatError(f"{path}: not a tag file ({error})") from error
    labels, lines = rows[0][1:], [line for line, _ in numbered[3:]]
    return Tags(rows[0][0], total, dict(zip(labels, seconds, strict=True)), segments, lines)


def _without_trailing_comma(row: list[str]) -> list[str]:
    return row[:-1] if row and not row[-1].strip() else row


def _segment(row: list[str]) -> Segment:
    if len(row) != len(HEADER):
        raise FormatError(f"a segment of {len(row)} values: {','.join(row)!r}")
    label, start, end, score, coverage = row
    if int(end) < int(start):
        raise FormatError(f"a segment that ends before it starts: {','.join(row)!r}")
    return Segment(Span(int(start), int(end) + 1), label, float(score), float(coverage))
