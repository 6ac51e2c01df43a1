"""`--model` given more than once, and `--groups`: what is printed, kept, tagged and cut."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_media import colour_model

from miles_deep import Scores, analyze, find_all
from miles_deep.export import tag

LIGHT = ("fire", "blue", "water")
"""What the other model calls red, green and blue: what it takes for blue is green."""


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("light") / "light.onnx"
    return colour_model(path, LIGHT, background=(), groups={}, name="light")


@pytest.fixture
def both(model: Path, light: Path) -> list[str]:
    return ["--model", str(model), "--model", str(light)]


@pytest.fixture
def say(here: Callable[..., Any]) -> Callable[..., str]:
    """Runs the command line where it has to end well, and gives what it printed."""

    def call(*arguments: object) -> str:
        result = here(*arguments)
        assert (result.returncode, result.stderr) == (0, "")
        return str(result.stdout)

    return call


def test_what_it_contains(movie, model, light, both, say):
    """The labels of both, each found against those of its own model only."""
    said = json.loads(say(movie, *both, "--json"))
    assert [one["name"] for one in said["models"]] == ["colour", "light"]
    seconds = {row["label"]: row["seconds"] for row in said["labels"]}
    assert seconds == {"red": 10, "green": 6, "colour:blue": 4, "fire": 10, "light:blue": 6, "water": 4}
    out = say(movie, *both)
    assert "20 seconds watched before" in out and "keep all but colour:blue" in out
    assert f" --model {model} --model {light} -t warm " in out.replace("'", "")


def test_whose_rules(movie, model, place, say):
    """Each model's are told, as far as they are followed: a method that only one has is nobody's."""
    other = colour_model(place / "other.onnx", LIGHT, rules={"method": "each", "min_score": 0.3}, name="other")
    line = say(movie, "--model", model, "--model", other).splitlines()[1]
    assert line == "colour: the usual rules; other: min_score 0.3; -s, -g, -u and others say otherwise"
    line = say(movie, "--model", other).splitlines()[1]
    assert line == "by the rules that come with other; -s, -g, -u and others say otherwise"


def test_analyze_names_them(movie, both, say):
    assert "\nby colour and light, exact sampling\n" in say("analyze", movie, *both)
    said = json.loads(say("analyze", movie, *both, "--json"))
    assert said["model"] == "colour and light" and not said["fresh"]
    assert [one["labels"] for one in said["models"]] == [["red", "green", "blue"], list(LIGHT)]


def test_what_each_has_seen_serves_both(movie, model, light, both, say):
    """And the other way round; in Python as well."""
    runs = (["--model", model], ["--model", light], both, ["--model", light, "--model", model])
    fresh = [json.loads(say("analyze", movie, *models, "--json"))["fresh"] for models in runs]
    assert fresh == [True, True, False, False]
    scores = analyze(movie, [model, light])
    assert scores.heads == (3, 3)
    assert (scores.values == analyze(movie, [str(light), model]).values[:, [3, 4, 5, 0, 1, 2]]).all()


@pytest.mark.parametrize(
    ("flags", "spans"),
    [
        (["-t", "water", "-t", "red"], [(0, 10), (16, 20)]),
        (["-t", "water|red"], [(0, 10), (16, 20)]),
        (["-t", "light:blue"], [(10, 16)]),
        (["-t", "light:water"], [(16, 20)]),
        (["-t", "colour:warm & !colour:green", "--drop", "light:blue"], [(0, 10)]),
        (["-t", "red,green", "--drop", "fire"], [(10, 16)]),
        (["-t", "!water"], [(0, 16)]),
    ],
)
def test_what_is_kept(movie, both, flags, spans, say):
    """Edges to the frame, where both look again."""
    said = json.loads(say("export", movie, *both, *flags, "-f", "csv", "--json"))
    assert [tuple(span) for span in said["kept"]] == spans


def test_a_model_without_background(movie, both, here):
    """Nothing of it can be all but its background, and that is said."""
    result = here("export", movie, *both, "-x", "-f", "csv", "--json")
    assert result.stderr == "light names no background label, so -x keeps nothing of it; use -t\n"
    assert json.loads(result.stdout)["kept"] == [[0, 16]]


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        (["-t", "blue"], "label 'blue' could be any of: colour:blue; light:blue"),
        (["-t", "red & fire"], "'red' and 'fire' are of different models"),
        (["--model", "MODEL"], "model colour is given twice"),
    ],
)
def test_what_makes_no_sense(movie, model, both, flags, error, here):
    result = here(movie, *both, *(str(model) if flag == "MODEL" else flag for flag in flags))
    assert result.returncode == 2 and error in result.stderr.splitlines()[0]


def test_truth_of_both(movie, both, here):
    """Each label is held against the winners of its own model, so that both may be right in a second."""
    truth = movie.with_name("truth.csv")
    truth.write_text("label,start,end\nred,0,10\nfire,0,10\nwater,10,16\n")
    result = here("evaluate", movie, "--truth", truth, *both, "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["seconds_with_several"] == 10
    assert [label["label"] for label in found["labels"]] == ["red", "fire", "water"]
    assert found["labels"][0]["seconds"]["f1"] == found["labels"][0]["segments"]["0.75"]["f1"] == 1


@pytest.mark.parametrize("command", ["plot", "report"])
def test_pictures_of_both(movie, both, command, say):
    say(command, movie, *both, "-t", "water", "-t", "red")
    assert movie.with_suffix(".png" if command == "plot" else ".html").stat().st_size > 10_000


@pytest.fixture
def groups(place: Path) -> Path:
    path = place / "groups.toml"
    path.write_text('other = true\n[groups]\nbright = ["red", "green"]\n"not green, ever" = ["red"]\n')
    return path


def test_groups_asked_for(movie, model, groups, say):
    """They take the place of the model's own; nothing is watched again for them, nor brought back."""
    say("analyze", movie, "--model", model)
    out = say(movie, "--model", model, "--groups", groups)
    assert "watched before" in out and "warm" not in out
    rows = [line.split("  ")[0] for line in out.splitlines()[2:6]]
    assert rows == ["group", "bright", "not green, ever", "other"]
    assert "-t bright " in out and "keep all but other" in out and f"--groups {groups}" in out.replace("'", "")
    assert "warm" in say(movie, "--model", model)


