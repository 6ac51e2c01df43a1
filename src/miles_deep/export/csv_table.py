"""A table for spreadsheets and pandas: `label,start,end,score,coverage`, a line a segment.

Times are seconds from the first frame shown, exact to the nanosecond. `miles-deep evaluate --truth` and `tune`
read the same columns, so labels stay as they are. One that begins with `=` is a formula to a spreadsheet: who uses
models of strangers should import the column as text.

Source: RFC 4180.
"""

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.notation import csv_line, decimal, unicode

HEADER = ["label", "start", "end", "score", "coverage"]


def write(cutlist: Cutlist) -> str:
    """The text of the table of a cutlist's segments."""
    rows = [
        [
            unicode(segment.label),
            decimal(segment.span.start),
            decimal(segment.span.end),
            decimal(segment.score, 6),
            decimal(segment.coverage, 6),
        ]
        for segment in cutlist.segments
    ]
    return "".join(map(csv_line, [HEADER, *rows]))
