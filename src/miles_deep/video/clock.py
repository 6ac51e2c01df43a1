"""When the packets and frames of a film are shown, by whatever times its container keeps."""

import re
from fractions import Fraction
from typing import cast

from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

DECODING_TIMES_ONLY = frozenset({"avi", "asf"})
"""Containers that tell when a packet is decoded, not when its frame is shown."""


PACKED = re.compile(rb"DivX\d+[bB](uild)?\d+p")
"""How DivX and XviD say that a packet may hold two pictures, and the next one none (FFmpeg's mpeg4videodec.c)."""


class Clock:
    """Presentation times of the packets and frames of a film's picture, in ticks.

    Most containers store them. AVI and ASF store only when packets are decoded, and FFmpeg guesses the rest:
    the order well, but all of it late by as much as it thinks the decoder holds back, though the file's sound is
    in step with its packets. So the guess is moved back by what it puts the first packet late. Where not even
    the order can be guessed (see `has_order`), packets hold slots of time in decoding order, and frames, which
    come out in the order they are shown, take the earliest slot yet free. Damaged packets give no frame and leave
    their slots: a keyframe, before which all is shown that is decoded before it, puts that right.
    """

    def __init__(self, stream: VideoStream, late: int | None = None) -> None:
        """`late` is what another clock on the same film measured; None to measure it on the first packet."""
        self.ordered = has_order(stream)
        self.late = late if late is not None or stream.container.format.name in DECODING_TIMES_ONLY else 0
        self._tick = cast(Fraction, stream.time_base)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self._frame = max(1, round(1 / rate / self._tick))
        self._fields = stream.container.format.name not in DECODING_TIMES_ONLY
        self._slots: list[int] = []
        self._next = 0

    def reset(self) -> None:
        """Forget what was read: the file is about to be read from another place."""
        self._slots.clear()

    def read(self, packet: "Packet[Stream]") -> int | None:
        """Note a packet that is about to be decoded, and tell when its frame is shown; None: it does not say."""
        if not packet.size:
            return None
        if self.late is None:
            self.late = packet.pts - packet.dts if packet.pts is not None and packet.dts is not None else 0
        if self.ordered:
            return None if packet.pts is None else packet.pts - self.late
        slot = packet.dts if packet.dts is not None else self._next
        self._next = slot + (packet.duration or self._frame)
        self._slots.append(slot)
        return slot

    def mark(self, packet: "Packet[Stream]") -> None:
        """Note a packet that is about to be decoded, so that `shown` knows its frame."""
        slot = self.read(packet)
        if not self.ordered and slot is not None:
            packet.pts = slot

    def shown(self, picture: VideoFrame, previous: int | None) -> int | None:
        """When the frame just handed out is shown; None: before the film begins, where Matroska has no times."""
        if self.ordered and picture.pts is not None:
            return picture.pts - (self.late or 0)
        if not self.ordered and self._slots:
            first = picture.pts if picture.key_frame and picture.pts is not None else min(self._slots)
            self._slots = sorted(slot for slot in self._slots if slot >= first)
            if not self._slots:
                return None
            taken = self._slots[0]
            # Where packets are fields, the other field's has a slot too.
            near = 3 * self._frame // 4 if self._fields else 0
            self._slots = [slot for slot in self._slots[1:] if slot - taken >= near]
            return taken
        if previous is None:
            return None
        return previous + self._frame

    def seconds(self, ticks: int) -> Fraction:
        """Ticks of the stream's time base, in seconds."""
        return ticks * self._tick

    def ticks(self, seconds: Fraction) -> int:
        """Seconds in ticks of the stream's time base, to the nearest."""
        return round(seconds / self._tick)


def has_order(stream: VideoStream) -> bool:
    """Whether it is known of every packet when its frame is shown.

    It never is in raw streams, nor in AVI and ASF for codecs that reorder pictures more freely than their
    kinds tell, or that put two of them into one packet.
    """
    context = stream.codec_context
    free = context.name in ("h264", "hevc") and context.reorder_depth > 0
    free = free or (context.name == "mpeg4" and PACKED.search(context.extradata or b"") is not None)
    return stream.start_time is not None and not (free and stream.container.format.name in DECODING_TIMES_ONLY)
