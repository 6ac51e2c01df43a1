"""`cut --join`: one film of several; its frames prove of which, and where."""

import json
import shutil

import pytest
from cli_media import RATE, colour_model, colours_in, paint, seconds_of
from cli_run import done, done_json, tree

from media import FilmSpec, decode_audio, decode_video, read_frame_number, sound_time
from miles_deep import probe


def frames_of(schedule: str) -> str:
    return "".join(colour * RATE for colour in seconds_of(schedule))


@pytest.fixture
def films(place, painted):
    """Two films: green in the middle, and green at the start."""
    names = {"movie.mp4": "r10 g6 b4", "other.mp4": "g7 b4 r4"}
    return [shutil.copy(painted(schedule), place / name) for name, schedule in names.items()]


@pytest.fixture
def joined(films, model, here):
    """Joins the two, in this process, with some flags, and gives what was said."""

    def call(*flags):
        return here("cut", "--join", *films, "--model", model, *flags)

    return call


def test_frame_for_frame(place, model, film):
    """Of two films with sound and B-frames; the sound is in step in both."""
    names = {"a.mp4": FilmSpec(duration=20), "b.mp4": FilmSpec()}
    one, other = (shutil.copy(film(spec), place / name) for name, spec in names.items())
    before = tree(place)
    said = done_json("cut", "--join", one, other, "-t", "green", "--model", model)
    spans = [movie["kept"] for movie in said["movies"]]
    asked = [range(round(start * 25), round(end * 25)) for [(start, end)] in spans]
    [made] = said["outputs"]
    assert made["path"] == str(place / "a.join.mp4") and 0 < made["copied_frames"] < made["frames"]
    numbers = [read_frame_number(rgb) for _, rgb in decode_video(place / "a.join.mp4")]
    assert numbers == [*asked[0], *asked[1]] and len(asked[1]) > 100
    assert {name: content for name, content in tree(place).items() if name != "a.join.mp4"} == before
    sound, rate, first = decode_audio(place / "a.join.mp4")
    begins = len(asked[0]) / 25
    for at in (begins - 3, begins - 1, begins + 1, begins + 3):
        true = asked[0][0] / 25 + at if at < begins else asked[1][0] / 25 + at - begins
        here = round((at - float(first)) * rate)
        assert sound_time(sound[here : here + rate // 10], rate, near=true) == pytest.approx(true, abs=0.02)


def test_what_it_prints(films, joined):
    result = joined("-t", "green")
    assert (result.returncode, result.stderr) == (0, "")
    output = films[0].with_name("movie.join.mp4")
    assert result.stdout.splitlines() == [
        f"{films[0]}:",
        "0:00:10-0:00:16          score 1.00  coverage 1.00  green",
        f"{films[1]}:",
        "0:00:00-0:00:07          score 1.00  coverage 1.00  green",
        f"wrote {output}: 0:00:13, copied 90 of 130 frames, 2 spans (smart)",
    ]
    assert colours_in(output) == frames_of("g6 g7")


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        (["--drop", "green"], "r10 b4 b4 r4"),
        (["-t", "red", "--mode", "encode"], "r10 r4"),
        (["-x", "--speed", "green=2"], "r10 g3 g3 r4"),
    ],
)
def test_keeps_what_was_asked_for(films, joined, flags, kept):
    result = joined(*flags)
    assert (result.returncode, result.stderr) == (0, "")
    made = colours_in(films[0].with_name("movie.join.mp4"))
    assert made.replace("g", "") == frames_of(kept).replace("g", "")
    assert abs(len(made) - len(frames_of(kept))) <= 5, "an odd number of frames halved"


def test_the_plan(films, joined):
    before = tree(films[0].parent)
    lines = joined("-t", "green", "--dry-run").stdout.splitlines()
    assert lines[4:] == [
        "would write 0:00:13, copied 90 of 130 frames (smart):",
        f"  of {films[0]}:",
        "  encode 0:00:10-0:00:12             20 frames, begins inside a group of pictures",
        "  copy   0:00:12-0:00:15             30 frames, 1 whole group of pictures",
        "  encode 0:00:15-0:00:16             10 frames, ends inside a group of pictures",
        f"  of {films[1]}:",
        "  copy   0:00:00-0:00:06             60 frames, 2 whole groups of pictures",
        "  encode 0:00:06-0:00:07             10 frames, ends inside a group of pictures",
    ]
    said = json.loads(joined("-t", "green", "--dry-run", "--json").stdout)
    assert [movie["movie"] for movie in said["movies"]] == [str(film) for film in films]
    assert [(piece["movie"], piece["start"], piece["output_start"]) for piece in said["pieces"]] == [
        (str(films[0]), 10, 0),
        (str(films[1]), 0, 6),
    ]
    assert tree(films[0].parent) == before


