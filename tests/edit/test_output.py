"""The output appears whole or not at all, overwrites nothing by itself, and never harms the source."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from cutting import state

import miles_deep as md
from media import AudioTrack, FilmSpec, SubtitleTrack, decode_video, read_frame_number
from miles_deep.edit import MODES, Mode
from miles_deep.errors import MilesDeepError, OptionError, OutputError, OutputExistsError
from miles_deep.timecode import Span

SPEC = FilmSpec(duration=Fraction(4))
SPANS = [Span(Fraction(1, 2), Fraction(3, 2)), Span(2, 3)]
NUMBERS = [*range(13, 38), *range(50, 75)]
MKV_ONLY = FilmSpec("mkv", audio=(AudioTrack("flac"),), subtitles=(SubtitleTrack("ass"),), duration=Fraction(3))
"""Tracks that MP4 does not take."""


@pytest.fixture
def source(film: Callable[[FilmSpec], Path], tmp_path: Path) -> Path:
    """A film in a folder of its own."""
    folder = tmp_path / "films"
    folder.mkdir()
    return Path(shutil.copy(film(SPEC), folder / "film.mp4"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def numbers(path: Path) -> list[int]:
    return [read_frame_number(rgb) for _, rgb in decode_video(path)]


def open_files() -> list[str]:
    """What this process has open, where the system tells."""
    folder = Path("/proc/self/fd")
    return sorted(os.readlink(entry) for entry in folder.iterdir() if entry.exists()) if folder.exists() else []


@pytest.mark.parametrize("elsewhere", [False, True], ids=["beside", "temporary"])
@pytest.mark.parametrize("mode", MODES)
def test_the_name_appears_when_the_film_is_complete(mode: Mode, elsewhere: bool, source: Path, out: Path) -> None:
    temporary = out.parent / "temporary"
    temporary.mkdir()
    seen: list[tuple[list[str], list[str]]] = []
    told: list[tuple[Fraction, Fraction]] = []

    def watch(done: Fraction, total: Fraction) -> None:
        seen.append((names(out), names(temporary)))
        told.append((done, total))

    place = temporary if elsewhere else None
    result = md.edit(source, SPANS, out / "cut.mp4", mode, temporary=place, progress=watch)
    assert numbers(result.path)[-25:] == NUMBERS[-25:]
    assert len(seen) >= result.frames, "smart tells of its look too"
    for here, there in seen:
        assert [len(here), len(there)] == ([0, 1] if elsewhere else [1, 0])
        assert (here + there)[0].startswith(".miles-deep-")
    assert (names(out), names(temporary)) == (["cut.mp4"], [])
    assert {total for _, total in told} == {result.duration}
    done = [seconds for seconds, _ in told]
    assert done == sorted(done)
    assert 0 <= done[0] < done[-1] <= result.duration
    assert result.duration - done[-1] < Fraction(1, 5)


class Stop(Exception):
    """Not one of ours."""


@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("mode", MODES)
def test_an_interruption_leaves_nothing(mode: Mode, error: type[BaseException], source: Path, out: Path) -> None:
    before, opened = state(source), open_files()
    calls = 0

    def interrupt(done: Fraction, total: Fraction) -> None:
        nonlocal calls
        calls += 1
        if calls == 20:
            raise error

    with pytest.raises(error):
        md.edit(source, SPANS, out / "cut.mp4", mode, progress=interrupt)
    with pytest.raises(error):
        calls = 0
        md.edit_clips(source, [SPANS[0], SPANS[0], SPANS[1]], out / "clips", mode, progress=interrupt)
    assert names(out) == []
    assert state(source) == before
    assert open_files() == opened


@pytest.mark.parametrize("mode", MODES)
def test_a_file_that_is_there_stays(mode: Mode, source: Path, out: Path) -> None:
    (out / "cut.mp4").write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match=r"cut\.mp4: is there already; --force overwrites it"):
        md.edit(source, SPANS, out / "cut.mp4", mode)
    assert (names(out), (out / "cut.mp4").read_bytes()) == (["cut.mp4"], b"mine")
    md.edit(source, SPANS, out / "cut.mp4", mode, force=True)
    assert names(out) == ["cut.mp4"]
    assert numbers(out / "cut.mp4")[-25:] == NUMBERS[-25:]


def test_a_file_that_appears_meanwhile_stays(source: Path, out: Path) -> None:
    def appear(done: Fraction, total: Fraction) -> None:
        (out / "cut.mp4").write_bytes(b"mine")

    with pytest.raises(OutputExistsError, match="has appeared meanwhile"):
        md.edit(source, SPANS, out / "cut.mp4", progress=appear)
    assert (names(out), (out / "cut.mp4").read_bytes()) == (["cut.mp4"], b"mine")


def test_the_fall_back_to_matroska_overwrites_nothing_either(film: Callable[[FilmSpec], Path], out: Path) -> None:
    (out / "cut.mkv").write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match=r"cut\.mkv: is there already"):
        md.edit(film(MKV_ONLY), SPANS[:1], out / "cut.mp4")
    assert (names(out), (out / "cut.mkv").read_bytes()) == (["cut.mkv"], b"mine")


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_the_film_is_never_its_own_output(mode: Mode, force: bool, source: Path, out: Path) -> None:
    """Not by its name, not by a symbolic link, not by another name of the same file."""
    before = state(source)
    (out / "symbolic.mp4").symlink_to(source)
    (out / "round.mp4").symlink_to(out / "symbolic.mp4")
    hard = out / "hard.mp4"
    for output in (source, out / "symbolic.mp4", out / "round.mp4", out / ".." / "films" / "film.mp4"):
        with pytest.raises(OutputError, match="is the film itself; give the output another name"):
            md.edit(source, SPANS, output, mode, force=force)
        with pytest.raises(OutputError, match="is the film itself"):
            md.edit(output, SPANS, source, mode, force=force)
    assert state(source) == before
    hard.hardlink_to(source)
    with pytest.raises(OutputError, match="is the film itself"):
        md.edit(source, SPANS, hard, mode, force=force)
    hard.unlink()
    assert state(source) == before
    assert (names(out), names(source.parent)) == (["round.mp4", "symbolic.mp4"], ["film.mp4"])


@pytest.mark.parametrize("mode", MODES)
def test_the_fall_back_to_matroska_never_hits_the_film(
    mode: Mode, film: Callable[[FilmSpec], Path], out: Path
) -> None:
    """film.mkv cut to film.mp4, whose container does not take the tracks, so that film.mkv were the output."""
    path = Path(shutil.copy(film(MKV_ONLY), out / "film.mkv"))
    before = state(path)
    for force in (False, True):
        with pytest.raises(OutputError, match=r"film\.mkv: is the film itself"):
            md.edit(path, SPANS[:1], out / "film.mp4", mode, force=force)
        assert state(path) == before
        assert names(out) == ["film.mkv"]


def test_replace(source: Path) -> None:
    result = md.edit(source, SPANS, source, replace=True)
    assert result.path == source
    assert names(source.parent) == ["film.mp4"]
    assert numbers(source) == NUMBERS


def test_replace_under_another_name(source: Path, out: Path) -> None:
    """The source is gone, and only then."""
    (out / "there.mp4").write_bytes(b"mine")
    with pytest.raises(OutputExistsError):
        md.edit(source, SPANS, out / "there.mp4", replace=True)
    assert names(source.parent) == ["film.mp4"]
    md.edit(source, SPANS, out / "cut.mp4", replace=True)
    assert (names(source.parent), names(out)) == ([], ["cut.mp4", "there.mp4"])
    assert numbers(out / "cut.mp4") == NUMBERS


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4"])
def test_replace_with_another_container(name: str, film: Callable[[FilmSpec], Path], out: Path) -> None:
    """The cut takes the film's place under the suffix of its new container, and the old name is gone."""
    path = Path(shutil.copy(film(MKV_ONLY), out / name))
    result = md.edit(path, SPANS[:1], out / "film.mp4", replace=True)
    assert result.path == out / "film.mkv"
    assert names(out) == ["film.mkv"]
    assert numbers(result.path) == NUMBERS[:25]


