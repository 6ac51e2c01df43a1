"""Films damaged at random, cut smartly: an output that plays to its end, or one error; nothing left behind.

Seeds say what is damaged and how, so that a failure can be made again: `spoil(seed, ...)`.
"""

import random
from collections.abc import Callable
from fractions import Fraction
from math import inf
from pathlib import Path

import av
import pytest
from cutting import state

import miles_deep as md
from media import AudioTrack, FilmSpec
from miles_deep.errors import MilesDeepError
from miles_deep.timecode import Span

Film = Callable[[FilmSpec], Path]


def _small(container: str, codec: str, sound: str = "aac", **fields: object) -> FilmSpec:
    """4 s with groups of 0.4 s, so that some are copied."""
    fields |= {"width": 96, "height": 96, "gop": 10, "start": Fraction(7, 5) if container == "ts" else Fraction(0)}
    return FilmSpec(container, codec, (AudioTrack(sound),), duration=Fraction(4), **fields)


SPECS = [
    _small("mp4", "h264", faststart=True),
    _small("mkv", "hevc"),
    _small("avi", "mpeg4", "mp3", bframes=0),
    _small("ts", "mpeg2video", "mp2"),
    _small("webm", "vp9", "opus"),
    _small("ts", "h264", open_gop=True),
    _small("mov", "mjpeg", pix_fmt="yuvj420p", faststart=True),
    _small("mkv", "av1"),
    _small("mp4", "hevc", fragmented=True),
    _small("mkv", "h264", open_gop=True),
]
SPANS = [Span(Fraction(1, 2), Fraction(3, 2)), Span(Fraction(21, 10), Fraction(33, 10))]
SEEDS = 200
EVERY_DAY = range(0, SEEDS, 17)
"""Seeds of the quick test: 12, of every film and every kind of damage."""
LIMIT = 60
"""Seconds after which it counts as a hang; the slowest takes two."""


def _flipped(data: bytearray, dice: random.Random) -> bytearray:
    """Bytes anywhere, headers and index among them."""
    for _ in range(dice.choice((1, 5, 30, 200))):
        data[dice.randrange(len(data))] ^= dice.randrange(1, 256)
    return data


def _inside(data: bytearray, dice: random.Random) -> bytearray:
    """Bytes behind the first tenth and before the last: mostly pictures and sound."""
    for _ in range(dice.choice((5, 50, 500))):
        data[dice.randrange(len(data) // 10, len(data) * 9 // 10)] ^= dice.randrange(1, 256)
    return data


def _short(data: bytearray, dice: random.Random) -> bytearray:
    return data[: dice.randrange(len(data))]


def _blank(data: bytearray, dice: random.Random) -> bytearray:
    """A stretch of zeros, as of a disk that lost some blocks."""
    at, length = dice.randrange(len(data)), dice.choice((512, 4096, 30_000))
    data[at : at + length] = bytes(len(data[at : at + length]))
    return data


def _gap(data: bytearray, dice: random.Random) -> bytearray:
    """A stretch that is missing, as of a recording that broke off for a moment."""
    at = dice.randrange(len(data))
    del data[at : at + dice.choice((100, 5000, 30_000))]
    return data


KINDS = (_inside, _flipped, _short, _blank, _gap)


def spoil(seed: int, film: Film, folder: Path) -> Path:
    """The damaged film of a seed."""
    spec, kind = SPECS[seed % len(SPECS)], KINDS[seed // len(SPECS) % len(KINDS)]
    path = folder / f"film{spec.suffix}"
    path.write_bytes(kind(bytearray(film(spec).read_bytes()), random.Random(seed)))
    return path


def decode(path: Path) -> tuple[int, float]:
    """How many pictures a film shows, and how many packets of any track cannot be decoded."""
    pictures, failed = 0, 0
    with av.open(str(path), metadata_errors="surrogateescape") as film:
        packets = film.demux(film.streams.video[0], *film.streams.audio)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return pictures, failed
            except IndexError:  # PyAV's, where damage looks like one more track: there is no telling what follows
                return pictures, inf
            try:
                pictures += len(packet.decode()) * (packet.stream.type == "video")
            except av.error.FFmpegError:
                failed += 1


def cut_or_one_error(seed: int, film: Film, folder: Path) -> None:
    source, output = spoil(seed, film, folder), folder / "out"
    output.mkdir()
    path = output / f"cut{source.suffix}"
    before = state(source)
    try:
        result = md.edit(source, SPANS, path, mode="smart")
    except MilesDeepError as error:
        assert "\n" not in str(error)
        assert source.name in str(error) or path.stem in str(error) or "nothing to keep" in str(error)
        assert list(output.iterdir()) == [], "nothing is left behind"
    else:
        assert list(output.iterdir()) == [result.path], "nothing else is left behind"
        pictures, failed = decode(result.path)
        # What is copied is as damaged as it was, no more.
        assert failed <= decode(source)[1] and failed < inf
        assert 0 < pictures <= result.frames
    assert state(source) == before, "the source is not touched"
    assert [entry.name for entry in folder.iterdir() if entry != output] == [source.name]


@pytest.mark.timeout(LIMIT)
@pytest.mark.parametrize("seed", EVERY_DAY)
def test_damaged_films(seed: int, film: Film, tmp_path: Path) -> None:
    cut_or_one_error(seed, film, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(LIMIT)
@pytest.mark.parametrize("seed", [seed for seed in range(SEEDS) if seed not in EVERY_DAY])
def test_more_damaged_films(seed: int, film: Film, tmp_path: Path) -> None:
    cut_or_one_error(seed, film, tmp_path)
