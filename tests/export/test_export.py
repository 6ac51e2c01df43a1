"""export: the door to all formats."""

from pathlib import Path

import pytest

from media import FilmSpec
from miles_deep import Segment, Span, Video, export, probe
from miles_deep.errors import OptionError, OutputError, OutputExistsError
from miles_deep.export import WRITERS

SEGMENTS = [Segment(Span(5, 12), "b", 0.5, 1.0), Segment(Span(0, 5), "a", 0.75, 0.8)]
CONTENT = b"label,start,end,score,coverage\na,0,4,0.75,0.8\nb,5,11,0.5,1\n"


@pytest.fixture(scope="module")
def video(film) -> Video:
    return probe(film(FilmSpec(audio=())))


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("suffix", [".tag", ".TAG"])
def test_the_suffix_says_which_format(tmp_path, video, suffix):
    path = tmp_path / f"film{suffix}"
    assert export(SEGMENTS, path, video=video, labels=["a", "b", "c"]) == path
    assert path.read_bytes() == f"{video.path.name},a,b,c\n12,5,7,0\n".encode() + CONTENT


def test_the_format_says_it_louder(tmp_path, video):
    export(SEGMENTS, str(tmp_path / "film.txt"), video=video, format="tag")
    assert (tmp_path / "film.txt").read_bytes() == f"{video.path.name},a,b\n12,5,7\n".encode() + CONTENT


@pytest.mark.parametrize(("name", "format"), [("film.xyz", None), ("film", None), ("film.tag", "xyz")])
def test_unknown_format(tmp_path, video, name, format):
    with pytest.raises(OptionError) as caught:
        export(SEGMENTS, tmp_path / name, video=video, format=format)
    asked = format or Path(name).suffix.lstrip(".")
    assert str(caught.value) == f"{tmp_path / name}: no format {asked!r}; there are: {', '.join(WRITERS)}"
    assert names(tmp_path) == []


def test_a_file_that_is_there(tmp_path, video):
    path = tmp_path / "film.tag"
    path.write_bytes(b"old")
    with pytest.raises(OutputExistsError, match=r"film.tag: is there already; --force overwrites it"):
        export(SEGMENTS, path, video=video)
    assert path.read_bytes() == b"old"
    export(SEGMENTS, path, video=video, force=True)
    assert path.read_bytes().endswith(CONTENT) and names(tmp_path) == ["film.tag"]


def test_a_folder_that_is_not_there(tmp_path, video):
    with pytest.raises(OutputError, match=r"missing: no such folder$"):
        export(SEGMENTS, tmp_path / "missing" / "film.tag", video=video)
    assert names(tmp_path) == []


def test_a_folder_in_its_place(tmp_path, video):
    (tmp_path / "film.tag").mkdir()
    with pytest.raises(OutputError, match=r"film.tag: is a folder$"):
        export(SEGMENTS, tmp_path / "film.tag", video=video, force=True)


def test_text_that_cannot_be_written_leaves_nothing(tmp_path, video):
    """Half a surrogate pair is no text; the old file stays, and no unfinished one."""
    path = tmp_path / "film.tag"
    path.write_bytes(b"old")
    with pytest.raises(UnicodeEncodeError):
        export([Segment(Span(0, 1), "\ud800", 1.0, 1.0)], path, video=video, force=True)
    assert path.read_bytes() == b"old" and names(tmp_path) == ["film.tag"]


def test_every_format_writes_text(video):
    for name, writer in WRITERS.items():
        assert "a" in writer(SEGMENTS, ["a", "b"], video, video.duration), name
        assert writer([], ["a", "b"], video, video.duration), name
