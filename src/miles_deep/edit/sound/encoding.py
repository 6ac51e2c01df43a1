"""Sound that is cut to the sample and encoded anew."""

from collections.abc import Iterator, Sequence
from typing import cast

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream

from miles_deep.edit.codecs import audio_bit_rate, audio_encoder
from miles_deep.edit.pieces import EditPlan
from miles_deep.edit.sound.frames import layout_of
from miles_deep.edit.sound.reading import Tracks
from miles_deep.edit.sound.signal import Signal
from miles_deep.edit.sound.stretches import stretches_of
from miles_deep.edit.source import Source
from miles_deep.video.frame import Reading

STAND_IN = "aac"
"""Encoder for sound that has to be changed, of codecs for which there is none."""


def encoded_sound(
    sources: Sequence[Source], plan: EditPlan, template: AudioStream, output: OutputContainer, reading: Reading
) -> "Iterator[Packet[Stream]]":
    """Add a sound track that is cut to the sample and encoded anew, and give its packets in order."""
    context = template.codec_context
    encoder = audio_encoder(context.codec.canonical_name, output.format.name) or STAND_IN
    options = {"strict": "-2"} if encoder in ("opus", "vorbis") else {}
    stream = cast(
        AudioStream, output.add_stream(encoder, rate=_rate(encoder, context.sample_rate), options=options)
    )
    encoding = stream.codec_context
    encoding.layout = layout_of(context)
    encoding.bit_rate = audio_bit_rate(
        encoding.codec.canonical_name, context.bit_rate, context.layout.nb_channels, encoding.sample_rate
    )
    formats = [entry.name for entry in encoding.codec.audio_formats or ()]
    if context.format is not None and context.format.name in formats:
        encoding.format = context.format.name
    return _encode(sources, plan, stream, reading, has_clock=output.format.name != "avi")


def _rate(encoder: str, rate: int) -> int:
    """The sample rate to encode at: the source's wherever the encoder takes it."""
    offered = av.Codec(encoder, "w").audio_rates
    if not offered or rate in offered:
        return rate
    return min((entry for entry in offered if entry >= rate), default=max(offered))


def _encode(
    sources: Sequence[Source], plan: EditPlan, stream: AudioStream, reading: Reading, has_clock: bool
) -> "Iterator[Packet[Stream]]":
    with Tracks(sources) as tracks:
        signal = Signal(tracks, tracks.track(0).codec_context, reading)
        for frame in signal.frames(stretches_of(plan, signal.rate)):
            yield from _on_time(stream.encode(frame), has_clock)
    yield from _on_time(stream.encode(None), has_clock)


def _on_time(encoded: "list[Packet[Stream]]", has_clock: bool) -> "Iterator[Packet[Stream]]":
    """Leave out the encoder's run-up where the container cannot tell players to skip it.

    AVI plays every packet from its beginning on; one that is mostly run-up would make the sound late.
    """
    for packet in encoded:
        if has_clock or packet.pts is None or packet.pts + (packet.duration or 0) // 2 >= 0:
            yield packet
