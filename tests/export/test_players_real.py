"""FFmpeg itself reads what was written for it and for players: chapters into a film, subtitles from a file."""

import io
import shutil
import subprocess
from fractions import Fraction

import av
import pytest
from player_cases import CASES, cutlist, segment

from media import AudioTrack, FilmSpec
from miles_deep import Span, export, probe
from miles_deep.export import FORMATS

ENDS = "\\=;#\n\r\0é" * 2
NAMES = [one.label for one in CASES["names"].segments]


def chapters_of(path) -> list[tuple[Fraction, Fraction, str]]:
    with av.open(str(path)) as file:
        return [
            (c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"].get("title", ""))
            for c in file.chapters()
        ]


def remuxed(movie, metadata, path):
    """The film with the chapters of a metadata file, its packets as they are."""
    with av.open(str(movie)) as source, av.open(str(metadata)) as told, av.open(str(path), "w") as out:
        stream = source.streams.video[0]
        copy = out.add_stream_from_template(stream)
        out.set_chapters(told.chapters())
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                out.mux(packet)
    return path


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_chapters_of_a_film(film, tmp_path, suffix):
    """At 23.976 frames a second, to the frame: what containers round is less than a millisecond."""
    spec = FilmSpec(rate=Fraction(24000, 1001), audio=())
    video = probe(film(spec))
    first, second = (Span(*(video.index.frame_times[n] for n in pair)) for pair in ((0, 50), (50, 173)))
    found = [segment(first.start, first.end, "a=b; c#d\\e"), segment(second.start, second.end, "🐈, é")]
    written = export(found, tmp_path / "film.ffmetadata", video=video)
    *chapters, rest = chapters_of(remuxed(video.path, written.path, tmp_path / f"out.{suffix}"))
    assert not rest[2], "what comes after has no name"
    assert [name for _, _, name in chapters] == ["a=b; c#d\\e", "🐈, é"]
    for (start, end, _), span in zip(chapters, (first, second), strict=True):
        assert abs(start - span.start) < Fraction(1, 1000) and abs(end - span.end) < Fraction(1, 1000)


@pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="there is no ffmpeg program here; PyAV's was asked above"
)
def test_the_ffmpeg_program(film, tmp_path):
    """The very command of the docs; sound that starts first is counted, as players do."""
    spec = FilmSpec(container="mkv", audio=(AudioTrack(codec="pcm_s16le", start=Fraction(-1, 2)),))
    video = probe(film(spec))
    assert video.lead > Fraction(1, 4)
    export([segment(3, 5, "dog")], tmp_path / "film.ffmetadata", video=video)
    out = tmp_path / "out.mkv"
    words = ["ffmpeg", "-v", "error", "-i", str(video.path), "-i", str(tmp_path / "film.ffmetadata")]
    subprocess.run([*words, "-map", "0", "-map_chapters", "1", "-c", "copy", str(out)], check=True, timeout=60)
    copy = probe(out)
    (_, (start, end, name), _) = chapters_of(out)
    millisecond = Fraction(1, 1000)
    assert (
        name == "dog" and abs(start - (3 + copy.lead)) <= millisecond and abs(end - (5 + copy.lead)) <= millisecond
    )


@pytest.mark.parametrize("format", ["webvtt", "srt"])
@pytest.mark.parametrize("case", ["names", "fractions", "kept"])
def test_subtitles(format, case):
    """As many as there are, at their times to the millisecond."""
    text = FORMATS[format].write(CASES[case])
    with av.open(io.BytesIO(text.encode()), format=format) as file:
        stream = file.streams.subtitles[0]
        assert stream.time_base == Fraction(1, 1000)
        found = [(packet.pts, packet.duration) for packet in file.demux(stream) if packet.size]
    wanted = CASES[case].segments
    assert len(found) == len(wanted)
    for (start, length), one in zip(found, wanted, strict=True):
        assert abs(start - one.span.start * 1000) <= 1 and length >= 1
        assert abs(start + length - one.span.end * 1000) <= 2


def test_no_chapter_takes_in_the_next(tmp_path):
    """A name may end in anything."""
    found = [
        segment(10 * n, 10 * n + 9, name + end) for n, (name, end) in enumerate(zip(NAMES, ENDS, strict=False))
    ]
    text = FORMATS["ffmetadata"].write(cutlist(*found))
    with av.open(io.BytesIO(text.encode()), format="ffmetadata") as file:
        assert [chapter["start"] * chapter["time_base"] for chapter in file.chapters()] == [
            time for number in range(len(found)) for time in (10 * number, 10 * number + 9)
        ]
