"""A marked film is the film, and its chapters."""

import errno
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.stream import Discard, Disposition
from cutting import state

import miles_deep as md
from media import MATRIX, SPECIAL, AudioTrack, FilmSpec, chapters, corrupt
from miles_deep.edit import mark
from miles_deep.edit.mark import mark_film
from miles_deep.edit.target import output_suffix
from miles_deep.errors import OptionError, OutputError, OutputExistsError, VideoError
from miles_deep.timecode import Span
from miles_deep.timeline.chapters import Chapter

Film = Callable[[FilmSpec], Path]

RESOLUTION = {".wmv": Fraction(1, 10_000_000), ".mkv": Fraction(1, 10**9), ".webm": Fraction(1, 10**9)}
"""Seconds to which a container counts chapters; MP4's are exact where they begin with a frame."""

MADE_ANEW = {"encoder", "duration", "major_brand", "minor_version", "compatible_brands"}


def tracks(path: Path) -> list[dict[str, Any]]:
    """All that a film has beside chapters: of each track what it is, and every packet."""
    with av.open(str(path)) as film:
        kept = [stream for stream in film.streams if stream.type != "data"]
        covers = [s for s in kept if Disposition.attached_pic in s.disposition]
        found = {}
        for stream in [s for s in kept if s not in covers] + covers:
            context: Any = stream.codec_context
            found[stream.index] = {
                "kind": stream.type,
                "codec": context and (context.name, context.codec_tag, context.profile),
                # FFmpeg puts its own note of the bit rate after that of a subtitle track, each time it writes one.
                "header": context and (context.extradata or b"").partition(b"\0\0\0\x14btrt")[0],
                "disposition": stream.disposition,
                "tags": {key.lower(): v for key, v in stream.metadata.items() if key.lower() not in MADE_ANEW},
                "rate": getattr(stream, "average_rate", None),
                "aspect": getattr(stream, "sample_aspect_ratio", None),
                "file": stream.data if stream.type == "attachment" else b"",
                "packets": [],
            }
        for packet in film.demux(*kept):
            if packet.size:
                tick = packet.time_base
                times = [tick * t if t is not None else None for t in (packet.pts, packet.dts)]
                side = [(data.data_type, bytes(data)) for data in packet.iter_sidedata()]
                flags = packet.is_keyframe, packet.is_discard, packet.is_corrupt
                row = (zlib.crc32(packet), packet.size, *times, (packet.duration or 0) * tick, *flags, side)
                found[packet.stream.index]["packets"].append(row)
        return list(found.values())


def film_tags(path: Path) -> dict[str, str]:
    with av.open(str(path)) as film:
        return {key.lower(): value for key, value in film.metadata.items() if key.lower() not in MADE_ANEW}


def marks_of(video: md.Video) -> list[Chapter]:
    """From frame to frame, two of them up against each other."""
    times = video.index.frame_times
    edges = [(7, 20, "cat"), (20, 33, "dog"), (35, 60, "cat")]
    return [Chapter(Span(times[first], times[after]), title) for first, after, title in edges]


def starts(path: Path) -> list[tuple[Fraction, Fraction, str]]:
    """The chapters, in seconds from the video's start."""
    begin = md.probe(path).start
    return [(max(start - begin, Fraction(0)), end - begin, title) for start, end, title in chapters(path)]


def check_chapters(path: Path, expected: list[Chapter]) -> None:
    found = [row for row in starts(path) if row[2]]
    assert [title for *_, title in found] == [chapter.title for chapter in expected]
    tolerance = RESOLUTION.get(path.suffix, Fraction(0))
    for (start, end, _), chapter in zip(found, expected, strict=True):
        assert abs(start - chapter.span.start) <= tolerance
        assert abs(end - chapter.span.end) <= tolerance


