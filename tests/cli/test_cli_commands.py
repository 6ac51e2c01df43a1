"""The commands beside the bare form, and what they have in common."""

import json
import os
import re
import shutil
from pathlib import Path

import click
import pytest
from cli_media import colour_model, paint
from cli_run import done, done_json, run, tree

from miles_deep import Scores
from miles_deep.cli import flags
from miles_deep.cli.bare import bare
from miles_deep.cli.commands import COMMANDS, command


def leaves(found: click.Command) -> list[click.Command]:
    return (
        [one for inner in found.commands.values() for one in leaves(inner)]
        if isinstance(found, click.Group)
        else [found]
    )


EVERY = {name: command(name) for name in COMMANDS}
SINGLE = [bare, *(leaf for found in EVERY.values() for leaf in leaves(found))]


def test_help_tells_of_every_command():
    out = done("--help")
    for name, does in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(does[:20])}", out, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name, here):
    out = done(name, "-h")
    assert out.startswith(f"Usage: miles-deep {name} ") and out == here(name, "--help").stdout


def test_a_flag_is_the_same_everywhere():
    """Of one name, one meaning, one default: they are written once, in `cli.flags`."""
    known: dict[str | tuple[str, str | None], click.Parameter] = {}
    shared = 0
    for found in SINGLE:
        for option in found.params:
            for name in option.opts if isinstance(option, click.Option) else ():
                # A command writes to a folder, or one file; segments are exported in other forms than a table.
                several = name in ("-o", "-f", "--format")
                other = known.setdefault((name, option.metavar) if several else name, option)
                shared += other is not option
                same = ("help", "default", "metavar", "is_flag", "multiple")
                assert [getattr(option, field) for field in same] == [getattr(other, field) for field in same], (
                    name
                )
                assert type(option.type) is type(other.type)
    assert shared >= len([*flags.CAFFE, *flags.MODEL, *flags.WATCHING])


def test_a_film_named_like_a_command(movie, model, here, monkeypatch):
    monkeypatch.chdir(movie.parent)
    for name in COMMANDS:
        shutil.copy(movie, movie.parent / name)
        for arguments in ([f"./{name}", "--model", model], ["--model", model, name]):
            result = here(*arguments)
            assert (result.returncode, result.stderr) == (0, "")
            assert f"miles-deep ./{name} " in result.stdout, "to be typed next"


def test_no_such_command(place):
    result = run("analyse", "movie.mp4", cwd=place)
    assert (result.returncode, result.stdout) == (2, "") and result.stderr.count("\n") == 1


def test_analyze(movie, model, cache):
    out = done("analyze", movie, "--model", model)
    lines = out.splitlines()
    assert re.fullmatch(rf"{re.escape(str(movie))}: 0:00:20, 20 seconds watched in \d+\.\d s \(\d+x\)", lines[0])
    assert lines[1] == "by colour, exact sampling"
    kept = Path(lines[2].removeprefix("scores: "))
    assert lines[3:] == [] and kept.is_dir() and cache in kept.parents
    assert (
        done("analyze", movie, "--model", model).splitlines()[0] == f"{movie}: 0:00:20, 20 seconds watched before"
    )
    assert " watched in " in done("analyze", movie, "--model", model, "--no-cache")
    assert "10 fps, 20 seconds watched before\n" in done(movie, "--model", model)


def test_analyze_json(movie, model):
    said = done_json("analyze", movie, "--model", model, "--no-cache")
    expected = {
        "seconds": 20,
        "looked": 20,
        "inferred": 0,
        "sampling": "exact",
        "labels": ["red", "green", "blue"],
    }
    assert {key: said[key] for key in expected} == expected
    assert said["fresh"] and said["wall"] > 0 and said["scores"] == [] and said["model"] == "colour"


