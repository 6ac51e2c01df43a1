"""Codecs whose pictures all stand alone: copied one by one, so that nothing has to be encoded."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from miles_deep.edit.splice.protocol import CannotSplice
from miles_deep.video.video import Video

INTRA = ("mjpeg", "prores", "dnxhd", "dvvideo", "huffyuv", "ffvhuff", "utvideo", "jpeg2000", "v210", "cfhd", "hap")
"""Codecs that know no other pictures."""


class IntraSplice:
    """Copies only."""

    lands = False
    extradata: bytes | None = None

    def __init__(self, video: Video, source: VideoStream, container: str) -> None:
        self._codec = source.codec_context.codec.canonical_name

    def encoded(
        self, frames: Iterable[VideoFrame], clock: Fraction, following: bytes | None
    ) -> "Iterator[Packet[Stream]]":
        """See `Splice`."""
        raise CannotSplice(f"{self._codec} pictures are only copied")

    def copied(self, payload: bytes, first: bool) -> bytes:
        """See `Splice`."""
        return payload
