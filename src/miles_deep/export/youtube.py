"""Chapters for the description of a YouTube video: a line each, `12:34 name`.

YouTube shows chapters only if the first is at 0:00, there are three or more, each lasts 10 seconds or more, and
they are in order. So every segment opens a chapter at its start, to the second, which lasts 10 seconds at least,
and what lies between segments is one called `other`, if 10 seconds of it are left. A segment that starts less than
10 seconds after another shares its chapter, which then has both names; one in the first 10 seconds of the film has
the chapter at 0:00, one in its last 10 seconds a chapter that starts as much earlier. Where fewer than three come
of that, the times are links and no more, and `notes` says so.

Source: https://support.google.com/youtube/answer/9884579. Descriptions may hold no angle
brackets; they become parentheses.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.notation import single_line
from miles_deep.export.player_clock import on_player
from miles_deep.timecode import Span, subtract

SHORTEST = 10
"""Seconds of a chapter."""

FEWEST = 3
"""Chapters that YouTube shows."""

OTHER = "other"
"""What is between segments."""

ANGLES = str.maketrans("<>", "()")


@dataclass(slots=True)
class _Chapter:
    start: int
    names: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Its names, each once."""
        return ", ".join(dict.fromkeys(self.names)) or OTHER


def write(cutlist: Cutlist) -> str:
    """The text of the chapters of a cutlist's segments."""
    return "".join(f"{_clock(chapter.start)} {chapter.title}\n" for chapter in _chapters(cutlist))


def notes(cutlist: Cutlist) -> list[str]:
    """Whether YouTube will show them."""
    number = len(_chapters(cutlist))
    few = f"YouTube shows chapters only where there are {FEWEST} or more, and these are {number}"
    return [few] if number < FEWEST else []


def _chapters(cutlist: Cutlist) -> list[_Chapter]:
    events, end = _events(cutlist)
    last = round(end) - SHORTEST
    chapters = [_Chapter(0)]
    for number, (time, label) in enumerate(events):
        open_from = chapters[-1].start + SHORTEST
        if label is None:
            start = max(round(time), open_from)
            following = min(round(events[number + 1][0]), last) if number + 1 < len(events) else last + SHORTEST
            if start + SHORTEST <= following:
                chapters.append(_Chapter(start))
        elif (start := min(round(time), last)) >= open_from:
            chapters.append(_Chapter(start, [single_line(label).translate(ANGLES)]))
        else:
            chapters[-1].names.append(single_line(label).translate(ANGLES))
    return chapters


def _events(cutlist: Cutlist) -> tuple[list[tuple[Fraction, str | None]], Fraction]:
    """When segments start, with their labels, and stretches without one, in order; and when the film ends."""
    spans = on_player(cutlist.video, [segment.span for segment in cutlist.segments])
    end = cutlist.duration + cutlist.video.lead
    gaps = subtract([Span(0, end)], spans) if end > 0 else []
    labels = [segment.label for segment in cutlist.segments]
    starts: list[tuple[Fraction, str | None]] = list(zip((span.start for span in spans), labels, strict=True))
    return sorted([*starts, *((gap.start, None) for gap in gaps if gap.start)], key=lambda event: event[0]), end


def _clock(seconds: int) -> str:
    minutes = f"{seconds // 60 % 60}:{seconds % 60:02}"
    return f"{seconds // 3600}:{minutes:0>5}" if seconds >= 3600 else minutes