PICKED = {
    *[("mp4", "h264"), ("mp4", "hevc"), ("mov", "h264"), ("mkv", "hevc"), ("mkv", "av1"), ("mkv", "mjpeg")],
    *[("webm", "vp8"), ("webm", "vp9"), ("wmv", "h264"), ("wmv", "mpeg4")],
}
FILMS = {str(spec): spec for spec in MATRIX if (spec.container, spec.codec) in PICKED} | {
    name: SPECIAL[name]
    for name in (
        *("rotated-mov-90", "rotated-mkv-90", "vfr-mp4", "vfr-mkv", "vfr-webm", "29.97-fps", "10-bit-hevc"),
        *("two-audio-mp4", "two-audio-mkv", "silent-mp4", "sound-first-mp4", "sound-first-mkv", "sound-late-mp4"),
        *("subtitles-mp4", "subtitles-mkv", "subtitles-webm", "cover-mp4", "cover-mkv", "alpha-webm"),
        *("late-start-mp4", "hidden-frames-mp4", "missing-duration-mkv", "fragmented-mp4", "bt709-full-range"),
    )
}


@pytest.mark.parametrize("spec", FILMS.values(), ids=FILMS)
def test_nothing_but_chapters_is_new(spec: FilmSpec, film: Film, tmp_path: Path) -> None:
    source = film(spec)
    before, video = state(source), md.probe(source)
    marks = marks_of(video)
    result = mark_film(video, marks, tmp_path / f"out{spec.suffix}")
    assert (result.path, result.notes, result.duration) == (tmp_path / f"out{spec.suffix}", (), video.duration)
    assert result.frames == len(video.index.frame_times)
    assert tracks(result.path) == tracks(source)
    assert film_tags(result.path) == film_tags(source)
    check_chapters(result.path, marks)
    marked = md.probe(result.path)
    assert marked.index.frame_times == video.index.frame_times
    for name in ("start", "orientation", "display_matrix", "colour", "pixel_format", "pixel_aspect", "interlaced"):
        assert getattr(marked, name) == getattr(video, name)
    assert state(source) == before


@pytest.mark.parametrize("name", ["chapters-mp4", "chapters-mkv"])
def test_the_films_own_chapters_stay_around_the_marks(name: str, film: Film, tmp_path: Path) -> None:
    """Its own are from 0 to 4, 8 and 12 s. Marked again, it is the same once more."""
    path = film(SPECIAL[name])
    rows = [(0, 1, "Chapter 1"), (1, 3, "cat"), (3, 4, "Chapter 1"), (4, 5, "Chapter 2"), (5, 9, "dog")]
    rows += [(9, 12, "Chapter 3")]
    for number in range(2):
        out = tmp_path / f"{number}{path.suffix}"
        result = mark_film(md.probe(path), [Chapter(Span(5, 9), "dog"), Chapter(Span(1, 3), "cat")], out)
        assert result.notes == ("the film's own chapters are kept around the new ones",)
        assert [(round(start, 2), round(end, 2), title) for start, end, title in starts(out)] == rows
        path = out


def test_marks_that_overlap(film: Film, tmp_path: Path) -> None:
    marks = [Chapter(Span(1, 3), "cat"), Chapter(Span(2, 4), "dog")]
    result = mark_film(md.probe(film(FilmSpec())), marks, tmp_path / "out.mp4")
    shown = [(0, 1, ""), (1, 2, "cat"), (2, 3, "cat, dog"), (3, 4, "dog"), (4, 12, "")]
    assert starts(result.path) == shown


@pytest.mark.parametrize("name", ["late-start-mkv", "late-start-mp4", "negative-start-webm"])
def test_a_film_whose_clock_does_not_begin_at_0(name: str, film: Film, tmp_path: Path) -> None:
    """Where its first frame is, a player sees the first chapter; Matroska has no times before 0 at all."""
    spec = SPECIAL[name]
    video = md.probe(film(spec))
    marks = [Chapter(Span(0, 1), "first"), Chapter(Span(Fraction(8, 5), 2), "then")]
    result = mark_film(video, marks, tmp_path / f"out{spec.suffix}")
    marked = md.probe(result.path)
    assert marked.start == max(video.start, Fraction(0))
    assert marked.index.frame_times == video.index.frame_times
    found = [row for row in starts(result.path) if row[2] in ("first", "then")]
    assert found == [(0, 1, "first"), (Fraction(8, 5), 2, "then")]