def test_replace_does_not_overwrite_a_third_file(film: Callable[[FilmSpec], Path], out: Path) -> None:
    path = Path(shutil.copy(film(MKV_ONLY), out / "film.mp4"))
    (out / "film.mkv").write_bytes(b"another film")
    before = state(path)
    with pytest.raises(OutputExistsError, match=r"film\.mkv: is there already"):
        md.edit(path, SPANS[:1], path, replace=True)
    assert state(path) == before
    assert (out / "film.mkv").read_bytes() == b"another film"
    md.edit(path, SPANS[:1], path, replace=True, force=True)
    assert names(out) == ["film.mkv"]


def test_replace_keeps_the_film_when_it_fails(source: Path) -> None:
    before = state(source)

    def fail(done: Fraction, total: Fraction) -> None:
        raise Stop

    with pytest.raises(Stop):
        md.edit(source, SPANS, source, replace=True, progress=fail)
    with pytest.raises(OptionError):
        md.edit(source, [Span(50, 60)], source, replace=True)
    with pytest.raises(OutputError):
        md.edit(source, SPANS, source.with_name("x.nonsense"), replace=True)
    assert state(source) == before
    assert names(source.parent) == ["film.mp4"]


BAD_NAMES: dict[str, tuple[str, str]] = {
    "missing folder": ("nowhere/cut.mp4", "nowhere: no such folder"),
    "under a file": ("file/cut.mp4", "file: no such folder"),
    "a folder": ("folder.mp4", "folder.mp4: is a folder"),
    "too long": ("x" * 300 + ".mp4", r"x+\.mp4: cannot be written \(File name too long\)"),
    "with a NUL": ("a\0b.mp4", r"cannot be written \(embedded null"),
}


