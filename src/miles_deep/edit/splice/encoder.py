"""Running an encoder over one run of pictures."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import cast

from av.codec import Codec
from av.codec.context import CodecContext
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from miles_deep.edit.codecs import USUAL_RATE, can_encode
from miles_deep.edit.splice.protocol import CannotSplice
from miles_deep.video.video import Video

GROUP = 250
"""Most frames from keyframe to keyframe, as x264 has it."""

BOTTOM_FIRST = (3, 5)
"""FFmpeg's AVFieldOrder: BB and BT."""

QUANTISER = 2
"""Of FFmpeg's own encoders."""

Packets = Iterator["Packet[Stream]"]
Maker = Callable[[], VideoCodecContext]


def new_encoder(
    name: str, video: Video, options: dict[str, str], rate: Fraction | None = None
) -> VideoCodecContext:
    """An encoder that is not yet open, for pictures as the film's are.

    Its clock counts pictures: not every bitstream can hold a film's ticks, and `run` puts them back. `rate` is
    what it is told of pictures a second, else the film's own.

    Raises:
        CannotSplice: it is not there, or does not take the film's pixel format.
    """
    if not can_encode(name):
        raise CannotSplice(f"there is no encoder {name} here")
    offered = {entry.name for entry in Codec(name, "w").video_formats or ()}
    if offered and video.pixel_format not in offered:
        raise CannotSplice(f"{name} cannot encode {video.pixel_format} pictures")
    context = cast(VideoCodecContext, CodecContext.create(name, "w"))
    context.width, context.height = video.width, video.height
    context.pix_fmt = video.pixel_format
    rate = rate or video.frame_rate or USUAL_RATE
    context.framerate = rate
    context.time_base = 1 / rate
    context.options = options
    return context


def open_encoder(context: VideoCodecContext) -> VideoCodecContext:
    """The encoder, opened. Raises CannotSplice: it does not take the settings that the film's packets call for."""
    try:
        context.open(strict=False)
    except (FFmpegError, ValueError) as error:
        raise CannotSplice(f"{context.name} does not take what the film's pictures are") from error
    return context


def tag_like(context: VideoCodecContext, source: VideoCodecContext) -> None:
    """Give an encoder the shape of pixels and the colours that the source's bitstream, or container, tells of."""
    context.sample_aspect_ratio = source.sample_aspect_ratio or Fraction(0)
    context.color_primaries, context.color_trc = source.color_primaries, source.color_trc
    context.colorspace, context.color_range = source.colorspace, source.color_range


def opened(frames: Iterable[VideoFrame]) -> Iterator[tuple[VideoFrame, bool]]:
    """A run's frames for `run`, the first to be a keyframe."""
    for number, frame in enumerate(frames):
        yield frame, number == 0


def run(make: Maker, frames: Iterable[tuple[VideoFrame, bool]], clock: Fraction) -> Packets:
    """Encode a run of pictures.

    Args:
        make: opens an encoder.
        frames: each with whether it has to be a keyframe.
        clock: seconds a tick of the frames' `pts`.

    Yields: packets as the encoder gives them, but with `pts` in ticks of `clock`, no `dts` and no duration.
    """
    context = make()
    ticks: dict[int, int] = {}
    for number, (frame, key) in enumerate(frames):
        ticks[number] = cast(int, frame.pts)
        frame.pts, frame.dts, frame.time_base = number, None, context.time_base
        # The source's picture types would be taken for orders.
        frame.pict_type = PictureType.I if key else PictureType.NONE
        yield from _timed(context.encode(frame), ticks, clock)
    if ticks:
        yield from _timed(context.encode(None), ticks, clock)


def _timed(packets: "Iterable[Packet[Stream]]", ticks: dict[int, int], clock: Fraction) -> Packets:
    for packet in packets:
        if not packet.size:
            continue
        packet.time_base, packet.pts, packet.dts = clock, ticks.pop(cast(int, packet.pts)), None
        packet.duration = 0
        yield packet


def rewritten(packet: "Packet[Stream]", payload: bytes) -> "Packet[Stream]":
    """A packet of `run` with other bytes. Its time, and whether it is a keyframe, is all else that it tells."""
    changed: Packet[Stream] = Packet(payload)
    changed.time_base, changed.pts = packet.time_base, packet.pts
    changed.is_keyframe = packet.is_keyframe
    return changed
