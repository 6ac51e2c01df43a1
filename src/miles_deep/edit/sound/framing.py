"""What has to be known of a codec to put new packets between old ones."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from av.audio.codeccontext import AudioCodecContext

from miles_deep.edit.codecs import audio_bit_rate
from miles_deep.edit.sound import aac, ac3, mp3

OPUS_RATE = 48_000
OPUS_SETTLES = 3_840
"""Samples: 80 ms, after which a decoder that was somewhere else is where it should be (RFC 7845 section 4.6)."""

MP3_FILLED = 0.8
"""Share of MP3's highest bit rate that leaves room for what the bridge has to put in."""

Likeness = Callable[[bytes, bytes], int]
"""How well decoding goes on after the first packet as it would after the second, which stands in the same place: 2
as well, 1 nearly, 0 not."""


def as_well(ours: bytes, theirs: bytes) -> int:
    """The `Likeness` of codecs whose packets all are alike."""
    return 2


@dataclass(frozen=True, slots=True)
class Framing:
    """How a track's sound is divided into packets. Packets of tracks of equal framing can follow each other."""

    codec: str
    rate: int
    channels: int
    samples: int
    """Of a packet."""
    settle: int = 1
    """Packets after a join that are encoded at least: until decoders are where they would be without it."""
    likeness: Likeness = as_well
    bridge: Callable[[Sequence[bytes], Sequence[bytes], bytes], list[bytes] | None] | None = None
    """Makes new packets, those they stand for, and the next one of the track into packets after which that one can
    be decoded; None where they cannot be."""
    begins_anywhere: bool = True
    """Whether a decoder can begin at any packet: all is right from the second one on."""
    options: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """For the encoder."""
    config: aac.Config | None = None
    """What the encoder's header has to say."""
    header: bytes | None = None
    """What stands in front of each packet, as far as it is the same for all."""
    bit_rate: int | None = field(default=None, compare=False)
    """What the encoder has to be set to; None: enough not to be heard."""

    def dress(self, raw: bytes) -> bytes:
        """A packet as the encoder gives it, made like the track's."""
        return aac.with_header(raw, self.header)


def framing_of(context: AudioCodecContext, data: bytes) -> Framing | None:
    """How a track is divided into packets, by its header and one packet; None where new ones cannot be made."""
    codec = context.codec.canonical_name
    if codec not in FRAMINGS:
        return None
    track = Framing(codec, context.sample_rate, context.layout.nb_channels, 0)
    return FRAMINGS[codec](track, context, data)


def _aac(track: Framing, context: AudioCodecContext, data: bytes) -> Framing | None:
    config = aac.config_of(context.extradata, data)
    plain = context.profile in ("LC", None) and context.frame_size in (0, aac.SAMPLES)
    if config is None or not plain or track.rate != config.rate:
        return None
    header = aac.common_header(data)
    return replace(track, samples=aac.SAMPLES, likeness=aac.likeness, config=config, header=header)


def _mp2(track: Framing, context: AudioCodecContext, data: bytes) -> Framing | None:
    return replace(track, samples=1152, settle=2, bit_rate=context.bit_rate)


def _mp3(track: Framing, context: AudioCodecContext, data: bytes) -> Framing | None:
    frame = mp3.parse(data)
    if frame is None or frame.rate != track.rate:
        return None
    most = int(max(mp3.KILOBITS[frame.version]) * 1000 * MP3_FILLED)
    return replace(
        track,
        samples=frame.samples,
        settle=2,
        likeness=mp3.likeness,
        bridge=mp3.bridged,
        begins_anywhere=False,
        options=(("reservoir", "0"),),
        bit_rate=min(audio_bit_rate("mp3", context.bit_rate, track.channels, track.rate), most),
    )


def _ac3(track: Framing, context: AudioCodecContext, data: bytes) -> Framing | None:
    found = ac3.parse(data)
    if found is None:
        return None
    # Receivers turn each packet up or down by what it says of the loudness of speech.
    options = (("dialnorm", str(-found.dialogue)),)
    return replace(track, samples=found.samples, options=options, bit_rate=context.bit_rate)


def _opus(track: Framing, context: AudioCodecContext, data: bytes) -> Framing | None:
    samples = opus_samples(data)
    if not samples:
        return None
    # To an encoder that expects losses each packet stands for itself as far as it can: so a decoder that comes
    # from other packets gets into step, and what is off where copying goes on is a quarter of what it would be.
    options = (("frame_duration", f"{samples / OPUS_RATE * 1000:g}"), ("packet_loss", "100"))
    settle = math.ceil(OPUS_SETTLES / samples)
    return replace(track, samples=samples, settle=settle, begins_anywhere=False, options=options)


def opus_samples(data: bytes) -> int:
    """Samples at 48 kHz of a packet; 0 where it tells none (RFC 6716 section 3.1)."""
    config, code = data[0] >> 3, data[0] & 3
    if config < 12:
        length = (480, 960, 1920, 2880)[config % 4]
    elif config < 16:
        length = (480, 960)[config % 2]
    else:
        length = (120, 240, 480, 960)[config % 4]
    return length * (1, 2, 2, data[1] & 63 if len(data) > 1 else 0)[code]


FRAMINGS: dict[str, Callable[[Framing, AudioCodecContext, bytes], Framing | None]] = {
    "aac": _aac,
    "mp2": _mp2,
    "mp3": _mp3,
    "ac3": _ac3,
    "eac3": _ac3,
    "opus": _opus,
}
"""Codec to what completes the framing of a track, by what decodes it and one packet."""
