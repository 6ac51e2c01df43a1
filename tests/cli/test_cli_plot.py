"""`miles-deep plot`: from a film to a picture of it."""

import json
import xml.etree.ElementTree as ET

import pytest
from cli_run import done, tree

from miles_deep.report.palette import KEPT, PALETTE


def texts_in(path):
    return {text.text for text in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")}


def test_beside_the_movie(movie, model, place):
    """A process of its own, that says what it did and nothing else."""
    assert done("plot", movie, "--model", model) == f"wrote {place / 'movie.png'}: 3 segments\n"
    assert set(tree(place)) == {"movie.mp4", "movie.png"}
    assert (place / "movie.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_kept(movie, model, place, here):
    result = here("plot", movie, "--model", model, "-t", "red", "--margin", "1", "-o", place / "a.svg", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    told = json.loads(result.stdout)
    assert told["output"] == str(place / "a.svg")
    assert [(segment["label"], segment["end"]) for segment in told["segments"]] == [("red", 11)]
    assert {"movie.mp4", "red", "green", "blue", "kept"} <= texts_in(place / "a.svg")
    drawn = (place / "a.svg").read_text("utf-8")
    assert PALETTE[0] in drawn and KEPT in drawn


def test_all_labels_where_nothing_is_asked_for(movie, model, place, here):
    assert here("plot", movie, "--model", model, "-o", place / "a.svg").returncode == 0
    assert "kept" not in texts_in(place / "a.svg") and KEPT not in (place / "a.svg").read_text("utf-8")


@pytest.mark.parametrize(("flags", "groups"), [([], {"warm"}), (["-t", "red"], set())])
def test_groups_above_labels(movie, model, place, here, flags, groups):
    assert here("plot", movie, "--model", model, *flags, "-o", place / "a.svg").returncode == 0
    assert texts_in(place / "a.svg") & {"warm"} == groups


@pytest.mark.parametrize(
    ("flags", "said", "code"),
    [
        (["-o", "a.mp4"], "a.mp4: a picture's name has to end in .png or .svg", 2),
        (["-o", "nowhere/a.png"], "nowhere: no such folder", 1),
        (["-o", "there.png"], "there.png: is there already; --force overwrites it", 1),
        (["-o", "a.png", "-t", "purple"], "no label 'purple' in the model", 2),
        (["-o", "a.png", "-t", "red |"], "a label is missing", 2),
        (["-o", "a.png", "-t", "red", "-x"], "-t and -x exclude each other", 2),
        (["-o", "a.png", "-s", "7"], "min score must be 0 to 1, not 7", 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_refused_before_the_film_is_watched(movie, model, place, here, monkeypatch, flags, said, code):
    monkeypatch.chdir(place)
    (place / "there.png").write_text("mine")
    before = tree(place)
    result = here("plot", movie, "--model", model, *flags)
    assert result.returncode == code and result.stdout == ""
    assert said in result.stderr and result.stderr.startswith("miles-deep: ")
    assert tree(place) == before


def test_the_film_is_not_painted_over(movie, model, place, here):
    film = movie.rename(place / "movie.png")
    result = here("plot", film, "--model", model, "--force")
    assert result.returncode == 2 and "is the film itself" in result.stderr
    assert film.stat().st_size == len(tree(place)["movie.png"])
