"""`cut --mark`: segments as chapters of a copy, and `tag` beside it."""

import shutil

import av
import pytest
from cli_media import colours_in
from cli_run import done, done_json, run, tree

from media import FilmSpec
from miles_deep import probe


def chapters(path):
    with av.open(str(path)) as film:
        return [
            (float(c["start"] * c["time_base"]), float(c["end"] * c["time_base"]), c["metadata"].get("title", ""))
            for c in film.chapters()
        ]


def test_the_segments_are_its_chapters(movie, model):
    before = movie.read_bytes()
    out = done("cut", movie, "--model", model, "--mark")
    marked = movie.with_name("movie.chapters.mp4")
    assert chapters(marked) == [(0, 10, "red"), (10, 16, "green"), (16, 20, "blue")]
    assert out.splitlines()[-1] == f"wrote {marked}: 0:00:20 with 3 segments as chapters"
    assert colours_in(marked) == colours_in(movie) and movie.read_bytes() == before
    assert set(tree(movie.parent)) == {"movie.mp4", "movie.chapters.mp4"}


def test_only_what_is_asked_for(movie, model, place):
    (place / "out").mkdir()
    done("cut", movie, "--model", model, "--mark", "-t", "green", "-o", place / "out")
    assert chapters(place / "out" / "movie.chapters.mp4") == [(0, 10, ""), (10, 16, "green"), (16, 20, "")]


def test_in_the_films_place(movie, model):
    done("cut", movie, "--model", model, "--mark", "--replace")
    assert set(tree(movie.parent)) == {"movie.mp4"} and len(chapters(movie)) == 3


@pytest.mark.parametrize("more", [["--dry-run"], ["-t", "red", "--margin", "-9"]])
def test_json_whatever_comes_of_it(movie, model, more):
    said = done_json("cut", movie, "--model", model, "--mark", *more)
    assert said["outputs"] == [] and len(said["segments"]) == (3 if more == ["--dry-run"] else 0)
    assert set(tree(movie.parent)) == {"movie.mp4"}


def test_a_container_without_chapters(place, model, film):
    """AVI becomes Matroska, and what is there is not overwritten, as is seen before the watching."""
    movie = shutil.copy(film(FilmSpec("avi", "mpeg4", audio=(), bframes=0)), place / "movie.avi")
    result = run("cut", movie, "--model", model, "--mark", "-s", "0")
    assert result.returncode == 0 and "avi holds no chapters: Matroska instead" in result.stderr
    assert chapters(place / "movie.chapters.mkv")
    again = run("cut", movie, "--model", model, "--mark")
    assert (again.returncode, again.stdout) == (1, "") and "movie.chapters.mkv: is there already" in again.stderr


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ([], "say what to keep or to drop with -t, -x or --drop, what else to do with --blur, "),
        (["--mark", "-c"], "-c is about a cut and --mark does not cut"),
        (["--mark", "--mode", "copy"], "--mode is about a cut and --mark does not cut"),
        (["--mark", "--no-verify"], "--no-verify is about a cut and --mark does not cut"),
        (["--mark", "--blur", "red"], "--blur is about a cut and --mark does not cut"),
        (["--mark", "--speed", "red=2"], "--speed is about a cut and --mark does not cut"),
    ],
)
def test_what_makes_no_sense(movie, model, flags, says):
    result = run("cut", movie, "--model", model, *flags)
    assert (result.returncode, result.stdout) == (2, "") and says in result.stderr


def test_cut_and_tag_do_what_the_bare_form_does(movie, model):
    done("cut", movie, "--model", model, "-t", "green")
    assert probe(movie.with_name("movie.cut.mp4")).duration == 6
    done("tag", movie, "--model", model)
    tags = movie.with_name("movie.tag").read_bytes()
    done(movie, "--model", model, "-a", "--force")
    assert movie.with_name("movie.tag").read_bytes() == tags
    result = run("tag", movie, "--model", model, "-o", movie.parent / "missing")
    assert result.returncode == 2 and "no such folder" in result.stderr