def test_tags_by_groups(movie, model, groups, say):
    """Names with commas come out as they went in."""
    say(movie, "--model", model, "--groups", groups, "-a")
    read = tag.read(movie.with_suffix(".tag"))
    assert read.seconds == {"bright": 16, "not green, ever": 10, "other": 4}
    assert [segment.label for segment in read.segments] == ["not green, ever", "bright", "other"]
    say("export", movie, "--model", model, "--groups", groups, "-f", "csv", "--force")
    with movie.with_suffix(".csv").open(newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["not green, ever", "bright", "other"]


@pytest.mark.parametrize(
    ("flags", "spans"), [(["-x"], [(0, 16)]), (["-t", "other"], [(16, 20)]), (["-t", "bright"], [(0, 16)])]
)
def test_cuts_by_groups(movie, model, groups, flags, spans, say):
    words = ["export", movie, "--model", model, "--groups", groups, *flags, "-f", "csv", "--json"]
    assert [tuple(span) for span in json.loads(say(*words))["kept"]] == spans


@pytest.mark.parametrize("command", [["plot"], ["report"], ["cut", "--mark"]], ids=" ".join)
def test_pictures_and_marks_by_groups(movie, model, groups, command, say):
    out = say(*command, movie, "--model", model, "--groups", groups, "--json")
    assert {segment["label"] for segment in json.loads(out)["segments"]} == {"bright", "not green, ever", "other"}


def test_more_than_fits_a_table(movie, place, say):
    """What has most seconds is shown, and no name breaks a line."""
    long = {f"group {number} " + 40 * "m": ("red", "green") if number > 20 else ("blue",) for number in range(40)}
    model = colour_model(place / "many.onnx", groups=long)
    _, groups, labels, _ = say(movie, "--model", model).split("\n\n")
    names = [line.split("  ")[0] for line in groups.splitlines()[1:-1]]
    assert len(names) == 20 and len(set(names) & {f"group {number} {30 * 'm'}~" for number in range(21, 40)}) == 19
    assert groups.splitlines()[-1] == "(20 more groups with segments; --json has all)"
    assert len(labels.splitlines()) == 4
    assert len(json.loads(say(movie, "--model", model, "--json"))["groups"]) == 40


def test_groups_of_several_models(movie, both, groups, say):
    """What is in no group is summed apart for each."""
    said = json.loads(say(movie, *both, "--groups", groups, "--json"))
    assert [row["group"] for row in said["groups"]] == ["bright", "not green, ever", "colour:other", "light:other"]


MANY = tuple(f"n{number:08} thing{number}, a thing, of number {number}" for number in range(3))


def test_labels_with_commas(movie, place, say):
    """As ImageNet has them: tagged, written to Parquet, asked for by a word."""
    model = colour_model(place / "words.onnx", MANY, background=(), groups={})
    out = say(movie, "--model", model)
    assert "-t thing0 " in out
    say("analyze", movie, "--model", model, "--scores", place / "s.parquet")
    scores = Scores.load(place / "s.parquet")
    assert scores.labels == MANY
    say(movie, "--model", model, "-a")
    read = tag.read(movie.with_suffix(".tag"))
    assert list(read.seconds) == list(MANY)
    assert [s.label for s in read.segments] == [s.label for s in find_all(scores)]
    said = json.loads(say("export", movie, "--model", model, "-t", "Thing2", "-f", "csv", "--json"))
    assert said["kept"] == [[16, 20]]


def test_each_model_keeps_its_own_rules(movie, model, place, say):
    """Beside another, too; a flag goes before the rules of all."""
    strict = colour_model(
        place / "strict.onnx", LIGHT, background=(), groups={}, name="strict", rules={"min_length": 7}
    )
    both = ["--model", model, "--model", strict]
    said = json.loads(say(movie, *both, "--json"))
    found = {row["label"]: row["seconds"] for row in said["labels"] if row["seconds"]}
    assert found == {"red": 10, "green": 6, "colour:blue": 4, "fire": 10}
    said = json.loads(say(movie, *both, "-u", "4", "--json"))
    assert sum(row["seconds"] for row in said["labels"]) == 40
