"""Readers that say what a file holds, on the absolute time line of its PTS. Nothing of src/ is used."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from .picture import Rgb

Path_ = str | Path


def to_rgb(frame: av.VideoFrame, reformatter: VideoReformatter | None = None) -> Rgb:
    """RGB of the frame by its own tags; untagged means BT.601, limited range. Rotation is not applied."""
    matrix = "ITU709" if frame.colorspace == 1 else "ITU601"
    full = frame.color_range == 2 or frame.format.name.startswith("yuvj")
    exact = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
    rgb = (reformatter or VideoReformatter()).reformat(
        frame,
        format="rgb24",
        src_colorspace=Colorspace[matrix],
        src_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=exact,
        threads=1,
    )
    return np.asarray(rgb.to_ndarray(), np.uint8)


def decode_video(path: Path_) -> list[tuple[Fraction, Rgb]]:
    """(presentation time in seconds, upright RGB) of every frame the decoder shows, in its order.

    avi and asf hold one time a packet, and no order of presentation: the n-th frame shown gets the n-th of
    these times. (What FFmpeg makes up for PTS there is a frame late, and in disorder with h264 B-frames.)
    A bare stream holds no times; the n-th frame is shown at n / rate.
    """
    times: list[Fraction] = []
    pictures: list[Rgb] = []
    reformatter = VideoReformatter()
    with av.open(str(path)) as film:
        stream, kind = film.streams.video[0], film.format.name
        for packet in film.demux(stream):
            if kind in ("avi", "asf") and packet.dts is not None:
                times.append(packet.dts * packet.time_base)
            for frame in packet.decode():
                if kind == "h264":
                    times.append(len(times) / Fraction(stream.guessed_rate))
                elif kind not in ("avi", "asf"):
                    assert frame.pts is not None and frame.time_base is not None, f"a frame without PTS in {path}"
                    times.append(frame.pts * frame.time_base)
                pictures.append(np.ascontiguousarray(np.rot90(to_rgb(frame, reformatter), frame.rotation // 90)))
    return list(zip(times, pictures, strict=kind not in ("avi", "asf")))


def decode_audio(path: Path_, track: int = 0) -> tuple[NDArray[np.float32], int, Fraction]:
    """The first channel of an audio track, its sample rate, and the presentation time of the first sample.

    Sample i is heard at start + i / rate: holes are zeros. Frames are placed by their PTS; where that
    differs by less than 3 ms from the end of the frame before, it is the rounding of the container.
    """
    pieces: list[tuple[int, NDArray[np.float32]]] = []
    with av.open(str(path)) as film:
        stream = film.streams.audio[track]
        rate, resampler, expected = stream.rate, av.AudioResampler(format="fltp"), None
        for decoded in film.decode(stream):
            if decoded.pts is None and expected is not None:
                at = expected  # what the WMA decoder still held at the end
            else:
                assert decoded.pts is not None and decoded.time_base is not None, f"audio without PTS in {path}"
                at = round(decoded.pts * decoded.time_base * rate)
            if expected is not None and abs(at - expected) < rate * 0.003:
                at = expected
            for frame in resampler.resample(decoded):
                pieces.append((at, frame.to_ndarray()[0]))
                at += frame.samples
            expected = at
    first = min(at for at, _ in pieces)
    sound = np.zeros(max(at + len(samples) for at, samples in pieces) - first, np.float32)
    for at, samples in pieces:
        sound[at - first : at - first + len(samples)] = samples
    return sound, rate, Fraction(first, rate)


def subtitle_cues(path: Path_, track: int = 0) -> list[tuple[Fraction, Fraction, str]]:
    """(start, end, text) of every cue of a subtitle track, in absolute seconds."""
    cues = []
    with av.open(str(path)) as film:
        stream = film.streams.subtitles[track]
        for packet in film.demux(stream):
            if not packet.size or packet.pts is None:
                continue
            start, length = packet.pts * packet.time_base, (packet.duration or 0) * packet.time_base
            text = "\n".join(cue.dialogue.decode() for cue in packet.decode())
            if text:  # mov_text fills the pauses with empty cues
                cues.append((start, start + length, text))
    return cues


def chapters(path: Path_) -> list[tuple[Fraction, Fraction, str]]:
    """(start, end, title) of every chapter, in absolute seconds."""
    with av.open(str(path)) as film:
        return [
            (c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"].get("title", ""))
            for c in film.chapters()
        ]