@pytest.mark.parametrize(("name", "cause"), BAD_NAMES.values(), ids=BAD_NAMES)
def test_names_that_cannot_be_written_to(name: str, cause: str, source: Path, out: Path) -> None:
    (out / "file").write_bytes(b"mine")
    (out / "folder.mp4").mkdir()
    with pytest.raises(OutputError, match=cause) as error:
        md.edit(source, SPANS, out / name, force=True)
    assert "\n" not in str(error.value)
    assert names(out) == ["file", "folder.mp4"]


@pytest.mark.parametrize("temporary", ["nowhere", "file"])
def test_a_temporary_folder_that_is_none(temporary: str, source: Path, out: Path) -> None:
    (out / "file").write_bytes(b"mine")
    for edit in (md.edit, md.edit_clips):
        with pytest.raises(OutputError, match=f"{temporary}: no such folder"):
            edit(source, SPANS, out / "cut.mp4", temporary=out / temporary)  # type: ignore[operator]
    assert names(out) == ["file"]


FULL = """
import resource, signal, sys
from fractions import Fraction
import miles_deep as md
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
film, out = sys.argv[1:]
for mode in ("encode", "copy"):
    for edit in (md.edit, md.edit_clips):
        try:
            edit(film, [md.Span(0, 4)], out, mode)
        except md.MilesDeepError as error:
            print(type(error).__name__, error)
"""


