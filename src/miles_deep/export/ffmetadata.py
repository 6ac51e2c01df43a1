"""FFmpeg's metadata file with the segments as chapters: `ffmpeg -i MOVIE -i FILE -map_chapters 1 -c copy OUT`.

The list is without gaps, since some containers can hold no other; see `timeline.chapters`. Times are exact: the
time base is one for all of them. Where its denominator is beyond the 31 bits that FFmpeg reads, they are
nanoseconds.

Source: libavformat/ffmetadec.c, https://ffmpeg.org/ffmpeg-formats.html#Metadata-1. Its reader takes a backslash at
the end of a line, itself escaped or not, for an escape of the line's end; a space after it prevents that.
"""

import math
import re

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.notation import single_line
from miles_deep.export.player_clock import on_player
from miles_deep.export.rounding import rounded
from miles_deep.timeline.chapters import Chapter, flat_chapters

NANOSECONDS = 10**9


def write(cutlist: Cutlist) -> str:
    """The text of the metadata file of a cutlist's segments."""
    marks = [Chapter(segment.span, single_line(segment.label)) for segment in cutlist.segments]
    flat = flat_chapters(marks, (), cutlist.duration) if marks else []
    spans = on_player(cutlist.video, [chapter.span for chapter in flat])
    base = math.lcm(*(time.denominator for span in spans for time in (span.start, span.end)))
    base = base if base < 2**31 else NANOSECONDS
    chapters = [
        f"\n[CHAPTER]\nTIMEBASE=1/{base}\nSTART={start}\nEND={end}\ntitle={_escaped(chapter.title)}\n"
        for (start, end), chapter in zip(rounded(spans, base), flat, strict=True)
    ]
    return "".join([";FFMETADATA1\n", *chapters])


def _escaped(name: str) -> str:
    text = re.sub(r"[=;#\\]", r"\\\g<0>", name)
    return text + " " if text.endswith("\\") else text
