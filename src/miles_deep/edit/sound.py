"""The sound tracks of the output: cut to the sample and encoded, or packet by packet."""

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, cast

import av.error
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from numpy.typing import NDArray

from miles_deep.edit.codecs import audio_bit_rate, audio_encoder
from miles_deep.edit.plan import EditPlan, Piece
from miles_deep.video.container import Damage, go_to, go_to_beginning, open_film, packets
from miles_deep.video.frame import Reading
from miles_deep.video.video import Video

LONGEST_COPIED = Fraction(40, 1000)
"""Seconds: a join of copied packets is out of step by up to half a packet, and 20 ms is what we allow."""

PREROLL = Fraction(1)
"""Seconds decoded before a piece and thrown away: decoders need a few packets to settle (Opus asks for 80 ms,
RFC 7845 section 4.6; an MP3 frame may use bits of several before it)."""

JITTER = Fraction(10, 1000)
"""Seconds by which timestamps may be off before it counts as a gap: containers round to 1 ms, some to more. With
what a frame can be off, sound stays in step within 20 ms."""

USUAL_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""Number of channels to the layout meant when a file names none (FFmpeg's av_channel_layout_default)."""

Samples = NDArray[Any]


def copied_sound(
    video: Video, plan: EditPlan, source: AudioStream, output: OutputContainer
) -> Iterator["Packet[Stream]"]:
    """Add a sound track whose packets are copied, and give them in order, pieces up against each other."""
    stream = output.add_stream_from_template(source)
    return _copy(video, plan, source.index, stream)


def packet_length(video: Video, source: AudioStream) -> Fraction:
    """Seconds that a packet of the track usually lasts, by its first few; 0 where they do not tell."""
    with open_film(video.path) as container:
        some = itertools.islice(packets(container, Damage(), container.streams[source.index]), 25)
        lengths = sorted(packet.duration or 0 for packet in some if packet.size)
    return lengths[len(lengths) // 2] * cast(Fraction, source.time_base) if lengths else Fraction(0)


def _copy(video: Video, plan: EditPlan, index: int, stream: AudioStream) -> Iterator["Packet[Stream]"]:
    written = Fraction(0)
    with open_film(video.path) as container:
        track = container.streams[index]
        tick = cast(Fraction, track.time_base)
        for piece in plan.pieces:
            shift: Fraction | None = None
            for packet in _packets_from(container, track, video.start + piece.span.start - PREROLL):
                if packet.pts is None or not packet.duration:
                    continue
                length = packet.duration * tick
                place = piece.output_time(packet.pts * tick - video.start)
                if place < written - length / 2 and shift is None:
                    continue
                if place >= piece.output_end - length / 2:
                    break
                if shift is None:
                    # Up against the piece before it, unless the track pauses here.
                    shift = written - place if place < written + length else Fraction(0)
                packet.stream = stream
                packet.pts = packet.dts = round((place + shift) / tick)
                written = place + shift + length
                yield packet


def encoded_sound(
    video: Video, plan: EditPlan, source: AudioStream, output: OutputContainer, reading: Reading
) -> Iterator["Packet[Stream]"]:
    """Add a sound track that is cut to the sample and encoded anew, and give its packets in order."""
    context = source.codec_context
    codec = context.codec.canonical_name
    encoder = cast(str, audio_encoder(codec, output.format.name))
    options = {"strict": "-2"} if encoder in ("opus", "vorbis") else {}
    stream = cast(
        AudioStream, output.add_stream(encoder, rate=_rate(encoder, context.sample_rate), options=options)
    )
    encoding = stream.codec_context
    encoding.layout = _layout(context)
    encoding.bit_rate = audio_bit_rate(
        encoding.codec.canonical_name, context.bit_rate, context.layout.nb_channels, encoding.sample_rate
    )
    formats = [entry.name for entry in encoding.codec.audio_formats or ()]
    if context.format is not None and context.format.name in formats:
        encoding.format = context.format.name
    return _encode(video, plan, source.index, stream, reading, has_clock=output.format.name != "avi")


def _layout(context: AudioCodecContext) -> str:
    """Name of the channel layout; where the file tells the number of channels only, the usual one."""
    count = context.layout.nb_channels
    unnamed = context.layout.name == f"{count} channels"
    return USUAL_LAYOUTS.get(count, context.layout.name) if unnamed else context.layout.name


def _rate(encoder: str, rate: int) -> int:
    """The sample rate to encode at: the source's wherever the encoder takes it."""
    offered = av.Codec(encoder, "w").audio_rates
    if not offered or rate in offered:
        return rate
    return min((entry for entry in offered if entry >= rate), default=max(offered))


def _encode(
    video: Video, plan: EditPlan, index: int, stream: AudioStream, reading: Reading, has_clock: bool
) -> Iterator["Packet[Stream]"]:
    with open_film(video.path) as container:
        track = cast(AudioStream, container.streams[index])
        for frame in _cut(video, plan, container, track, reading):
            yield from _on_time(stream.encode(frame), has_clock)
    yield from _on_time(stream.encode(None), has_clock)


def _on_time(encoded: "list[Packet[Stream]]", has_clock: bool) -> Iterator["Packet[Stream]"]:
    """Leave out the encoder's run-up where the container cannot tell players to skip it.

    AVI plays every packet from its beginning on; one that is mostly run-up would make the sound late.
    """
    for packet in encoded:
        if has_clock or packet.pts is None or packet.pts + (packet.duration or 0) // 2 >= 0:
            yield packet


def _cut(
    video: Video, plan: EditPlan, container: InputContainer, track: AudioStream, reading: Reading
) -> Iterator[AudioFrame]:
    """The track's sound, all pieces in one, without gaps: silence stands where the source has none."""
    rate = track.codec_context.sample_rate
    written = 0
    even = _Evener(track.codec_context)
    pattern: AudioFrame | None = None
    for piece in plan.pieces:
        end = round(piece.output_end * rate)
        for place, frame in _placed(video, piece, container, track, even, reading):
            pattern = frame
            if place >= end:
                break
            step = _values_a_sample(frame)
            samples: Samples = frame.to_ndarray()[:, max(0, written - place) * step : (end - place) * step]
            if not samples.shape[1]:
                continue
            yield from _silence(frame, written, place)
            written = max(written, place)
            yield _frame(samples, frame, written)
            written += samples.shape[1] // step
        if pattern is not None:
            yield from _silence(pattern, written, end)
            written = end


def _placed(
    video: Video, piece: Piece, container: InputContainer, track: AudioStream, even: "_Evener", reading: Reading
) -> Iterator[tuple[int, AudioFrame]]:
    """Decoded frames from before the piece on, each with the number of its first sample in the output."""
    tick, rate = cast(Fraction, track.time_base), track.codec_context.sample_rate
    expected: int | None = None
    for packet in _packets_from(container, track, video.start + piece.span.start - PREROLL):
        try:
            frames = cast(list[AudioFrame], packet.decode())
        except av.error.FFmpegError:
            reading.damaged += 1
            continue
        for decoded in frames:
            if decoded.pts is not None:
                exact = piece.output_time(decoded.pts * tick - video.start) * rate
                if expected is None or abs(exact - expected) > JITTER * rate:
                    expected = round(exact)
            if expected is None:
                continue
            for frame in even.frames(decoded):
                yield expected, frame
                expected += frame.samples


class _Evener:
    """Makes all frames of a track alike, where it changes its rate or channels on the way, as broadcasts do."""

    def __init__(self, context: AudioCodecContext) -> None:
        self._rate, self._channels = context.sample_rate, context.layout.nb_channels
        self._layout = _layout(context)
        self._format: str | None = None
        self._resamplers: dict[tuple[str, str, int], AudioResampler] = {}

    def frames(self, frame: AudioFrame) -> list[AudioFrame]:
        """The frame itself where it is like the track, else what it comes to."""
        self._format = self._format or frame.format.name
        given = (frame.format.name, frame.layout.name, frame.sample_rate)
        if (given[0], frame.layout.nb_channels, given[2]) == (self._format, self._channels, self._rate):
            return [frame]
        if given not in self._resamplers:
            self._resamplers[given] = AudioResampler(self._format, self._layout, self._rate)
        return self._resamplers[given].resample(frame)


def _packets_from(container: InputContainer, track: Stream, time: Fraction) -> Iterator["Packet[Stream]"]:
    """Packets of a track from a time of the file's clock on; from the beginning where seeking fails."""
    wanted = int(time / cast(Fraction, track.time_base))
    if wanted > (track.start_time or 0):
        go_to(container, track, wanted)
        source = packets(container, Damage(), track)
        first = next(source, None)
        if first is not None and (first.pts is None or first.pts <= wanted):
            yield first
            yield from source
            return
    go_to_beginning(container, track)  # the film's, or what is left where the seek came out too late
    yield from packets(container, Damage(), track)


def _values_a_sample(frame: AudioFrame) -> int:
    """How many values of a row of the frame's array belong to one sample."""
    return 1 if frame.format.is_planar else frame.layout.nb_channels


def _silence(pattern: AudioFrame, start: int, end: int) -> Iterator[AudioFrame]:
    """Frames of silence like `pattern`, from one sample of the output up to another; a second each at most."""
    rows = pattern.layout.nb_channels if pattern.format.is_planar else 1
    values, kind = _values_a_sample(pattern), pattern.to_ndarray().dtype
    middle = 128 if pattern.format.name in ("u8", "u8p") else 0
    for place in range(start, end, pattern.sample_rate):
        count = min(pattern.sample_rate, end - place)
        yield _frame(np.full((rows, count * values), middle, kind), pattern, place)


def _frame(samples: Samples, pattern: AudioFrame, number: int) -> AudioFrame:
    """A frame like `pattern` with other samples; `number` counts the output's samples before it."""
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), pattern.format.name, pattern.layout.name)
    frame.sample_rate = pattern.sample_rate
    frame.pts, frame.time_base = number, Fraction(1, pattern.sample_rate)
    return frame