CONVERTED = {
    str(spec): (spec, muxer)
    for spec, muxer in [
        (FilmSpec("ts", "h264", start=Fraction(7, 5)), "mpegts"),
        (FilmSpec("ts", "mpeg2video", (AudioTrack("mp2"),), start=Fraction(90_000)), "mpegts"),
        (FilmSpec("avi", "h264", (AudioTrack("mp3"),), bframes=0), "avi"),
        (SPECIAL["bframes-avi-mpeg4"], "avi"),
    ]
}


@pytest.mark.parametrize(("spec", "muxer"), CONVERTED.values(), ids=CONVERTED)
def test_a_container_without_chapters_becomes_matroska(
    spec: FilmSpec, muxer: str, film: Film, tmp_path: Path
) -> None:
    """Picture and sound in step, beginning at 0, every chapter at its frame."""
    source = film(spec)
    video = md.probe(source)
    marks = marks_of(video)
    result = mark_film(video, marks, tmp_path / f"out{spec.suffix}")
    assert result.path == tmp_path / "out.mkv"
    assert result.notes == (f"{muxer} holds no chapters: Matroska instead",)
    marked = md.probe(result.path)
    assert marked.start < Fraction(1, 10)
    times, made = video.index.frame_times, marked.index.frame_times
    assert len(times) == len(made)
    assert all(abs(old - new) <= Fraction(1, 1000) for old, new in zip(times, made, strict=True))
    begins = [start for start, _, title in starts(result.path) if title]
    assert begins == [made[number] for number in (7, 20, 35)]
    sounds = [first_packet(path, "audio") - md.probe(path).start for path in (source, result.path)]
    assert abs(sounds[0] - sounds[1]) <= Fraction(2, 1000)
    numbers = [len([row for row in track["packets"]]) for track in tracks(result.path)]
    assert numbers == [len(track["packets"]) for track in tracks(source)]


def first_packet(path: Path, kind: str) -> Fraction:
    with av.open(str(path)) as film:
        stream = next(stream for stream in film.streams if stream.type == kind)
        packet = next(packet for packet in film.demux(stream) if packet.pts is not None)
        return packet.pts * packet.time_base


@pytest.mark.parametrize("name", ["bare-h264", "bframes-avi-h264"])
def test_a_film_that_does_not_say_when_frames_are_shown(name: str, film: Film, tmp_path: Path) -> None:
    source = film(SPECIAL[name])
    with pytest.raises(VideoError, match="does not say when its frames are shown"):
        mark_film(md.probe(source), [Chapter(Span(1, 2), "x")], tmp_path / f"out{output_suffix(md.probe(source))}")
    assert list(tmp_path.iterdir()) == []


def test_a_codec_that_no_container_with_chapters_takes(film: Film, tmp_path: Path) -> None:
    spec = next(spec for spec in MATRIX if (spec.container, spec.codec) == ("avi", "wmv2"))
    with pytest.raises(
        OutputError, match=r"out\.mkv: cannot be written \('matroska' format does not support 'wmv2'"
    ):
        mark_film(md.probe(film(spec)), [Chapter(Span(1, 2), "x")], tmp_path / "out.avi")
    assert list(tmp_path.iterdir()) == []


def remade(source: Path, out: Path, change: Callable[[Any], object], **options: str) -> Path:
    """A copy of a film with something else about it."""
    with av.open(str(source)) as old, av.open(str(out), "w", container_options=options) as new:
        streams = {stream.index: new.add_stream_from_template(stream, opaque=True) for stream in old.streams}
        change(new)
        for packet in old.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    return out


SHORT = FilmSpec("mkv", duration=Fraction(3))
MARKS = [Chapter(Span(1, 2), "x")]


