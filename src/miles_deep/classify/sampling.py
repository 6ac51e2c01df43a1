"""Which frames stand for the seconds of a film. Every strategy is only a choice of times."""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from miles_deep.video import Frame, Reading, Video, frames_at


@dataclass(frozen=True, slots=True)
class Sample:
    """The frame that stands for one second of the film."""

    second: int
    """k, for the half-open span [k, k+1)."""
    time: Fraction
    """Seconds at which it was looked for."""
    frame: Frame


def midpoint(second: int, end: Fraction) -> Fraction:
    """The middle of second k, or of the part of it before the film's end."""
    return (second + min(Fraction(second + 1), end)) / 2


def midpoints(end: Fraction) -> Iterator[Fraction]:
    """The middle of every second, endlessly; `end` is where the film is expected to end.

    Endless, since a header's duration may be wrong and only the frames tell.
    """
    for second in itertools.count():
        yield midpoint(second, end) if second < end else second + Fraction(1, 2)


def exact(video: Video, reading: Reading) -> Iterator[Sample]:
    """Look at every second: the frame shown at its midpoint.

    Where the film ends elsewhere than its header promised, the seconds concerned (two at most) are looked at
    again, and come a second time.
    """
    looked_at: dict[int, Fraction] = {}
    for time, frame in frames_at(video, midpoints(video.duration), reading):
        looked_at[math.floor(time)] = time
        yield Sample(math.floor(time), time, frame)
    if reading.end is None:
        return
    right = {second: midpoint(second, reading.end) for second in range(math.ceil(reading.end))}
    again = [time for second, time in right.items() if looked_at.get(second) != time]
    for time, frame in frames_at(video, again):
        yield Sample(math.floor(time), time, frame)


SAMPLINGS: dict[str, Callable[[Video, Reading], Iterator[Sample]]] = {"exact": exact}
"""Name to strategy: what `sampling=` takes."""
