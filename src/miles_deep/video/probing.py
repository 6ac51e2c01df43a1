"""probe: what can be known of a film from its header and its first frame."""

import struct
from fractions import Fraction
from pathlib import Path
from typing import cast

import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition
from av.stream import Stream as AvStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from miles_deep.errors import VideoError
from miles_deep.video.clock import Clock
from miles_deep.video.container import Damage, main_picture, open_film, packets, picture_decoder
from miles_deep.video.indexing import index_packets
from miles_deep.video.video import Colour, Orientation, Stream, Video

UNSPECIFIED = 2
"""H.273's number for a matrix, primaries or transfer that nobody named."""


def probe(path: str | Path) -> Video:
    """Learn what a film is: its tracks, picture, times. Decodes its first frame only.

    Raises:
        VideoError: it is missing or no film, or not one frame of it can be decoded.
        NoVideoError: it has no picture.
    """
    path = Path(path)
    with open_film(path) as container:
        stream = main_picture(container, path)
        clock = Clock(stream)
        start, frame = _first_frame(container, stream, clock, path)
        duration = _picture_duration(stream, start)
        promised = duration is not None
        duration = duration or _longest_duration(container, start) or index_packets(path, start).end
        context = stream.codec_context
        matrix = _display_matrix(frame)
        return Video(
            path=path,
            container=container.format.name,
            streams=tuple(describe(stream) for stream in container.streams),
            picture=stream.index,
            width=frame.width,
            height=frame.height,
            pixel_aspect=stream.sample_aspect_ratio or Fraction(1),
            pixel_format=frame.format.name,
            colour=_colour(frame),
            orientation=orientation(matrix),
            display_matrix=matrix,
            # The first frame of a mixed film may be progressive: the header's word counts as well.
            interlaced=frame.interlaced_frame or context.field_order > 1,
            ordered=clock.ordered,
            late=clock.late or 0,
            frame_rate=stream.average_rate or stream.guessed_rate,
            start=start,
            lead=_lead(container, start),
            duration=duration,
            promised=promised,
            timecode=_timecode(container, stream),
        )


def describe(stream: AvStream) -> Stream:
    """A track in our words."""
    codec = stream.codec_context.codec.canonical_name if stream.codec_context is not None else ""
    sound = stream.codec_context if isinstance(stream, AudioStream) else None
    return Stream(
        index=stream.index,
        kind=stream.type or "unknown",
        codec=codec,
        language=stream.metadata.get("language"),
        title=stream.metadata.get("title"),
        dispositions=tuple(str(flag.name) for flag in Disposition if flag & stream.disposition),
        channels=sound.channels if sound is not None else 0,
        sample_rate=sound.sample_rate if sound is not None else 0,
    )


def orientation(matrix: tuple[int, ...] | None) -> Orientation:
    """Turn a display matrix into the nearest of the eight ways to turn and mirror a picture.

    FFmpeg's matrix (libavutil/display.h) sends the point (x, y), y down, to (a x + c y, b x + d y), with
    a, b = matrix[0:2] and c, d = matrix[3:5].
    """
    if matrix is None:
        return Orientation()
    a, b, _, c, d = matrix[:5]
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(transpose=True, mirror_x=c < 0, mirror_y=b < 0)
    return Orientation(transpose=False, mirror_x=a < 0, mirror_y=d < 0)


def _first_frame(
    container: InputContainer, stream: VideoStream, clock: Clock, path: Path
) -> tuple[Fraction, VideoFrame]:
    # Not by frame threads: they would read ahead several frames to give the first.
    decoder = picture_decoder(stream)
    for packet in packets(container, Damage(), stream):
        clock.mark(packet)
        try:
            frames = decoder.decode(packet)
        except av.error.FFmpegError:
            continue
        for frame in frames:
            ticks = clock.shown(frame, None)
            if ticks is not None and not frame.is_corrupt:
                return clock.seconds(ticks), frame
    raise VideoError(f"{path}: not one frame can be decoded")


def _lead(container: InputContainer, start: Fraction) -> Fraction:
    lead = start - Fraction(container.start_time or 0, 1_000_000)
    # Below: what FFmpeg's microseconds round away. Negative: FFmpeg's times are late; see `Clock`.
    return lead if lead > Fraction(1, 100_000) else Fraction(0)


def _picture_duration(stream: VideoStream, start: Fraction) -> Fraction | None:
    """Length of the picture track as the header tells it, or None."""
    if stream.duration:
        return stream.duration * cast(Fraction, stream.time_base)
    if tag := stream.metadata.get("DURATION"):  # Matroska: "00:09:56.458000000", on the file's clock
        try:
            hours, minutes, seconds = tag.split(":")
            end = Fraction(hours) * 3600 + Fraction(minutes) * 60 + Fraction(seconds)
        except ValueError:
            return None
        return end - start if end > start else None
    return None


def _timecode(container: InputContainer, picture: VideoStream) -> str | None:
    """What the picture's track says, or else one of timecode (`tmcd`), or else the container."""
    clocks = [stream.metadata for stream in container.streams if stream.type == "data"]
    for metadata in (picture.metadata, *clocks, container.metadata):
        for key, value in metadata.items():
            if key.lower() == "timecode" and value.strip():
                return value.strip()
    return None


def _longest_duration(container: InputContainer, start: Fraction) -> Fraction | None:
    """Time from the first frame to the end of the longest track, as the header tells it, or None."""
    if not container.duration:
        return None
    end = Fraction(container.duration + (container.start_time or 0), 1_000_000)
    return end - start if end > start else None


def _display_matrix(frame: VideoFrame) -> tuple[int, ...] | None:
    for data in cast(list[object], list(frame.side_data)):
        if getattr(data, "type", None) == SideDataType.DISPLAYMATRIX:
            return struct.unpack("=9i", bytes(data))  # type: ignore[call-overload]
    return None


def _colour(frame: VideoFrame) -> Colour:
    matrix = int(frame.colorspace)
    if matrix == UNSPECIFIED and "yuv" in frame.format.name:
        # Untagged: HD is BT.709 (1), SD is BT.601 (6), as players take it.
        matrix = 1 if frame.width >= 1280 or frame.height >= 720 else 6
    full = int(frame.color_range) == 2 or frame.format.name.startswith("yuvj")
    return Colour(matrix, full, int(frame.color_primaries), int(frame.color_trc))