def test_analyze_writes_scores_where_one_wants(movie, model, tmp_path):
    path = tmp_path / "scores.parquet"
    out = done("analyze", movie, "--model", model, "--scores", path)
    assert f"scores: {path}\n" in out
    kept = Scores.load(path)
    assert len(kept) == 20 and kept.labels == ("red", "green", "blue")

    before = path.read_bytes()
    again = run("analyze", movie, "--model", model, "--scores", path)
    assert again.returncode == 1 and "--force" in again.stderr and path.read_bytes() == before
    done("analyze", movie, "--model", model, "--scores", path, "--force")
    assert set(tree(movie.parent)) == {"movie.mp4"}


BAD = {
    "--sampling best": "'best'",
    "--effort 2": "the effort must be 0.5 to 1",
    "--hwaccel magic": "'magic'",
    "-b 0": "batch size",
    "-p x": "-w (weights)",
    "--bogus": "--bogus",
}


@pytest.mark.parametrize("arguments", BAD)
@pytest.mark.parametrize("words", [["analyze"], []], ids=["analyze", "bare"])
def test_wrong_command_lines(movie, here, words, arguments):
    result = here(*words, movie, *arguments.split())
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("miles-deep: ") and result.stderr.count("\n") == 1
    assert BAD[arguments] in result.stderr


def test_nothing_is_kept_yet(place, here):
    assert "0 files" in here("scores", "list").stdout
    assert json.loads(here("scores", "list", "--json").stdout)["entries"] == []
    assert here("scores", "clear").stdout == "0 B freed\n"
    missing = here("scores", "show", place / "nope.mp4")
    assert missing.returncode == 1 and "no such file" in missing.stderr


def test_what_is_kept(movie, painted, model, here):
    other = painted("r3 g5")
    for film in (movie, other):
        os.utime(film, (10**9, 10**9))  # of what was just written less is kept
        assert here("analyze", film, "--model", model).returncode == 0
    said = json.loads(here("scores", "list", "--json").stdout)
    finished = [entry for entry in said["entries"] if entry["sampling"] == "exact"]
    assert {(entry["film"], entry["rows"]) for entry in finished} == {(str(movie), 20), (str(other), 8)}
    assert said["bytes"] == sum(entry["bytes"] for entry in said["entries"]) > 0
    assert all(Path(entry["path"]).stat().st_size == entry["bytes"] for entry in said["entries"])

    assert {entry["model_name"] for entry in said["entries"]} == {"colour", "the film's packets"}
    out = here("scores", "list").stdout
    assert re.search(rf"^\d{{4}}-\d\d-\d\d .* kB  exact +20 seconds  colour +{re.escape(str(movie))}$", out, re.M)
    renamed = movie.rename(movie.with_name("other name.mp4"))
    shown = here("scores", "show", renamed).stdout
    assert "20 seconds" in shown and "8 seconds" not in shown

    freed = json.loads(here("scores", "clear", renamed, "--json").stdout)["freed"]
    left = json.loads(here("scores", "list", "--json").stdout)
    assert left["bytes"] == said["bytes"] - freed and {entry["film"] for entry in left["entries"]} == {str(other)}
    assert here("scores", "clear").stdout.endswith(" freed\n")
    assert json.loads(here("scores", "list", "--json").stdout)["entries"] == []


HOSTILE = "red\x1b[2J\x9b31m\n‮"


def test_labels_cannot_touch_the_terminal(place, here):
    """A card may come from anywhere."""
    film = paint(place / "film.mp4", "r6 g6")
    model = colour_model(place / "hostile.onnx", labels=(HOSTILE, "green", "blue"))
    for arguments in (["-a", "--force"], [], ["-t", HOSTILE, "--dry-run"], ["-t", "nope"]):
        for json_flag in ([], ["--json"]):
            result = here(film, "--model", model, *arguments, *json_flag)
            shown = result.stdout + result.stderr
            assert shown and all(char.isprintable() or char == "\n" for char in shown)
            assert not json_flag or result.returncode or json.loads(result.stdout)
    assert json.loads(here(film, "--model", model, "--json").stdout)["labels"][0]["label"] == HOSTILE
