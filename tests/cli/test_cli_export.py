"""miles-deep export: every format from one look at the film, all files or none."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_media import paint
from cli_run import done, done_json, run, tree

from miles_deep.export import FORMATS

PLAYERS = [name for name in FORMATS if name not in ("edl", "fcpxml", "xmeml", "otio")]


def rows(path: Path) -> list[list[str]]:
    return [row[:3] for row in csv.reader(path.read_text().splitlines())][1:]


def test_the_segments_of_all_labels(movie, model):
    before = movie.read_bytes()
    out = done("export", movie, "--model", model, "-f", "csv,webvtt", "-f", " json ,csv,")
    places = [movie.with_suffix(suffix) for suffix in (".csv", ".vtt", ".json")]
    assert out.splitlines() == [
        f"wrote {place}: 3 segments ({name})"
        for place, name in zip(places, ("csv", "webvtt", "json"), strict=True)
    ]
    assert rows(places[0]) == [["red", "0", "10"], ["green", "10", "16"], ["blue", "16", "20"]]
    document = json.loads(places[2].read_text())
    assert len(document["seconds"]) == 20 and document["model"]["labels"] == ["red", "green", "blue"]
    assert document["model"]["background"] == ["blue"] and document["film"]["name"] == "movie.mp4"
    assert set(tree(movie.parent)) == {"movie.mp4", "movie.csv", "movie.vtt", "movie.json"}
    assert movie.read_bytes() == before


@pytest.mark.parametrize(
    ("flags", "skips"),
    [
        (["-t", "green"], ["0.000 10.000", "16.000 20.000"]),
        (["-x"], ["16.000 20.000"]),
        (["--drop", "green"], ["10.000 16.000"]),
        (["-t", "green", "--margin", "1.5,0.25"], ["0.000 8.500", "16.250 20.000"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_what_is_kept(movie, model, flags, skips):
    done("export", movie, "--model", model, *flags, "-f", "kodi")
    lines = movie.with_suffix(".edl").read_text().splitlines()
    assert [line.replace("\t", " ") for line in lines] == [f"{skip} 0" for skip in skips]


def test_edges_to_the_frame(place, model):
    """Between the seconds that are looked at, as in a cut; --no-refine leaves them where the seconds end."""
    movie = paint(place / "film.mp4", "r6 g7")
    from_cut = done_json(movie, "-t", "green", "--model", model, "--dry-run")["segments"]
    for flags, start in (([], from_cut[0]["start"]), (["--no-refine", "--force"], 6)):
        done("export", movie, "--model", model, "-t", "green", "-f", "csv", *flags)
        assert float(rows(place / "film.csv")[0][1]) == start


def test_marks_instead_of_cuts(movie, model):
    done("export", movie, "--model", model, "--mark", "-f", "kodi")
    lines = movie.with_suffix(".edl").read_text().splitlines()
    assert [line for line in lines if line.startswith("##")] == [
        "## 0.000 10.000 red",
        "## 10.000 16.000 green",
        "## 16.000 20.000 blue",
    ]
    assert {line.split("\t")[2] for line in lines if not line.startswith("##")} == {"2"}


def test_formats_that_share_a_suffix(movie, model, tmp_path):
    (out := tmp_path / "out").mkdir()
    done("export", movie, "--model", model, "-t", "red", "-f", "kodi,mplayer,csv,llc", "-o", out)
    assert set(tree(out)) == {"movie.kodi.edl", "movie.mplayer.edl", "movie.csv", "movie.llc"}
    assert set(tree(movie.parent)) == {"movie.mp4"}


def test_every_format(movie, model, tmp_path):
    (out := tmp_path / "out").mkdir()
    formats = ",".join(FORMATS)
    result = run("export", movie, "--model", model, "-t", "red,green", "-f", formats, "-o", out, "--json")
    assert result.returncode == 0
    said = json.loads(result.stdout)
    assert [output["format"] for output in said["outputs"]] == list(FORMATS)
    assert {output["path"] for output in said["outputs"]} == {str(out / name) for name in tree(out)}
    assert said["movie"] == str(movie) and said["kept"] == [[0, 16]]
    assert [segment["label"] for segment in said["segments"]] == ["red"]


def test_a_single_format_to_a_file(movie, model, tmp_path):
    assert "(srt)" in done("export", movie, "--model", model, "-f", "srt", "-o", tmp_path / "any.name")
    assert (tmp_path / "any.name").read_text().startswith("1\n00:00:00,000 --> 00:00:10,000\nred\n")


def test_notes_are_told(movie, model):
    result = run("export", movie, "--model", model, "-f", "youtube", "-t", "red")
    assert result.returncode == 0 and result.stdout == f"wrote {movie.with_suffix('.txt')}: 1 segment (youtube)\n"
    assert result.stderr == "movie.mp4: YouTube shows chapters only where there are 3 or more, and these are 2\n"


def test_nothing_found(place, model):
    """A player is not told to skip the whole film; what lists segments lists none."""
    movie = paint(place / "film.mp4", "r8")
    result = run("export", movie, "--model", model, "-t", "green", "-f", "kodi,csv")
    assert result.returncode == 0 and result.stdout == f"wrote {place / 'film.csv'}: 0 segments (csv)\n"
    assert result.stderr == "film.mp4: nothing found to keep or to drop, so kodi is not written\n"
    assert set(tree(place)) == {"film.mp4", "film.csv"} and rows(place / "film.csv") == []


NAMES = ", ".join(FORMATS)
WRONG = {
    "no format": ([], "-f names no format; there are: "),
    "commas only": (["-f", " ,"], "-f names no format; there are: "),
    "unknown": (["-f", "csv,avid"], f"-f avid: no format 'avid'; there are: {NAMES}"),
    "nothing kept": (
        ["-f", "csv,kodi,llc"],
        "-f kodi,llc cuts: say what to keep with -t, -x or --drop, or mark all segments with --mark",
    ),
    "nothing kept, cannot mark": (["-f", "mplayer"], "-f mplayer cuts: say what to keep with -t, -x or --drop"),
    "cannot mark": (
        ["-f", "kodi,mplayer", "--mark"],
        "-f mplayer can only cut: give -t, -x or --drop, and no --mark",
    ),
    "both": (["-f", "csv", "-t", "red", "-x"], "-t and -x exclude each other"),
    "label": (["-f", "csv", "-t", "purple"], "no label 'purple' in the model"),
    "two to a file": (
        ["-f", "csv,srt", "-o", "nowhere"],
        "-o nowhere: no such folder, and one file does not hold",
    ),
    "the film": (["-f", "csv", "-o", "movie.mp4"], "movie.mp4: is the film itself"),
}


@pytest.mark.parametrize(("flags", "message"), WRONG.values(), ids=WRONG)
def test_wrong_at_once(movie, model, flags, message, here, monkeypatch):
    """Before the film is watched, and nothing is written."""
    monkeypatch.chdir(movie.parent)
    before = tree(movie.parent)
    result = here("export", movie, "--model", model, *flags)
    assert result.returncode == 2 and result.stdout == ""
    assert result.stderr.startswith(f"miles-deep: {message}") and result.stderr.count("\n") == 1
    assert tree(movie.parent) == before


def test_a_file_that_is_there(movie, model, here, cache):
    """Known before the film is watched: nothing is kept of it. With --force it is replaced."""
    movie.with_suffix(".vtt").write_bytes(b"mine")
    result = here("export", movie, "--model", model, "-f", "csv,webvtt")
    assert result.returncode == 1
    assert result.stderr == f"miles-deep: {movie.with_suffix('.vtt')}: is there already; --force overwrites it\n"
    assert set(tree(movie.parent)) == {"movie.mp4", "movie.vtt"} and "scores" not in tree(cache)
    assert movie.with_suffix(".vtt").read_bytes() == b"mine"
    assert here("export", movie, "--model", model, "-f", "csv,webvtt", "--force").returncode == 0
    assert movie.with_suffix(".vtt").read_text().startswith("WEBVTT\n")


def test_the_film_itself_is_never_written(model, place, movie, here):
    """Not under another name either, and not with --force."""
    before = movie.read_bytes()
    link = place / "movie.vtt"
    link.symlink_to(movie)
    result = here("export", movie, "--model", model, "-f", "webvtt", "--force")
    assert result.returncode == 2 and "is the film itself" in result.stderr
    assert movie.read_bytes() == before and link.is_symlink()


def test_a_stored_analysis_is_light(movie):
    """From kept scores of the default model, players' formats bring in nothing that is heavy."""
    program = "import sys; from miles_deep.cli.main import run; run(sys.argv[1:]); print(*sys.modules)"
    done("analyze", movie)
    words = ["export", str(movie), "-x", "-f", ",".join(PLAYERS)]
    result = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert "wrote" in result.stdout or "not written" in result.stderr
    heavy = {"opentimelineio", "matplotlib", "jinja2", "PIL", "rich", "onnx", "openvino"}
    assert "numpy" in result.stdout and not set(result.stdout.split()) & heavy


def test_help_tells_of_every_format():
    out = done("export", "--help")
    for name, format in FORMATS.items():
        assert f"\n  {name} " in out and format.suffix in out
