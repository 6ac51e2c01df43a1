"""auto-editor's timeline, version 1: chunks `[start, end, speed]` of the whole film, of which speed 99999 is cut.

Start and end count frames from 0, not those of the film but those of the constant rate to which auto-editor
brings every film: its average rate, to hundredths, or one of NTSC's where it is as near as that.

Source: src/imports/json.nim (parseV1) and src/timeline.nim (makeSaneTimebase, toNonLinear) of auto-editor 29.
"""

import os
from fractions import Fraction

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.notation import document
from miles_deep.export.player_clock import on_player
from miles_deep.export.rounding import whole_units

VERSION = "1"
KEEP, CUT = 1, 99999

NTSC = (Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001))
USUAL = Fraction(30)
"""Frames a second of a film that does not tell."""


def write(cutlist: Cutlist) -> str:
    """The text of the timeline of a cutlist."""
    rate = constant_rate(cutlist.video.frame_rate)
    video = cutlist.video
    kept = [(span, KEEP) for span in on_player(video, cutlist.kept)]
    chunks = sorted(kept + [(span, CUT) for span in on_player(video, cutlist.skipped)])
    units = whole_units((time for span, _ in chunks for time in (span.start, span.end)), rate)
    return document(
        {
            "version": VERSION,
            "source": os.path.abspath(cutlist.video.path),
            "timebase": f"{rate.numerator}/{rate.denominator}",
            "chunks": [[units[span.start], units[span.end], speed] for span, speed in chunks],
        }
    )


def notes(cutlist: Cutlist) -> list[str]:
    """Whether its frames are not those of the film."""
    if not cutlist.video.variable_frame_rate:
        return []
    return ["auto-editor: the film's frame rate varies, so times were resampled to a constant one"]


def constant_rate(average: Fraction | None) -> Fraction:
    """The frames a second that auto-editor takes a film to have, by its average rate."""
    if not average:
        return USUAL
    hundredths = round(average, 2)
    return next((rate for rate in NTSC if round(rate, 2) == hundredths), hundredths)
