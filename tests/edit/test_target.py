"""Which container comes out: the one asked for, or Matroska with one line saying so."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from cutting import delivered, expected_pictures, first_picture, sound_of

import miles_deep as md
from media import AudioTrack, FilmSpec, SubtitleTrack, decode_video, read_frame_number, sound_time
from miles_deep.edit import MODES, Mode
from miles_deep.edit.target import MUXERS, SUFFIXES, muxer, output_suffix
from miles_deep.errors import OutputError
from miles_deep.timecode import Span

Film = Callable[[FilmSpec], Path]
LENGTH = Fraction(3)
SPANS = (Span(Fraction(51, 100), Fraction(111, 100)), Span(Fraction(151, 100), Fraction(231, 100)))


def film_of(container: str, codec: str, sound: str, *subtitles: str, **fields: object) -> FilmSpec:
    tracks = (AudioTrack(sound),) if sound else ()
    texts = tuple(SubtitleTrack(text) for text in subtitles)
    return FilmSpec(container, codec, tracks, texts, duration=LENGTH, **fields)  # type: ignore[arg-type]


TURNED_DOWN = {
    "ac3 and subrip to webm": (film_of("mkv", "h264", "ac3", "subrip"), ".webm"),
    "hevc to avi": (film_of("mp4", "hevc", "aac"), ".avi"),
    "vp9 and opus to avi": (film_of("webm", "vp9", "opus"), ".avi"),
    "ass to mp4": (film_of("mkv", "h264", "flac", "ass"), ".mp4"),
    "ffv1 to mov": (film_of("mkv", "ffv1", "pcm_s16le"), ".mov"),
    "flac to ts": (film_of("mkv", "h264", "flac"), ".ts"),
    "vp9 to ts": (film_of("webm", "vp9", "opus"), ".ts"),
    "subrip to ts": (film_of("mkv", "h264", "aac", "subrip"), ".ts"),
    "hevc to mpg": (film_of("mkv", "hevc", "ac3"), ".mpg"),
    "flac to wmv": (film_of("mkv", "h264", "flac"), ".wmv"),
    "h264 to ogv": (film_of("mp4", "h264", "aac"), ".ogv"),
    "flac to nut": (film_of("mkv", "h264", "flac"), ".nut"),
    "subrip to wmv": (film_of("mkv", "mpeg4", "mp3", "subrip", bframes=0), ".wmv"),
}
TAKEN = {
    "mkv to mp4": (film_of("mkv", "h264", "aac"), ".mp4"),
    "mp4 to mkv": (film_of("mp4", "h264", "aac"), ".mkv"),
    "mp4 to ts": (film_of("mp4", "h264", "aac"), ".ts"),
    "ts to mp4": (film_of("ts", "h264", "aac", start=Fraction(7, 5)), ".mp4"),
    "ts to mkv": (film_of("ts", "mpeg2video", "mp2", start=Fraction(7, 5)), ".mkv"),
    "avi to mp4": (film_of("avi", "mpeg4", "mp3", bframes=0), ".mp4"),
    "avi to mkv": (film_of("avi", "mpeg4", "mp3", bframes=0), ".mkv"),
    "webm to mp4": (film_of("webm", "vp9", "opus"), ".mp4"),
    "mov to avi": (film_of("mov", "mjpeg", "pcm_s16le", pix_fmt="yuvj420p"), ".avi"),
    "ffv1 to mp4": (film_of("mkv", "ffv1", "pcm_s16le"), ".mp4"),
    "mkv to mov": (film_of("mkv", "hevc", "ac3"), ".mov"),
}


def check_film(path: Path, spec: FilmSpec, result: md.EditResult) -> None:
    """Exact frames, and sound in step."""
    spans = SPANS if result.mode == "encode" else result.spans
    numbers = [read_frame_number(rgb) for _, rgb in decode_video(path)]
    assert numbers == [number for _, number in expected_pictures(spec, spans)]
    output = Fraction(0)
    for span in delivered(spec, spans):
        for at in (Fraction(0), span.length - Fraction(1, 5)):
            sound = sound_of(path, 0)
            truth = float(span.start + at)
            heard = sound.window(output + at, Fraction(1, 5))
            assert sound_time(heard, sound.rate, near=truth) == pytest.approx(truth, abs=0.02)
        output += span.length


@pytest.mark.parametrize(("spec", "suffix"), TURNED_DOWN.values(), ids=TURNED_DOWN)
@pytest.mark.parametrize("mode", MODES)
def test_matroska_takes_what_the_container_cannot_carry(
    mode: Mode, spec: FilmSpec, suffix: str, film: Film, tmp_path: Path
) -> None:
    result = md.edit(film(spec), SPANS, tmp_path / f"out{suffix}", mode)
    assert result.path == tmp_path / "out.mkv"
    assert [path.name for path in tmp_path.iterdir()] == ["out.mkv"]
    [note] = [note for note in result.notes if "so it is encoded" not in note]
    assert note.startswith(f"{muxer(Path('out' + suffix))} cannot carry this film's tracks (")
    assert note.endswith("): Matroska instead")
    with av.open(str(result.path)) as output:
        assert output.format.name == "matroska,webm"
        assert [track.type for track in output.streams] == ["video", *["audio"] * len(spec.audio)] + [
            "subtitle"
        ] * len(spec.subtitles)
    check_film(result.path, spec, result)


@pytest.mark.parametrize(("spec", "suffix"), TAKEN.values(), ids=TAKEN)
@pytest.mark.parametrize("mode", MODES)
def test_another_container_that_carries_the_tracks(
    mode: Mode, spec: FilmSpec, suffix: str, film: Film, tmp_path: Path
) -> None:
    result = md.edit(film(spec), SPANS, tmp_path / f"out{suffix}", mode)
    assert result.path.suffix == suffix
    assert [note for note in result.notes if "so it is encoded" not in note] == []
    check_film(result.path, spec, result)


@pytest.mark.parametrize("suffix", [".avi", ".wmv"])
def test_packets_out_of_order_are_not_copied_where_the_order_gets_lost(
    suffix: str, film: Film, tmp_path: Path
) -> None:
    """AVI and ASF know no order but that of decoding; B-frames would be shown too late."""
    spec = film_of("mp4", "mpeg4", "mp3")
    result = md.edit(film(spec), SPANS, tmp_path / f"out{suffix}", "copy")
    assert result.path.suffix == ".mkv"
    assert "does not say when frames are shown" in result.notes[0]
    check_film(result.path, spec, result)
    result = md.edit(film(spec), SPANS, tmp_path / f"out{suffix}", "encode")
    assert result.path.suffix == suffix
    check_film(result.path, spec, result)


def test_a_container_that_refuses_the_first_packet(film: Film, tmp_path: Path) -> None:
    """FFmpeg's AVI takes h264 only as it stands in a bare stream, and says so after the header."""
    spec = film_of("mp4", "h264", "mp3", bframes=0)
    result = md.edit(film(spec), SPANS, tmp_path / "out.avi", "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["out.mkv"]
    [note] = result.notes
    assert note.startswith("avi cannot carry this film's tracks (")
    check_film(result.path, spec, result)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_windows_media_becomes_h264_elsewhere(suffix: str, film: Film, tmp_path: Path) -> None:
    spec = film_of("wmv", "wmv2", "wmav2", bframes=0)
    result = md.edit(film(spec), SPANS, tmp_path / f"out{suffix}")
    assert result.path.suffix == suffix
    with av.open(str(result.path)) as output:
        assert [track.codec_context.name for track in output.streams] == ["h264", "aac"]
    check_film(result.path, spec, result)


def test_bare_stream_becomes_matroska(film: Film, tmp_path: Path) -> None:
    spec = film_of("h264", "h264", "", missing_duration=True)
    video = md.probe(film(spec))
    assert output_suffix(video) == ".mkv"
    [clip] = md.edit_clips(video, SPANS[:1], tmp_path / "clips")
    assert clip.path.suffix == ".mkv"
    numbers = [read_frame_number(rgb) for _, rgb in decode_video(clip.path)]
    assert numbers == [number for _, number in expected_pictures(spec, SPANS[:1])]


def test_unknown_suffix_lists_those_there_are(film: Film, tmp_path: Path) -> None:
    for name in ("out.h264", "out.xyz", "out"):
        with pytest.raises(
            OutputError, match=rf"{name}: no container goes by that suffix; there are: .*\.mkv"
        ) as error:
            md.edit(film(film_of("mp4", "h264", "")), SPANS, tmp_path / name)
        assert all(suffix in str(error.value) for suffix in MUXERS)
        assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_suffixes_in_capitals(film: Film, tmp_path: Path) -> None:
    result = md.edit(film(film_of("mp4", "h264", "")), SPANS, tmp_path / "OUT.MP4")
    assert result.path.name == "OUT.MP4"
    assert first_picture(result.path) == 0


@pytest.mark.parametrize("suffix", ["mp4", "mov", "m4v", "mkv", "webm", "avi", "wmv", "asf", "ts", "m2ts", "mts"])
def test_the_films_own_suffix_is_kept_where_it_fits_the_film(suffix: str, film: Film, tmp_path: Path) -> None:
    kinds = {"m4v": "mp4", "mov": "mp4", "asf": "wmv", "m2ts": "ts", "mts": "ts"}
    spec = film_of(
        kinds.get(suffix, suffix), "vp9" if suffix == "webm" else "mpeg4" if suffix == "avi" else "h264", ""
    )
    for ending, expected in (
        (suffix, suffix),
        (suffix.upper(), suffix.upper()),
        ("dat", kinds.get(suffix, suffix)),
    ):
        path = tmp_path / f"film.{ending}"
        path.write_bytes(film(spec).read_bytes())
        told = output_suffix(md.probe(path))
        assert told == f".{'mkv' if (suffix, ending) == ('webm', 'dat') else expected}"
    # A film under the suffix of another container goes by what it is.
    path = tmp_path / "film.flv"
    path.write_bytes(film(spec).read_bytes())
    assert output_suffix(md.probe(path)) in SUFFIXES[md.probe(path).container]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".m4v"])
@pytest.mark.parametrize("mode", MODES)
def test_the_index_lies_in_front(mode: Mode, suffix: str, film: Film, tmp_path: Path) -> None:
    """So that a browser can play the film while it is still fetching it."""
    data = md.edit(film(film_of("mp4", "h264", "aac")), SPANS, tmp_path / f"out{suffix}", mode).path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
