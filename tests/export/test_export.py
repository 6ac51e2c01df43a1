"""export: the door to all formats."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from player_cases import CASES, cutlist, segment
from player_cases import film as film_of

from media import FilmSpec
from miles_deep import Segment, Span, Video, export, probe
from miles_deep.errors import OptionError, OutputError, OutputExistsError
from miles_deep.export import FORMATS, ExportResult, export_all
from miles_deep.export.write import format_of

SEGMENTS = [Segment(Span(5, 12), "b", 0.5, 1.0), Segment(Span(0, 5), "a", 0.75, 0.8)]
CONTENT = b"label,start,end,score,coverage\na,0,4,0.75,0.8\nb,5,11,0.5,1\n"


@pytest.fixture(scope="module")
def video(film) -> Video:
    return probe(film(FilmSpec(audio=())))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("suffix", [".tag", ".TAG"])
def test_the_suffix_says_which_format(tmp_path, video, suffix):
    path = tmp_path / f"film{suffix}"
    assert export(SEGMENTS, path, video=video, labels=["a", "b", "c"]) == ExportResult(path, "tag")
    assert path.read_bytes() == f"{video.path.name},a,b,c\n12,5,7,0\n".encode() + CONTENT


def test_the_format_says_it_louder(tmp_path, video):
    export(SEGMENTS, str(tmp_path / "film.txt"), video=video, format="tag")
    assert (tmp_path / "film.txt").read_bytes() == f"{video.path.name},a,b\n12,5,7\n".encode() + CONTENT


@pytest.mark.parametrize("name", FORMATS)
def test_a_name_that_says_the_format(name):
    suffix = FORMATS[name].suffix
    assert (
        format_of(Path(f"film.{name}{suffix}"))
        == format_of(Path(f"a.FILM.{name.upper()}{suffix.upper()}"))
        == name
    )


@pytest.mark.parametrize(
    ("name", "format"),
    {
        "a.csv": "csv",
        "a.json": "json",
        "kodi.csv": "csv",
        "a.kodi.csv": "csv",
        "a.vtt": "webvtt",
        "a.llc": "llc",
    }.items(),
)
def test_suffixes_that_formats_share(name, format):
    """The format that is named like the suffix has it, and a word before it counts only where it fits."""
    assert format_of(Path(name)) == format


@pytest.mark.parametrize(("name", "format"), [("film.xyz", None), ("film", None), ("film.tag", "xyz")])
def test_unknown_format(tmp_path, video, name, format):
    with pytest.raises(OptionError) as caught:
        export(SEGMENTS, tmp_path / name, video=video, format=format)
    asked = format or Path(name).suffix.lstrip(".")
    assert str(caught.value) == f"{tmp_path / name}: no format {asked!r}; there are: {', '.join(FORMATS)}"
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
    with pytest.raises(OutputError, match=r"film.tag: a name is no text \('\\ud800'\)$"):
        export([Segment(Span(0, 1), "\ud800", 1.0, 1.0)], path, video=video, force=True)
    assert path.read_bytes() == b"old" and names(tmp_path) == ["film.tag"]


def test_what_is_kept_is_the_segments_unless_told(tmp_path):
    found = [segment(10, 20), segment(20, 30, "dog")]
    export(found, tmp_path / "a.kodi.edl", video=film_of(duration=60))
    export(found, tmp_path / "b.kodi.edl", video=film_of(duration=60), kept=[Span(5, 60)])
    export(found, tmp_path / "c.kodi.edl", video=film_of(duration=60), duration=Fraction(40))
    cuts = [(tmp_path / f"{name}.kodi.edl").read_text().replace("\t", " ").splitlines() for name in "abc"]
    assert cuts == [
        ["0.000 10.000 0", "30.000 60.000 0"],
        ["0.000 5.000 0"],
        ["0.000 10.000 0", "30.000 40.000 0"],
    ]


def test_scores_say_labels_and_length(tmp_path):
    scores = CASES["scores"].scores
    export([segment(2, 4)], tmp_path / "a.json", video=film_of(), scores=scores)
    document = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert document["model"]["labels"] == ["cat", "other"] and document["film"]["duration"] == 4.5
    assert [second["looked"] for second in document["seconds"]] == scores.looked.tolist()
    assert [second["time"] for second in document["seconds"]] == scores.times.tolist()
    for second, row in zip(document["seconds"], scores.values.tolist(), strict=True):
        assert second["scores"] == pytest.approx(row, abs=1e-8)


@pytest.mark.parametrize("name", [name for name, format in FORMATS.items() if not format.marks])
def test_a_format_that_cannot_mark(tmp_path, name):
    with pytest.raises(OptionError, match=f"{name} only cuts; it has no way to mark segments"):
        export([segment(1, 2)], tmp_path / "a.out", video=film_of(), format=name, mark=True)
    assert names(tmp_path) == []


def test_a_varying_frame_rate_is_told(tmp_path, film):
    video = probe(film(FilmSpec(container="mkv", vfr=True, audio=())))
    result = export([segment(1, 2)], tmp_path / "a.json", video=video, format="auto-editor")
    assert result.notes == (
        "auto-editor: the film's frame rate varies, so times were resampled to a constant one",
    )
    assert export([segment(1, 2)], tmp_path / "a.vtt", video=video).notes == ()


def test_too_few_chapters_are_told(tmp_path):
    result = export([segment(100, 200)], tmp_path / "a.txt", video=film_of(duration=200))
    assert result.notes == ("YouTube shows chapters only where there are 3 or more, and these are 2",)
    assert (tmp_path / "a.txt").read_text() == "0:00 other\n1:40 cat\n"


def test_several_at_once(tmp_path):
    paths = {"csv": tmp_path / "a.csv", "srt": tmp_path / "b.srt"}
    assert export_all(cutlist(segment(1, 2)), paths) == [ExportResult(path, name) for name, path in paths.items()]
    assert names(tmp_path) == ["a.csv", "b.srt"]


@pytest.mark.parametrize("order", [1, -1])
def test_all_of_several_or_none(tmp_path, order):
    """One cannot be written, so none is, whichever comes first."""
    paths = {"csv": tmp_path / "a.csv", "srt": tmp_path / "b.srt", "webvtt": tmp_path / "missing" / "c.vtt"}
    with pytest.raises(OutputError, match=r"missing: no such folder$"):
        export_all(cutlist(segment(1, 2)), dict(list(paths.items())[::order]))
    assert names(tmp_path) == []


@pytest.mark.parametrize("order", [1, -1])
def test_a_file_that_appears_meanwhile(tmp_path, order):
    """It stays, and the others go, though one had its name already."""
    late = tmp_path / "b.srt"

    class Paths(dict):
        """After the second look at them, when all is written and nothing has its name yet, that file is there."""

        looks = 0

        def items(self):
            self.looks += 1
            yield from super().items()
            if self.looks == 2:
                late.write_bytes(b"mine")

    paths = {"csv": tmp_path / "a.csv", "srt": late, "webvtt": tmp_path / "c.vtt"}
    with pytest.raises(OutputExistsError, match=r"b.srt: has appeared meanwhile"):
        export_all(cutlist(segment(1, 2)), Paths(list(paths.items())[::order]))
    assert names(tmp_path) == ["b.srt"] and late.read_bytes() == b"mine"
