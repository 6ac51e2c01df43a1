"""`miles-deep classify`: the labels of pictures, as text, CSV and JSON, and those that are searched for."""

import csv
import io
import json
import os
import sys
from dataclasses import replace

import pytest
from cli_media import COLOURS, colour_model
from PIL import Image

from miles_deep import Model, load_model
from miles_deep.cli import main
from miles_deep.cli.picture_text import Telling


@pytest.fixture
def cli_bytes(capfdbinary):
    """Runs the command line where it has to end well, and gives what it printed."""

    def call(*arguments):
        assert main.run([str(argument) for argument in arguments]) == 0
        return capfdbinary.readouterr().out

    return call


@pytest.fixture
def album(place):
    """A red, a green and a blue picture, and an animation that is red and then green."""
    for name, letter in (("a", "r"), ("b", "g"), ("c", "b")):
        Image.new("RGB", (16, 12), COLOURS[letter]).save(place / f"{name}.png")
    red, green = (Image.new("RGB", (16, 12), COLOURS[letter]) for letter in "rg")
    red.save(place / "d.gif", save_all=True, append_images=[green], duration=[500, 1500])
    return place


def test_text(album, model, here):
    said = here("classify", album, "--model", model)
    assert (said.returncode, said.stderr) == (0, "")
    blocks = said.stdout.split(f"{album}{os.sep}")
    assert [block.splitlines()[0] for block in blocks[1:]] == ["a.png", "b.png", "c.png", "d.gif"]
    assert blocks[1].splitlines()[1:] == ["  1.00  red", "  1.00  warm (group)"]
    assert blocks[3].splitlines()[1:] == ["  1.00  blue"]
    times = ["  0:00:00-0:00:00.500  red 1.00", "  0:00:00.500-0:00:02  green 1.00"]
    assert blocks[4].splitlines()[1:] == ["  0.75  green", "  0.25  red", "  1.00  warm (group)", *times]


def test_csv(album, model, here):
    said = here("classify", album / "a.png", album / "d.gif", "--model", model, "-f", "csv", "--top", "2")
    rows = list(csv.DictReader(io.StringIO(said.stdout)))
    assert [(row["file"][-5:], row["kind"], row["label"]) for row in rows] == [
        ("a.png", "label", "red"),
        ("a.png", "label", "green"),
        ("a.png", "group", "warm"),
        ("d.gif", "label", "green"),
        ("d.gif", "label", "red"),
        ("d.gif", "group", "warm"),
    ]
    assert float(rows[3]["score"]) == pytest.approx(0.75, abs=0.01)


def test_json(album, model, here):
    said = here("classify", album, "--model", model, "--json", "--top", "1")
    told = json.loads(said.stdout)
    assert told["model"] == "colour" and len(told["digest"]) == 64
    assert [picture["labels"][0]["label"] for picture in told["pictures"]] == ["red", "green", "blue", "green"]
    assert [[group["group"] for group in picture["groups"]] for picture in told["pictures"]] == [["warm"]] * 4
    moving = told["pictures"][3]
    assert (moving["duration"], moving["looks"]) == (2, 2)
    assert [(one["start"], one["end"], one["label"]) for one in moving["over_time"]] == [
        (0, 0.5, "red"),
        (0.5, 2, "green"),
    ]
    assert "duration" not in told["pictures"][0]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (["-t", "red"], ["a.png", "d.gif"]),
        (["-t", "warm"], ["a.png", "b.png", "d.gif"]),
        (["-t", "warm & !green"], ["a.png", "d.gif"]),
        (["-x"], ["a.png", "b.png", "d.gif"]),
        (["-t", "blue", "-s", "1"], []),
    ],
)
def test_searched_for(album, model, here, asked, names):
    """By name alone, a line each; of an animation, one moment is enough."""
    said = here("classify", album, "--model", model, *asked)
    assert said.stdout.splitlines() == [str(album / name) for name in names]
    assert (said.returncode, said.stderr) == (0, "" if names else "none of 4 pictures\n")


def test_scores_of_what_is_searched_for(album, model, here):
    """And of nothing else; of an animation those of its best look."""
    said = here("classify", album, "--model", model, "-t", "red", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(said.stdout)))
    assert [(row["file"][-5:], row["kind"], row["label"]) for row in rows] == [
        ("a.png", "label", "red"),
        ("d.gif", "label", "red"),
    ]
    assert [float(row["score"]) for row in rows] == pytest.approx([1, 1], abs=0.01)
    said = here("classify", album / "b.png", "--model", model, "-t", "warm", "-t", "blue", "--json")
    [picture] = json.loads(said.stdout)["pictures"]
    assert [one["label"] for one in picture["labels"]] == ["blue"]
    assert [one["group"] for one in picture["groups"]] == ["warm"]


