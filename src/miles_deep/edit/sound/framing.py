"""What has to be known of a codec to put new packets between old ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from av.audio.codeccontext import AudioCodecContext

from miles_deep.edit.codecs import audio_bit_rate
from miles_deep.edit.sound import aac, mp3

Likeness = Callable[[bytes, bytes], int]
"""How well decoding goes on after the first packet as it would after the second, which stands in the same place: 2
as well, 1 nearly, 0 not."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How a track's sound is divided into packets."""

    samples: int
    """Of a packet."""
    settle: int = 1
    """Packets after a join that are encoded at least: until decoders are where they would be without it."""
    likeness: Likeness = lambda ours, theirs: 2
    dress: Callable[[bytes], bytes] = bytes
    """Makes what the encoder gives a packet like the source's."""
    options: tuple[tuple[str, str], ...] = ()
    """For the encoder."""
    bit_rate: int | None = None
    """What the encoder has to be set to; None: enough not to be heard."""
    bridge: Callable[[Sequence[bytes], Sequence[bytes], bytes], list[bytes] | None] | None = None
    """Makes new packets, those they stand for, and the next one of the track into packets after which that one can
    be decoded; None where they cannot be."""
    config: aac.Config | None = None
    """What the encoder's header has to say."""
    begins_anywhere: bool = True
    """Whether a decoder can begin at any packet: all is right from the second one on."""


def framing_of(context: AudioCodecContext, data: bytes) -> Framing | None:
    """How a track is divided into packets, by its header and one packet; None where new ones cannot be made."""
    reader = FRAMINGS.get(context.codec.canonical_name)
    return reader(context, data) if reader else None


def _aac(context: AudioCodecContext, data: bytes) -> Framing | None:
    config = aac.config_of(context.extradata, data)
    plain = context.profile in ("LC", None) and context.frame_size in (0, aac.SAMPLES)
    if config is None or not plain or context.sample_rate != config.rate:
        return None
    header = aac.adts_header(data)
    return Framing(
        aac.SAMPLES, likeness=aac.likeness, dress=lambda raw: aac.with_header(raw, header), config=config
    )


def _mp2(context: AudioCodecContext, data: bytes) -> Framing | None:
    return Framing(1152, settle=2, bit_rate=context.bit_rate)


def _ac3(context: AudioCodecContext, data: bytes) -> Framing | None:
    return Framing(1536, bit_rate=context.bit_rate)


OPUS_RATE = 48_000
OPUS_SETTLES = 3_840
"""Samples: 80 ms, after which a decoder that was somewhere else is where it should be (RFC 7845 section 4.6)."""


def _opus(context: AudioCodecContext, data: bytes) -> Framing | None:
    samples = opus_samples(data)
    milliseconds = Fraction(samples * 1000, OPUS_RATE)
    # To an encoder that expects losses each packet stands for itself as far as it can: so a decoder that comes from
    # other packets gets into step, and what is off where copying goes on is a quarter of what it would be.
    options = (("frame_duration", f"{float(milliseconds):g}"), ("packet_loss", "100"))
    return Framing(samples, settle=-(-OPUS_SETTLES // samples), options=options, begins_anywhere=False)


def opus_samples(data: bytes) -> int:
    """Samples at 48 kHz of a packet (RFC 6716 section 3.1)."""
    config, code = data[0] >> 3, data[0] & 3
    if config < 12:
        length = (480, 960, 1920, 2880)[config % 4]
    elif config < 16:
        length = (480, 960)[config % 2]
    else:
        length = (120, 240, 480, 960)[config % 4]
    count = (1, 2, 2, data[1] & 63 if len(data) > 1 else 0)[code]
    return length * count


MOST_OF_ITS_RATE = 0.8
"""Share of MP3's highest bit rate that leaves room for what the bridge has to put in."""


def _mp3(context: AudioCodecContext, data: bytes) -> Framing | None:
    frame = mp3.parse(data)
    if frame is None or frame.rate != context.sample_rate:
        return None
    most = int(max(mp3.KILOBITS[frame.version]) * 1000 * MOST_OF_ITS_RATE)
    wanted = audio_bit_rate("mp3", context.bit_rate, context.layout.nb_channels, frame.rate)
    return Framing(
        frame.samples,
        settle=2,
        likeness=mp3.likeness,
        bridge=mp3.bridged,
        options=(("reservoir", "0"),),
        bit_rate=min(wanted, most),
        begins_anywhere=False,
    )


FRAMINGS: dict[str, Callable[[AudioCodecContext, bytes], Framing | None]] = {
    "aac": _aac,
    "mp2": _mp2,
    "mp3": _mp3,
    "ac3": _ac3,
    "eac3": _ac3,
    "opus": _opus,
}
"""Codec to what reads its framing."""
