"""The flags: what each does to the segments, in any order, and films of any name."""

import itertools
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from cli_run import done, run, run_all, tree

import miles_deep

RULES = "r6 b3 r3 b8 w5 b5 r2 b8"
"""Red at 0-6, 9-12 and 30-32; a weak red, of two thirds, at 20-25; blue between and after."""

CASES = {
    "": [(0, 6, 1), (20, 25, 1)],
    "-u 3": [(0, 6, 1), (9, 12, 1), (20, 25, 1)],
    "-u 5.5": [(0, 6, 1)],
    "-u 0": [(0, 6, 1), (9, 12, 1), (20, 25, 1), (30, 32, 1)],
    "-g 3": [(0, 12, 0.75), (20, 25, 1)],
    "-g 1000": [(0, 32, 0.5)],
    "-s 0.8": [(0, 6, 1)],
    "-s 0": [(0, 6, 1), (20, 25, 1)],
    "-g 3 -v 0.75": [(0, 12, 0.75), (20, 25, 1)],
    "-g 3 -v 0.76": [(20, 25, 1)],
    "--classic": [(0, 6, 5 / 6)],
    "--classic -u 3": [(0, 6, 5 / 6), (20, 25, 4 / 5)],
    "-b 1": [(0, 6, 1), (20, 25, 1)],
    "-b 16": [(0, 6, 1), (20, 25, 1)],
    "-s 0.9 -s 0.5 -u 5.5 -u 4": [(0, 6, 1), (20, 25, 1)],
    "--device onnxruntime": [(0, 6, 1), (20, 25, 1)],
}
"""Flags to the segments (start, end, coverage) of red. The last of an option that is given twice counts."""


@pytest.fixture
def found(painted, model, here):
    """Finds the segments of red, in this process."""

    def segments(flags: str) -> list[dict[str, float]]:
        always = [painted(RULES), "--model", model, "-t", "red", "--dry-run", "--json"]
        result = here(*always, *flags.split())
        assert (result.returncode, result.stderr) == (0, "")
        return json.loads(result.stdout)["segments"]

    return segments


@pytest.mark.parametrize("flags", CASES)
def test_flags_of_the_rule(found, flags):
    assert [(s["start"], s["end"], s["coverage"]) for s in found(flags)] == [
        (start, end, pytest.approx(coverage, abs=1e-6)) for start, end, coverage in CASES[flags]
    ]


def test_scores_are_those_of_the_colours(found):
    strong, weak = (segment["score"] for segment in found(""))
    assert strong > 0.99 and 0.6 < weak < 0.75
    same = [segment["score"] for segment in found("--device onnxruntime")]
    assert same == pytest.approx([strong, weak], abs=0.01)


def test_flags_in_any_order(movie, model):
    parts = [["-t", "green"], [str(movie)], ["--model", str(model), "--dry-run"]]
    results = run_all([list(itertools.chain(*order)) for order in itertools.permutations(parts)])
    assert len({(result.returncode, result.stdout, result.stderr) for result in results}) == 1
    assert results[0].stdout.startswith("0:00:10-0:00:16 ")


def test_flags_as_old_scripts_write_them(movie, model, tmp_path):
    """Values stuck to their flags, flags in one bundle, the film first, last or between."""
    (out := tmp_path / "out").mkdir()
    done("-b16", f"-o{out}", "-cn", movie, "-u4", "-tred", f"--model={model}")
    assert set(tree(out)) == {"movie.cut", "movie.cut/movie.001.mp4"}


SHORT = [f"-{letter}" for letter in "txabodugsvcnpwml"]
LONG = ["--model", "--device", "--classic", "--mode", "--replace", "--force", "--dry-run", "--json", "--version"]


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(flag):
    out = done(flag)
    assert out.startswith("Usage: miles-deep [OPTIONS] MOVIE")
    assert [flag for flag in SHORT if not re.search(rf"\n  {flag}[ ,]", out)] == []
    assert [flag for flag in LONG if f" {flag} " not in out] == []
    assert "Exit codes: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted." in out


def test_version():
    assert done("--version") == f"miles-deep {miles_deep.__version__}\n"


def test_no_arguments():
    result = run()
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: miles-deep [OPTIONS] MOVIE") and "-t, --keep A,B" in result.stderr


def test_a_film_named_like_a_command(movie, model):
    shutil.copy(movie, movie.parent / "train")
    done("./train", "-t", "blue", "--model", model, cwd=movie.parent)
    assert set(tree(movie.parent)) == {"movie.mp4", "train", "train.cut.mp4"}


STRANGE: list[str | bytes] = ["-x.mp4", 'it\'s a "film", % $HOME.mp4', "映画 é.mp4"]
STRANGE += ["two\nlines\x1b[31m.mp4", " .mp4"] if sys.platform != "win32" else []
STRANGE += [b"\xff\xfe\x80.mp4"] if sys.platform == "linux" else []


@pytest.mark.parametrize("name", STRANGE, ids=ascii)
def test_a_film_of_any_name(movie, model, name):
    film = movie.rename(movie.parent / os.fsdecode(name))
    before = film.read_bytes()
    printed = done("-t", "blue", "--model", model, "--", name, cwd=movie.parent)
    cut = Path(str(film).removesuffix(".mp4") + ".cut.mp4")
    assert {path.name for path in movie.parent.iterdir()} == {film.name, cut.name}
    assert film.read_bytes() == before and miles_deep.probe(cut).duration == 4
    segment, wrote = printed.splitlines()
    assert segment.endswith("blue") and wrote.startswith("wrote ") and printed.replace("\n", "").isprintable()
    refused = run("-t", "blue", "--model", model, "--", name, cwd=movie.parent)
    assert refused.returncode == 1 and refused.stderr.count("\n") == 1
    assert refused.stderr.startswith("miles-deep: ") and refused.stderr.strip().isprintable()
