"""The reference for whoever reads only a part of a film: every frame of it, decoded from the beginning."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b
from pathlib import Path

import av
import numpy as np
from av.codec import CodecContext
from av.stream import Disposition


@dataclass(frozen=True, slots=True)
class PlainFrame:
    """One frame that came out."""

    time: Fraction
    """Seconds from the first frame."""
    digest: str
    """What `picture_digest` gives for it."""
    keyframe: bool
    kind: str
    """I, P, B or ?, as the decoder says."""


@dataclass(frozen=True)
class PlainFilm:
    """All frames of a film, in the order shown."""

    frames: list[PlainFrame]
    end: Fraction
    """Seconds from the first frame to the end of the last one."""

    def at(self, time: Fraction) -> PlainFrame:
        """The frame shown at a time: the last one not after it, but the first before all."""
        return self.frames[max(0, bisect_right(self.frames, time, key=lambda frame: frame.time) - 1)]

    def expected(self, times: Iterable[Fraction]) -> list[tuple[Fraction, Fraction, str]]:
        """(time asked for, time of the frame, digest) of what `frames_at` must give for these times."""
        shown = ((time, self.at(time)) for time in times if time < self.end)
        return [(time, frame.time, frame.digest) for time, frame in shown]


def picture_digest(picture: av.VideoFrame) -> str:
    """Hash of the size, the format and every plane's samples, without what fills up its lines."""
    digest = blake2b(f"{picture.width}x{picture.height} {picture.format.name}".encode(), digest_size=12)
    size = (picture.format.components[0].bits + 7) // 8
    for plane in picture.planes:
        lines = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        digest.update(np.ascontiguousarray(lines[: plane.height, : plane.width * size]))
    return digest.hexdigest()


def decode_plainly(path: Path, rate: Fraction, corrupt: bool = True) -> PlainFilm:
    """Decode a whole film with one thread and no seek.

    avi and asf hold no order of presentation: the n-th frame that comes out is shown at the n-th time there is. A
    bare stream holds no times: it is shown at n / `rate`. `corrupt`: also frames that the decoder calls corrupt.
    """
    slots: list[Fraction] = []
    found: list[tuple[Fraction, PlainFrame]] = []
    with av.open(str(path)) as film:
        stream = next(s for s in film.streams.video if not s.disposition & Disposition.attached_pic)
        kind, decoder = film.format.name, stream.codec_context
        if stream.metadata.get("alpha_mode") == "1":  # FFmpeg's own vp9 decoder leaves the alpha out
            decoder = CodecContext.create("libvpx-vp9", "r")
        decoder.thread_count = 1
        count, length = 0, 1 / rate
        for packet in film.demux(stream):
            if packet.dts is not None:
                slots.append(packet.dts * packet.time_base)
            try:
                pictures = decoder.decode(packet)
            except av.error.FFmpegError:
                continue
            for picture in pictures:
                time = count / rate if kind == "h264" else slots[count] if kind in ("avi", "asf") else None
                if time is None:
                    assert picture.pts is not None and picture.time_base is not None, path
                    time = picture.pts * picture.time_base
                count += 1
                if picture.duration and picture.time_base:
                    length = picture.duration * picture.time_base
                if corrupt or not picture.is_corrupt:
                    name = "?IPB?"[min(picture.pict_type, 4)]
                    found.append((time, PlainFrame(time, picture_digest(picture), picture.key_frame, name)))
    start = found[0][0]
    frames = [PlainFrame(time - start, frame.digest, frame.keyframe, frame.kind) for time, frame in found]
    return PlainFilm(frames, frames[-1].time + length)
