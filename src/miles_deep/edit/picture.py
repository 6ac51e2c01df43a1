"""The picture track of the output: encoded anew, or packet by packet."""

from collections.abc import Iterator
from fractions import Fraction
from typing import cast

import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import PictureType
from av.video.stream import VideoStream

from miles_deep.edit.codecs import QP2LAMBDA, pixel_format, video_encoder
from miles_deep.edit.plan import EditPlan, Piece
from miles_deep.errors import VideoError
from miles_deep.video.clock import DECODING_TIMES_ONLY
from miles_deep.video.container import Damage, go_to, go_to_beginning, main_picture, open_film, packets
from miles_deep.video.frame import Reading
from miles_deep.video.frames import frames_between
from miles_deep.video.packets import packet_stamp
from miles_deep.video.straight import SEEK_MARGINS
from miles_deep.video.video import Video

INTERLACED = "+ildct+ilme"
TOP_FIELD_FIRST = (2, 4)
"""FFmpeg's AVFieldOrder: TT and TB. Bottom first are 3 (BB) and 5 (BT)."""


def encoded_picture(
    video: Video, plan: EditPlan, source: VideoStream, output: OutputContainer, reading: Reading
) -> Iterator["Packet[Stream]"]:
    """Add a picture track that is encoded anew, and give its packets in order. Frames keep their times."""
    stream = add_encoder(video, source, output)
    clock = stream.codec_context.time_base
    return _encode(video, plan, stream, clock, reading)


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
        context.qmin = encoder.quantiser
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
    if video.display_matrix is not None:
        stream.set_display_matrix(video.display_matrix)
    return stream


def _clock(video: Video, rate: Fraction, fixed_rate: bool, coarse: bool) -> Fraction:
    """Seconds a tick of the encoder's clock: a frame where frames are equal, else the source's own tick."""
    if fixed_rate or not video.index.variable_frame_rate:
        return 1 / rate
    tick = video.index.tick
    return Fraction(1, 60_000) if coarse and tick.denominator > 65_535 else tick


def _encode(
    video: Video, plan: EditPlan, stream: VideoStream, clock: Fraction, reading: Reading
) -> Iterator["Packet[Stream]"]:
    last, current = -1, -1
    for number, frame in frames_between(video, [piece.span for piece in plan.pieces], reading):
        picture = frame.picture
        piece = plan.pieces[number]
        ticks = max(last + 1, round(piece.output_time(max(frame.time, piece.span.start)) / clock))
        picture.pts, picture.time_base, picture.dts, last = ticks, clock, None, ticks
        # The source's picture types would be taken for orders. A join is a good place to seek to.
        picture.pict_type = PictureType.I if number != current else PictureType.NONE
        current = number
        yield from stream.encode(picture)
    yield from stream.encode(None)


def copied_picture(
    video: Video, plan: EditPlan, source: VideoStream, output: OutputContainer
) -> Iterator["Packet[Stream]"]:
    """Add a picture track that is copied packet by packet, and give its packets in order."""
    delay = int(max(0, (np.sort(video.index.pts) - video.index.pts).max()))
    tells_order = output.format.name not in DECODING_TIMES_ONLY or video.container in DECODING_TIMES_ONLY
    if delay and not tells_order:
        raise ValueError("it does not say when frames are shown")
    stream = output.add_stream_from_template(source, opaque=True)
    # The file may tell of the track what it does not of its codec.
    if video.pixel_aspect != 1:
        stream.codec_context.sample_aspect_ratio = video.pixel_aspect
    if source.average_rate:
        stream.codec_context.framerate = source.average_rate
    if output.format.name in video.container.split(","):  # hvc1, say, which some players want to hev1
        stream.codec_context.codec_tag = source.codec_context.codec_tag
    return _copy(video, plan, stream, delay)


def _copy(video: Video, plan: EditPlan, stream: VideoStream, delay: int) -> Iterator["Packet[Stream]"]:
    """`delay`: ticks from the time a packet is decoded to the time its frame is shown, at most."""
    pts, tick = video.index.pts, video.index.tick
    with open_film(video.path) as container:
        source = main_picture(container, video.path)
        for piece in plan.pieces:
            shown = pts[piece.first_packet : piece.last_packet + 1]
            # Leading pictures of an open group, shown before its keyframe, need the group that is cut away.
            kept = shown >= shown[0]
            decoding = iter(np.sort(shown[kept]))
            offset = round(piece.output_start / tick) - int(shown[0])
            for packet, keep, time in zip(_packets(video, container, source, piece), kept, shown, strict=False):
                if not keep:
                    continue
                packet.stream = stream
                packet.time_base = tick
                # Any ascending times no later than the frames' own will do for decoding.
                packet.pts, packet.dts = int(time) + offset, int(next(decoding)) + offset - delay
                yield packet


def _packets(
    video: Video, container: InputContainer, source: VideoStream, piece: Piece
) -> Iterator["Packet[Stream]"]:
    """The packets of a piece from its first on, in decoding order."""
    stamp = int(video.index.stamp[piece.first_packet])
    for margin in (*SEEK_MARGINS, None):
        if margin is None:
            go_to_beginning(container, source)
        else:
            go_to(container, source, stamp - round(margin / cast(Fraction, source.time_base)))
        found = False
        for packet in packets(container, Damage(), source):
            if not packet.size or packet.is_discard:
                continue
            found = found or packet_stamp(packet) == stamp
            if found:
                yield packet
            elif packet_stamp(packet) > stamp and packet.is_keyframe:
                break  # the seek came out too late
        if found:
            return
    raise VideoError(f"{video.path}: packet at {float(piece.span.start):g} s was there once and is not any more")
