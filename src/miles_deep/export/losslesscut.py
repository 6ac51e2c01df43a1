"""LosslessCut's CSV: `start,end,name` in seconds, without a header, of what is kept, or of what is marked.

It reads no more than three decimals. A file without a line is one that it refuses.

Source: src/renderer/src/edlFormats.ts (LosslessCut): parseCsv, parseTime.
"""

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.notation import csv_line, milliseconds, unicode
from miles_deep.export.player_clock import on_player
from miles_deep.export.rounding import rounded
from miles_deep.timecode import Span


def write(cutlist: Cutlist) -> str:
    """The text of the CSV of a cutlist."""
    segments = named(cutlist)
    times = rounded([span for span, _ in segments])
    return "".join(
        csv_line([milliseconds(start), milliseconds(end), unicode(name)])
        for (start, end), (_, name) in zip(times, segments, strict=True)
    )


def named(cutlist: Cutlist) -> list[tuple[Span, str]]:
    """What LosslessCut gets for segments, with their names."""
    if cutlist.mark:
        spans, names = [s.span for s in cutlist.segments], [s.label for s in cutlist.segments]
    else:
        spans, names = list(cutlist.kept), [clip.name for clip in cutlist.clips]
    return list(zip(on_player(cutlist.video, spans), names, strict=True))
