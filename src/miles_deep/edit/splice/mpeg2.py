"""mpeg1video and mpeg2video: each run and each copied stretch begins with its sequence header."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from miles_deep.edit.codecs import hold_quantiser
from miles_deep.edit.splice.encoder import QUANTISER, new_encoder, open_encoder, tag_like
from miles_deep.edit.splice.plain import PlainSplice
from miles_deep.edit.splice.start_codes import kinds, parts
from miles_deep.video.nal import Bits, BrokenUnit
from miles_deep.video.video import Video

SEQUENCE, EXTENSION = 0xB3, 0xB5
SEQUENCE_EXTENSION = 1

RATES = tuple(map(Fraction, ("24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60")))
"""Frames a second by number, from 1 on (ISO/IEC 13818-2, table 6-4)."""

GROUP = 15
"""Most frames from keyframe to keyframe, as usual with these codecs."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """What a sequence header tells (ISO/IEC 13818-2, 6.2.2.1 and 6.2.2.3)."""

    rate: Fraction
    progressive: bool = True
    low_delay: bool = False


class Mpeg2Splice(PlainSplice):
    """Encoded runs for films of the first two MPEG standards."""

    def __init__(self, video: Video, source: VideoStream, container: str) -> None:
        super().__init__(video, source, container)
        self._header = b"".join(_header(self._context.extradata or b""))
        self._sequence = read_sequence(self._header)
        self._open()

    def copied(self, payload: bytes, first: bool) -> bytes:
        """See `Splice`."""
        return self._header + payload if first and SEQUENCE not in kinds(payload) else payload

    def _open(self) -> VideoCodecContext:
        # With scene changes looked for, FFmpeg's encoders do not close groups.
        options = {"sc_threshold": "1000000000"}
        context = new_encoder(self._codec, self._video, options, self._sequence.rate)
        context.flags |= Flags.closed_gop
        if not self._sequence.progressive:
            context.flags |= Flags.interlaced_dct | Flags.interlaced_me
        if self._sequence.low_delay:
            context.flags |= Flags.low_delay
        context.max_b_frames = 0
        context.gop_size = GROUP
        hold_quantiser(context, QUANTISER)
        tag_like(context, self._context)
        return open_encoder(context)


def _header(extradata: bytes) -> Iterator[bytes]:
    """The sequence header and its extensions."""
    for kind, part in parts(extradata):
        if kind in (SEQUENCE, EXTENSION):
            yield part


def read_sequence(header: bytes) -> Sequence:
    """Read a sequence header with its extension. Raises BrokenUnit."""
    sequence: Sequence | None = None
    for kind, part in parts(header):
        bits = Bits(part[4:16])
        if kind == SEQUENCE:
            bits.u(28)
            number = bits.u(4)
            if not 1 <= number <= len(RATES):
                raise BrokenUnit("an unknown frame rate")
            sequence = Sequence(RATES[number - 1])
        elif sequence is not None and kind == EXTENSION and bits.u(4) == SEQUENCE_EXTENSION:
            bits.u(8)
            progressive = bool(bits.u(1))
            bits.u(2 + 2 + 2 + 12 + 1 + 8)
            low_delay = bool(bits.u(1))
            rate = sequence.rate * Fraction(bits.u(2) + 1, bits.u(5) + 1)
            return Sequence(rate, progressive, low_delay)
    if sequence is None:
        raise BrokenUnit("there is none")
    return sequence
