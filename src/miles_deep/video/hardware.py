"""Decoding in hardware, where it gives the frames that software gives and, unless it was asked for, sooner.

A hardware decoder is trusted on no promise: some stretches of the film itself are decoded both ways first, and
every sample of every plane has to agree. Damage that lies elsewhere in the film is concealed by hardware in its
own way, often without a word; software tells of it. `auto` therefore chooses hardware only for what it gains.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import dropwhile, islice
from time import perf_counter
from typing import Protocol, cast

import av.error
import numpy as np
from av.codec import Codec, CodecContext
from av.codec.hwaccel import HWAccel, hwdevices_available
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from miles_deep.errors import DeviceError, OptionError
from miles_deep.video.container import Damage, go_to, main_picture, open_film, packets, picture_decoder
from miles_deep.video.devices import KINDS
from miles_deep.video.guarded import Decoder, GuardedDecoder
from miles_deep.video.video import Video

CHECKED = 48
"""Packets decoded both ways at each of two places, the beginning and the middle of the film."""

SOUGHT = 2000
"""Packets looked through for a keyframe, at most."""

MARGIN = 1.5
"""Times as fast as software that `auto` wants hardware to be.

Software is measured with one decoder on all cores. Groups of pictures decoded side by side use the cores better
still, which the margin makes up for, together with the noise of so short a race."""

WORTH_TRYING = Fraction(120)
"""Seconds of film below which `auto` tries no hardware: opening a device and racing take about a second."""


class Accelerator(Protocol):
    """A kind of hardware that decodes."""

    def ready(self, codec: str) -> bool:
        """Whether it is here and may know a codec; has to cost next to nothing where it is not here."""
        ...

    def open(self, stream: VideoStream) -> Decoder:
        """A decoder for a film's picture, with frames in the computer's memory.

        Raises:
            DeviceError: it is not here, or cannot decode this.
        """
        ...


@dataclass(frozen=True, slots=True)
class HardwareDevice:
    """One of FFmpeg's hardware devices, the first of its kind in the machine."""

    kind: str
    """FFmpeg's name of the device type."""

    def ready(self, codec: str) -> bool:
        """Whether PyAV was built with it, it has a decoder for the codec, and its driver starts."""
        return _starts(self.kind, codec)

    def open(self, stream: VideoStream) -> VideoCodecContext:
        """FFmpeg's own decoder of the codec, which parses as ever and leaves the pictures to the device."""
        if self.kind not in hwdevices_available():
            raise DeviceError("is not in this build of PyAV")
        try:
            decoder = fresh_decoder(stream, HWAccel(self.kind, allow_software_fallback=False))
        except av.error.FFmpegError as error:
            raise DeviceError("found no device or no driver here") from error
        if not decoder.is_hwaccel:
            raise DeviceError(f"has no decoder for {decoder.name}")
        # With more than one, FFmpeg lets them wait for each other, and NVDEC runs out of its 32 surfaces.
        decoder.thread_count = 1
        return decoder


ACCELERATORS: dict[str, Accelerator] = {kind: HardwareDevice(kind) for kind in KINDS}
"""What `--hwaccel` takes, beside `auto` and `none`."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a film's picture is to be decoded."""

    accelerator: Accelerator | None
    """None: in software."""
    reason: str
    """Why so, for people to read."""
    speedup: float | None = None
    """Times as fast as software, where that was measured."""


def choose(
    video: Video,
    name: str = "auto",
    margin: float = MARGIN,
    offered: Mapping[str, Accelerator] = ACCELERATORS,
) -> Decoding:
    """Decide how to decode a film. The film is opened for it, and closed again.

    Args:
        video: what `probe` told.
        name: `none`, `auto`, or a key of `offered`.
        margin: times as fast as software that hardware has to be for `auto`.
        offered: the accelerators there are to choose from.

    Raises:
        OptionError: there is no accelerator of that name.
        DeviceError: the one asked for is not here, cannot decode this film, or gives other frames than software.
    """
    if name == "none":
        return Decoding(None, "software, as asked for")
    if name == "auto":
        return _fastest(video, margin, offered)
    if name not in offered:
        raise OptionError(f"--hwaccel {name}: unknown; it is one of auto, none, {', '.join(offered)}")
    try:
        speedup = _race(video, offered[name])
    except DeviceError as error:
        raise DeviceError(f"{video.path}: cannot be decoded by {name}: it {error}; use --hwaccel none") from error
    return Decoding(offered[name], f"{name}, as asked for: the same frames as software's", speedup)


def decoder_for(stream: VideoStream, accelerator: Accelerator | None, threads: int = 0) -> Decoder:
    """A decoder for a film's picture, ready for its first packet.

    A hardware decoder that fails while the film is read, or is not to be had any more, is replaced by software.

    Args:
        stream: of a film opened for this decoder alone.
        accelerator: what `choose` chose.
        threads: for software; 0 is one a core. Hardware always has one.
    """

    def software() -> VideoCodecContext:
        decoder = picture_decoder(stream)
        decoder.thread_count = threads
        decoder.thread_type = "AUTO"
        return decoder

    if accelerator is None:
        return software()
    try:
        return GuardedDecoder(accelerator.open(stream), software)
    except DeviceError:
        return software()


