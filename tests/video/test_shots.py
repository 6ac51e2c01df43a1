"""shot_changes: cuts are found to the frame; fades, motion and noise are none."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from media import FilmSpec
from miles_deep.timecode import Span
from miles_deep.video import probe
from miles_deep.video.shots import frame_changes, frames_to_compare, shot_changes

RATE = 25
Picture = NDArray[np.float64]
"""[90, 160, 3], 0…255."""


@cache
def scenery(seed: int) -> Picture:
    """A still picture far wider than the frame: soft patches of colour, with a brightness of its own."""
    dice = np.random.default_rng(seed)
    patches = dice.uniform(0, 170, (6, 300, 3)) + dice.uniform(0, 80)
    picture = np.repeat(np.repeat(patches, 15, axis=0), 15, axis=1)
    for axis in (0, 1):
        sums = np.cumsum(np.concatenate((picture, picture), axis), axis)
        picture = (np.roll(sums, -15, axis) - sums).take(range(picture.shape[axis]), axis) / 15
    return picture


def shot(seed: int, frames: int, pan: float = 0.0, shake: float = 0.0, noise: float = 3.0) -> list[Picture]:
    """One camera setting, that may move sideways, so many pixels of 160 a frame, and shake by some pixels."""
    dice = np.random.default_rng(1000 + seed)
    pictures = []
    for number in range(frames):
        left = 2100 + round(pan * number + shake * np.sin(1.3 * number))
        pictures.append(scenery(seed)[:, left : left + 160] + dice.normal(0, noise, (90, 160, 3)))
    return pictures


def fade(one: Sequence[Picture], other: Sequence[Picture]) -> list[Picture]:
    """One shot going over into another."""
    count = len(one)
    return [a + (b - a) * number / count for number, (a, b) in enumerate(zip(one, other, strict=True))]


def write(
    path: Path, pictures: Sequence[Picture], codec: str = "libx264", times: Sequence[int] | None = None
) -> Path:
    """A film of pictures; `times` in milliseconds, else 25 a second."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=RATE, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.clip(picture, 0, 255).astype(np.uint8), format="rgb24")
            frame.pts, frame.time_base = times[number] if times else number * 40, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def found(path: Path, *spans: tuple[float | Fraction, float | Fraction]) -> list[Fraction]:
    """The shot changes in some spans, where only these and what is needed around them is decoded."""
    video, asked = probe(path), [Span(*span) for span in spans or [(0, 60)]]
    shots = shot_changes(frame_changes(video, frames_to_compare(video, asked)))
    return [shot for shot in shots if any(span.start <= shot < span.end for span in asked)]


CUTS = (40, 77, 110, 125, 190)


@pytest.fixture(scope="module")
def cuts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """8 seconds: shots with hard cuts between, the camera still, moving or shaking."""
    ends = zip((0, *CUTS), (*CUTS, 200), strict=True)
    moves = [(0, 0), (3, 0), (0, 2), (0, 0), (-2, 1), (0, 0)]
    pictures = [
        picture
        for seed, ((first, last), (pan, shake)) in enumerate(zip(ends, moves, strict=True))
        for picture in shot(seed, last - first, pan, shake)
    ]
    return write(tmp_path_factory.mktemp("shots") / "cuts.mp4", pictures)


def test_cuts_are_found_to_the_frame(cuts: Path) -> None:
    assert found(cuts) == [Fraction(number, RATE) for number in CUTS]


def test_only_what_is_needed_is_decoded(cuts: Path) -> None:
    """The frames of the spans and three before and after, spans that touch made one."""
    video = probe(cuts)
    runs = frames_to_compare(video, [Span(1, 2), Span(2, 3), Span(7.5, 99)])
    assert runs == [(22, 78), (185, 200)]
    changes = frame_changes(video, runs)
    assert sorted(changes) == [Fraction(number, RATE) for number in (*range(23, 78), *range(186, 200))]
    assert all(0 <= change <= 255 for change in changes.values())
    assert frames_to_compare(video, []) == []
    assert frame_changes(video, []) == {}
    assert shot_changes({}) == []


def test_several_spans(cuts: Path) -> None:
    at = [Fraction(number, RATE) for number in CUTS]
    assert found(cuts, (0, 1)) == []
    assert found(cuts, (at[0], at[1])) == at[:1]
    assert found(cuts, (4, 4.5), (4.5, 6), (7.5, 99)) == at[2:]


@pytest.mark.parametrize("number", range(0, 200, 9))
def test_a_narrow_span_finds_what_a_wide_one_does(number: int, cuts: Path) -> None:
    """What lies around is looked at as well, so that motion is known for motion at the ends of a span too."""
    start, end = Fraction(number, RATE), Fraction(number + 3, RATE)
    assert found(cuts, (start, end)) == [cut for cut in found(cuts) if start <= cut < end]


@pytest.mark.parametrize("seconds", [0.4, 1, 2])
def test_fades_are_no_cuts(seconds: float, tmp_path: Path) -> None:
    count = round(seconds * RATE)
    pictures = shot(1, 30) + fade(shot(1, count), shot(2, count)) + shot(2, 30)
    black = [np.zeros((90, 160, 3))] * count
    pictures += fade(shot(2, count), black) + fade(black, shot(3, count)) + shot(3, 30)
    assert found(write(tmp_path / "fades.mp4", pictures)) == []


@pytest.mark.parametrize("pan", [4, 12, 24])
def test_fast_motion_is_no_cut(pan: int, tmp_path: Path) -> None:
    assert found(write(tmp_path / "pan.mp4", shot(4, 75, pan, 1.5))) == []


def test_a_cut_in_the_midst_of_fast_motion(tmp_path: Path) -> None:
    pictures = [picture + 60 for picture in shot(4, 40, 12)] + [picture - 60 for picture in shot(5, 40, -12)]
    assert found(write(tmp_path / "pan.mp4", pictures)) == [Fraction(40, RATE)]


def test_a_cut_in_a_film_of_unequal_frames(tmp_path: Path) -> None:
    """Held frames and bursts; the cut is at the 31st frame."""
    gaps = ([100] * 5 + [20] * 10 + [700] + [40] * 9) * 3
    times = [sum(gaps[:place]) for place in range(60)]
    path = write(tmp_path / "vfr.mkv", shot(5, 30) + shot(6, 30), times=times)
    assert found(path) == [Fraction(times[30], 1000)]


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_films_of_few_frames(frames: int, tmp_path: Path) -> None:
    pictures = [picture for seed in range(frames) for picture in shot(seed, 1)]
    times = found(write(tmp_path / "short.mp4", pictures))
    assert times == sorted(set(times))
    assert set(times) <= {Fraction(number, RATE) for number in range(1, frames)}
    assert frames != 2 or times == [Fraction(1, RATE)]


def test_a_film_that_never_cuts(film: Callable[[FilmSpec], Path]) -> None:
    """In the clock film, cells turn from black to white all the time; that is little of the picture."""
    assert found(film(FilmSpec(duration=Fraction(6), texture=True, audio=()))) == []