def test_a_file_that_appears_whole(album, model, here):
    out = album / "labels.csv"
    said = here("classify", album / "a.png", "--model", model, "-o", out)
    assert said.stdout == f"wrote {out}\n"
    assert out.read_text().startswith("file,kind,label,score\n")
    again = here("classify", album / "b.png", "--model", model, "-f", "csv", "-o", out)
    assert (again.returncode, again.stderr) == (1, f"miles-deep: {out}: is there already; --force overwrites it\n")
    assert here("classify", album / "b.png", "--model", model, "-f", "csv", "-o", out, "--force").returncode == 0
    assert "b.png" in out.read_text() and "a.png" not in out.read_text()


def test_what_is_no_picture(album, model, here):
    (album / "b.png").write_text("words")
    said = here("classify", album, album / "nosuch.jpg", "--model", model, "-t", "red")
    assert said.returncode == 1
    assert said.stdout.splitlines() == [str(album / "a.png"), str(album / "d.gif")]
    assert said.stderr.splitlines() == [
        f"miles-deep: {album / 'b.png'}: not a picture of a kind that can be read",
        f"miles-deep: {album / 'nosuch.jpg'}: no such file or folder",
    ]


def test_what_else_is_in_a_folder(album, model, here):
    """It is passed over, unless it is asked for by name, or says that it is a picture."""
    (album / "a.png").rename(album / "a")
    for name in ("notes.txt", "Thumbs.db", "film.mp4", "data.json"):
        (album / name).write_bytes(b"\0\0\0\x20ftypisom words")
    said = here("classify", album, "--model", model, "-t", "red")
    assert (said.returncode, said.stderr) == (0, "4 other files left out\n")
    assert said.stdout.splitlines() == [str(album / "a"), str(album / "d.gif")]
    said = here("classify", album / "notes.txt", album / "a", "--model", model, "-t", "red")
    assert said.returncode == 1 and "notes.txt: not a picture" in said.stderr
    (album / "phone.heic").write_text("words")
    said = here("classify", album, "--model", model, "-t", "red")
    assert said.returncode == 1 and "phone.heic: not a picture of a kind that can be read" in said.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_hostile_names(place, model, here):
    """What a person reads stays a line, and tells a terminal nothing; a program is told what it can open."""
    path = place / 'new\nline\x1b[31m, and a "comma".png'
    Image.new("RGB", (16, 12), COLOURS["r"]).save(path)
    asked = ("classify", place, "--model", model)
    escaped = f'{place}/new\\nline\\x1b[31m, and a "comma".png'
    assert (
        here(*asked).stdout.splitlines()[0] == Telling(load_model(model), 5, printable=True).name(path) == escaped
    )
    assert {row["file"] for row in csv.DictReader(io.StringIO(here(*asked, "-f", "csv").stdout))} == {str(path)}
    said = here(*asked, "--json").stdout
    assert "\x1b" not in said and json.loads(said)["pictures"][0]["file"] == str(path)
    assert here(*asked, "-t", "red").stdout == f"{path}\n"
    assert here(*asked, "-t", "red", "-0").stdout == f"{path}\0"
    assert here(*asked, "-t", "red", "-0", "-o", place / "names").returncode == 0
    assert (place / "names").read_text() == f"{path}\0"


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
def test_names_that_are_no_text(place, model, cli_bytes):
    """Byte for byte, in CSV and lists; in JSON as Python, and whoever follows it, writes such a byte."""
    name = os.fsencode(place) + b"/l\xe4tin.png"
    Image.new("RGB", (16, 12), COLOURS["r"]).save(os.fsdecode(name))
    asked = ("classify", place, "--model", model)
    assert cli_bytes(*asked, "-t", "red") == name + b"\n"
    assert name + b",label,red,0.99" in cli_bytes(*asked, "-f", "csv")
    assert os.fsencode(json.loads(cli_bytes(*asked, "--json"))["pictures"][0]["file"]) == name
    cli_bytes(*asked, "-o", place / "out.csv")
    assert name in (place / "out.csv").read_bytes()


def test_no_picture_at_all(place, model, here):
    said = here("classify", place, "--model", model)
    assert (said.returncode, said.stdout, said.stderr) == (1, "", "miles-deep: no pictures there\n")
    (place / "notes.txt").write_text("words")
    said = here("classify", place, "--model", model, "-o", place / "out.csv")
    assert (said.returncode, said.stdout) == (1, "") and not (place / "out.csv").exists()
    assert said.stderr == "1 other file left out\nmiles-deep: no pictures there\n"


