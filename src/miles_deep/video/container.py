"""Opening a film safely, and reading its packets whatever state it is in."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.error
from av.codec import CodecContext
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
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

DECODING_TIMES_ONLY = frozenset({"avi", "asf"})
"""Containers that tell when a packet is decoded, not when its frame is shown."""

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
        except StopIteration:
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


class Clock:
    """Presentation times of the packets and frames of a film's picture, in ticks.

    Most containers store them. AVI and ASF store only when packets are decoded, and FFmpeg guesses the rest:
    the order well, but all of it late by as much as it thinks the decoder holds back, though the file's sound is
    in step with its packets. So the guess is moved back by what it puts the first packet late. Where not even
    the order can be guessed (see `has_order`), packets hold slots of time in decoding order, and frames, which
    come out in the order they are shown, take the earliest slot yet free. Damaged packets give no frame and leave
    their slots: a keyframe, before which all is shown that is decoded before it, puts that right.
    """

    def __init__(self, stream: VideoStream, late: int | None = None) -> None:
        """`late` is what another clock on the same film measured; None to measure it on the first packet."""
        self.ordered = has_order(stream)
        self.late = late if late is not None or stream.container.format.name in DECODING_TIMES_ONLY else 0
        self._tick = cast(Fraction, stream.time_base)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self._frame = max(1, round(1 / rate / self._tick))
        self._slots: list[int] = []
        self._next = 0

    def reset(self) -> None:
        """Forget what was read: the file is about to be read from another place."""
        self._slots.clear()

    def read(self, packet: "Packet[Stream]") -> int | None:
        """Note a packet that is about to be decoded, and tell when its frame is shown; None: it does not say."""
        if not packet.size:
            return None
        if self.late is None:
            self.late = packet.pts - packet.dts if packet.pts is not None and packet.dts is not None else 0
        if self.ordered:
            return None if packet.pts is None else packet.pts - self.late
        slot = packet.dts if packet.dts is not None else self._next
        self._next = slot + (packet.duration or self._frame)
        self._slots.append(slot)
        return slot

    def mark(self, packet: "Packet[Stream]") -> None:
        """Note a packet that is about to be decoded, so that `shown` knows its frame."""
        slot = self.read(packet)
        if not self.ordered and slot is not None:
            packet.pts = slot

    def shown(self, picture: VideoFrame, previous: int | None) -> int | None:
        """When the frame just handed out is shown; None: before the film begins, where Matroska has no times."""
        if self.ordered and picture.pts is not None:
            return picture.pts - (self.late or 0)
        if not self.ordered and self._slots:
            first = picture.pts if picture.key_frame and picture.pts is not None else min(self._slots)
            self._slots = sorted(slot for slot in self._slots if slot >= first)
            return self._slots.pop(0) if self._slots else None
        if previous is None:
            return None
        return previous + self._frame

    def seconds(self, ticks: int) -> Fraction:
        """Ticks of the stream's time base, in seconds."""
        return ticks * self._tick


def has_order(stream: VideoStream) -> bool:
    """Whether it is known of every packet when its frame is shown.

    It never is in raw streams, nor in AVI and ASF for codecs that reorder pictures more freely than their
    kinds tell.
    """
    context = stream.codec_context
    free = context.name in ("h264", "hevc") and context.reorder_depth > 0
    return stream.start_time is not None and not (free and stream.container.format.name in DECODING_TIMES_ONLY)
