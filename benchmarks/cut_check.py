"""Hold a cut against its film, as the ffmpeg program decodes both: which frames came out, and how well."""

import json
import subprocess
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from fractions import Fraction
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from cut_streams import same_packets, slipped, warnings
from miles_deep.timecode import Span

Luma = NDArray[np.uint8]
AROUND = 24
"""Frames before and after every span that a delivered one might be instead."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a cut proved to be."""

    asked: int
    """Frames whose time lies in a span."""
    delivered: int
    right: int
    """Delivered frames that are the asked ones, in order."""
    equal: int
    """Of these, the ones that are so to the bit."""
    least: float | None
    """Lowest SSIM, of luma, of the others; None where all are equal."""
    mean: float | None
    copied: int
    """Packets of the picture that are the source's to the byte, in the source's order."""
    headed: int
    """Packets that are the source's, but for parameter sets beside the slices."""
    slipped: float
    """Most that the sound is out of step, seconds."""
    warnings: tuple[str, ...]
    """What the ffmpeg and ffprobe programs print."""


@dataclass(frozen=True)
class Looks:
    """Some frames of a film, each as little as tells it from others."""

    digests: list[bytes]
    small: NDArray[np.float32]
    """Mean luma of blocks of 8 x 8: [frames, blocks]."""
    kept: dict[int, Luma]
    """Luma of the frames that are not among those known already."""


def check(source: Path, spans: Sequence[Span], cut: Path) -> Checked:
    """Compare a cut with its source."""
    times = frame_times(source)
    asked = [n for span in spans for n in _inside(times, span)]
    near = sorted(
        {n for span in spans for first in _inside(times, span) for n in range(first - AROUND, first + AROUND + 1)}
        & set(range(len(times)))
    )
    film = looks(source, near, known=None)
    out = looks(cut, None, known=set(film.digests))
    found = [near[place] for place in _recognise(film, out, [near.index(n) for n in asked])]
    pairs = _in_order(asked, found)
    unequal = {near.index(n): place for n, place in pairs if place in out.kept}
    values = [
        ssim(luma, out.kept[unequal[place]]) for place, luma in enumerate(_luma(source, near)) if place in unequal
    ]
    copied, headed = same_packets(source, cut)
    return Checked(
        asked=len(asked),
        delivered=len(found),
        right=len(pairs),
        equal=len(pairs) - len(unequal),
        least=min(values, default=None),
        mean=float(np.mean(values)) if values else None,
        copied=copied,
        headed=headed,
        slipped=slipped(source, [_shown(times, span) for span in spans], cut),
        warnings=warnings(cut),
    )


def frame_times(path: Path) -> list[Fraction]:
    """When frames are shown, ascending, from the first one on; by the packets, so that none is decoded."""
    with av.open(str(path)) as film:
        stamps = sorted(p.pts * p.time_base for p in film.demux(video=0) if p.size and p.pts is not None)
    return [stamp - stamps[0] for stamp in stamps]


def _inside(times: list[Fraction], span: Span) -> range:
    return range(bisect_left(times, span.start), bisect_left(times, span.end))


def _shown(times: list[Fraction], span: Span) -> Span:
    """From the first frame of a span to the one after its last."""
    inside = _inside(times, span)
    return Span(times[inside.start], times[inside.stop] if inside.stop < len(times) else span.end)


