"""Adding a track of copied packets to the output."""

from typing import cast

from av.audio.stream import AudioStream
from av.container import OutputContainer

from miles_deep.edit.codecs import audio_encoder
from miles_deep.edit.sound import aac
from miles_deep.edit.sound.frames import layout_of

TIMED_BY_LENGTH = frozenset({"aac", "ac3", "eac3", "mp2", "mp3"})
"""Codecs of whose tracks FFmpeg does not always note how long packets are, which AVI counts time in; or says that
bytes tell the time, which they do not once packets differ in size."""


def add_copied(template: AudioStream, output: OutputContainer) -> AudioStream:
    """Add a track for packets of another one."""
    source = template.codec_context
    codec = source.codec.canonical_name
    encoder = audio_encoder(codec, output.format.name)
    if output.format.name != "avi" or codec not in TIMED_BY_LENGTH or encoder is None:
        return output.add_stream_from_template(template)
    if codec == "aac" and aac.config_of(source.extradata, b"") is None:
        return output.add_stream_from_template(template)
    # What an encoder says of itself is enough: no codec of these has a header, but AAC, and that one is the same.
    stream = cast(AudioStream, output.add_stream(encoder, rate=source.sample_rate))
    stream.codec_context.layout = layout_of(source)
    if source.bit_rate:
        stream.codec_context.bit_rate = source.bit_rate
    return stream
