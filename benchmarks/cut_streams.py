"""Hold a cut's packets and its sound against the film's, and ask the ffmpeg programs what is wrong with it."""

import re
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from miles_deep.timecode import Span

RATE = 48_000
LISTENED, SHIFT = RATE // 2, RATE // 5
"""Samples compared at both ends of a span, and how far they are sought."""

SLICES = {"h264": lambda byte: byte & 31 in range(1, 6), "hevc": lambda byte: byte >> 1 & 63 in range(32)}
"""Codec to which first bytes of its units belong to slices (H.264 table 7-1, H.265 table 7-1)."""


def same_packets(source: Path, cut: Path) -> tuple[int, int]:
    """How many packets are the source's to the byte, in its order; how many more but for parameter sets."""
    whole, slices = _contents(source)
    places: dict[bytes, list[int]] = {}
    for place, (exact, part) in enumerate(zip(whole, slices, strict=True)):
        places.setdefault(exact, []).append(place)
        places.setdefault(part, []).append(place)
    last, counts = -1, [0, 0]
    for exact, part in zip(*_contents(cut), strict=True):
        for kind, digest in enumerate((exact, part)):
            following = [place for place in places.get(digest, ()) if place > last]
            if following:
                last = following[0]
                counts[kind] += 1
                break
    return counts[0], counts[1]


def _contents(path: Path) -> tuple[list[bytes], list[bytes]]:
    """Of every packet of the picture, in order: a digest of its bytes, and one of its slices alone."""
    whole, slices = [], []
    with av.open(str(path)) as film:
        decoder = film.streams.video[0].codec_context
        codec, counted = decoder.codec.canonical_name, (decoder.extradata or b"")[:1] == b"\1"
        for packet in film.demux(video=0):
            if packet.size:
                data = bytes(packet)
                whole.append(blake2b(b"whole" + data).digest())
                slices.append(blake2b(b"slices" + _slices(data, codec, counted)).digest())
    return whole, slices


def _slices(data: bytes, codec: str, counted: bool) -> bytes:
    """The slices of a packet, with their lengths before them; all of it where a codec has none.

    `counted`: a length stands before every unit, as in mp4 and Matroska, not a start code, as in a stream.
    """
    belongs = SLICES.get(codec)
    if belongs is None:
        return data
    if not counted:
        units = re.split(rb"\0*\0\0\x01", data)
    else:
        lengths, at = [], 0
        while at + 4 <= len(data):
            lengths.append(int.from_bytes(data[at : at + 4]))
            at += 4 + lengths[-1]
        starts = accumulate((4 + length for length in lengths), initial=4)
        units = [data[start : start + length] for start, length in zip(starts, lengths, strict=False)]
    return b"".join(len(unit).to_bytes(4) + unit for unit in units if unit and belongs(unit[0]))


def slipped(source: Path, spans: Sequence[Span], cut: Path) -> float:
    """How far the first sound track is out of step with the picture at most, at both ends of stretches, seconds.

    Args:
        source: the film.
        spans: what came out of it, from frame to frame, one after the other.
        cut: what came out.
    """
    film, out = _sound(source), _sound(cut)
    output, worst = Fraction(0), 0.0
    for span in spans:
        for at in (Fraction(1, 10), span.length - Fraction(7, 10)):
            here = out[round((output + at) * RATE) :][:LISTENED]
            first = round((span.start + at) * RATE)
            worst = max(worst, abs(_shift(film[max(first - SHIFT, 0) : first + LISTENED + SHIFT], here)) / RATE)
        output += span.length
    return worst


def _shift(around: NDArray[np.float32], sound: NDArray[np.float32]) -> int:
    """By how many samples a sound lies off the middle of what is around it; 0 for silence."""
    if len(sound) < LISTENED or np.sqrt(np.mean(np.square(sound))) < 1e-3:
        return 0
    size = 1 << (len(around) + len(sound)).bit_length()
    product = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(sound, size)), size)[: 2 * SHIFT + 1]
    energy = np.convolve(np.square(around), np.ones(len(sound), np.float32), "valid")
    return int(np.argmax(product[: len(energy)] / np.sqrt(energy + 1e-6))) - SHIFT


def _sound(path: Path) -> NDArray[np.float32]:
    """The first track, one channel, from time 0 on, holes filled up, as a player does."""
    how = f"-map 0:a:0 -af aresample=async=1:first_pts=0 -ac 1 -ar {RATE} -f f32le -"
    command = ["ffmpeg", "-nostdin", "-v", "quiet", "-i", str(path), *how.split()]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32)


def warnings(path: Path) -> tuple[str, ...]:
    """What `ffmpeg -v warning -i FILM -f null -` and `ffprobe -v warning FILM` print, without addresses."""
    lines: list[str] = []
    decode = ["ffmpeg", "-nostdin", "-v", "warning", "-i", str(path), "-f", "null", "-"]
    for command in (decode, ["ffprobe", "-v", "warning", str(path)]):
        said = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        lines += [re.sub(r" @ 0x[0-9a-f]+", "", line).strip() for line in said.stderr.splitlines()]
    return tuple(line for line in lines if line)