def test_wrong_flags(album, model, here):
    picture = album / "a.png"
    cases = [
        ([], "Missing argument"),
        ([picture, "-t", "cow"], "no label 'cow' in the model"),
        ([picture, "-t", "red", "-x"], "-t and -x exclude each other"),
        ([picture, "-0"], "-0 is about lists of names"),
        ([picture, "-0", "-t", "red", "--json"], "-0 is about lists of names"),
        ([picture, "-s", "0.5"], "-s is about what is searched for"),
        ([picture, "-t", "red", "-s", "2"], "min score"),
        ([picture, "--top", "0"], "--top"),
        ([picture, "-f", "xml"], "-f"),
        ([picture, "-b", "0"], "the batch size must be"),
        ([""], "an empty path"),
        ([picture, "-f", "csv", "-o", album / "x.json"], "would be csv; give it another suffix"),
        ([picture, "--json", "-o", album / "x.csv"], "would be json"),
        ([picture, "--json", "-f", "text"], "-f text and --json exclude each other"),
        ([picture, "-o", picture], "is one of the pictures"),
        ([picture, "--model", "nosuch"], "no model 'nosuch'"),
    ]
    for arguments, said in cases:
        result = here("classify", *arguments, *(() if "nosuch" in arguments else ("--model", model)))
        assert said in result.stderr and result.stderr.count("\n") == 1, arguments
        assert result.returncode == (1 if "nosuch" in arguments else 2) and result.stdout == ""


def test_several_models(album, model, here):
    """Each has a top label of its own, and so a winner that can be searched for."""
    other = colour_model(album.parent / "other.onnx", ("hot", "mild", "cold"), ("cold",), name="other")
    both = ["--model", model, "--model", other]
    said = here("classify", album / "a.png", *both, "--top", "1", "-f", "csv")
    assert [row["label"] for row in csv.DictReader(io.StringIO(said.stdout)) if row["kind"] == "label"] == [
        "red",
        "hot",
    ]
    said = here("classify", album, *both, "-t", "mild")
    assert said.stdout.splitlines() == [str(album / name) for name in ("b.png", "d.gif")]
    said = here("classify", album / "d.gif", *both)
    first, second = "0:00:00-0:00:00.500", "0:00:00.500-0:00:02"
    assert said.stdout.splitlines()[-4:] == [
        f"  {first}  red 1.00 (colour)",
        f"  {second}  green 1.00 (colour)",
        f"  {first}  hot 1.00 (other)",
        f"  {second}  mild 1.00 (other)",
    ]
    told = json.loads(here("classify", album / "d.gif", *both, "--json").stdout)
    assert [(one["model"], one["start"], one["label"]) for one in told["pictures"][0]["over_time"]] == [
        ("colour", 0, "red"),
        ("colour", 0.5, "green"),
        ("other", 0, "hot"),
        ("other", 0.5, "mild"),
    ]


def test_labels_that_do_not_exclude_each_other(album, model, here):
    """What has a score that is high enough is found, whoever wins; of several models, if all are of that kind."""
    other = colour_model(album.parent / "other.onnx", ("hot", "mild", "cold"), ("cold",))
    each = [album.parent / f"each-{path.name}" for path in (model, other)]
    for path, of in zip(each, (model, other), strict=True):
        read = load_model(of)
        Model(replace(read.card, rules={"method": "each"}), read.network).save(path)
    winners, everywhere = ["b.png", "d.gif"], ["a.png", "b.png", "c.png", "d.gif"]
    cases = [  # a colour that is not there has a score of 0.00026
        ([each[0]], ["-t", "green", "-s", "0.0002"], everywhere),
        ([each[0]], ["-t", "green"], winners),
        ([each[0]], ["-t", "green", "-s", "0.0004"], winners),
        ([each[0]], ["-t", "warm", "-s", "0.0004"], everywhere),
        ([model], ["-t", "green", "-s", "0.0002"], winners),
        (each, ["-t", "mild", "-s", "0.0002"], everywhere),
        ([each[0], other], ["-t", "mild", "-s", "0.0002"], winners),
    ]
    for models, asked, names in cases:
        flags = [word for path in models for word in ("--model", path)]
        said = here("classify", album, *flags, *asked)
        assert said.stdout.splitlines() == [str(album / name) for name in names], asked
