"""Opening a film safely, and reading its packets whatever state it is in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from miles_deep.errors import NoVideoError, VideoError

DEMUXERS = (
    "3dostr,apng,asf,av1,avi,dv,dxa,evc,flic,flv,gif,gxf,h261,h263,h264,hevc,ivf,ivr,jpegxl_anim,m4v,matroska,mjpeg,"
    "mov,mpeg,mpegts,mpegvideo,mpjpeg,mtv,mxf,nsv,nut,nuv,obu,ogg,rm,roq,smk,swf,ty,vc1,vc1test,vivo,vvc,wtv,y4m,"
    "yuv4mpegpipe"
)
"""What a film may be. Left out on purpose: playlists and manifests (hls, dash, concat, sdp, imf), through
which a hostile file could make us open other files or connections, and formats that take any text for a film."""

MAX_READ_ERRORS = 100
"""A demuxer that fails this often in a row, without a packet in between, will not recover."""

STREAMS_OF_BYTES = frozenset({"mpegts", "mpeg"})
"""Containers without an index, in which a byte offset is as good a place as any."""


@dataclass(slots=True)
class Damage:
    """What was found broken while reading; filled in as the reading goes on."""

    packets: int = 0
    """Packets, or the frames in them, that could not be used."""
    kinds: set[str] = field(default_factory=set)


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
        if path.stat().st_size == 0 and path.is_file():
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
        except av.error.FFmpegError as error:
            # A demuxer goes on after the broken place, but PyAV's generator is over: take a new one.
            failures += 1
            damage.packets += 1
            damage.kinds.add(str(error.strerror))
            if failures > MAX_READ_ERRORS:
                return
            source = container.demux(*streams)
            continue
        failures = 0
        yield packet


def go_to_beginning(container: InputContainer, stream: Stream) -> None:
    """Seek to the first packet."""
    if container.format.name in STREAMS_OF_BYTES:
        # Seeking by time finds the first packet *after* it here, and so would leave out the first keyframe.
        container.seek(0, unsupported_byte_offset=True)
    else:
        container.seek(int(stream.start_time or 0), stream=stream)


class Clock:
    """Presentation times of frames as the decoder hands them out.

    Most containers store them. Where they do not (see `has_stored_times`), packets hold equal slots of time in
    decoding order, and frames, which come out in the order they are shown, take the earliest slot yet
    free. FFmpeg shows them one reordering delay later than that, and so does this.
    """

    def __init__(self, stream: VideoStream) -> None:
        self._tick = cast(Fraction, stream.time_base)
        self.stored = has_stored_times(stream)
        delay = stream.codec_context.reorder_depth if not self.stored else 0
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self._frame = max(1, round(1 / rate / self._tick))
        self._delay = delay * self._frame
        self._slots: list[int] = []
        self._next = 0

    def reset(self) -> None:
        """Forget what was read: the file is about to be read from another place."""
        self._slots.clear()

    def read(self, packet: "Packet[Stream]") -> int | None:
        """Note a packet that is about to be decoded; its time slot, where times are not stored."""
        if self.stored or not packet.size:
            return None
        slot = packet.dts if packet.dts is not None else self._next
        self._next = slot + (packet.duration or self._frame)
        self._slots.append(slot + self._delay)
        return self._slots[-1]

    def shown(self, pts: int | None, previous: int | None) -> int:
        """Presentation time, in ticks, of the frame just handed out."""
        if self.stored and pts is not None:
            return pts
        if not self.stored and self._slots:
            self._slots.sort()
            return self._slots.pop(0)
        return 0 if previous is None else previous + self._frame

    def seconds(self, ticks: int) -> Fraction:
        """Ticks of the stream's time base, in seconds."""
        return ticks * self._tick


def has_stored_times(stream: VideoStream) -> bool:
    """Whether every packet tells when its frame is shown.

    Raw streams never do. AVI does not either; for the older codecs FFmpeg works it out from the kinds of the
    pictures, for those that reorder more freely its guess is wrong.
    """
    guessed = stream.container.format.name == "avi" and stream.codec_context.name in ("h264", "hevc")
    return stream.start_time is not None and not guessed