def fresh_decoder(stream: VideoStream, hwaccel: HWAccel | None) -> VideoCodecContext:
    """FFmpeg's own decoder of a codec, told all that the container and the first look at the film told.

    Not the stream's: that may be a library without hardware (dav1d for AV1), and opening the film with an
    accelerator would start a device for every track of it.
    """
    known = stream.codec_context
    decoder = cast(VideoCodecContext, CodecContext.create(known.codec.canonical_name, "r", hwaccel))
    decoder.extradata = known.extradata
    decoder.width, decoder.height = known.width, known.height
    decoder.bits_per_coded_sample = known.bits_per_coded_sample
    # Without it, H.264 that does not tell its own would begin in the wrong order.
    decoder.reorder_depth = known.reorder_depth
    return decoder


@cache
def _starts(kind: str, codec: str) -> bool:
    if kind not in hwdevices_available():
        return False
    try:
        hwaccel = HWAccel(kind, allow_software_fallback=False)
        return CodecContext.create(Codec(codec, "r").canonical_name, "r", hwaccel).is_hwaccel
    except (av.error.FFmpegError, ValueError):  # ValueError: a codec that FFmpeg does not know
        return False


def _fastest(video: Video, margin: float, offered: Mapping[str, Accelerator]) -> Decoding:
    if video.duration < WORTH_TRYING:
        return Decoding(None, "software: the film is too short to try hardware")
    codec = next(stream.codec for stream in video.streams if stream.index == video.picture)
    best, tried = None, []
    for name, accelerator in offered.items():
        if not accelerator.ready(codec):
            continue
        film = (accelerator, codec, video.pixel_format, video.width, video.height)
        try:
            speedup = _SLOW.get(film) or _race(video, accelerator)
        except DeviceError as error:
            tried.append(f"{name} {error}")
            continue
        tried.append(f"{name} is {speedup:.1f} times as fast")
        if speedup < margin:
            _SLOW[film] = speedup
        elif best is None or speedup > (best.speedup or 0):
            best = Decoding(
                accelerator, f"{name}: {speedup:.1f} times as fast as software, the same frames", speedup
            )
    return best or Decoding(None, f"software: {'; '.join(tried) or 'no hardware here decodes this'}")


_SLOW: dict[tuple[Accelerator, str, str, int, int], float] = {}
"""Hardware that lost its race in this process, the kind of film, and its speed: not raced again."""


def _race(video: Video, accelerator: Accelerator) -> float:
    """Times as fast as software, over the same packets, copies to the computer's memory included.

    Raises:
        DeviceError: it failed, or gave other frames.
    """
    with open_film(video.path) as container:
        stream = main_picture(container, video.path)
        hardware = accelerator.open(stream)
        software = decoder_for(stream, None)
        try:
            for time in (Fraction(0), video.duration / 2):
                stretch = _packets_from(container, stream, video.start + time)
                frames = _shown(software, stretch)
                if not frames or _shown(hardware, stretch) != frames:
                    raise DeviceError(f"gives other frames than software at {float(time):.0f} s")
            # Both are warm now, and nothing is computed in between that would give threads time to run ahead.
            return _seconds(software, stretch) / _seconds(hardware, stretch)
        except av.error.FFmpegError as error:
            raise DeviceError(f"fails ({error.strerror})") from error


def _packets_from(container: InputContainer, stream: VideoStream, time: Fraction) -> list["Packet[Stream]"]:
    go_to(container, stream, int(time / cast(Fraction, stream.time_base)))
    read = (packet for packet in islice(packets(container, Damage(), stream), SOUGHT) if packet.size)
    return list(islice(dropwhile(lambda packet: not packet.is_keyframe, read), CHECKED))


def _shown(decoder: Decoder, stretch: Sequence["Packet[Stream]"]) -> list[tuple[int | None, bytes]]:
    """Time and digest of every frame."""
    frames = []
    for packet in (*stretch, None):
        for picture in decoder.decode(packet):
            frames.append((picture.pts, digest(picture)))
    decoder.flush_buffers()
    return frames


def _seconds(decoder: Decoder, stretch: Sequence["Packet[Stream]"]) -> float:
    start = perf_counter()
    for packet in (*stretch, None):
        decoder.decode(packet)
    seconds = perf_counter() - start
    decoder.flush_buffers()
    return seconds


def digest(picture: VideoFrame) -> bytes:
    """A fingerprint of a frame's samples: the same whether chroma has two planes (yuv420p) or one (nv12)."""
    parts = picture.format.components
    deep = any(part.bits > 8 for part in parts)
    # P010 and its kin hold their samples in the upper bits of 16, all others in the lower ones.
    upper = picture.format.name[0] == "p" and picture.format.name[1:2].isdigit()
    found = hashlib.blake2b(digest_size=16)
    for number, part in enumerate(parts):
        plane = picture.planes[part.plane]
        rows = np.frombuffer(memoryview(plane), "<u2" if deep else "u1").reshape(plane.height, -1)
        step = sum(other.plane == part.plane for other in parts)
        offset = sum(other.plane == part.plane for other in parts[:number])
        samples = rows[:, offset : part.width * step : step]
        if deep and not upper:
            samples = samples << (16 - part.bits)
        found.update(f"{part.width}x{part.height}".encode() + samples.tobytes())
    return found.digest()
