"""mpeg4: each run brings its own description along, and the source's comes again where copying goes on."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from miles_deep.edit.codecs import hold_quantiser
from miles_deep.edit.splice.encoder import (
    GROUP,
    QUANTISER,
    new_encoder,
    open_encoder,
    rewritten,
    tag_like,
)
from miles_deep.edit.splice.plain import PlainSplice
from miles_deep.edit.splice.protocol import CannotSplice
from miles_deep.edit.splice.start_codes import kinds, parts
from miles_deep.video.clock import PACKED
from miles_deep.video.video import Video

LAYERS = frozenset(range(0x20, 0x30))
"""Start codes of video object layers (ISO/IEC 14496-2, table 6-3)."""
USER_DATA, PICTURE = 0xB2, 0xB6

RATE = Fraction(25)
"""Of the encoder's clock, which has 16 bits. Nobody shows pictures by it."""


class Mpeg4Splice(PlainSplice):
    """Encoded runs for films of MPEG-4 part 2."""

    def __init__(self, video: Video, source: VideoStream, container: str) -> None:
        super().__init__(video, source, container)
        extradata = self._context.extradata or b""
        self._header = b"".join(part for kind, part in parts(extradata) if kind != PICTURE)
        if not kinds(self._header) & LAYERS:
            raise CannotSplice("its MPEG-4 header does not describe the picture")
        if PACKED.search(self._header):
            raise CannotSplice("its packets may hold two pictures (a packed bitstream of DivX)")
        if video.interlaced:
            raise CannotSplice("interlaced MPEG-4 is not spliced")
        self._open()

    def encoded(
        self, frames: Iterable[VideoFrame], clock: Fraction, following: bytes | None
    ) -> "Iterator[Packet[Stream]]":
        """See `Splice`."""
        for packet in super().encoded(frames, clock, following):
            # By the name of the encoder decoders choose which of its old mistakes to make up for.
            kept = b"".join(part for kind, part in parts(bytes(packet)) if kind != USER_DATA)
            yield rewritten(packet, kept)

    def copied(self, payload: bytes, first: bool) -> bytes:
        """See `Splice`."""
        return self._header + payload if first and not kinds(payload) & LAYERS else payload

    def _open(self) -> VideoCodecContext:
        context = new_encoder("mpeg4", self._video, {"sc_threshold": "1000000000"}, RATE)
        # A layer without B-frames is told to be one that is shown at once.
        context.max_b_frames = 2 if self._context.reorder_depth else 0
        context.gop_size = GROUP
        hold_quantiser(context, QUANTISER)
        tag_like(context, self._context)
        return open_encoder(context)
