"""A picture track of the output that an encoder writes."""

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import cast

from av.container import OutputContainer
from av.video.format import VideoFormat
from av.video.stream import VideoStream

from miles_deep.edit.codecs import USUAL_RATE, hold_quantiser, pixel_format, video_encoder
from miles_deep.video.clock import DECODING_TIMES_ONLY
from miles_deep.video.video import Video

INTERLACED = "+ildct+ilme"
TOP_FIELD_FIRST = (2, 4)
"""FFmpeg's AVFieldOrder: TT and TB. Bottom first are 3 (BB) and 5 (BT)."""


FINEST = Fraction(1, 90_000)
"""Seconds a tick, where films have to share a clock that would else be finer: MPEG's own."""

COARSE = Fraction(1, 60_000)
"""The same for bitstreams whose time base cannot have more than 16 bits."""

COUNTED = {"avi": Fraction(1, 1000)}
"""Muxer to the finest clock, seconds a tick, where the container holds a packet for every tick."""


def add_encoder(
    videos: Sequence[Video], source: VideoStream, output: OutputContainer, even: bool = True
) -> VideoStream:
    """A new track for films: its codec family, size, shape of pixels, colours and turn are the first one's.

    Args:
        videos: all films whose frames are to be encoded.
        source: the first film's picture, open.
        output: where the track is added.
        even: whether frames come out as far apart as they are in the films.
    """
    video = videos[0]
    encoder = video_encoder(source.codec_context.codec.canonical_name, output.format.name)
    rate = video.frame_rate or USUAL_RATE
    options = dict(encoder.options)
    stream = cast(VideoStream, output.add_stream(encoder.name, rate=rate, options=options))
    context = stream.codec_context
    context.width, context.height = video.width, video.height
    context.pix_fmt = pixel_format(encoder.name, video.pixel_format)
    context.sample_aspect_ratio = video.pixel_aspect
    context.time_base = (
        1 / rate
        if encoder.fixed_rate
        else shared_clock(videos, encoder.coarse_clock, COUNTED.get(output.format.name, FINEST), even)
    )
    context.thread_type = "AUTO"
    tagged = source.codec_context
    context.colorspace, context.color_range = tagged.colorspace, tagged.color_range
    context.color_primaries, context.color_trc = tagged.color_primaries, tagged.color_trc
    if encoder.quantiser is not None:
        hold_quantiser(context, encoder.quantiser)
    if output.format.name in DECODING_TIMES_ONLY:
        context.max_b_frames = 0
    if video.interlaced and encoder.name in ("libx264", "mpeg2video", "mpeg4"):
        context.options["flags"] = INTERLACED
        context.field_order = tagged.field_order
        if encoder.name == "libx264":
            first = "tff" if tagged.field_order in (*TOP_FIELD_FIRST, 0) else "bff"
            context.options["x264-params"] = f"{first}=1"
    if encoder.name == "libx265" and output.format.name in ("mp4", "mov"):
        context.codec_tag = "hvc1"  # what Apple's players ask for
    if encoder.name == "prores_ks":
        context.options["profile"] = "4" if "444" in video.pixel_format else "3"
    if encoder.name == "dnxhd" and "p10" in video.pixel_format:
        context.options["profile"] = "dnxhr_444" if "444" in video.pixel_format else "dnxhr_hqx"
    if video.display_matrix is not None:
        stream.set_display_matrix(video.display_matrix)
    return stream


def bits(pixel_format: str | None) -> int:
    """How many bits each value of a pixel has; 0 where that is not known."""
    return max((part.bits for part in VideoFormat(pixel_format).components), default=0) if pixel_format else 0


def shared_clock(
    videos: Sequence[Video], coarse: bool = False, finest: Fraction = FINEST, even: bool = True
) -> Fraction:
    """Seconds a tick of a clock that tells the times of all the films' frames, as exactly as it can.

    A frame where all films have equal frames of one rate; else the longest tick of which the frame of every film,
    or its tick where frames are not equal, is a multiple.

    Args:
        videos: the films.
        coarse: whether the bitstream's time base has 16 bits only.
        finest: the shortest tick that films of different clocks may come to.
        even: whether frames come out as far apart as they are in the films.
    """
    clocks = {_own_clock(video) if even else video.index.tick for video in videos}
    clock = reduce(_common_measure, clocks)
    if len(videos) > 1:
        clock = max(clock, finest)
    return COARSE if coarse and clock.denominator > 65_535 else clock


def _own_clock(video: Video) -> Fraction:
    """Seconds a tick of the clock of one film: a frame where frames are equal, else the source's own tick."""
    return video.index.tick if video.index.variable_frame_rate else 1 / (video.frame_rate or USUAL_RATE)


def _common_measure(one: Fraction, other: Fraction) -> Fraction:
    """The longest time that fits into two times a whole number of times."""
    count = math.gcd(one.numerator * other.denominator, other.numerator * one.denominator)
    return Fraction(count, one.denominator * other.denominator)
