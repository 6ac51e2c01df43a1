"""Codecs whose pictures all stand alone: copied one by one, and encoded only where they are altered."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from miles_deep.edit.codecs import hold_quantiser
from miles_deep.edit.splice.encoder import QUANTISER, new_encoder, open_encoder, run, tag_like
from miles_deep.edit.splice.plain import PlainSplice
from miles_deep.edit.splice.protocol import CannotSplice
from miles_deep.video.video import Video

INTRA = ("mjpeg", "prores")
"""Codecs whose pictures tell a decoder all that it needs. Others keep tables or sizes in the file's header: their
pictures can be copied one by one, but not have others between them."""

PRORES = ("Proxy", "LT", "Standard", "HQ", "4444", "XQ")
"""Names of ProRes profiles, as FFmpeg's decoder tells them; their places are the encoder's numbers."""


class IntraSplice(PlainSplice):
    """Pictures between others of which none needs another."""

    def __init__(self, video: Video, source: VideoStream, container: str) -> None:
        super().__init__(video, source, container)
        if video.interlaced:
            raise CannotSplice(f"fields of {self._codec} pictures cannot be encoded like the film's")
        self._open()

    def encoded(
        self, frames: Iterable[VideoFrame], clock: Fraction, following: bytes | None
    ) -> "Iterator[Packet[Stream]]":
        """See `Splice`."""
        return run(self._open, ((frame, True) for frame in frames), clock)

    def _open(self) -> VideoCodecContext:
        if self._codec == "prores":
            profile = self._context.profile or ""
            number = PRORES.index(profile) if profile in PRORES else 3
            context = new_encoder("prores_ks", self._video, {"profile": str(number), "vendor": "apl0"})
        else:
            context = new_encoder("mjpeg", self._video, {})
            hold_quantiser(context, QUANTISER)
        tag_like(context, self._context)
        return open_encoder(context)
