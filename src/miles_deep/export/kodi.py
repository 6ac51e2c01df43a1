"""Kodi's edit list, the `.edl` of comskip and MPlayer: `start end action`, in seconds.

What is not kept is cut (action 0). To mark, every segment has a scene marker (2) at its start and at its end, as
Kodi adds them to commercial breaks itself; what each is, a comment says, since Kodi's markers have no name.

Of a marker, Kodi reads only the second time, so both are the same. Edits that touch are refused as overlapping;
what is not kept never touches. Kodi takes seconds times 1000 in floating point, and older versions cut off what is
beyond the millisecond, so that 1.001 became 1000; a digit more keeps such times right.

Source: xbmc/cores/VideoPlayer/Edl.cpp (Kodi), https://kodi.wiki/view/Edit_decision_list.
"""

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.notation import milliseconds, single_line
from miles_deep.export.player_clock import on_player
from miles_deep.export.rounding import rounded

CUT, SCENE = 0, 2

LONGEST = 200
"""Letters of a comment: Kodi takes what is beyond 1,023 bytes for another line."""


def write(cutlist: Cutlist) -> str:
    """The text of the edit list of a cutlist."""
    if not cutlist.mark:
        skips = rounded(on_player(cutlist.video, cutlist.skipped))
        return "".join(f"{_seconds(start)}\t{_seconds(end)}\t{CUT}\n" for start, end in skips)
    lines = []
    marks = rounded(on_player(cutlist.video, [segment.span for segment in cutlist.segments]))
    for segment, times in zip(cutlist.segments, marks, strict=True):
        start, end = map(_seconds, times)
        lines.append(f"## {start} {end} {single_line(segment.label)[:LONGEST]}\n")
        lines += [f"{time}\t{time}\t{SCENE}\n" for time in (start, end)]
    return "".join(lines)


def _seconds(number: int) -> str:
    text = milliseconds(number)
    return text if int(float(text) * 1000) == number else f"{text}1"
