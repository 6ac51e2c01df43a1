"""Where the parts of an output meet, and which frames are due around there. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from miles_deep.edit.pieces import Copy, EditPlan, Encode, Part, Piece
from miles_deep.edit.treatment import Pace
from miles_deep.timecode import Span
from miles_deep.video.video import Video

SETTLED = 16
"""Frames from the beginning of a part that are compared: as many as a picture of h264 or hevc may refer back to,
so that whatever is wrong with what it refers to shows in one of them."""

ENTERED = 3
"""Frames that are compared where decoding is entered: is it the same film at all."""

ENOUGH = Fraction(2)
"""Seconds of what an encoder made that are looked at after a join: its groups may be long."""

LONGEST = Fraction(60)
"""Seconds of a group of pictures that are decoded to get to a join, or after it, at most."""

FOREVER = Fraction(10**9)
"""Seconds: after the end of any film."""


@dataclass(frozen=True, slots=True)
class Due:
    """A frame that has to come out."""

    time: Fraction
    """When, seconds of the output."""
    source: Fraction
    """When it is shown in its film, seconds."""
    part: int
    """Number of its part in the plan."""
    compared: bool
    """Whether the picture is looked at, and not only that it is there."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What is decoded in one go, in seconds of the output: from a keyframe over joins to another.

    The times are a little before those of the keyframes, which may be off by rounding."""

    keyframe: Fraction
    """Where decoding is entered; 0 is the beginning, whatever is there."""
    start: Fraction
    end: Fraction
    left: Fraction | None = None
    """Where the player is, when it jumps to the keyframe; None: somewhere before it."""


class Layout:
    """The parts of an output in order."""

    def __init__(self, videos: Sequence[Video], plan: EditPlan) -> None:
        """`videos`: the films, by `Piece.film`."""
        self._videos = videos
        self.length = plan.length
        """Seconds of the output."""
        self.parts: list[tuple[Piece, Part]] = [(piece, part) for piece in plan.pieces for part in piece.parts]
        self.starts = [piece.output_time(part.span.start) for piece, part in self.parts]
        """When they begin, seconds of the output."""

    def video(self, number: int) -> Video:
        """The film of a part."""
        return self._videos[self.parts[number][0].film]

    def ends(self, number: int) -> Fraction:
        """When a part ends, seconds of the output."""
        piece, part = self.parts[number]
        return piece.output_time(part.span.end)

    def at(self, time: Fraction) -> int:
        """Number of the part that is shown at a time of the output."""
        return max(0, bisect_right(self.starts, time) - 1)

    def passages(self, keyframes: Sequence[Fraction], rounding: Fraction) -> Iterator[Passage]:
        """What has to be decoded to go over every join as a player does, in order; none overlap.

        Args:
            keyframes: those of the output, seconds, ascending.
            rounding: seconds by which their times may be off.
        """
        edge = self._edge(rounding)
        start, end = Fraction(0), Fraction(0)
        for number, join in enumerate([*self.starts, self.length]):
            before = bisect_left(keyframes, join - rounding) - 1
            since = keyframes[before] if before >= 0 else Fraction(0)
            if join - since > LONGEST:
                since = join
            if since > end:
                yield Passage(start, start - edge, end - edge)
                start = since
            if number == len(self.starts):
                break
            after = bisect_right(keyframes, join + rounding)
            copied = isinstance(self.parts[number][1], Copy)
            last = join + (LONGEST if copied else ENOUGH)
            end = max(end, min(keyframes[after], last) if after < len(keyframes) else last)
        yield Passage(start, start - edge, FOREVER)

    def jump(self, keyframes: Sequence[Fraction], rounding: Fraction) -> Passage | None:
        """From where something is encoded into the midst of a copied part, which may have been left without what a
        decoder has to be told there; None where there is no such place. Arguments as of `passages`."""
        edge = self._edge(rounding)
        encoded = [
            start for start, (_, part) in zip(self.starts, self.parts, strict=True) if isinstance(part, Encode)
        ]
        for number, start in enumerate(self.starts):
            inside = bisect_right(keyframes, start + rounding)
            copied = isinstance(self.parts[number][1], Copy)
            if encoded and copied and inside < len(keyframes) and keyframes[inside] < self.ends(number) - rounding:
                keyframe = keyframes[inside]
                return Passage(keyframe, keyframe - edge, keyframe + edge, left=encoded[0])
        return None

    def _edge(self, rounding: Fraction) -> Fraction:
        """Seconds by which passages begin and end before keyframes."""
        return min(2 * rounding, min(video.index.usual_gap for video in self._videos) / 2)

    def due(self, passage: Passage, thorough: bool = False) -> Iterator[Due]:
        """The frames due in a passage, in order; `thorough`: all of them are compared."""
        entered = 0
        for number in range(self.at(passage.start), len(self.parts)):
            if self.starts[number] >= passage.end:
                return
            for place, time, source in self._frames(number, passage.start, passage.end):
                entered += 1
                yield Due(time, source, number, thorough or place < SETTLED or entered <= ENTERED)

    def _frames(self, number: int, since: Fraction, until: Fraction) -> Iterator[tuple[int, Fraction, Fraction]]:
        """(number within the part, seconds of the output, of the film) of its frames in a span of the output."""
        piece, part = self.parts[number]
        index, speed = self.video(number).index, piece.speed
        first, after = self.frames(number)
        pace = Pace(speed, index.usual_gap, part.span.end)
        early = 0
        if speed == 1 and since > self.starts[number]:
            begin, _ = index.frames_in(Span(since - self.starts[number] + part.span.start, part.span.end))
            early = max(0, begin - first)
        place = early
        for frame in range(first + early, after):
            source = int(index.frame_ticks[frame]) * index.tick
            shown = max(source, part.span.start)
            if not pace.takes(shown):
                continue
            time = piece.output_time(shown)
            if time >= until:
                return
            if time >= since:
                yield place, time, source
            place += 1

    def times(self, number: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """When the frames of a part are shown, in seconds of the output, and their numbers in the film."""
        piece, part = self.parts[number]
        index = self.video(number).index
        first, after = self.frames(number)
        numbers = np.arange(first, after)
        if piece.speed > 1:
            pace = Pace(piece.speed, index.usual_gap, part.span.end)
            taken = [pace.takes(max(part.span.start, self.source(number, frame))) for frame in range(first, after)]
            numbers = numbers[np.array(taken, bool)]
        shown = (index.frame_ticks[numbers] * float(index.tick)).clip(min=float(part.span.start))
        return (shown - float(piece.span.start)) / float(piece.speed) + float(piece.output_start), numbers

    def source(self, number: int, frame: int) -> Fraction:
        """When a frame of a part's film is shown there, in seconds; `frame` is its number in the order shown."""
        index = self.video(number).index
        return int(index.frame_ticks[frame]) * index.tick

    def frames(self, number: int) -> tuple[int, int]:
        """Numbers, in the order shown, of the first frame of its film that a part shows, and of that after it."""
        _, part = self.parts[number]
        index = self.video(number).index
        first, after = index.frames_in(part.span)
        held = first == len(index.frame_ticks) or int(index.frame_ticks[first]) * index.tick > part.span.start
        return first - (held and first > 0), after

    def keyframes(self, number: int, time: Fraction) -> dict[int, frozenset[int]]:
        """Film to the keyframes at which copying begins or ends next to a fault in a part.

        Args:
            number: of the part.
            time: of the fault, seconds of the output.
        """
        blamed: dict[int, set[int]] = {}

        def blame(other: int, begins: bool) -> None:
            if 0 <= other < len(self.parts) and isinstance(part := self.parts[other][1], Copy):
                packet = part.first_packet if begins else part.last_packet + 1
                keyframes = blamed.setdefault(self.parts[other][0].film, set())
                if packet < len(self.video(other).index.keyframe):
                    keyframes.add(packet)

        copied = isinstance(self.parts[number][1], Copy)
        early = 2 * time < self.starts[number] + self.ends(number)
        if not copied or early:
            blame(number - 1, begins=False)
        if not copied or not early:
            blame(number + 1, begins=True)
        if copied:
            blame(number, begins=early)
        return {film: frozenset(keyframes) for film, keyframes in blamed.items()}
