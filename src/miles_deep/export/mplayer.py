"""MPlayer's edit list: `start end 0` for every stretch that is skipped, in seconds.

MPlayer drops a line that begins before or at the end of the one before it, and knows no markers.

Source: edl.c (MPlayer), http://www.mplayerhq.hu/DOCS/HTML/en/edl.html.
"""

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.notation import milliseconds
from miles_deep.export.player_clock import on_player
from miles_deep.export.rounding import rounded

SKIP = 0


def write(cutlist: Cutlist) -> str:
    """The text of the edit list of a cutlist."""
    skips = rounded(on_player(cutlist.video, cutlist.skipped))
    return "".join(f"{milliseconds(start)} {milliseconds(end)} {SKIP}\n" for start, end in skips)