@pytest.mark.parametrize("container", ["mp4", "mkv", "avi", "ts"])
def test_no_room_on_the_disk(container: str, film: Callable[[FilmSpec], Path], out: Path) -> None:
    """A limit on the size of files does as well as a full disk: writing fails in the middle."""
    start = Fraction(7, 5) if container == "ts" else Fraction(0)
    spec = FilmSpec(container, "mpeg4", (AudioTrack("mp3"),), duration=Fraction(4), bframes=0, start=start)
    assert film(spec).stat().st_size > 60_000
    before = state(film(spec))
    path = out / f"cut.{container}"
    command = [sys.executable, "-c", FULL, str(film(spec)), str(path)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=60)
    reason = f"cannot be written ({os.strerror(errno.EFBIG)})"
    lines = made.stdout.splitlines()
    assert len(lines) == 4
    assert lines[0] == lines[2] == f"OutputError {path}: {reason}"
    assert all(line.startswith("OutputError ") and line.endswith(reason) for line in lines)
    assert (made.stderr, made.returncode) == ("", 0)
    assert names(out) == []
    assert state(film(spec)) == before


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_the_film_is_as_readable_as_any_file(umask: int, source: Path, out: Path) -> None:
    before = os.umask(umask)
    try:
        md.edit(source, SPANS, out / "cut.mp4", "copy")
        md.edit_clips(source, SPANS, out / "clips", "copy")
    finally:
        os.umask(before)
    assert (out / "cut.mp4").stat().st_mode & 0o777 == 0o666 & ~umask
    assert (out / "clips").stat().st_mode & 0o777 == 0o777 & ~umask
    assert {path.stat().st_mode & 0o777 for path in (out / "clips").iterdir()} == {0o666 & ~umask}


def test_nothing_to_keep_leaves_nothing(source: Path, out: Path) -> None:
    for spans in ([], [Span(4, 5)], [Span(100, 200)]):
        for mode in MODES:
            with pytest.raises(OptionError, match="nothing to keep"):
                md.edit(source, spans, out / "cut.mp4", mode)
    with pytest.raises(OptionError, match="no mode 'clever'; there are: smart, copy, encode"):
        md.edit(source, SPANS, out / "cut.mp4", "clever")  # type: ignore[arg-type]
    assert names(out) == []


def test_a_source_that_is_gone(source: Path, out: Path) -> None:
    video = md.probe(source)
    assert video.index.frame_times
    source.unlink()
    with pytest.raises(MilesDeepError, match=r"film\.mp4: no such file"):
        md.edit(video, SPANS, out / "cut.mp4")
    assert names(out) == []


NAMES = [
    b"with spaces.mp4",
    b'quote\'s and "quotes".mp4',
    b"two\nlines.mp4",
    b"-leading dash.mp4",
    b"--force.mp4",
    b"50%25 %d %s.mp4",
    b"a:b.mp4",
    b"http:x?y=1&z#f.mp4",
    b"pipe|star*.mp4",
    b"back\\slash$HOME`ls`.mp4",
    b"caf\xe9.mp4",
    "\u30b7\u30cd\u30de \U0001f3ac.mp4".encode(),
    b".hidden.mp4",
    b"many.dots.in.it.mp4",
]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_any_name(name: bytes, source: Path, out: Path) -> None:
    path = source.rename(source.parent / os.fsdecode(name))
    for mode in MODES:
        result = md.edit(path, SPANS[:1], out / os.fsdecode(name), mode, force=True)
        assert [os.fsencode(entry.name) for entry in out.iterdir()] == [name]
        assert os.fsencode(result.path.name) == name
        assert numbers(result.path)[-25:] == NUMBERS[:25]
    [clip] = md.edit_clips(path, SPANS[:1], out / "clips")
    assert os.fsencode(clip.path.name) == name.removesuffix(b".mp4") + b".001.mp4"
    assert numbers(clip.path) == NUMBERS[:25]


def test_a_name_relative_to_the_folder_one_is_in(source: Path, out: Path) -> None:
    here = Path.cwd()
    os.chdir(source.parent)
    try:
        result = md.edit("film.mp4", SPANS, "-cut.mp4")
        assert names(source.parent) == ["-cut.mp4", "film.mp4"]
        assert result.path == Path("-cut.mp4")
    finally:
        os.chdir(here)
    assert numbers(source.parent / "-cut.mp4") == NUMBERS