def _raw(path: Path, wanted: list[int] | None) -> Iterator[tuple[bytes, int, int, int]]:
    """Frames as the ffmpeg program decodes them: their bytes, width, height, bytes a sample."""
    asked = "-v error -select_streams v:0 -show_entries stream=width,height,pix_fmt -of json"
    said = subprocess.run(["ffprobe", *asked.split(), str(path)], capture_output=True, check=True).stdout
    [stream] = json.loads(said)["streams"]
    width, height, deep = stream["width"], stream["height"], "10" in stream["pix_fmt"]
    picked = [] if wanted is None else ["-vf", f"select='{_ranges(wanted)}'"]
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-map", "0:v:0", *picked, "-vsync", "0"]
    command += [] if wanted is None else ["-frames:v", str(len(wanted))]
    layout = "yuv420p10le" if deep else "yuv420p"
    size = (width * height + 2 * (-(-width // 2) * -(-height // 2))) * (1 + deep)
    with subprocess.Popen(
        [*command, "-pix_fmt", layout, "-f", "rawvideo", "-"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        while len(data := process.stdout.read(size)) == size:
            yield data, width, height, 1 + deep


def _ranges(numbers: list[int]) -> str:
    """FFmpeg's expression for frames of these numbers."""
    starts = [n for n, before in zip(numbers, [-2, *numbers], strict=False) if n != before + 1]
    ends = [n for n, after in zip(numbers, [*numbers[1:], -2], strict=True) if after != n + 1]
    return "+".join(f"between(n,{start},{end})" for start, end in zip(starts, ends, strict=True))


def _luma(path: Path, wanted: list[int] | None) -> Iterator[NDArray[np.float32]]:
    for data, width, height, size in _raw(path, wanted):
        samples = np.frombuffer(data, np.uint8 if size == 1 else np.uint16)[: width * height]
        yield samples.reshape(height, width).astype(np.float32) / (1 if size == 1 else 4)


def looks(path: Path, wanted: list[int] | None, known: set[bytes] | None) -> Looks:
    """Decode frames, all or those of some numbers; keep the luma of those that are not `known`, if given."""
    digests, small, kept = [], [], {}
    for data, width, height, size in _raw(path, wanted):
        digests.append(blake2b(data, digest_size=16).digest())
        samples = np.frombuffer(data, np.uint8 if size == 1 else np.uint16)[: width * height]
        luma = samples.reshape(height, width)
        if known is not None and digests[-1] not in known:
            kept[len(digests) - 1] = luma
        whole = luma[: height // 8 * 8, : width // 8 * 8].reshape(height // 8, 8, width // 8, 8)
        small.append(whole.mean(axis=(1, 3), dtype=np.float32).ravel())
    return Looks(digests, np.array(small, np.float32), kept)


def _recognise(film: Looks, out: Looks, asked: list[int]) -> list[int]:
    """Place, among the film's frames, of every frame that came out: the one it equals, or is nearest to.

    The one that is due, where that differs less from the nearest than what came out does, as in a still scene.
    """
    places: dict[bytes, list[int]] = {}
    for place, digest in enumerate(film.digests):
        places.setdefault(digest, []).append(place)
    follows = dict(pairwise(asked))
    squares = np.einsum("ij,ij->i", film.small, film.small)
    found: list[int] = []
    for digest, small in zip(out.digests, out.small, strict=True):
        due = follows.get(found[-1], found[-1] + 1) if found else asked[0]
        alike = places.get(digest)
        if alike is None:
            nearest = int(np.argmin(squares - 2 * film.small @ small))
            off = np.mean(np.square(film.small[nearest] - small))
            still = due < len(squares) and np.mean(np.square(film.small[nearest] - film.small[due])) <= off
            alike = [nearest, *[due] * bool(still)]
        found.append(due if due in alike else min(alike, key=lambda place: abs(place - due)))
    return found


def _in_order(asked: list[int], found: list[int]) -> list[tuple[int, int]]:
    """(number of the frame, place in the output) of the delivered frames that are the asked ones."""
    blocks = SequenceMatcher(None, asked, found, autojunk=False).get_matching_blocks()
    return [(asked[block.a + k], block.b + k) for block in blocks for k in range(block.size)]


def ssim(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """Structural similarity of two planes of 8 bits: windows of 8 x 8, four apart, as FFmpeg's filter has it.

    Source: Z. Wang et al., Image quality assessment, IEEE Trans. Image Processing 13(4), 2004, equation 13.
    """
    a, b = one.astype(np.float64), other.astype(np.float64)
    if other.dtype == np.uint16:
        b /= 4
    sums = [_windows(plane) for plane in (a, b, a * a + b * b, a * b)]
    first, second, squares, product = sums
    c1, c2 = (0.01 * 255) ** 2 * 64 * 64, (0.03 * 255) ** 2 * 64 * 63
    spread = squares * 64 - first * first - second * second
    shared = product * 64 - first * second
    shape = (2 * first * second + c1) * (2 * shared + c2)
    return float(np.mean(shape / ((first * first + second * second + c1) * (spread + c2))))


def _windows(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = plane.shape[0] // 4, plane.shape[1] // 4
    blocks = plane[: height * 4, : width * 4].reshape(height, 4, width, 4).sum(axis=(1, 3))
    return blocks[1:, 1:] + blocks[1:, :-1] + blocks[:-1, 1:] + blocks[:-1, :-1]
