"""One film for every span, all of them or none."""

import os
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from cutting import sound_of, state

import miles_deep as md
from media import AudioTrack, FilmSpec, decode_video, read_frame_number, sound_time
from miles_deep.edit import MODES, Mode
from miles_deep.errors import OptionError, OutputError, OutputExistsError
from miles_deep.timecode import Span

SPEC = FilmSpec(duration=Fraction(6))
SPANS = [Span(3, 4), Span(Fraction(1, 2), 2), Span(Fraction(7, 2), Fraction(9, 2))]
"""Not in order, and overlapping: a clip each all the same."""


@pytest.fixture
def source(film: Callable[[FilmSpec], Path], tmp_path: Path) -> Path:
    return Path(shutil.copy(film(SPEC), tmp_path / "My film.mp4"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def numbers(path: Path) -> list[int]:
    return [read_frame_number(rgb) for _, rgb in decode_video(path)]


@pytest.mark.parametrize("elsewhere", [False, True], ids=["beside", "temporary"])
@pytest.mark.parametrize("mode", MODES)
def test_a_film_for_every_span(mode: Mode, elsewhere: bool, source: Path, tmp_path: Path) -> None:
    seen: list[list[str]] = []
    told: list[tuple[Fraction, Fraction]] = []
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    before = state(source)

    def watch(done: Fraction, total: Fraction) -> None:
        seen.append(sorted(path.name[:12] for path in (*tmp_path.iterdir(), *temporary.iterdir())))
        told.append((done, total))

    place = temporary if elsewhere else None
    clips = md.edit_clips(source, SPANS, tmp_path / "clips", mode, temporary=place, progress=watch)
    assert [clip.path for clip in clips] == [tmp_path / "clips" / f"My film.00{n}.mp4" for n in (1, 2, 3)]
    assert set(contents(tmp_path / "clips")) == {clip.path.name for clip in clips}
    for clip, span in zip(clips, SPANS, strict=True):
        [out] = clip.spans
        shown = numbers(clip.path)
        assert shown == [n for n, time in enumerate(SPEC.frame_times()) if out.start <= time < out.end]
        assert clip.frames == len(shown)
        assert out.start <= span.start + Fraction(1, 25) and span.end <= out.end
        sound = sound_of(clip.path, 0)
        heard = sound.window(Fraction(1, 5), Fraction(1, 5))
        assert sound_time(heard, sound.rate) == pytest.approx(float(out.start) + 0.2, abs=0.02)
    assert all(".miles-deep-" in names and "clips" not in names for names in seen)
    assert list(temporary.iterdir()) == []
    assert {total for _, total in told} == {Fraction(7, 2)}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] > Fraction(33, 10)
    assert state(source) == before


def test_all_or_none(source: Path, tmp_path: Path) -> None:
    """The last span lies behind the film's end."""
    with pytest.raises(OptionError, match="nothing to keep: the film ends at 6 s"):
        md.edit_clips(source, [*SPANS, Span(7, 8)], tmp_path / "clips")
    with pytest.raises(OptionError, match="no spans were given"):
        md.edit_clips(source, [], tmp_path / "clips")
    with pytest.raises(OptionError, match="no mode 'clever'"):
        md.edit_clips(source, SPANS, tmp_path / "clips", "clever")  # type: ignore[arg-type]
    assert set(contents(tmp_path)) == {"My film.mp4"}


def test_a_folder_that_is_there(source: Path, tmp_path: Path) -> None:
    """Without force it stays as it is; with it, clips of the same names are replaced, and other files stay."""
    folder = tmp_path / "clips"
    folder.mkdir()
    mine = {"My film.001.mp4": b"old clip", "My film.009.mp4": b"mine", "notes.txt": b"mine too"}
    for name, text in mine.items():
        (folder / name).write_bytes(text)
    with pytest.raises(OutputExistsError, match="clips: is there already; --force overwrites it"):
        md.edit_clips(source, SPANS, folder)
    assert contents(folder) == mine
    with pytest.raises(OptionError):
        md.edit_clips(source, [*SPANS, Span(7, 8)], folder, force=True)
    assert contents(folder) == mine
    clips = md.edit_clips(source, SPANS, folder, force=True)
    after = contents(folder)
    assert set(after) == {*mine, *(clip.path.name for clip in clips)}
    assert (after["My film.009.mp4"], after["notes.txt"]) == (b"mine", b"mine too")
    assert numbers(folder / "My film.001.mp4") == list(range(75, 100))


def test_a_folder_of_the_name_of_a_clip(source: Path, tmp_path: Path) -> None:
    """Found out before the first clip takes its place."""
    folder = tmp_path / "clips"
    (folder / "My film.002.mp4").mkdir(parents=True)
    (folder / "My film.001.mp4").write_bytes(b"old clip")
    with pytest.raises(OutputError, match=r"My film\.002\.mp4: is a folder"):
        md.edit_clips(source, SPANS, folder, "copy", force=True)
    assert sorted(os.listdir(folder)) == ["My film.001.mp4", "My film.002.mp4"]
    assert (folder / "My film.001.mp4").read_bytes() == b"old clip"


def test_a_file_where_the_folder_should_be(source: Path, tmp_path: Path) -> None:
    (tmp_path / "clips").write_bytes(b"mine")
    with pytest.raises(OutputError, match="clips: is not a folder"):
        md.edit_clips(source, SPANS, tmp_path / "clips", force=True)
    with pytest.raises(OutputExistsError):
        md.edit_clips(source, SPANS, tmp_path / "clips")
    with pytest.raises(OutputError, match="nowhere: no such folder"):
        md.edit_clips(source, SPANS, tmp_path / "nowhere" / "clips")
    assert (tmp_path / "clips").read_bytes() == b"mine"


def test_clips_into_the_folder_of_the_film(source: Path, tmp_path: Path) -> None:
    before = state(source)
    clips = md.edit_clips(source, SPANS[:1], tmp_path, "copy", force=True)
    assert [clip.path.name for clip in clips] == ["My film.001.mp4"]
    assert state(source) == before


def test_clips_in_matroska_where_the_container_does_not_do(
    film: Callable[[FilmSpec], Path], tmp_path: Path
) -> None:
    """AVI under the name of a film that AVI cannot hold: a film goes by what it is, not by its name."""
    spec = FilmSpec("mkv", audio=(AudioTrack("flac"),), duration=Fraction(3))
    source = Path(shutil.copy(film(spec), tmp_path / "film.avi"))
    [clip] = md.edit_clips(source, [Span(1, 2)], tmp_path / "clips")
    assert clip.path == tmp_path / "clips" / "film.001.mkv"
    assert numbers(clip.path) == list(range(25, 50))
