"""score: row k of a film's scores is what the model says of the frame shown at the middle of second k."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from fake_model import UNREADABLE, FrameReader
from numpy.typing import NDArray

from media import SPECIAL, AudioTrack, FilmSpec, corrupt, make_film, truncate
from miles_deep.classify import Scores, score
from miles_deep.classify.sampling import exact, midpoint
from miles_deep.errors import ModelError, OptionError, VideoError
from miles_deep.model import Preprocess
from miles_deep.video import Reading, probe
from truth import FILMS, every_film, truth

Films = Callable[[FilmSpec], Path]


@pytest.fixture(autouse=True)
def no_thread_survives() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


def numbers(scores: Scores) -> list[int]:
    return scores.values[:, 0].astype(int).tolist()


def check(scores: Scores, spec: FilmSpec) -> None:
    """Rows, times, duration: all as they must be for an intact film."""
    true = truth(spec)
    assert numbers(scores) == [number for number, _ in true.samples()]
    assert len(scores) == len(scores.times) == math.ceil(true.end)
    ends = [min(Fraction(second + 1), true.end) for second in range(len(scores))]
    assert scores.times == pytest.approx([float(second + end) / 2 for second, end in enumerate(ends)], abs=6e-4)
    assert abs(scores.duration - true.end) <= Fraction(1, 1000)
    assert scores.notes == ()


@every_film
def test_every_second_of_every_film(spec: FilmSpec, film: Films) -> None:
    model = FrameReader()
    scores = score(probe(film(spec)), model)
    check(scores, spec)
    assert scores.labels == model.labels
    assert scores.background == model.background
    assert scores.groups == model.groups
    assert scores.model == model.digest
    assert scores.values.dtype == np.float32
    assert np.all(scores.values[:, 1] == 0.5)


@pytest.mark.parametrize("batch_size", [1, 5, 12, 32, 256])
@pytest.mark.parametrize("name", ["mp4-h264", "vfr-mkv", "bframes-avi-h264", "missing-duration-webm"])
def test_batches_are_full_but_the_last(name: str, batch_size: int, film: Films) -> None:
    spec, model = FILMS[name], FrameReader()
    check(score(probe(film(spec)), model, batch_size=batch_size), spec)
    full, rest = divmod(12, batch_size)
    assert model.batches == [batch_size] * full + [rest] * (rest > 0)


@pytest.mark.parametrize("container", ["mp4", "mkv", "avi", "ts", "wmv", "webm"])
@pytest.mark.parametrize("frames", [1, 10, 25, 26, 49, 280, 298])
def test_the_last_second_is_as_long_as_it_is(container: str, frames: int, film: Films) -> None:
    """Its sample is the middle of the part that exists: of 11.2 s, the frame at 11.1."""
    codec = "vp8" if container == "webm" else "h264"
    spec = FilmSpec(container, codec, (), duration=Fraction(frames, 25), bframes=0)
    scores = score(probe(film(spec)), FrameReader())
    check(scores, spec)
    assert (
        numbers(scores)[-1] == truth(spec).at((math.floor(spec.duration - Fraction(1, 25)) + spec.duration) / 2)[0]
    )


def test_midpoints() -> None:
    assert midpoint(3, Fraction(10)) == Fraction(7, 2)
    assert midpoint(11, Fraction("11.2")) == Fraction("11.1")
    assert midpoint(0, Fraction("0.4")) == Fraction("0.2")


@pytest.mark.parametrize("promised", ["00:00:07.250000000", "00:00:11.950000000", "00:00:19.500000000"])
def test_a_header_that_lies_about_the_duration(promised: str, film: Films, tmp_path: Path) -> None:
    """The frames tell how long the film is, not the header."""
    spec, path = FilmSpec("mkv"), tmp_path / "lie.mkv"
    honest = film(spec).read_bytes()
    assert honest.count(b"00:00:12.000000000") == 1
    path.write_bytes(honest.replace(b"00:00:12.000000000", promised.encode()))
    video, model = probe(path), FrameReader()
    assert video.duration == Fraction(promised[6:])
    scores = score(video, model)
    check(replace(scores, notes=()), spec)
    assert len(scores.notes) == (video.duration == Fraction("19.5"))
    assert all("0:00:12" in note and "0:00:19.500" in note for note in scores.notes)
    assert sum(model.batches) <= 14  # two seconds at most are looked at again


TORN = [
    SPECIAL["faststart-mp4"],
    FilmSpec("mkv"),
    FILMS["ts-h264-start=7_5"],
    FILMS["avi-mpeg4-audio=mp3-bframes=0"],
]
TORN += [FilmSpec("wmv", "wmv2", (AudioTrack("wmav2"),), bframes=0)]


@pytest.mark.parametrize("spec", TORN, ids=str)
def test_a_truncated_film_is_scored_as_far_as_it_goes(spec: FilmSpec, film: Films, tmp_path: Path) -> None:
    path = truncate(film(spec), tmp_path / f"cut{spec.suffix}", 0.5)
    video = probe(path)
    scores = score(video, FrameReader(), batch_size=2)
    whole = truth(spec)
    assert 4 < scores.duration < 8
    assert len(scores) == math.ceil(scores.duration)
    samples = [whole.at(midpoint(second, scores.duration))[0] for second in range(len(scores))]
    assert numbers(scores)[:-1] == samples[:-1]
    cut = [note for note in scores.notes if "cut short" in note]
    if spec.container in ("ts", "avi", "wmv"):  # where FFmpeg itself reckons the duration by what is left
        assert video.duration < 9 and cut == []
    else:  # the header still tells of the whole
        assert len(cut) == 1 and "0:00:12" in cut[0]


@pytest.mark.parametrize("container", ["mp4", "mkv", "avi", "ts", "wmv"])
def test_damage_is_told_of(container: str, film: Films, tmp_path: Path) -> None:
    audio = (AudioTrack("wmav2" if container == "wmv" else "mp3" if container == "avi" else "aac"),)
    spec = FilmSpec(container, audio=audio, bframes=0)
    path = tmp_path / f"damaged{spec.suffix}"
    hit = corrupt(film(spec), path, seed=5, count=8)
    scores = score(probe(path), FrameReader())
    [note] = scores.notes
    count, *words = note.split()
    assert 1 <= int(count) <= 2 * len(hit)
    assert words == ["damaged", "packet" if count == "1" else "packets", "skipped"]
    assert len(scores) == 12
    true = truth(spec).samples()
    assert all(
        row in (UNREADABLE, *range(number + 1)) for row, (number, _) in zip(numbers(scores), true, strict=True)
    )


@pytest.mark.parametrize("batch_size", [0, -1, 257])
def test_batch_size_out_of_range(batch_size: int, film: Films) -> None:
    with pytest.raises(OptionError, match="1 to 256"):
        score(probe(film(FilmSpec())), FrameReader(), batch_size=batch_size)


def test_unknown_sampling_lists_the_choices(film: Films) -> None:
    with pytest.raises(OptionError, match=r"'often'.*exact"):
        score(probe(film(FilmSpec())), FrameReader(), sampling="often")


@dataclass(frozen=True)
class Counting(Preprocess):
    """Counts the frames that were decoded, and may fail at one."""

    counter: list[int] | None = None
    fail_at: int = -1

    def crop(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        assert self.counter is not None
        self.counter.append(len(self.counter))
        if len(self.counter) == self.fail_at:
            raise VideoError("the disk is gone")
        return picture


@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_slow_model_holds_the_decoder_back(batch_size: int, film: Films) -> None:
    """Otherwise a long film would end up in memory."""
    decoded: list[int] = []
    most: list[int] = []

    def wait_until_the_decoder_waits(batch: NDArray[np.uint8]) -> None:
        if len(most) > 3:
            return
        before = -1
        while before != len(decoded):
            before = len(decoded)
            time.sleep(0.15)
        most.append(before - sum(model.batches))

    model = FrameReader(Counting(64, 48, counter=decoded), wait_until_the_decoder_waits)
    spec = FilmSpec(duration=Fraction(30), rate=Fraction(5), audio=())
    video = probe(film(spec))
    scores = score(video, model, batch_size=batch_size)
    check(scores, spec)
    # One batch at the model, two waiting, one being handed over.
    assert batch_size < max(most) <= 4 * batch_size


def test_progress(film: Films) -> None:
    told: list[tuple[Fraction, Fraction]] = []
    spec = FilmSpec(duration=Fraction(298, 25))
    score(probe(film(spec)), FrameReader(), batch_size=5, progress=lambda done, of: told.append((done, of)))
    assert told == [(done, spec.duration) for done in (5, 10, spec.duration)]


def test_the_models_error_reaches_the_caller(film: Films) -> None:
    def fail(batch: NDArray[np.uint8]) -> None:
        if model.batches:
            raise ModelError("the card is on fire")

    model = FrameReader(before=fail)
    with pytest.raises(ModelError, match="on fire"):
        score(probe(film(FilmSpec())), model, batch_size=1)
    assert model.batches == [1]


def test_the_decoders_error_reaches_the_caller(film: Films) -> None:
    model = FrameReader(Counting(64, 48, counter=[], fail_at=6))
    with pytest.raises(VideoError, match="the disk is gone"):
        score(probe(film(FilmSpec())), model, batch_size=2)
    assert model.batches == [2, 2]  # what was decoded before was scored


def test_a_film_that_goes_away(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    make_film(FilmSpec(duration=Fraction(2)), path)
    video = probe(path)
    path.unlink()
    with pytest.raises(VideoError, match="no such file"):
        score(video, FrameReader())


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_an_interrupt_ends_all_threads(interrupt: type[BaseException], film: Films) -> None:
    """`no_thread_survives` looks whether they are gone."""

    def progress(done: Fraction, of: Fraction) -> None:
        assert {"decode", "infer"} & {thread.name for thread in threading.enumerate()}
        raise interrupt

    model = FrameReader()
    started = time.perf_counter()
    with pytest.raises(interrupt):
        score(probe(film(SPECIAL["50-fps"])), model, batch_size=1, progress=progress)
    assert time.perf_counter() - started < 5
    assert sum(model.batches) < 12


def test_samples_are_told_of_exactly(film: Films) -> None:
    spec = SPECIAL["vfr-mp4"]
    reading = Reading()
    samples = list(exact(probe(film(spec)), reading))
    assert [sample.second for sample in samples] == list(range(12))
    assert [sample.time for sample in samples] == [Fraction(2 * second + 1, 2) for second in range(12)]
    assert [sample.frame.time for sample in samples] == [shown for _, shown in truth(spec).samples()]
    assert reading.end == 12
