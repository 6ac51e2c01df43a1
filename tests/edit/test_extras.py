"""What a film carries beside picture and sound: subtitles, chapters, fonts, covers, titles."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.stream import Disposition

import miles_deep as md
from media import SPECIAL, AudioTrack, FilmSpec, SubtitleTrack, chapters, subtitle_cues
from miles_deep.edit import MODES, Mode
from miles_deep.timecode import Span

Film = Callable[[FilmSpec], Path]
SUBTITLED = {
    "mkv subrip": FilmSpec("mkv", subtitles=(SubtitleTrack("subrip"),), duration=Fraction(6)),
    "mkv ass": FilmSpec("mkv", subtitles=(SubtitleTrack("ass"),), duration=Fraction(6)),
    "mp4 mov_text": FilmSpec("mp4", subtitles=(SubtitleTrack("mov_text"),), duration=Fraction(6)),
    "mov mov_text": FilmSpec("mov", subtitles=(SubtitleTrack("mov_text"),), duration=Fraction(6)),
    "webm webvtt": FilmSpec(
        "webm", "vp9", (AudioTrack("opus"),), (SubtitleTrack("webvtt"),), duration=Fraction(6)
    ),
}


def check_cues(path: Path, expected: list[tuple[float, float, str]]) -> None:
    found = subtitle_cues(path)
    assert [text for *_, text in found] == [text for *_, text in expected]
    for (start, end, text), (true_start, true_end, _) in zip(found, expected, strict=True):
        assert float(start) == pytest.approx(true_start, abs=0.002), text
        assert float(end) == pytest.approx(true_end, abs=0.002), text


@pytest.mark.parametrize("spec", SUBTITLED.values(), ids=SUBTITLED)
def test_cues_are_cut_where_the_film_is(spec: FilmSpec, film: Film, tmp_path: Path) -> None:
    """A span that begins in the middle of a cue, two spans inside one cue, a span without any."""
    spans = [
        Span(Fraction(140, 100), Fraction(212, 100)),  # cue 1 from its middle on
        Span(Fraction(232, 100), Fraction(248, 100)),  # two pieces of cue 2
        Span(Fraction(260, 100), Fraction(280, 100)),
        Span(Fraction(292, 100), Fraction(316, 100)),  # a pause
        Span(Fraction(400, 100), Fraction(600, 100)),  # cue 4 and 5, whole
    ]
    result = md.edit(film(spec), spans, tmp_path / f"out{spec.suffix}")
    check_cues(
        result.path,
        [
            (0, 0.5, "cue 1"),
            (0.72, 0.88, "cue 2"),
            (0.88, 1.08, "cue 2"),
            (1.52, 2.22, "cue 4"),
            (2.52, 3.22, "cue 5"),
        ],
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("spec", SUBTITLED.values(), ids=SUBTITLED)
def test_a_film_cut_in_the_middle_of_a_cue_begins_and_ends_with_it(
    spec: FilmSpec, mode: Mode, film: Film, tmp_path: Path
) -> None:
    result = md.edit(
        film(spec), [Span(Fraction(240, 100), Fraction(348, 100))], tmp_path / f"o{spec.suffix}", mode
    )
    start = float(result.spans[0].start)
    cues = [(k + 0.2, k + 0.9, f"cue {k}") for k in (1, 2, 3)]
    shown = [(max(a, start) - start, min(b, 3.48) - start, text) for a, b, text in cues if b > start]
    assert len(shown) == 2
    check_cues(result.path, shown)


def test_ass_events_are_counted_anew(film: Film, tmp_path: Path) -> None:
    """A player takes two events with one number for one event."""
    spec = SUBTITLED["mkv ass"]
    spans = [
        Span(Fraction(232, 100), Fraction(248, 100)),
        Span(Fraction(260, 100), Fraction(280, 100)),
        Span(3, 5),
    ]
    result = md.edit(film(spec), spans, tmp_path / "out.mkv")
    with av.open(str(result.path)) as output:
        events = [bytes(packet).split(b",", 2) for packet in output.demux(subtitles=0) if packet.size]
        header = output.streams.subtitles[0].codec_context.extradata
    assert [number for number, *_ in events] == [b"0", b"1", b"2", b"3"]
    assert all(rest.endswith(b"cue %d" % cue) for (*_, rest), cue in zip(events, (2, 2, 3, 4), strict=True))
    assert b"Style: Default,Arial,16" in header


def test_mov_text_falls_silent_between_cues(film: Film, tmp_path: Path) -> None:
    """In MP4 a cue lasts until the next sample, so there must be an empty one wherever nothing is shown."""
    spans = [Span(1, 3), Span(4, 5)]
    result = md.edit(film(SUBTITLED["mp4 mov_text"]), spans, tmp_path / "out.mp4")
    with av.open(str(result.path)) as output:
        samples = [packet for packet in output.demux(subtitles=0) if packet.size and packet.duration]
        texts = [(float(p.pts * p.time_base), bytes(p)[2:]) for p in samples]
    assert [text for _, text in texts] == [b"", b"cue 1", b"", b"cue 2", b"", b"cue 4", b""]
    assert [time for time, _ in texts] == pytest.approx([0, 0.2, 0.9, 1.2, 1.9, 2.2, 2.9], abs=0.002)


CHAPTERS = [
    # spans, and the chapters that come out of those at 0-4, 4-8 and 8-12 s
    ([(1, 2), (3, 3.6)], [(0, 1.6, "Chapter 1")]),
    ([(1, 2), (5, 6)], [(0, 1, "Chapter 1"), (1, 2, "Chapter 2")]),
    ([(3, 9)], [(0, 1, "Chapter 1"), (1, 5, "Chapter 2"), (5, 6, "Chapter 3")]),
    ([(1, 2), (3, 5), (7, 8), (11, 12)], [(0, 2, "Chapter 1"), (2, 4, "Chapter 2"), (4, 5, "Chapter 3")]),
]


@pytest.mark.parametrize(("spans", "parts"), CHAPTERS)
@pytest.mark.parametrize("name", ["chapters-mp4", "chapters-mkv"])
def test_chapters_move_and_join(
    name: str,
    spans: list[tuple[float, float]],
    parts: list[tuple[float, float, str]],
    film: Film,
    tmp_path: Path,
) -> None:
    spec = SPECIAL[name]
    wanted = [Span(Fraction(a).limit_denominator(100), Fraction(b).limit_denominator(100)) for a, b in spans]
    result = md.edit(film(spec), wanted, tmp_path / f"out{spec.suffix}")
    assert not result.notes
    found = chapters(result.path)
    assert [title for *_, title in found] == [title for *_, title in parts]
    for (start, end, _), (true_start, true_end, _) in zip(found, parts, strict=True):
        assert float(start) == pytest.approx(true_start, abs=0.002)
        assert float(end) == pytest.approx(true_end, abs=0.002)


def remade(source: Path, out: Path, change: Callable[[av.container.OutputContainer], object]) -> Path:
    """A copy of a film with something added."""
    with av.open(str(source)) as old, av.open(str(out), "w", metadata_errors="surrogateescape") as new:
        streams = {stream.index: new.add_stream_from_template(stream, opaque=True) for stream in old.streams}
        change(new)
        for packet in old.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    return out


def attachments(path: Path) -> list[tuple[str, str, bytes]]:
    with av.open(str(path)) as film:
        return [
            (stream.metadata["filename"], stream.mimetype, bytes(stream.data))
            for stream in film.streams.attachments
        ]


PLAIN = FilmSpec("mkv", duration=Fraction(3))


@pytest.mark.parametrize("mode", MODES)
def test_attached_files(mode: Mode, film: Film, tmp_path: Path) -> None:
    font = bytes(range(256)) * 40
    source = remade(
        film(PLAIN),
        tmp_path / "in.mkv",
        lambda new: new.add_attachment("A font.ttf", "application/x-truetype-font", font),
    )
    result = md.edit(source, [Span(1, 2)], tmp_path / "out.mkv", mode)
    assert not result.notes
    assert attachments(result.path) == attachments(source) == [("A font.ttf", "application/x-truetype-font", font)]


def test_attached_files_where_the_container_has_no_place_for_them(film: Film, tmp_path: Path) -> None:
    source = remade(
        film(PLAIN),
        tmp_path / "in.mkv",
        lambda new: new.add_attachment("a.ttf", "application/x-truetype-font", b"font"),
    )
    result = md.edit(source, [Span(1, 2)], tmp_path / "out.mp4")
    assert result.path.suffix == ".mp4"
    assert result.notes == ("left out: attachment a.ttf",)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("name", ["cover-mp4", "cover-mkv"])
def test_cover_in_another_container(name: str, suffix: str, film: Film, tmp_path: Path) -> None:
    source = film(SPECIAL[name])
    result = md.edit(source, [Span(1, 2)], tmp_path / f"out{suffix}")
    covers = []
    for path in (source, result.path):
        with av.open(str(path)) as opened:
            [cover] = [s for s in opened.streams.video if Disposition.attached_pic in s.disposition]
            covers.append(bytes(next(p for p in opened.demux(cover) if p.size)))
    assert covers[0] == covers[1]


@pytest.mark.parametrize("suffix", [".avi", ".ts", ".wmv"])
def test_cover_where_the_container_has_no_place_for_it(suffix: str, film: Film, tmp_path: Path) -> None:
    """It must not come out as a second film."""
    result = md.edit(film(SPECIAL["cover-mp4"]), [Span(1, 2)], tmp_path / f"out{suffix}")
    with av.open(str(result.path)) as output:
        assert len(output.streams.video) == 1
    assert result.path.suffix == suffix
    assert result.notes == ("left out: cover picture",)


def test_titles_of_film_and_tracks(film: Film, tmp_path: Path) -> None:
    def name(new: av.container.OutputContainer) -> None:
        new.metadata.update({"title": "The Film", "artist": "Nobody", "date": "2008"})
        new.streams.video[0].metadata["title"] = "Main picture"
        new.streams.audio[0].metadata.update({"title": "Director's words", "language": "fin"})
        new.streams.audio[0].disposition = Disposition.comment

    source = remade(film(PLAIN), tmp_path / "in.mkv", name)
    for mode in MODES:
        result = md.edit(source, [Span(1, 2)], tmp_path / f"{mode}.mkv", mode)
        with av.open(str(result.path)) as output:
            assert output.metadata["title"] == "The Film"
            assert output.metadata["ARTIST"] == "Nobody"
            assert output.streams.video[0].metadata["title"] == "Main picture"
            sound = output.streams.audio[0]
            assert (sound.metadata["title"], sound.language) == ("Director's words", "fin")
            assert sound.disposition == Disposition.comment
            # Nothing tells the length of the source, or who wrote it.
            tags = {key.upper(): value for key, value in sound.metadata.items()}
            assert tags.get("DURATION", "00:00:01.").startswith(("00:00:01.0", "00:00:01.", "00:00:02.0"))


@pytest.mark.parametrize("mode", MODES)
def test_titles_in_another_encoding(mode: Mode, film: Film, tmp_path: Path) -> None:
    """AVI films of old have titles in Latin-1; they are not a reason to give up."""
    spec = FilmSpec("avi", "mpeg4", (AudioTrack("mp3"),), duration=Fraction(3), bframes=0)
    title = b"Caf\xe9".decode("utf-8", "surrogateescape")
    source = remade(film(spec), tmp_path / "in.avi", lambda new: new.metadata.update(title=title))
    result = md.edit(source, [Span(1, 2)], tmp_path / "out.avi", mode)
    assert result.path.suffix == ".avi"
    assert not result.notes
    assert b"Caf\xe9\0" in source.read_bytes()
    assert b"Caf\xe9\0" in result.path.read_bytes()


def test_what_cannot_be_kept_is_named(film: Film, tmp_path: Path) -> None:
    """A second picture, and the timecode track of a camera."""
    source = remade(
        film(FilmSpec("mov", duration=Fraction(3))),
        tmp_path / "in.mov",
        lambda new: new.metadata.update(timecode="01:00:00:00"),
    )
    result = md.edit(source, [Span(1, 2)], tmp_path / "out.mov")
    assert result.notes == ("left out: data track 2",)
    two = tmp_path / "two.mkv"
    with av.open(str(film(PLAIN))) as old, av.open(str(two), "w") as new:
        tracks = [new.add_stream_from_template(old.streams.video[0], opaque=True) for _ in range(2)]
        for packet in [p for p in old.demux(video=0) if p.size]:
            stamps = packet.pts, packet.dts
            for track in tracks:
                copy = av.Packet(bytes(packet))
                copy.pts, copy.dts, copy.time_base = *stamps, packet.time_base
                copy.is_keyframe, copy.stream = packet.is_keyframe, track
                new.mux(copy)
    result = md.edit(two, [Span(1, 2)], tmp_path / "two.cut.mkv")
    assert result.notes == ("left out: video track 1",)
    assert result.frames == 25
