"""New packets to stand between those of a track."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import cast

from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.codec import CodecContext
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream

from miles_deep.edit.codecs import audio_bit_rate, audio_encoder
from miles_deep.edit.sound import aac
from miles_deep.edit.sound.frames import layout_of
from miles_deep.edit.sound.framing import Framing


@dataclass(frozen=True, slots=True)
class Renewal:
    """Makes new packets for a track."""

    encoder: str
    rate: int
    layout: str
    sample_format: str
    bit_rate: int
    framing: Framing
    run_up: int
    """Samples that the encoder puts before the first one."""

    def packets(self, frames: Iterable[AudioFrame]) -> Iterator[tuple[int, bytes]]:
        """Packets, each with the sample of the output with which what it decodes to begins.

        Args:
            frames: sound without gaps, counted in samples of the output.
        """
        context = _open(self)
        resampler = AudioResampler(self.sample_format, self.layout, self.rate)
        for frame in frames:
            for fitting in resampler.resample(frame):
                yield from self._made(context.encode(fitting))
        yield from self._made(context.encode(None))

    def _made(self, packets: "list[Packet[Stream]]") -> Iterator[tuple[int, bytes]]:
        for packet in packets:
            if packet.pts is not None and packet.size:
                yield packet.pts, self.framing.dress(bytes(packet))


def renewal_for(like: AudioCodecContext, framing: Framing, container: str) -> Renewal | None:
    """What makes new packets for a track; None where no encoder makes any that fit.

    Args:
        like: what decodes the track.
        framing: how it is divided into packets.
        container: the muxer.
    """
    codec = like.codec.canonical_name
    name = audio_encoder(codec, container)
    if name is None or framing.samples <= 0:
        return None
    encoder = CodecContext.create(name, "w").codec
    if encoder.audio_rates and like.sample_rate not in encoder.audio_rates:
        return None
    formats = [entry.name for entry in encoder.audio_formats or ()]
    sample_format = next((kind for kind in ("fltp", "flt") if kind in formats), formats[0])
    bit_rate = framing.bit_rate or audio_bit_rate(codec, like.bit_rate, like.layout.nb_channels, like.sample_rate)
    renewal = Renewal(name, like.sample_rate, layout_of(like), sample_format, bit_rate, framing, 0)
    try:
        made = next(renewal.packets([_silence(renewal)]), None)
    except (ValueError, FFmpegError):
        return None
    if made is None:
        return None
    context = _open(renewal)
    same = framing.config is None or aac.config_of(context.extradata, b"") == framing.config
    return replace(renewal, run_up=-made[0]) if same and context.frame_size == framing.samples else None


def _silence(renewal: Renewal) -> AudioFrame:
    frame = AudioFrame(renewal.sample_format, renewal.layout, 4 * renewal.framing.samples)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate, frame.pts, frame.time_base = renewal.rate, 0, Fraction(1, renewal.rate)
    return frame


def _open(renewal: Renewal) -> AudioCodecContext:
    context = cast(AudioCodecContext, CodecContext.create(renewal.encoder, "w"))
    context.sample_rate, context.layout, context.format = renewal.rate, renewal.layout, renewal.sample_format
    context.time_base = Fraction(1, renewal.rate)
    context.bit_rate = renewal.bit_rate
    context.options = dict(renewal.framing.options)
    context.open(strict=False)
    return context
