"""A hardware decoder that software stands by for."""

from collections.abc import Callable
from typing import Literal, Protocol

import av.error
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from miles_deep.errors import DeviceError

KEPT_PACKETS = 32
"""Packets kept at least: no decoder holds back more (H.264, A.3.1: 16 frames, which may be 32 fields)."""

KEPT_BYTES = 64 << 20
"""Packets kept at most. A film whose keyframes lie further apart is not taken over; it fails."""

Skip = Literal["NONE", "DEFAULT", "NONREF", "BIDIR", "NONINTRA", "NONKEY", "ALL"]


class Decoder(Protocol):
    """What is needed of a decoder; PyAV's `VideoCodecContext` is one."""

    skip_frame: Skip

    @property
    def is_open(self) -> bool:
        """Whether it may be flushed."""
        ...

    def decode(self, packet: "Packet[Stream] | None" = None) -> list[VideoFrame]:
        """Take a packet, or None at the end, and give the frames that are ready."""
        ...

    def flush_buffers(self) -> None:
        """Forget everything: packets from another place follow."""
        ...


class GuardedDecoder:
    """A hardware decoder whose work software takes over when it fails, with no frame lost or given twice.

    For that the packets are kept that software would need: those since the last flush, or since a keyframe that
    the frames still to come lie behind.
    """

    def __init__(self, hardware: Decoder, software: Callable[[], Decoder], kept: int = KEPT_BYTES) -> None:
        """`kept`: bytes of packets to keep at most."""
        self.skip_frame: Skip = "DEFAULT"
        self.failed = False
        """Whether software has taken over."""
        self._decoder, self._software = hardware, software
        self._sent: list[tuple[Packet[Stream] | None, Skip]] = []
        self._given: set[int | None] = set()
        self._entry = self._bytes = 0
        self._room = kept

    @property
    def is_open(self) -> bool:
        """Always: it may be flushed at any time."""
        return True

    def decode(self, packet: "Packet[Stream] | None" = None) -> list[VideoFrame]:
        """Take a packet, or None at the end, and give the frames that are ready.

        Raises:
            DeviceError: hardware failed, and what it was sent was too much to keep.
            FFmpegError: the packet cannot be decoded, not in software either.
        """
        self._decoder.skip_frame = self.skip_frame
        if self.failed:
            return self._fresh(self._decoder.decode(packet))
        self._keep(packet)
        try:
            pictures = self._decoder.decode(packet)
        except av.error.EOFError:
            raise
        except av.error.FFmpegError as error:
            if self._bytes > self._room:
                raise DeviceError(f"hardware failed to decode ({error.strerror}); use --hwaccel none") from error
            return self._hand_over()
        self._given.update(picture.pts for picture in pictures)
        return pictures

    def flush_buffers(self) -> None:
        """Forget everything: packets from another place follow."""
        if self._decoder.is_open:
            self._decoder.flush_buffers()
        self._forget(len(self._sent))

    def _keep(self, packet: "Packet[Stream] | None") -> None:
        if packet is not None and packet.is_keyframe and len(self._sent) - self._entry >= KEPT_PACKETS:
            self._forget(self._entry)
            self._entry = len(self._sent)
        self._bytes += 0 if packet is None else packet.size
        if self._bytes <= self._room:
            self._sent.append((packet, self.skip_frame))

    def _forget(self, count: int) -> None:
        del self._sent[:count]
        kept = [packet for packet, _ in self._sent if packet is not None]
        self._bytes = sum(packet.size for packet in kept)
        self._given &= {packet.pts for packet in kept}
        self._entry = 0

    def _hand_over(self) -> list[VideoFrame]:
        self.failed = True
        self._decoder = self._software()
        pictures, damage = [], None
        for packet, skip in self._sent:
            self._decoder.skip_frame = skip
            try:
                pictures += self._decoder.decode(packet)
            except av.error.FFmpegError as error:
                damage = error
        self._sent.clear()
        if damage is not None and not pictures:
            raise damage
        return self._fresh(pictures)

    def _fresh(self, pictures: list[VideoFrame]) -> list[VideoFrame]:
        # Software holds back more than hardware did: what hardware gave may come well after it was replaced.
        return [picture for picture in pictures if picture.pts is None or picture.pts not in self._given]
