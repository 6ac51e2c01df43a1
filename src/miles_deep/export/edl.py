"""CMX3600 edit decision lists, printed by OpenTimelineIO's adapter.

What the adapter does not write is added to its text: which kind of timecode it is (`FCM:`), and that sound is cut
with the picture (`AA/V`, `AUD`). Clips bear the film's name, by which editors find it; a comment has the labels.

SMPTE 258M; https://xmil.biz/EDL-X/CMX3600.pdf
"""

import re
from collections.abc import Sequence as Many
from typing import Any

from miles_deep.errors import OptionError
from miles_deep.export.cutlist import Cutlist
from miles_deep.export.frames import resampling_note
from miles_deep.export.sequence import Sequence, sequence_of

MOST_EVENTS = 999
"""That have three digits, as CMX numbers them."""

DAY = 24 * 3600
"""Seconds after which timecode begins again."""

LONGEST_TITLE = 70
"""Characters."""

CHANNELS = ("V", "B", "AA/V")
"""Channels of sound to what CMX calls them with the picture; there are at most two, and `AUD` adds two more."""

EVENT = re.compile(r"^(\d{3,}  .{8} )V    ( C )", re.MULTILINE)


def write(cutlist: Cutlist) -> str:
    """The text of an `.edl` file.

    Raises:
        OptionError: the film is longer than a day.
    """
    sequence = sequence_of(cutlist, "edl")
    if sequence.total > DAY * sequence.rate:
        raise OptionError(
            f"{cutlist.video.path}: longer than the 24 hours that the timecode of an EDL tells apart"
        )
    head = f"TITLE: {sequence.title[:LONGEST_TITLE]}\nFCM: {'' if sequence.drop else 'NON-'}DROP FRAME\n"
    return head + ("\n" + _events(sequence) if sequence.clips else "")


def notes(cutlist: Cutlist) -> Many[str]:
    """Whether frames were resampled, and whether there are more events than some editors read."""
    events = len(sequence_of(cutlist, "edl").clips)
    many = f"edl: {events} events; some editors read the first {MOST_EVENTS} only"
    return [*resampling_note(cutlist.video, "edl"), *([many] if events > MOST_EVENTS else [])]


def _events(sequence: Sequence) -> str:
    from opentimelineio import adapters

    from miles_deep.export.otio import timeline_of

    # The adapter counts as the rate says: with 30000/1001 drop-frame, with 30 not.
    rate = float(sequence.rate) if sequence.drop else float(sequence.whole_rate)
    timeline = timeline_of(sequence, rate)
    timeline.name = ""
    del timeline.tracks[1:]
    for clip in timeline.tracks[0]:
        labels = clip.name
        clip.name = sequence.file_name
        # The adapter would write markers in capitals, and without their comments.
        comments = _locators(sequence, rate) if sequence.markers else [f"COMMENT: {labels}"]
        clip.metadata["cmx_3600"] = {"reel": _reel(sequence.video.path.stem), "comments": comments}
    return _with_sound(str(adapters.write_to_string(timeline, "cmx_3600", rate=rate)), sequence)


def _locators(sequence: Sequence, rate: float) -> list[str]:
    """Avid's comments for markers: time, colour, text."""
    from miles_deep.export.otio import colours_of

    colours = colours_of(sequence)
    lines = []
    for marker in sequence.markers:
        words = f"{colours[marker.name]:<7} {marker.name} ({marker.comment})"
        lines.append(f"LOC: {_timecode(marker.start, rate)} {words}")
    return lines


def _timecode(number: int, rate: float) -> str:
    from opentimelineio import opentime

    timecode: Any = opentime.to_timecode(opentime.RationalTime(number, rate), rate)
    return str(timecode)


def _reel(name: str) -> str:
    """A name of at most eight letters and digits; `AX` says that there is none, and `BL` would be black."""
    reel = re.sub(r"[^A-Z0-9]", "", name.upper())[:8]
    return reel if reel not in ("", "BL", "BLACK", "BARS") else "AX"


def _with_sound(events: str, sequence: Sequence) -> str:
    channels = sum(track.channels for track in sequence.sound)
    named = EVENT.sub(rf"\g<1>{CHANNELS[min(channels, 2)]:<5}\g<2>", events)
    if channels <= 2:
        return named
    more = "AUD  3" if channels == 3 else "AUD  3    4"
    return re.sub(r"^(\d{3,}  .*)$", rf"\1\n{more}", named, flags=re.MULTILINE)
