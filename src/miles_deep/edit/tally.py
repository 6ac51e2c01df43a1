"""What is known of the packets of a track: enough to see whether a file gives back what was put into it."""

import zlib
from array import array
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from av.packet import Packet
from av.stream import Stream

from miles_deep.edit.output import CannotCarry
from miles_deep.video.packets import packet_stamp

TOLERANCE = 0.001_001
"""Seconds by which times may be off when they come back: Matroska and ASF count milliseconds."""


@dataclass(slots=True)
class Track:
    """What is known of the packets of a track."""

    stream: Stream
    """Of the output while it is written, then of the film that was made."""
    shift: int = 0
    """Ticks of the source to add to its times."""
    data: int = 0
    """CRC-32 of all packets' bytes on end: some containers put the samples of PCM into other packets."""
    times: "array[int]" = field(default_factory=lambda: array("q"))
    hidden: bytearray = field(default_factory=bytearray)
    """For each packet, whether it is there to be decoded only."""
    tick: Fraction = Fraction(1)
    decoded: int | None = None
    """When the last packet is decoded."""

    def check_order(self, packet: "Packet[Stream]") -> None:
        """Raise CannotCarry where a packet comes too late, as where an MP4's edit list plays something twice."""
        if packet.dts is None:
            return
        if self.decoded is not None and packet.dts < self.decoded:
            seconds = float(packet.dts * packet.time_base)
            raise CannotCarry(
                f"times of {self.stream.type} track {self.stream.index} run backwards at {seconds:g} s"
            )
        self.decoded = packet.dts

    def note(self, packet: "Packet[Stream]") -> None:
        """Take a packet into account."""
        self.data = zlib.crc32(packet, self.data)
        self.times.append(packet_stamp(packet))
        self.hidden.append(packet.is_discard)
        self.tick = packet.time_base

    def is_like(self, other: "Track") -> bool:
        """Whether the packets have the same bytes and times."""
        if self.data != other.data:
            return False
        count = len(self.times) if len(self.times) == len(other.times) else 1
        times, others = (np.array(track.times[:count]) * float(track.tick) for track in (self, other))
        late = float(np.abs(times - others).max(initial=0))
        return late <= TOLERANCE and self.hidden[:count] == other.hidden[:count]
