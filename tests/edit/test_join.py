"""Films joined that are not alike: other frame rates, other subtitles, other tracks."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from cutting import delivered, expected_pictures, sound_of

import miles_deep as md
from media import AudioTrack, FilmSpec, SubtitleTrack, decode_video, read_frame_number, sound_time, subtitle_cues
from miles_deep.edit.pieces import EditPlan, Mode, Piece
from miles_deep.edit.subtitles import Event, cut_events
from miles_deep.edit.take import Take
from miles_deep.errors import OptionError
from miles_deep.timecode import Span

Film = Callable[[FilmSpec], Path]

SPANS = (Span(Fraction(41, 100), Fraction(181, 100)),)
TWO = Fraction(2)

PAIRS = {
    "25+50": (FilmSpec(gop=10, duration=TWO), FilmSpec(rate=Fraction(50), gop=20, duration=TWO)),
    "50+25": (FilmSpec(rate=Fraction(50), gop=20, duration=TWO), FilmSpec(gop=10, duration=TWO)),
    "24+29.97": (
        FilmSpec("mkv", rate=Fraction(24), gop=8, duration=TWO),
        FilmSpec("mkv", rate=Fraction(30000, 1001), gop=10, duration=TWO),
    ),
    "vfr+25": (FilmSpec("mkv", vfr=True, gop=8, duration=TWO), FilmSpec("mkv", gop=10, duration=TWO)),
    "25+vfr": (FilmSpec("mp4", gop=10, duration=TWO), FilmSpec("mkv", vfr=True, gop=8, duration=TWO)),
    "mpeg4 25+50": (
        FilmSpec("avi", "mpeg4", (AudioTrack("mp3"),), bframes=0, gop=10, duration=TWO),
        FilmSpec("avi", "mpeg4", (AudioTrack("mp3"),), bframes=0, gop=10, duration=TWO, rate=Fraction(50)),
    ),
    "mjpeg 10+30": tuple(
        FilmSpec(
            "avi", "mjpeg", (AudioTrack("mp3"),), pix_fmt="yuvj420p", bframes=0, duration=TWO, rate=Fraction(rate)
        )
        for rate in (10, 30)
    ),
}


@pytest.mark.parametrize("mode", ["smart", "encode"])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_every_frame_is_shown_at_its_time(
    pair: tuple[FilmSpec, FilmSpec], mode: Mode, film: Film, tmp_path: Path
) -> None:
    takes = [Take(md.probe(film(spec)), SPANS) for spec in pair]
    result = md.join(takes, tmp_path / f"out{pair[0].suffix}", mode)
    lengths = [sum(span.length for span in delivered(spec, SPANS)) for spec in pair]
    assert result.duration == pytest.approx(sum(lengths), abs=0.003)
    wanted = expected_pictures(pair[0], SPANS)
    wanted += [(time + lengths[0], number) for time, number in expected_pictures(pair[1], SPANS)]
    seen = decode_video(result.path)
    assert [read_frame_number(rgb) for _, rgb in seen] == [number for _, number in wanted]
    for (time, _), (true_time, number) in zip(seen, wanted, strict=True):
        assert time - seen[0][0] == pytest.approx(true_time, abs=0.002), number
    sound = sound_of(result.path, 0)
    assert len(sound.samples) / sound.rate + sound.start == pytest.approx(float(sum(lengths)), abs=0.05)
    for place, spec in ((Fraction(0), pair[0]), (lengths[0], pair[1])):
        begin = delivered(spec, SPANS)[0].start
        heard = sound.window(place + Fraction(1, 2), Fraction(1, 5))
        assert sound_time(heard, sound.rate) == pytest.approx(float(begin) + 0.5, abs=0.02)


def test_mpeg2_has_one_rate(film: Film, tmp_path: Path) -> None:
    specs = [
        FilmSpec("ts", "mpeg2video", (AudioTrack("mp2"),), duration=TWO, rate=Fraction(rate)) for rate in (25, 50)
    ]
    takes = [Take(md.probe(film(spec)), SPANS) for spec in specs]
    with pytest.raises(OptionError, match=r"cannot be joined to .*: 50 frames a second, not 25"):
        md.join(takes, tmp_path / "out.ts", "encode")


def test_copy_takes_films_of_one_clock_only(film: Film, tmp_path: Path) -> None:
    takes = [Take(md.probe(film(spec)), SPANS) for spec in PAIRS["mjpeg 10+30"]]
    with pytest.raises(OptionError, match="cannot be joined by mode copy"):
        md.join(takes, tmp_path / "out.avi", "copy")


def subtitled(*tracks: SubtitleTrack) -> FilmSpec:
    return FilmSpec("mkv", subtitles=tracks, gop=10, duration=TWO)


def test_subtitles_of_another_codec_are_left_out(film: Film, tmp_path: Path) -> None:
    """In a track of another kind they would be shown as what they look like in the file."""
    paths = [film(subtitled(SubtitleTrack(codec))) for codec in ("subrip", "ass")]
    result = md.join([Take(md.probe(path), [Span(0, 2)]) for path in paths], tmp_path / "out.mkv")
    assert [text for *_, text in subtitle_cues(result.path)] == ["cue 0", "cue 1"]
    assert f"left out: subtitle track 2 of {paths[1].name}" in result.notes


def test_subtitles_go_behind_those_of_their_language(film: Film, tmp_path: Path) -> None:
    english, german, ass = SubtitleTrack(), SubtitleTrack(language="deu"), SubtitleTrack("ass", "fra")
    paths = [film(subtitled(english, german)), film(subtitled(ass, german))]
    result = md.join([Take(md.probe(path), [Span(0, 2)]) for path in paths], tmp_path / "out.mkv")
    with av.open(str(result.path)) as made:
        texts: dict[str, list[bytes]] = {str(track.language): [] for track in made.streams.subtitles}
        for packet in made.demux(*made.streams.subtitles):
            if packet.size:
                texts[str(packet.stream.language)].append(bytes(packet))
    assert texts == {"eng": [b"cue 0", b"cue 1"], "deu": [b"cue 0", b"cue 1"] * 2}
    assert f"left out: subtitle track 2 of {paths[1].name}" in result.notes


def test_what_only_a_later_film_has_is_named(film: Film, tmp_path: Path) -> None:
    plain, rich = film(FilmSpec("mkv", gop=10, duration=TWO)), tmp_path / "rich.mkv"
    with av.open(str(film(subtitled(SubtitleTrack())))) as old, av.open(str(rich), "w") as new:
        tracks = {stream.index: new.add_stream_from_template(stream, opaque=True) for stream in old.streams}
        new.add_attachment("A font.ttf", "application/x-truetype-font", b"font")
        for packet in old.demux():
            if packet.size:
                packet.stream = tracks[packet.stream.index]
                new.mux(packet)
    takes = [Take(md.probe(path), [Span(0, 2)]) for path in (plain, rich)]
    result = md.join(takes, tmp_path / "out.mkv")
    assert "left out: subtitle track 2 of rich.mkv, attachment A font.ttf of rich.mkv" in result.notes
    assert not md.join(takes[1:] * 2, tmp_path / "twice.mkv").notes


def test_cues_that_overlap_are_cut_and_go_on_each_by_itself() -> None:
    """The second piece follows the first in the film, as where it is blurred; the third does not."""
    cues = [Event(Fraction(a), Fraction(b), av.Packet(b"%d" % a)) for a, b in ((0, 9), (1, 2), (2, 7), (8, 9))]
    spans = [Span(3, 4), Span(4, 6), Span(1, 2), Span(7, 9)]
    pieces: list[Piece] = []
    for span in spans:
        pieces.append(Piece(span, span, pieces[-1].output_end if pieces else Fraction(0), ()))
    cut = cut_events([cues], EditPlan("encode", tuple(pieces)))
    found = [(bytes(event.packet), event.start, event.end) for event in cut]
    assert found == [(b"0", 0, 3), (b"2", 0, 3), (b"0", 3, 4), (b"1", 3, 4), (b"0", 4, 6), (b"8", 5, 6)]
