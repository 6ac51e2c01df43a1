"""A picture track of the output that an encoder writes."""

from fractions import Fraction
from typing import cast

from av.container import OutputContainer
from av.video.format import VideoFormat
from av.video.stream import VideoStream

from miles_deep.edit.codecs import QP2LAMBDA, pixel_format, video_encoder
from miles_deep.video.clock import DECODING_TIMES_ONLY
from miles_deep.video.video import Video

INTERLACED = "+ildct+ilme"
TOP_FIELD_FIRST = (2, 4)
"""FFmpeg's AVFieldOrder: TT and TB. Bottom first are 3 (BB) and 5 (BT)."""


def add_encoder(video: Video, source: VideoStream, output: OutputContainer) -> VideoStream:
    """A new track of the source's codec family, size, shape of pixels, colours and turn."""
    encoder = video_encoder(source.codec_context.codec.canonical_name, output.format.name)
    rate = video.frame_rate or Fraction(25)
    options = dict(encoder.options)
    stream = cast(VideoStream, output.add_stream(encoder.name, rate=rate, options=options))
    context = stream.codec_context
    context.width, context.height = video.width, video.height
    context.pix_fmt = pixel_format(encoder.name, video.pixel_format)
    context.sample_aspect_ratio = video.pixel_aspect
    context.time_base = _clock(video, rate, encoder.fixed_rate, encoder.coarse_clock)
    context.thread_type = "AUTO"
    tagged = source.codec_context
    context.colorspace, context.color_range = tagged.colorspace, tagged.color_range
    context.color_primaries, context.color_trc = tagged.color_primaries, tagged.color_trc
    if encoder.quantiser is not None:
        context.qscale = True
        context.global_quality = encoder.quantiser * QP2LAMBDA
        # PyAV 18.1 cannot give a frame its quality, as QSCALE asks for; the encoder then takes the least allowed.
        # The most too, or its rate control asks for more after a while.
        context.qmin = context.qmax = encoder.quantiser
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


def _clock(video: Video, rate: Fraction, fixed_rate: bool, coarse: bool) -> Fraction:
    """Seconds a tick of the encoder's clock: a frame where frames are equal, else the source's own tick."""
    if fixed_rate or not video.index.variable_frame_rate:
        return 1 / rate
    tick = video.index.tick
    return Fraction(1, 60_000) if coarse and tick.denominator > 65_535 else tick