def test_all_that_matroska_carries(film: Film, tmp_path: Path) -> None:
    """Two pictures, fonts, covers of other names, titles, dispositions, another shape of pixels."""

    def change(new: Any) -> None:
        new.add_stream_from_template(new.streams.video[0], opaque=True)
        new.add_attachment("A font.ttf", "application/x-truetype-font", bytes(range(256)) * 40)
        new.metadata.update(title="The Film", artist="Nobody", comment="\u00fc")
        new.streams.video[0].codec_context.sample_aspect_ratio = Fraction(4, 3)
        new.streams.audio[0].metadata.update(title="Director's words", language="fin", BPS="128000")
        new.streams.audio[0].disposition = Disposition.comment | Disposition.hearing_impaired

    source = remade(film(SHORT), tmp_path / "in.mkv", change)
    result = mark_film(md.probe(source), MARKS, tmp_path / "out.mkv")
    assert result.notes == ()
    assert tracks(result.path) == tracks(source)
    assert film_tags(result.path) == film_tags(source)
    assert [track["kind"] for track in tracks(source)] == ["video", "audio", "video", "attachment"]


def test_the_names_of_codecs_stay(film: Film, tmp_path: Path) -> None:
    """Apple's players open hvc1, not hev1."""
    source = film(FilmSpec("mp4", "hevc", duration=Fraction(3)))
    result = mark_film(md.probe(source), MARKS, tmp_path / "out.mp4")
    with av.open(str(source)) as old, av.open(str(result.path)) as new:
        assert old.streams.video[0].codec_tag == new.streams.video[0].codec_tag == "hvc1"


def test_the_timecode_and_phone_tags_of_a_camera(film: Film, tmp_path: Path) -> None:
    place = {"com.apple.quicktime.location.ISO6709": "+48.1+011.5/", "com.apple.quicktime.make": "Nobody"}
    source = remade(
        film(FilmSpec("mov", duration=Fraction(3))),
        tmp_path / "in.mov",
        lambda new: new.metadata.update(timecode="01:00:00:00", title="T", **place),
        movflags="use_metadata_tags",
    )
    result = mark_film(md.probe(source), MARKS, tmp_path / "out.mov")
    assert result.notes == ()
    assert film_tags(result.path) == film_tags(source)
    with av.open(str(result.path)) as new:
        [timecode] = [s for s in new.streams if s.type == "data" and s.discard != Discard.all]
        assert timecode.metadata["timecode"] == "01:00:00:00"


def test_data_that_the_container_has_no_place_for_is_named(film: Film, tmp_path: Path) -> None:
    source = film(FilmSpec("ts", duration=Fraction(3)))
    with_data = tmp_path / "in.ts"
    with av.open(str(source)) as old, av.open(str(with_data), "w", format="mpegts") as new:
        streams = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
        data = new.add_data_stream("klv")
        for packet in old.demux():
            if packet.size:
                if packet.stream.type == "video" and packet.is_keyframe:
                    note = av.Packet(b"\x06\x0e\x2b\x34" * 8)
                    note.pts = note.dts = packet.pts
                    note.time_base, note.stream = packet.time_base, data
                    new.mux(note)
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    result = mark_film(md.probe(with_data), MARKS, tmp_path / "out.ts")
    assert result.notes == ("mpegts holds no chapters: Matroska instead", "left out: data track 2")


