"""Opening a film safely, and reading its packets whatever state it is in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import av
import av.error
from av.codec import CodecContext
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from miles_deep.errors import NoVideoError, VideoError

DEMUXERS = (
    "3dostr,apng,asf,av1,avi,dv,dxa,evc,flic,flv,gif,gxf,h261,h263,h264,hevc,ivf,ivr,jpegxl_anim,m4v,matroska,mjpeg,"
    "mov,mpeg,mpegts,mpegvideo,mpjpeg,mtv,mxf,nsv,nut,nuv,obu,ogg,rm,roq,smk,swf,ty,vc1,vc1test,vivo,vvc,wtv,y4m,"
    "yuv4mpegpipe,"
    "aac,ac3,aiff,ape,caf,dts,eac3,flac,mp3,wav,wv"
)
"""What a film may be; the last row are sound alone, so that it can be told that there is no picture.

Left out on purpose: playlists and manifests (hls, dash, concat, sdp, imf), through which a hostile file could make
us open other files or connections, and formats that take any text for a film."""

ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Codec to the decoder that knows its alpha channel."""

MAX_READ_ERRORS = 100
"""A demuxer that fails this often in a row, without a packet in between, will not recover."""

STREAMS_OF_BYTES = frozenset({"mpegts", "mpeg"})
"""Containers without an index, in which a byte offset is as good a place as any."""


@dataclass(slots=True)
class Damage:
    """What was found broken while reading; filled in as the reading goes on."""

    packets: int = 0
    """Packets, or the frames in them, that could not be used."""


def file_url(path: Path) -> str:
    """Name a local file so that FFmpeg takes no part of its name for a protocol or an option."""
    return f"file:{path}"


def open_film(path: Path) -> InputContainer:
    """Open a local media file for reading.

    Raises:
        VideoError: it is missing, a folder, empty, unreadable, or no film.
    """
    try:
        if path.is_dir():
            raise VideoError(f"{path}: is a folder, not a film")
        size = path.stat().st_size
        if not path.is_file():
            raise VideoError(f"{path}: is not a regular file; only those can be watched")
        if size == 0:
            raise VideoError(f"{path}: is empty")
        return av.open(
            file_url(path),
            options={"format_whitelist": DEMUXERS, "protocol_whitelist": "file"},
            metadata_errors="surrogateescape",
        )
    except av.error.FFmpegError as error:
        if isinstance(error, PermissionError):
            raise VideoError(f"{path}: may not be read (permission denied)") from error
        raise VideoError(f"{path}: not a film that can be read ({error.strerror})") from error
    except FileNotFoundError as error:
        raise VideoError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise VideoError(f"{path}: cannot be read ({error})") from error


def main_picture(container: InputContainer, path: Path) -> VideoStream:
    """The stream that is the film: the default one, else the largest; cover pictures are none.

    Raises:
        NoVideoError: there is no such stream.
        VideoError: there is one, but no decoder for it.
    """
    covers = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails
    films = [stream for stream in container.streams.video if not stream.disposition & covers]
    if not films:
        kind = "only a cover picture" if container.streams.video else "no picture"
        raise NoVideoError(f"{path}: has {kind}, nothing to watch")
    decodable = [stream for stream in films if stream.codec_context is not None]
    if not decodable:
        raise VideoError(f"{path}: its video codec is unknown")
    return max(decodable, key=lambda stream: (bool(stream.disposition & Disposition.default), area(stream)))


def picture_decoder(stream: VideoStream) -> VideoCodecContext:
    """What decodes a film's picture: FFmpeg's own decoder, but libvpx's where there is an alpha channel.

    WebM keeps alpha in a second picture beside the first, which only libvpx's decoder looks at.
    """
    name = ALPHA_DECODERS.get(stream.codec_context.name)
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    if name is None or tags.get("alpha_mode") != "1":
        return stream.codec_context
    return cast(VideoCodecContext, CodecContext.create(name, "r"))


def area(stream: VideoStream) -> int:
    """Pixels of a frame."""
    return int(stream.codec_context.width) * int(stream.codec_context.height)


def packets(container: InputContainer, damage: Damage, *streams: Stream) -> "Iterator[Packet[Stream]]":
    """Read on to the end of the file, over places where it is broken. The flushing packets come last."""
    source, failures = container.demux(*streams), 0
    while True:
        try:
            packet = next(source)
        except (StopIteration, IndexError):  # PyAV's, at the end, where a track turned up on the way
            return
        except av.error.FFmpegError:
            # A demuxer goes on after the broken place, but PyAV's generator is over: take a new one.
            failures += 1
            damage.packets += 1
            if failures > MAX_READ_ERRORS:
                return
            source = container.demux(*streams)
            continue
        failures = 0
        yield packet


def go_to(container: InputContainer, stream: Stream, ticks: int) -> None:
    """Seek to where a track can be decoded from at or before a time, or to the beginning where that fails."""
    try:
        container.seek(ticks, stream=stream)
    except av.error.FFmpegError:
        go_to_beginning(container, stream)


def go_to_beginning(container: InputContainer, stream: Stream) -> None:
    """Seek to the first packet."""
    if container.format.name in STREAMS_OF_BYTES:
        # Seeking by time finds the first packet *after* it here, and so would leave out the first keyframe.
        container.seek(0, unsupported_byte_offset=True)
    else:
        container.seek(int(stream.start_time or 0), stream=stream)