def test_a_film_with_nothing_in_it_is_left_out(place, films, model, here):
    """Also where it is the first, by which the output is called."""
    films = [paint(place / "red.mp4", "r5"), *films]
    result = here("cut", "--join", *films, "-t", "green", "--model", model)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(
        f"{films[0]}:\nno segment of green found; it is left out\n{films[1]}:\n0:00:10"
    )
    assert colours_in(place / "red.join.mp4") == frames_of("g6 g7")


def test_a_film_with_nothing_to_take_away_is_kept_whole(place, films, model, here):
    red = paint(place / "red.mp4", "r5")
    result = here("cut", "--join", red, films[1], "--drop", "green", "--model", model)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{red}:\nno segment of green found; it is kept whole\n")
    assert colours_in(place / "red.join.mp4") == frames_of("r5 b4 r4")


def test_nothing_at_all(place, model, here):
    films = [paint(place / "red.mp4", "r5"), paint(place / "blue.mp4", "b5")]
    for more in ([], ["--dry-run"]):
        result = here("cut", "--join", *films, "-t", "green", "--model", model, *more)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.splitlines()[-1] == "nothing of the films is left; nothing written"
    assert (
        json.loads(here("cut", "--join", *films, "-t", "green", "--model", model, "--json").stdout)["outputs"]
        == []
    )
    assert set(tree(place)) == {"red.mp4", "blue.mp4"}


def test_output_folder_and_force(films, model, tmp_path):
    (out := tmp_path / "out").mkdir()
    (made := out / "movie.join.mp4").write_bytes(b"mine")
    arguments = ["cut", "--join", *films, "-t", "blue", "-o", out, "--model", model]
    done(*arguments, "--force")
    assert probe(made).duration == 8 and set(tree(films[0].parent)) == {"movie.mp4", "other.mp4"}


BAD = {
    "-t green -c": (2, "-c is about one movie and --join about several"),
    "-t green --replace": (2, "--replace is about one movie and --join about several"),
    "--mark": (2, "--mark is about one movie and --join about several"),
    "": (2, "say what to keep or to drop with -t, -x or --drop"),
    "-t gren": (2, "did you mean 'green'?"),
    "-t green nope.mp4": (1, "nope.mp4: no such file"),
    "-t green wide.mp4": (2, "wide.mp4: cannot be joined to movie.mp4: its picture is h264 128x64"),
    "-t green loud.mp4": (2, "loud.mp4: cannot be joined to movie.mp4: sound tracks 1, not 0"),
    "-t green --force movie.join.mp4": (1, "movie.join.mp4: is the film itself; give the output another name"),
    "-t green --mode copy other.avi": (2, "cannot be joined by mode copy"),
}
"""Flags and films after the usual two to the exit code and what is said."""


@pytest.mark.parametrize("flags", BAD)
def test_what_cannot_be_joined(place, films, here, monkeypatch, flags):
    """It is told in one line before anything is watched: with a model that fails at the first frame."""
    monkeypatch.chdir(place)
    paint(place / "wide.mp4", "g5", size=(128, 64))
    paint(place / "loud.mp4", "g5", sound=True)
    paint(place / "other.avi", "g5", container="avi")
    if "movie.join.mp4" in flags:
        shutil.copy(films[0], place / "movie.join.mp4")
    model = colour_model(place / "two.onnx", labels=("red", "green"), background=())
    before = tree(place)
    result = here("cut", "--join", "movie.mp4", "other.mp4", "--model", model, *flags.split())
    code, says = BAD[flags]
    assert (result.returncode, result.stdout) == (code, "")
    assert says in result.stderr and result.stderr.count("\n") == 1
    assert tree(place) == before


def test_what_is_there_already_stays(films, joined):
    (made := films[0].with_name("movie.join.mp4")).write_bytes(b"mine")
    result = joined("-t", "green")
    assert (result.returncode, made.read_bytes()) == (1, b"mine")
    assert result.stderr == f"miles-deep: {made}: is there already; --force overwrites it\n"


def test_one_film_is_not_joined(movie, model, here):
    result = here("cut", "--join", movie, "-t", "green", "--model", model)
    assert result.returncode == 2 and "give two movies or more" in result.stderr