def test_a_film_that_is_hidden_in_parts_is_not_shown_whole(film: Film, tmp_path: Path) -> None:
    """An edit list of two stretches, as phones write them for a trimmed film: FFmpeg reads it, but writes none."""
    whole = film(SPECIAL["silent-mp4"]).read_bytes()
    index = whole.rindex(b"moov") - 4
    source = tmp_path / "in.mp4"
    source.write_bytes(whole[:index] + two_edits(whole[index:]))
    shown = md.probe(source).index.frame_times
    with pytest.raises(OutputError, match=r"out\.mkv: cannot be written \(it cannot hide frames"):
        mark_film(md.probe(source), MARKS, tmp_path / "out.mp4")
    assert len(shown) > 0
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def two_edits(box: bytes) -> bytes:
    """A `moov` box in which 3 to 6 s of every track are left out (ISO/IEC 14496-12, 8.6.6)."""
    kind, body = box[4:8], box[8:]
    if kind in (b"moov", b"trak", b"edts"):
        parts, place = [], 0
        while place < len(body):
            size = int.from_bytes(body[place : place + 4])
            parts.append(two_edits(body[place : place + size]))
            place += size
        body = b"".join(parts)
    elif kind == b"elst":
        media = int.from_bytes(body[12:16])
        edits = [(3000, media), (4000, media + 6 * 12_800)]
        rows = [length.to_bytes(4) + start.to_bytes(4) + b"\0\1\0\0" for length, start in edits]
        body = bytes(4) + len(rows).to_bytes(4) + b"".join(rows)
    return (8 + len(body)).to_bytes(4) + kind + body


TITLES = [
    "two\nlines",
    "\0",
    "",
    "50% \\ ; = # [CHAPTER]",
    "\U0001f3ac \u30b7\u30cd\u30de",
    "x" * 5000,
    "-a",
    "'\"<b>",
]
SHOWN = ["two lines", "", "", "50% \\ ; = # [CHAPTER]", "\U0001f3ac \u30b7\u30cd\u30de", "x" * 255, "-a", "'\"<b>"]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".wmv", ".nut", ".3gp"])
def test_any_title(suffix: str, film: Film, tmp_path: Path) -> None:
    spec = {
        ".webm": FilmSpec("webm", "vp8", (AudioTrack("opus"),), duration=Fraction(5)),
        ".wmv": FilmSpec("wmv", "mpeg4", (AudioTrack("wmav2"),), duration=Fraction(5), bframes=0),
        ".nut": FilmSpec("nut", "mpeg4", duration=Fraction(5), bframes=0),
    }.get(suffix, FilmSpec("mp4", duration=Fraction(5)))
    marks = [Chapter(Span(Fraction(k, 2), Fraction(k + 1, 2)), title) for k, title in enumerate(TITLES)]
    result = mark_film(md.probe(film(spec)), marks, tmp_path / f"out{suffix}")
    assert result.path.suffix == suffix
    found = [(round(start, 3), title) for start, _, title in starts(result.path)]
    assert found == [*((Fraction(k, 2), title) for k, title in enumerate(SHOWN)), (4, "")]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_thousand_chapters(suffix: str, film: Film, tmp_path: Path) -> None:
    marks = [Chapter(Span(Fraction(k, 100), Fraction(k + 1, 100)), f"mark {k}") for k in range(1000)]
    result = mark_film(md.probe(film(FilmSpec())), marks, tmp_path / f"out{suffix}")
    assert [title for *_, title in starts(result.path)] == [f"mark {k}" for k in range(1000)] + [""]


def test_more_chapters_than_3gp_holds(film: Film, tmp_path: Path) -> None:
    marks = [Chapter(Span(Fraction(k, 100), Fraction(k + 1, 100)), f"mark {k}") for k in range(300)]
    result = mark_film(md.probe(film(FilmSpec())), marks, tmp_path / "out.3gp")
    assert result.path.suffix == ".mkv"
    assert result.notes == (
        "3gp cannot carry this film's tracks (it does not hold 301 chapters): Matroska instead",
    )
    assert len(chapters(result.path)) == 301


def test_a_damaged_film_is_marked_all_the_same(film: Film, tmp_path: Path) -> None:
    source = tmp_path / "in.mkv"
    corrupt(film(SHORT), source, seed=3)
    result = mark_film(md.probe(source), MARKS, tmp_path / "out.mkv")
    assert result.frames == len(md.probe(result.path).index.pts)
    assert [title for *_, title in chapters(result.path)] == ["", "x", ""]


