"""frames_at and frames_between: for every film, the frame shown at a time is the frame that comes out."""

import contextlib
import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media import (
    MATRIX,
    ONE_KEYFRAME,
    SPECIAL,
    AudioTrack,
    FilmSpec,
    colour_at,
    corrupt,
    make_film,
    read_colour,
    read_frame_number,
    read_orientation,
    truncate,
)
from media.spec import SOUND_FOR
from miles_deep.errors import VideoError
from miles_deep.timecode import Span
from miles_deep.video import Reading, Scaler, Video, frames_at, frames_between, probe
from truth import Shown, Truth, every_film, truth

Films = Callable[[FilmSpec], Path]
EPSILON = Fraction(1, 1_000_000)


def found(video: Video, times: Iterable[Fraction], reading: Reading | None = None) -> list[tuple[Fraction, Shown]]:
    """(time asked for, (number in the picture, time it is shown)) of everything `frames_at` gives."""
    scaler = Scaler(video)
    return [
        (time, (read_frame_number(scaler.rgb(frame)), frame.time))
        for time, frame in frames_at(video, times, reading)
    ]


def seconds(*times: float | str) -> list[Fraction]:
    return [Fraction(str(time)) for time in times]


@every_film
def test_at_many_times(spec: FilmSpec, film: Films) -> None:
    """Every half second, around the edges of frames, twice the same, at the end and after it."""
    video, true, reading = probe(film(spec)), truth(spec), Reading()
    edges = [time + step for _, time in true.frames[::23] for step in (-EPSILON, Fraction(0), EPSILON)]
    edges += [time + step for _, time in true.frames[-4:] for step in (-EPSILON, Fraction(0), EPSILON)]
    halves = [Fraction(k, 2) for k in range(30)]
    last = true.end - Fraction(1, 500)
    times = sorted([*(t for t in edges if t >= 0), *halves, *halves[::5], last, true.end, true.end + 1])
    times = [time for time in times if not 0 < abs(time - true.end) < Fraction(1, 500)]  # where a container rounds
    assert found(video, times, reading) == true.expected(time for time in times if time < true.end - EPSILON)
    assert reading.damaged == 0
    assert reading.end is not None and abs(reading.end - true.end) <= Fraction(1, 1000)


@every_film
def test_sparse_times(spec: FilmSpec, film: Films) -> None:
    """One time far in, and two far apart: where the film may be jumped through."""
    video, true = probe(film(spec)), truth(spec)
    for times in (seconds(11), seconds(0.1, 11.5), seconds(0, 11.2, 60, 3600), seconds(3600)):
        assert found(video, times) == true.expected(times)


@every_film
def test_upright_and_in_true_colours(spec: FilmSpec, film: Films) -> None:
    video, true = probe(film(spec)), truth(spec)
    scaler, times = Scaler(video), [Fraction(1, 50), Fraction(3), Fraction(7), Fraction(11)]
    pictures = {time: scaler.rgb(frame) for time, frame in frames_at(video, times)}
    assert list(pictures) == [time for time in times if time < true.end]
    for time, rgb in pictures.items():
        number, _ = true.at(time)
        assert rgb.shape == (spec.height, spec.width, 3) and rgb.dtype == np.uint8
        assert read_orientation(rgb) == 0
        assert read_colour(rgb) == pytest.approx(colour_at(spec.clock_times()[number]), abs=6)


@every_film
def test_frames_between(spec: FilmSpec, film: Films) -> None:
    """The frame shown as a span begins and those in it: one that starts between frames, one of a single frame, one
    past the end."""
    video, true = probe(film(spec)), truth(spec)
    frame = Fraction(1, 25)
    spans = [Span(0, 3 * frame / 2), Span(Fraction("1.01"), Fraction("1.51")), Span(3, 3 + frame / 2)]
    spans += [Span(Fraction("11.3"), Fraction("11.6")), Span(Fraction("11.8"), 30), Span(50, 60)]
    scaler, reading = Scaler(video), Reading()
    got = [
        (number, (read_frame_number(scaler.rgb(frame)), frame.time))
        for number, frame in frames_between(video, spans, reading)
    ]
    assert got == [(number, shown) for number, span in enumerate(spans) for shown in between(true, span)]
    assert reading.damaged == 0


