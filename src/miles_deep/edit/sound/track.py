"""How a sound track is carried over: packet by packet, with new packets at joins, or cut to the sample."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream

from miles_deep.edit.codecs import audio_encoder
from miles_deep.edit.pieces import EditPlan
from miles_deep.edit.sound.copying import LONGEST_COPIED, copied_sound, packet_length
from miles_deep.edit.sound.encoding import STAND_IN, encoded_sound
from miles_deep.edit.sound.smart import longest_joined, smart_sound
from miles_deep.edit.source import Source
from miles_deep.video.frame import Reading

LOSSLESS = frozenset({"flac", "alac", "wavpack", "tta"})
"""Codecs beside PCM that lose nothing by being encoded again."""

MOST_SAMPLES, MOST_CHANNELS = 768_000, 64
"""A second, and at once, of any real track; a damaged header may ask for gigabytes of silence a second."""


def sound_track(
    sources: Sequence[Source],
    plan: EditPlan,
    template: AudioStream,
    output: OutputContainer,
    reading: Reading,
    notes: list[str],
) -> "Iterator[Packet[Stream]]":
    """Add a sound track to the output and give its packets, in order; none where a track cannot be what it says.

    Args:
        sources: the track in each film, in the order of `Piece.film`.
        plan: what to keep.
        template: the first film's track, open.
        output: where the track is added.
        reading: takes note of damaged packets.
        notes: is told where a track cannot be copied as the plan's mode asks.
    """
    codec = template.codec_context.codec.canonical_name
    name = f"audio track {template.index}"
    impossible = _impossible(template)
    if impossible:
        notes.append(f"{name}: {impossible} cannot be: left out")
        return iter(())
    encoder = audio_encoder(codec, output.format.name)
    altered = any(piece.muted or piece.speed != 1 for piece in plan.pieces)
    if encoder is None and not altered:
        return copied_sound(sources, plan, template, output)
    if encoder is None:
        notes.append(f"{name}: there is no encoder for {codec}, so it is encoded as {STAND_IN}")
        return encoded_sound(sources, plan, template, output, reading)
    lossless = codec.startswith("pcm_") or codec in LOSSLESS
    if plan.mode == "encode" or (plan.mode == "smart" and lossless):
        return encoded_sound(sources, plan, template, output, reading)
    longest = LONGEST_COPIED
    # In program streams FFmpeg gives packets other times after a seek than on the way.
    if plan.mode == "smart" and all(source.video.container != "mpeg" for source in sources):
        longest = longest_joined(output.format.name) if _is_cut(plan) else LONGEST_COPIED
        smart = smart_sound(sources, plan, template, output, reading)
        if smart is not None:
            return smart
    if not altered and 0 < packet_length(sources[0]) <= longest:
        return copied_sound(sources, plan, template, output)
    notes.append(f"{name}: {codec} cannot be cut in step between packets, so it is encoded")
    return encoded_sound(sources, plan, template, output, reading)


def _is_cut(plan: EditPlan) -> bool:
    """Whether anything is missing before what is kept, or in the midst of it."""
    goes_on = ((one.film, one.span.end) == (after.film, after.span.start) for one, after in pairwise(plan.pieces))
    return plan.pieces[0].span.start > 0 or not all(goes_on)


def _impossible(track: AudioStream) -> str:
    """What the header says of a track and cannot be; empty where there is nothing."""
    context = track.codec_context
    if context.sample_rate > MOST_SAMPLES:
        return f"{context.sample_rate} samples a second"
    if context.layout.nb_channels > MOST_CHANNELS:
        return f"{context.layout.nb_channels} channels"
    return ""
