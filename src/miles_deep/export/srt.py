"""SubRip subtitles that name what is seen, for any player.

A name has one line; `-->`, which many readers take for times wherever it stands, becomes `->`, and brackets that
players take for markup, as in `<b>` and `{\\an8}`, become round.

Source: https://www.matroska.org/technical/subtitles.html#srt-subtitles.
"""

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.notation import hours, single_line
from miles_deep.export.player_clock import on_player
from miles_deep.export.rounding import rounded

ROUND = str.maketrans("<>{}", "()()")


def write(cutlist: Cutlist) -> str:
    """The text of the subtitles of a cutlist's segments."""
    times = rounded(on_player(cutlist.video, [segment.span for segment in cutlist.segments]))
    return "\n".join(
        f"{number}\n{hours(start, ',')} --> {hours(end, ',')}\n{_name(segment.label)}\n"
        for number, ((start, end), segment) in enumerate(zip(times, cutlist.segments, strict=True), 1)
    )


def _name(label: str) -> str:
    return single_line(label).replace("-->", "->").translate(ROUND)