def between(true: Truth, span: Span) -> list[Shown]:
    """The frame shown as the span begins, and those that begin in it."""
    first = [true.at(span.start)] if span.start < true.end else []
    return first + [shown for shown in true.frames if span.start < shown[1] < span.end and shown not in first]


def _long(container: str, codec: str = "h264", **fields: Any) -> FilmSpec:
    """40 seconds at 5 frames a second; a keyframe every 6 seconds. `sound` lies between its pictures."""
    audio = (AudioTrack(SOUND_FOR[container], channels=1),) if fields.pop("sound", False) else ()
    return FilmSpec(container, codec, audio, duration=Fraction(40), rate=Fraction(5), **fields)


_LATE = Fraction(7, 5)
_EARLY = Fraction(-2, 5)

LONG = {
    "mp4": _long("mp4"),
    "mp4-hidden": _long("mp4", start=_EARLY),
    "mp4-late": _long("mp4", start=_LATE),
    "mp4-fragmented": _long("mp4", fragmented=True, sound=True),
    "mp4-sparse-keyframes": _long("mp4", gop=80),
    "mp4-one-keyframe": _long("mp4", gop=ONE_KEYFRAME),
    "mp4-av1": _long("mp4", "av1"),
    "mp4-vfr": _long("mp4", vfr=True),
    "mov": _long("mov", "mpeg4"),
    "mkv": _long("mkv", "hevc"),
    "mkv-open-gop": _long("mkv", open_gop=True),
    "mkv-open-gop-hevc": _long("mkv", "hevc", open_gop=True),
    "mkv-open-gop-mpeg2": _long("mkv", "mpeg2video", open_gop=True),
    "mkv-no-index": _long("mkv", missing_duration=True, sound=True),
    "mkv-no-index-one-keyframe": _long("mkv", missing_duration=True, gop=ONE_KEYFRAME),
    "mkv-late": _long("mkv", start=Fraction(100)),
    "webm": _long("webm", "vp9"),
    "webm-early": _long("webm", "vp8", start=_EARLY),
    "webm-no-index": _long("webm", "vp9", missing_duration=True),
    "avi": _long("avi", "mpeg4", bframes=0, sound=True),
    "avi-b-frames": _long("avi"),
    "avi-b-frames-mpeg4": _long("avi", "mpeg4"),
    "avi-one-keyframe": _long("avi", "mpeg4", bframes=0, gop=ONE_KEYFRAME),
    "wmv": _long("wmv", "wmv2", bframes=0, sound=True),
    "wmv-b-frames": _long("wmv"),
    "ts": _long("ts", start=_LATE, sound=True),
    "ts-open-gop": _long("ts", open_gop=True, start=_LATE),
    "ts-open-gop-mpeg2": _long("ts", "mpeg2video", open_gop=True, start=_LATE),
    "ts-sparse-keyframes": _long("ts", gop=80, start=_LATE),
    "ts-sparse-keyframes-mpeg4": _long("ts", "mpeg4", gop=80, start=_LATE),
    "ts-early": _long("ts", "hevc", start=_EARLY),
    "bare": _long("h264", missing_duration=True),
}
SPARSE = (
    seconds(33.3),
    seconds(39.95),
    seconds(0.1, 11.5, 11.5, 25.3, 39.9, 40, 500),
    seconds(10.5, 23.7, 35.9),
    seconds(5, 5.2, 16, 16.1, 38.1, 38.3, 39.9),
    seconds(6, 17.99, 18, 30, 36),
)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("spec", LONG.values(), ids=LONG)
def test_jumps_land_on_the_right_frame(spec: FilmSpec, film: Films) -> None:
    video, true = probe(film(spec)), truth(spec)
    for times in SPARSE:
        reading = Reading()
        assert found(video, times, reading) == true.expected(times)
        assert reading.damaged == 0
        if times[-1] >= true.end:
            assert reading.end == true.end
    spans = [Span(Fraction("12.1"), Fraction("12.5")), Span(Fraction("31"), Fraction("31.4"))]
    got = [(k, frame.time) for k, frame in frames_between(video, spans)]
    assert got == [(k, t) for k, span in enumerate(spans) for _, t in between(true, span)]


