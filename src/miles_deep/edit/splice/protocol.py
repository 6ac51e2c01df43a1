"""What a codec has to offer so that encoded pictures can stand between packets that are copied."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Protocol

from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame


class CannotSplice(Exception):
    """Why encoded pictures cannot stand between this film's packets, in a user's words."""


class Splice(Protocol):
    """One output's picture track, part of which is copied and part encoded anew."""

    extradata: bytes | None
    """What the output's `codec_context.extradata` has to be; None: the source's own stays."""
    lands: bool
    """Whether copying may go on at an h264 recovery point (`entry.RECOVERY`) after an encoded run."""

    def encoded(
        self, frames: Iterable[VideoFrame], clock: Fraction, following: bytes | None
    ) -> "Iterator[Packet[Stream]]":
        """Encode one run of pictures by a fresh encoder; the first becomes a keyframe.

        Args:
            frames: in the order shown, their `pts` in ticks of `clock`.
            clock: seconds a tick.
            following: the copied packet that comes right after the run; None: none does.

        Yields: packets in decoding order with `pts` in ticks of `clock`, `time_base`, `is_keyframe`, and bytes in
            the source's framing. `dts` is left to whoever knows the packets around.
        """
        ...

    def copied(self, payload: bytes, first: bool) -> bytes:
        """A copied packet as it has to be in the output: nearly always what it was.

        Args:
            payload: of a packet of the source.
            first: whether it is the first of a copied stretch. The others come out as they are; they need not
                come by.
        """
        ...
