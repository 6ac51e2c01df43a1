"""The packets of a film's picture: when each is shown, and where decoding can start."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from miles_deep.timecode import Span

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

JITTER = Fraction(1, 500)
"""Seconds by which equal frames may seem unequal: containers round to 1 ms, which moves each end by up to 1 ms."""

ROUNDING = Fraction(1, 1_000_000)
"""Seconds by which a frame may be before a time and yet count as after it: programs print microseconds."""

LONG_GAP = Fraction(1, 10)
"""Seconds for which a frame may be shown before it counts as held: slower is no film, but a row of pictures."""


@dataclass(frozen=True)
class PacketIndex:
    """One entry a packet, in decoding order; times in ticks from the video's start."""

    tick: Fraction
    """Seconds a tick."""
    pts: NDArray[np.int64]
    """When the packet's frame is shown."""
    keyframe: NDArray[np.bool_]
    entry: NDArray[np.uint8]
    """Whether decoding can start with the packet: `entry.NONE`, `FRESH` or `RECOVERY`."""
    size: NDArray[np.int64]
    """Bytes."""
    stamp: NDArray[np.int64]
    """What `packet_stamp` gives for the packet, to find it again."""
    last_duration: int
    """Ticks for which the frame shown last is shown."""
    timeless: int = 0
    """How many more packets there are, of which the file does not tell when they are shown."""

    @cached_property
    def frame_ticks(self) -> NDArray[np.int64]:
        """When frames are shown, ascending, each once; none before the video's start."""
        return _each_once(self.pts)

    @cached_property
    def usual_gap(self) -> Fraction:
        """Seconds from one frame to the next, as most are apart; where that varies, not more than `LONG_GAP`."""
        gaps = np.diff(self.frame_ticks)
        usual = (int(np.median(gaps)) if len(gaps) else self.last_duration) * self.tick
        return min(usual, LONG_GAP) if self.variable_frame_rate else usual

    def frames_in(self, span: Span) -> tuple[int, int]:
        """Numbers, in the order shown, of the first frame whose time lies in a span and of the first after it."""
        limits = [math.ceil((time - ROUNDING) / self.tick) for time in (span.start, span.end)]
        first, after = np.searchsorted(self.frame_ticks, limits)
        return int(first), int(after)

    @cached_property
    def frame_times(self) -> "Times":
        """When frames are shown, seconds from the video's start, ascending."""
        return Times(self.frame_ticks, self.tick)

    @cached_property
    def keyframes(self) -> tuple[Fraction, ...]:
        """Seconds at which decoding can start, in order."""
        return tuple(Times(_each_once(self.pts[self.keyframe]), self.tick))

    @cached_property
    def held_back(self) -> int:
        """How many frames a decoder holds back at most, so that they come out in the order they are shown."""
        places = np.argsort(np.argsort(self.pts, kind="stable"), kind="stable")
        # In damaged films two packets may claim one time, and yet have to be decoded one after the other.
        twice = len(np.unique(self.pts)) < len(self.pts)
        return int(max(0, (np.arange(len(places)) - places).max())) + twice

    @property
    def end(self) -> Fraction:
        """Seconds from the video's start to the end of the frame shown last."""
        return int(self.frame_ticks[-1] + self.last_duration) * self.tick

    @property
    def variable_frame_rate(self) -> bool:
        """Whether frames are shown for unequal times, beyond the rounding of the container."""
        gaps = np.diff(self.frame_ticks)
        return bool(len(gaps)) and float((gaps.max() - gaps.min()) * self.tick) > float(JITTER)


class Times(Sequence[Fraction]):
    """Ticks as seconds. Each becomes a number when it is asked for: a film has two hundred thousand of them."""

    def __init__(self, ticks: NDArray[np.int64], tick: Fraction) -> None:
        """`tick`: seconds a tick."""
        self._ticks, self._tick = ticks, tick

    def __len__(self) -> int:
        return len(self._ticks)

    @overload
    def __getitem__(self, place: int) -> Fraction: ...

    @overload
    def __getitem__(self, place: slice) -> list[Fraction]: ...

    def __getitem__(self, place: int | slice) -> Fraction | list[Fraction]:
        if isinstance(place, slice):
            return [int(ticks) * self._tick for ticks in self._ticks[place]]
        return int(self._ticks[place]) * self._tick

    def __iter__(self) -> Iterator[Fraction]:
        return (int(ticks) * self._tick for ticks in self._ticks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


def _each_once(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those from 0 on, ascending. Not by `np.unique`, which waits 10 ms for masked arrays to be imported."""
    ascending = np.sort(ticks[ticks >= 0])
    return ascending[np.diff(ascending, prepend=-1) > 0]


def packet_stamp(packet: "Packet[Stream]") -> int:
    """A number by which a packet is known among those of its track; -1 where the file gives it none."""
    if packet.pts is not None:
        return packet.pts
    return packet.dts if packet.dts is not None else -1