@pytest.mark.timeout(60)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(
        ["mp4", "mp4-sparse-keyframes", "mkv-open-gop", "mkv-no-index", "ts", "avi", "webm-early"]
    ),
    times=st.lists(st.fractions(0, 45, max_denominator=50), min_size=1, max_size=8).map(sorted),
)
def test_any_times(name: str, times: list[Fraction], film: Films) -> None:
    spec = LONG[name]
    assert found(probe(film(spec)), times) == truth(spec).expected(times)


def test_times_may_be_endless_and_none(film: Films) -> None:
    video = probe(film(FilmSpec()))
    assert [time for time, _ in frames_at(video, itertools.count(Fraction(0)))] == list(range(12))
    assert list(frames_at(video, [])) == []
    assert list(frames_between(video, [])) == []


def test_not_all_need_be_taken(film: Films) -> None:
    """A reader that stops leaves no open file behind (it would warn, and warnings are errors)."""
    video = probe(film(FilmSpec()))
    frames = frames_at(video, itertools.count(Fraction(0)))
    assert next(frames)[0] == 0
    frames.close()
    with pytest.raises(StopIteration):
        next(frames)


def test_a_film_that_is_gone_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    make_film(FilmSpec(duration=Fraction(1)), path)
    video = probe(path)
    path.unlink()
    with pytest.raises(VideoError, match="no such file"):
        list(frames_at(video, seconds(0)))


def test_a_film_that_changes_size(film: Films, tmp_path: Path) -> None:
    """Recordings of television do. Two bare streams one after the other are one."""
    parts = [
        FilmSpec("h264", audio=(), missing_duration=True, duration=Fraction(2), width=width, height=height)
        for width, height in ((160, 120), (240, 192))
    ]
    path = tmp_path / "both.h264"
    path.write_bytes(b"".join(film(part).read_bytes() for part in parts))
    video = probe(path)
    as_stored, small = Scaler(video), Scaler(video, lambda width, height, aspect: (96, 72))
    got = [(as_stored.rgb(frame), small.rgb(frame)) for _, frame in frames_between(video, [Span(0, 9)])]
    assert [rgb.shape for rgb, _ in got] == [(120, 160, 3)] * 50 + [(192, 240, 3)] * 50
    assert [read_frame_number(rgb) for rgb, _ in got] == [*range(50), *range(50)]
    assert [read_frame_number(rgb) for _, rgb in got] == [*range(50), *range(50)]
    assert {rgb.shape for _, rgb in got} == {(72, 96, 3)}


DAMAGED = [spec for spec in MATRIX if spec.codec in ("h264", "hevc", "mpeg4", "mpeg2video", "vp9", "av1", "wmv2")]
DAMAGED += [SPECIAL[name] for name in ("bframes-avi-h264", "bframes-avi-mpeg4", "missing-duration-mkv")]
DAMAGED += [SPECIAL["fragmented-mp4"], FilmSpec("wmv", audio=(AudioTrack("wmav2"),))]
NOTICED = ("h264", "mpeg4", "mpeg2video", "av1")
"""Codecs whose decoder tells of damage; the others mend it in silence."""


def intact(true: Truth, keyframes: tuple[Fraction, ...], hit: list[Fraction]) -> Callable[[Fraction], bool]:
    """Whether no packet is hit in the group of pictures that is shown at a time, nor in the one before it."""
    groups = {bisect_right(keyframes, time) for time in hit}
    return lambda time: not {bisect_right(keyframes, time), bisect_right(keyframes, time) - 1} & groups


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("spec", DAMAGED, ids=str)
def test_a_damaged_film_is_gone_through(spec: FilmSpec, seed: int, film: Films, tmp_path: Path) -> None:
    """What is sound in it is found as ever, at its own time."""
    path = tmp_path / f"damaged{spec.suffix}"
    hit = corrupt(film(spec), path, seed, count=6)
    true, whole = truth(spec), probe(film(spec))
    # A keyframe's own time may be told a frame late (avi with B-frames): look a little after it.
    sound = intact(true, whole.keyframes, [Fraction(time) - whole.start + Fraction(1, 1000) for time in hit])
    video, reading = probe(path), Reading()
    scaler, checked = Scaler(video), 0
    late = video.start - whole.start  # where the first frame is lost, time starts at the next
    for time, frame in frames_at(video, (Fraction(k, 4) for k in range(100)), reading):
        assert frame.time <= time or time < Fraction(1, 2)
        assert not frame.picture.is_corrupt
        if sound(time + late):
            number, shown = true.at(time + late)
            assert (read_frame_number(scaler.rgb(frame)), frame.time + late) == (number, shown)
            checked += 1
    assert checked >= 4
    assert reading.end is not None and true.end - 3 < reading.end + late <= true.end
    if spec.codec in NOTICED:  # where no frame is left out
        every = Reading()
        assert list(frames_at(video, video.index.frame_times, every))
        assert every.damaged > 0
    reading = Reading()
    frames = list(frames_between(video, [Span(0, 99)], reading))
    assert [frame.time for _, frame in frames] == sorted({frame.time for _, frame in frames})
    assert len(frames) > 200
    if spec.codec in NOTICED:
        assert reading.damaged > 0


