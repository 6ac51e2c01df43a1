"""WebVTT: a track of cues for browsers and web players, as subtitles, chapters or metadata.

Source: https://www.w3.org/TR/webvtt1/, 4.1 (file structure), 4.2.2 (cue text and its escapes).
"""

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.notation import hours, single_line
from miles_deep.export.player_clock import on_player
from miles_deep.export.rounding import rounded

ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def write(cutlist: Cutlist) -> str:
    """The text of the track of a cutlist's segments."""
    times = rounded(on_player(cutlist.video, [segment.span for segment in cutlist.segments]))
    cues = [
        f"\n{hours(start)} --> {hours(end)}\n{single_line(segment.label).translate(ESCAPES)}\n"
        for (start, end), segment in zip(times, cutlist.segments, strict=True)
    ]
    return "".join(["WEBVTT\n", *cues])
