"""What is done to a stretch of film besides keeping it: blurred, muted, played at another speed. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise

from miles_deep.errors import OptionError
from miles_deep.timecode import Seconds, Span, merge, within

SLOWEST, FASTEST = Fraction(1, 10), Fraction(100)
"""Speeds there are: beyond, nothing can be heard, and little be seen."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """How a stretch comes out.

    Raises:
        OptionError: a speed that is no number between `SLOWEST` and `FASTEST`.
    """

    blur: bool = False
    """The picture is blurred beyond recognition."""
    mute: bool = False
    """Its sound is silence."""
    speed: Fraction = Fraction(1)
    """Seconds of the source to a second of output."""

    def __init__(self, blur: bool = False, mute: bool = False, speed: Seconds = 1) -> None:
        try:
            exact = Fraction(speed)
        except (ValueError, OverflowError) as error:  # nan and infinity
            raise OptionError(f"a speed has to be a finite number, not {speed}") from error
        if not SLOWEST <= exact <= FASTEST:
            raise OptionError(f"a speed has to lie between {float(SLOWEST):g} and {float(FASTEST):g}, not {speed}")
        object.__setattr__(self, "blur", blur)
        object.__setattr__(self, "mute", mute)
        object.__setattr__(self, "speed", exact)

    def __or__(self, other: "Treatment") -> "Treatment":
        """Both at once; of two speeds, the one farther from the usual."""
        speed = max(self.speed, other.speed, key=_haste)
        return Treatment(self.blur or other.blur, self.mute or other.mute, speed)


def _haste(speed: Fraction) -> Fraction:
    """How far a speed is from the usual, either way."""
    return max(speed, 1 / speed)


@dataclass(frozen=True, slots=True)
class Effect:
    """A treatment of a stretch of the source."""

    span: Span
    treatment: Treatment


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the source whose picture is treated in one way."""

    span: Span
    blur: bool
    speed: Fraction
    muted: tuple[Span, ...]
    """Where in it there is no sound, in order."""


def treated(spans: Iterable[Span], effects: Sequence[Effect]) -> list[Stretch]:
    """The spans in order, those that overlap or touch made one, divided where their picture or speed changes.

    Muting divides nothing: a picture can be copied whatever becomes of its sound. Of two speeds, the one farther
    from the usual holds.
    """
    blurred = merge(effect.span for effect in effects if effect.treatment.blur)
    muted = merge(effect.span for effect in effects if effect.treatment.mute)
    speeds = {effect.treatment.speed for effect in effects} - {Fraction(1)}
    paced = {
        speed: merge(effect.span for effect in effects if effect.treatment.speed == speed)
        for speed in sorted(speeds, key=_haste, reverse=True)
    }
    changing = [*blurred, *chain(*paced.values())]
    edges = sorted({time for span in changing for time in (span.start, span.end)})
    divided: list[tuple[Span, bool, Fraction]] = []
    for span in merge(spans):
        begin = len(divided)
        inside = edges[bisect_right(edges, span.start) : bisect_left(edges, span.end)]
        for start, end in pairwise([span.start, *inside, span.end]):
            speed = next((speed for speed, where in paced.items() if _covers(where, start)), Fraction(1))
            blur = _covers(blurred, start)
            if len(divided) > begin and divided[-1][1:] == (blur, speed):
                start = divided.pop()[0].start
            divided.append((Span(start, end), blur, speed))
    return [Stretch(span, blur, speed, tuple(within(muted, span))) for span, blur, speed in divided]


def _covers(spans: Sequence[Span], time: Fraction) -> bool:
    """Whether a time lies in one of some spans, in order and without overlap."""
    place = bisect_right(spans, time, key=lambda span: span.start) - 1
    return place >= 0 and time < spans[place].end


class Pace:
    """Which frames of a stretch come out at its speed: no more a second of output than the film usually has."""

    def __init__(self, speed: Fraction, gap: Fraction, end: Fraction) -> None:
        """`gap`: seconds from one frame to the next, as most are apart; `end`: of the stretch, in seconds."""
        # Half a frame of slack, so that times that are rounded do not make it miss every second one.
        self._least = gap * speed - gap / 2 if speed > 1 else None
        self._end = end
        self._last: Fraction | None = None

    def takes(self, time: Fraction) -> bool:
        """Whether the next frame of the stretch, at this time of the source, comes out."""
        if self._least is not None and self._last is not None:
            soon, brief = time - self._last < self._least, self._end - time < self._least / 2
            if soon or brief:
                return False
        self._last = time
        return True
