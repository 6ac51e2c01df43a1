"""Packets of a film that follow each other without a gap, put in their places in the output."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import cast

from av.audio.codeccontext import AudioCodecContext
from av.packet import Packet
from av.stream import Stream

from miles_deep.edit.sound.reading import Tracks
from miles_deep.edit.sound.signal import JITTER, PREROLL
from miles_deep.edit.sound.stretches import SoundStretch

KEPT = 64
"""Packets that are remembered, so that what is around a join can be decoded: a second and more of most codecs."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A packet and where it stands."""

    packet: "Packet[Stream]"
    start: int
    """Sample of the output with which what it decodes to begins."""


@dataclass(slots=True)
class Run:
    """Packets that follow each other, from some before a stretch's start on, read as they are asked for."""

    stretch: SoundStretch
    """What of the output they are for: from where they begin on, if that is later than it should be."""
    decoder: AudioCodecContext
    source: Iterator[Placed]
    is_beginning: bool
    """Whether the first packet is the track's first."""
    seen: deque[Placed] = field(default_factory=lambda: deque(maxlen=KEPT))
    """The packets read last."""

    def next(self) -> Placed | None:
        """The next packet; None after the last."""
        placed = next(self.source, None)
        if placed is not None:
            self.seen.append(placed)
        return placed

    def at(self, start: int) -> Placed | None:
        """The packet that stands in a place, if it was read lately."""
        return next((placed for placed in reversed(self.seen) if placed.start == start), None)

    def all(self) -> Iterator[Placed]:
        """Those that were read lately, and all that follow."""
        yield from list(self.seen)
        while (placed := self.next()) is not None:
            yield placed


class Grid:
    """Where packets can stand in the output: a whole number of them apart."""

    def __init__(self, samples: int, phase: int | None) -> None:
        """`samples` of a packet; `phase`: a place for one, None to leave that to the first."""
        self.samples = samples
        self._phase = phase

    def nearest(self, place: Fraction) -> int:
        """The place nearest to a sample."""
        if self._phase is None:
            self._phase = round(place)
        return self._phase + round((place - self._phase) / self.samples) * self.samples


Timed = tuple["Packet[Stream]", Fraction | None]
"""A packet, and where it should stand in the output by its own time, in samples."""


def runs_of(stretch: SoundStretch, tracks: Tracks, rate: int, grid: Grid) -> Iterator[Run]:
    """The runs of which a stretch is made up: several where the track has gaps.

    Each is read to its end before there is another.
    """
    track = tracks.track(stretch.film)
    packets = (
        (packet, None if time is None else stretch.place(time, rate))
        for packet, time in tracks.packets_from(stretch.film, stretch.time(stretch.start, rate) - PREROLL)
        if packet.size
    )
    opening = next((timed for timed in packets if timed[1] is not None), None)
    while opening is not None:
        counted = _Counted(opening, packets, grid, JITTER * rate, stretch.end)
        run = Run(stretch, track.codec_context, iter(counted), (opening[0].pts or 0) <= (track.start_time or 0))
        placed = run.next()
        while placed is not None and placed.start + grid.samples <= stretch.start:
            placed = run.next()
        if placed is not None and placed.start < stretch.end:
            begin = run.seen[0].start
            if begin > stretch.start:
                run.stretch = replace(stretch, start=begin, fade_in=True)
            yield run
        for _ in run.source:
            pass
        opening = counted.other


class _Counted:
    """Packets in their places up to the next gap, or to the end of what they are for."""

    def __init__(self, opening: Timed, packets: Iterator[Timed], grid: Grid, jitter: Fraction, end: int) -> None:
        self.other: Timed | None = None
        """The packet after the gap."""
        self._opening, self._packets = opening, packets
        self._grid, self._jitter, self._end = grid, jitter, end

    def __iter__(self) -> Iterator[Placed]:
        exact = cast(Fraction, self._opening[1])
        start = self._grid.nearest(exact)
        yield Placed(self._opening[0], start)
        for packet, place in self._packets:
            start, exact = start + self._grid.samples, exact + self._grid.samples
            if place is not None and abs(place - exact) > self._jitter:
                self.other = packet, place
                return
            yield Placed(packet, start)
            if start >= self._end:
                return