def test_nothing_to_mark(film: Film, tmp_path: Path) -> None:
    video = md.probe(film(SHORT))
    with pytest.raises(OptionError, match="nothing to mark: no chapters were given"):
        mark_film(video, [], tmp_path / "out.mkv")
    with pytest.raises(OptionError, match="nothing to mark: the film ends at 3 s, before the chapters"):
        mark_film(video, [Chapter(Span(50, 60), "x")], tmp_path / "out.mkv")
    assert list(tmp_path.iterdir()) == []


def test_the_name_appears_when_the_film_is_complete(film: Film, tmp_path: Path) -> None:
    told: list[tuple[Fraction, Fraction]] = []

    def watch(done: Fraction, total: Fraction) -> None:
        [name] = [path.name for path in tmp_path.iterdir()]
        assert name.startswith(".miles-deep-")
        told.append((done, total))

    video = md.probe(film(SHORT))
    mark_film(video, MARKS, tmp_path / "out.mkv", progress=watch)
    assert [path.name for path in tmp_path.iterdir()] == ["out.mkv"]
    assert len(told) == 75
    assert {total for _, total in told} == {video.duration}
    assert all(0 <= done <= total for done, total in told)
    assert told[-1][0] > told[0][0]


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_nothing(error: type[BaseException], film: Film, tmp_path: Path) -> None:
    def interrupt(done: Fraction, total: Fraction) -> None:
        if done > 1:
            raise error

    source = film(SHORT)
    before = state(source)
    with pytest.raises(error):
        mark_film(md.probe(source), MARKS, tmp_path / "out.mkv", progress=interrupt)
    assert list(tmp_path.iterdir()) == []
    assert state(source) == before


def test_nothing_is_overwritten_unasked(film: Film, tmp_path: Path) -> None:
    path = Path(shutil.copy(film(SHORT), tmp_path / "film.mkv"))
    video, before = md.probe(path), state(path)
    (tmp_path / "out.mkv").write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match=r"out\.mkv: is there already; --force overwrites it"):
        mark_film(video, MARKS, tmp_path / "out.mkv")
    with pytest.raises(OutputExistsError):
        mark_film(video, MARKS, tmp_path / "out.avi")
    assert (tmp_path / "out.mkv").read_bytes() == b"mine"
    for force in (False, True):
        with pytest.raises(OutputError, match=r"film\.mkv: is the film itself"):
            mark_film(video, MARKS, path, force=force)
        with pytest.raises(OutputError, match=r"film\.mkv: is the film itself"):
            mark_film(video, MARKS, path.with_suffix(".flv"), force=force)
    assert state(path) == before
    mark_film(video, MARKS, tmp_path / "out.mkv", force=True)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["film.mkv", "out.mkv"]
    assert len(chapters(tmp_path / "out.mkv")) == 3


def test_replace(film: Film, tmp_path: Path) -> None:
    path = Path(shutil.copy(film(SHORT), tmp_path / "film.mkv"))
    kept = tracks(path)
    result = mark_film(md.probe(path), MARKS, path, replace=True)
    assert result.path == path
    assert [entry.name for entry in tmp_path.iterdir()] == ["film.mkv"]
    assert tracks(path) == kept
    assert len(chapters(path)) == 3


FULL = """
import resource, signal, sys
from pathlib import Path
import miles_deep as md
from miles_deep.edit.mark import mark_film
from miles_deep.timeline.chapters import Chapter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    mark_film(md.probe(sys.argv[1]), [Chapter(md.Span(1, 2), "x")], Path(sys.argv[2]))
except md.MilesDeepError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_no_room_on_the_disk(container: str, film: Film, tmp_path: Path) -> None:
    source, path = film(FilmSpec(container, duration=Fraction(5))), tmp_path / f"out.{container}"
    command = [sys.executable, "-c", FULL, str(source), str(path)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert made.stdout == f"OutputError {path}: cannot be written ({os.strerror(errno.EFBIG)})\n"
    assert made.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_every_container_named_is_one_that_is_written(film: Film) -> None:
    from miles_deep.edit.target import MUXERS

    assert set(MUXERS.values()) > mark.WITH_CHAPTERS
    assert output_suffix(md.probe(film(SHORT))) == ".mkv"
