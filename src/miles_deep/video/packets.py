"""The packets of a film's picture: when each is shown, and where decoding can start."""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
from av.packet import Packet
from av.stream import Stream
from numpy.typing import NDArray

from miles_deep.errors import VideoError
from miles_deep.timecode import Span
from miles_deep.video.clock import Clock
from miles_deep.video.container import Damage, main_picture, open_film, packets
from miles_deep.video.entry import NONE, EntryReader

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
        return cast(NDArray[np.int64], np.unique(self.pts[self.pts >= 0]))

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
    def frame_times(self) -> list[Fraction]:
        """When frames are shown, seconds from the video's start, ascending."""
        return [int(ticks) * self.tick for ticks in self.frame_ticks]

    @cached_property
    def keyframes(self) -> tuple[Fraction, ...]:
        """Seconds at which decoding can start, in order."""
        return tuple(int(ticks) * self.tick for ticks in np.unique(self.pts[self.keyframe & (self.pts >= 0)]))

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


def index_packets(path: Path, start: Fraction) -> PacketIndex:
    """Read all packets of a film's picture without decoding them.

    Args:
        path: the film.
        start: seconds on the file's clock that count as 0.

    Raises:
        VideoError: the film holds no packet that is shown.
    """
    pts: list[int] = []
    durations: list[int] = []
    keyframe: list[bool] = []
    entry: list[int] = []
    size: list[int] = []
    stamp: list[int] = []
    timeless = 0
    with open_film(path) as container:
        stream = main_picture(container, path)
        tick = cast(Fraction, stream.time_base)
        clock = Clock(stream)
        entries = EntryReader(stream.codec_context)
        for packet in packets(container, Damage(), stream):
            if not packet.size or packet.is_discard:
                continue
            shown = clock.read(packet)
            if shown is None:
                timeless += 1
                continue
            pts.append(shown)
            durations.append(packet.duration or 0)
            keyframe.append(packet.is_keyframe)
            entry.append(entries.read(packet) if packet.is_keyframe else NONE)
            size.append(packet.size)
            stamp.append(packet_stamp(packet))
        rate = stream.average_rate or stream.guessed_rate
    if not pts:
        raise VideoError(f"{path}: not one frame can be read")
    ticks = np.array(pts, np.int64) - round(start / tick)
    last = int(ticks.argmax())
    frame = durations[last] or (round(1 / rate / tick) if rate else 1)
    return PacketIndex(
        tick=tick,
        pts=ticks,
        keyframe=np.array(keyframe),
        entry=np.array(entry, np.uint8),
        size=np.array(size, np.int64),
        stamp=np.array(stamp, np.int64),
        last_duration=max(1, frame),
        timeless=timeless,
    )


def packet_stamp(packet: "Packet[Stream]") -> int:
    """A number by which a packet is known among those of its track; -1 where the file gives it none."""
    if packet.pts is not None:
        return packet.pts
    return packet.dts if packet.dts is not None else -1
