"""score: row k of a film's scores is what the model says of the frame shown at the middle of second k."""

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fake_model import UNREADABLE, FrameReader, Labeller
from media import ONE_KEYFRAME, SPECIAL, AudioTrack, FilmSpec, corrupt, make_film, truncate
from miles_deep.classify import Scores, score
from miles_deep.classify.pipeline import MAX_DECODERS, Pipeline
from miles_deep.classify.sampling import midpoint, midpoints
from miles_deep.errors import ModelError, OptionError, VideoError
from miles_deep.model import Preprocess
from miles_deep.video import probe
from truth import FILMS, every_film, truth

Films = Callable[[FilmSpec], Path]


@pytest.fixture(autouse=True)
def no_thread_survives() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


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


@pytest.mark.parametrize(
    ("batch_size", "batches"),
    [(1, [1] * 12), (5, [5, 5, 2]), (7, [7, 5]), (12, [8, 4]), (32, [8, 4]), (256, [8, 4])],
)
@pytest.mark.parametrize("name", ["mp4-h264", "vfr-mkv", "bframes-avi-h264", "missing-duration-webm"])
def test_batches_are_full_but_the_last(name: str, batch_size: int, batches: list[int], film: Films) -> None:
    spec, model = FILMS[name], FrameReader()
    check(score(probe(film(spec)), model, batch_size=batch_size), spec)
    assert model.batches == batches


def test_batches_grow_up_to_their_size(film: Films) -> None:
    """The first are small, so that the network begins early."""
    spec, model = FilmSpec(duration=Fraction(100), rate=Fraction(5), audio=()), FrameReader()
    check(score(probe(film(spec)), model, batch_size=32), spec)
    assert model.batches == [8, 16, 32, 32, 12]


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
    # One batch at the model, two waiting, and one picture in the hand of each decoder.
    assert batch_size < max(most) <= 3 * batch_size + MAX_DECODERS
    assert max(most) < 100


def test_progress(film: Films) -> None:
    told: list[tuple[Fraction, Fraction]] = []
    spec = FilmSpec(duration=Fraction(298, 25))
    score(probe(film(spec)), FrameReader(), batch_size=5, progress=lambda done, of: told.append((done, of)))
    third = spec.duration * 5 / 12  # of twelve frames
    assert told == [(done, spec.duration) for done in (0, third, 2 * third, spec.duration, spec.duration)]


@pytest.mark.parametrize("sampling", ["exact", "adaptive"])
@pytest.mark.parametrize("name", ["mp4-h264", "vfr-mkv", "one-keyframe", "bare-h264", "one-frame"])
def test_progress_ascends_to_the_end(name: str, sampling: str, film: Films) -> None:
    told: list[tuple[Fraction, Fraction]] = []
    video = probe(film(FILMS[name]))
    score(video, FrameReader(), sampling, batch_size=1, progress=lambda done, of: told.append((done, of)))
    assert told == sorted(told)
    assert {of for _, of in told} == {video.index.end}
    assert told[0][0] == 0 < told[1][0] and told[-1][0] == video.index.end


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
        if done:
            assert {"decode-0", "infer"} & {thread.name for thread in threading.enumerate()}
            raise interrupt

    model = FrameReader()
    started = time.perf_counter()
    with pytest.raises(interrupt):
        score(probe(film(SPECIAL["50-fps"])), model, batch_size=1, progress=progress)
    assert time.perf_counter() - started < 5
    assert sum(model.batches) < 12


def test_a_pipeline_looks_again_and_again(film: Films) -> None:
    """Waves of one strategy, in which each time is given once, whatever was looked at before."""
    spec, model = FILMS["mp4-h264"], FrameReader()
    true = truth(spec)
    with contextlib.closing(Pipeline(probe(film(spec)), model, 4)) as pipeline:
        for wave in (
            midpoints(true.end),
            [Fraction(1, 3)],
            [],
            midpoints(true.end)[3:5],
            [Fraction(0), Fraction(11)],
        ):
            seen = {
                time: int(row[0])
                for batch in pipeline.look(wave)
                for time, row in zip(batch.times, batch.values, strict=True)
            }
            assert seen == {time: true.at(time)[0] for time in wave}
        assert list(pipeline.look([true.end, true.end + 1])) == []
        assert pipeline.reading.damaged == 0


def test_a_look_that_is_given_up(film: Films) -> None:
    """Its threads end, and the pipeline may be asked again."""
    with contextlib.closing(Pipeline(probe(film(SPECIAL["50-fps"])), FrameReader(), 1)) as pipeline:
        for _ in range(3):
            batches = pipeline.look(midpoints(Fraction(12)))
            assert len(next(batches).times) == 1
            batches.close()
            names = {thread.name for thread in threading.enumerate()}
            assert not any(name == "infer" or name.startswith("decode") for name in names)


LAZY = ["mp4-h264", "vfr-mkv", "one-keyframe", "ts-hevc-start=7_5", "open-gop-mpeg2", "webm-vp9-audio=opus"]
LAZY += [
    "mkv-mjpeg-pix_fmt=yuvj420p",
    "bframes-avi-h264",
    "hidden-frames-mp4",
    "29.97-fps",
    "sub-second",
    "one-frame",
]


@pytest.mark.parametrize("effort", [0.5, 0.95, 1.0])
@pytest.mark.parametrize("name", LAZY)
def test_adaptive_rows_are_those_of_exact_where_it_looked(name: str, effort: float, film: Films) -> None:
    """Bit for bit; where it did not look, they lie between those of the seconds around."""
    video, on = probe(film(FILMS[name])), lambda number: 60 <= number < 200
    every = score(video, Labeller(on=on, sure=0.9))
    some = score(video, Labeller(on=on, sure=0.9), "adaptive", effort)
    assert len(some) == len(every)
    assert np.array_equal(some.times, every.times)
    assert np.array_equal(some.values[some.looked], every.values[some.looked])
    assert (some.values >= every.values.min()).all() and (some.values <= every.values.max()).all()
    assert (some.duration, some.notes) == (every.duration, every.notes)
    if video.ordered:
        assert (some.sampling, some.effort) == ("adaptive", effort)
        assert some.looked.all() or effort < 1
    else:
        assert (some.sampling, some.effort) == ("exact", 1.0), "it has to be decoded whole"
    assert (every.sampling, every.effort, every.looked.all()) == ("exact", 1.0, True)


def test_a_film_whose_only_keyframe_is_hidden(film: Films) -> None:
    """An edit list begins after it: there is no keyframe that is shown."""
    spec = FilmSpec(start=Fraction(-12, 25), gop=ONE_KEYFRAME)
    video = probe(film(spec))
    assert video.keyframes == ()
    check(score(video, FrameReader()), spec)
    assert len(score(video, FrameReader(), "adaptive")) == 12


@pytest.mark.parametrize("spec", TORN, ids=str)
def test_a_truncated_film_sampled_adaptively(spec: FilmSpec, film: Films, tmp_path: Path) -> None:
    path = truncate(film(spec), tmp_path / f"cut{spec.suffix}", 0.5)
    every, some = score(probe(path), FrameReader()), score(probe(path), FrameReader(), "adaptive", 1.0)
    assert np.array_equal(some.values, every.values)
    assert (some.duration, len(some.notes)) == (every.duration, len(every.notes))


@pytest.mark.parametrize("effort", [0.0, 0.49, 1.01, float("nan"), float("inf")])
def test_effort_out_of_range(effort: float, film: Films) -> None:
    with pytest.raises(OptionError, match=r"0\.5 to 1"):
        score(probe(film(FilmSpec())), FrameReader(), "adaptive", effort)
