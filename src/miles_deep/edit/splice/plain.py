"""What splices have in common whose runs are just what an encoder gives."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from miles_deep.edit.splice.encoder import opened, run
from miles_deep.video.video import Video


class PlainSplice:
    """Runs and packets that stand beside each other as they are; codecs say what theirs need besides."""

    lands = False
    extradata: bytes | None = None

    def __init__(self, video: Video, source: VideoStream, container: str) -> None:
        self._video = video
        self._context = source.codec_context
        self._codec = self._context.codec.canonical_name

    def encoded(
        self, frames: Iterable[VideoFrame], clock: Fraction, following: bytes | None
    ) -> "Iterator[Packet[Stream]]":
        """See `Splice`."""
        return run(self._open, opened(frames), clock)

    def copied(self, payload: bytes, first: bool) -> bytes:
        """See `Splice`."""
        return payload

    def _open(self) -> VideoCodecContext:
        """A fresh encoder. Raises CannotSplice: there is none that does."""
        raise NotImplementedError
