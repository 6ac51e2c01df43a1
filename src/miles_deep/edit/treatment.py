"""What is done to a stretch of film besides keeping it: blurred, muted, played at another speed. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from itertools import pairwise

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
        speed = max(self.speed, other.speed, key=lambda speed: max(speed, 1 / speed))
        return Treatment(self.blur or other.blur, self.mute or other.mute, speed)


AS_IT_IS = Treatment()


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

    Muting divides nothing: a picture can be copied whatever becomes of its sound.
    """
    seen = [effect for effect in effects if effect.treatment.blur or effect.treatment.speed != 1]
    muted = merge(effect.span for effect in effects if effect.treatment.mute)
    edges = sorted({time for effect in seen for time in (effect.span.start, effect.span.end)})
    divided: list[tuple[Span, Treatment]] = []
    for span in merge(spans):
        begin = len(divided)
        times = [span.start, *(time for time in edges if span.start < time < span.end), span.end]
        for start, end in pairwise(times):
            over = [effect.treatment for effect in seen if effect.span.start <= start and end <= effect.span.end]
            treatment = replace(reduce(Treatment.__or__, over, AS_IT_IS), mute=False)
            if len(divided) > begin and divided[-1][1] == treatment:
                divided[-1] = (Span(divided[-1][0].start, end), treatment)
            else:
                divided.append((Span(start, end), treatment))
    return [Stretch(span, how.blur, how.speed, tuple(within(muted, span))) for span, how in divided]


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