UNORDERED = [LONG["avi-b-frames"], LONG["wmv-b-frames"], LONG["avi-b-frames-mpeg4"]]


@pytest.mark.parametrize("spec", [*UNORDERED, LONG["avi"], LONG["mp4"], LONG["mkv-open-gop"], LONG["ts"]], ids=str)
def test_lost_frames_do_not_move_the_others(spec: FilmSpec, film: Films, tmp_path: Path) -> None:
    """Five packets of the second group of pictures hold nothing but zeros: the third is where it was."""
    path, data = tmp_path / f"damaged{spec.suffix}", bytearray(film(spec).read_bytes())
    for payload in pictures_of(film(spec))[40:45]:
        middle = payload[16:-16] if spec.container != "ts" else payload[16:100]  # there it lies in pieces
        at = data.find(middle)
        assert at > 0
        data[at - 12 : at + len(middle)] = bytes(12 + len(middle))
    path.write_bytes(data)
    video, true, reading = probe(path), truth(spec), Reading()
    scaler = Scaler(video)
    for time, frame in frames_at(video, (Fraction(k, 3) for k in range(200)), reading):
        if time < 6 or time >= 13:
            assert (read_frame_number(scaler.rgb(frame)), frame.time) == true.at(time), time
    assert reading.end == true.end


def pictures_of(path: Path) -> list[bytes]:
    """The packets of a film's picture."""
    with av.open(str(path)) as film:
        return [bytes(packet) for packet in film.demux(film.streams.video[0]) if packet.size]


CUT_SHORT = [SPECIAL["faststart-mp4"], SPECIAL["fragmented-mp4"], SPECIAL["missing-duration-mkv"]]
CUT_SHORT += [spec for spec in MATRIX if spec.container in ("mkv", "webm", "avi", "wmv", "ts")]


@pytest.mark.parametrize("spec", CUT_SHORT, ids=str)
@pytest.mark.parametrize("fraction", [0.3, 0.77])
def test_a_truncated_film_is_read_as_far_as_it_goes(
    spec: FilmSpec, fraction: float, film: Films, tmp_path: Path
) -> None:
    path = truncate(film(spec), tmp_path / f"cut{spec.suffix}", fraction)
    left = packets_left(path)
    true, video, reading = truth(spec), probe(path), Reading()
    frames = numbers_and_times(video, reading)
    # The last picture may be half there, and those that are shown before it but come after it are missing.
    assert 20 < left < len(true.frames)
    assert left - 4 <= len(frames) <= left
    assert frames[: left - 4] == true.frames[: left - 4]
    assert [shown for shown in frames[:-1] if shown not in true.frames and shown[0] is not None] == []
    assert reading.end is not None
    assert abs(reading.end - frames[-1][1] - 1 / spec.rate) <= Fraction(1, 500)


def packets_left(path: Path) -> int:
    """How many pictures a truncated file still holds, whole or not."""
    count = 0
    with av.open(str(path)) as film, contextlib.suppress(av.error.InvalidDataError):
        for packet in film.demux(film.streams.video[0]):
            count += packet.size > 0
    return count


def numbers_and_times(video: Video, reading: Reading) -> list[tuple[int | None, Fraction]]:
    """Every frame, by asking every 50th of a second; no number where its picture is damaged."""
    scaler, frames = Scaler(video), {}
    for _, frame in frames_at(video, (Fraction(k, 50) for k in range(1000)), reading):
        if frame.time not in frames:
            try:
                frames[frame.time] = read_frame_number(scaler.rgb(frame))
            except ValueError:
                frames[frame.time] = None
    return [(number, time) for time, number in frames.items()]
