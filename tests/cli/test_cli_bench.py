"""`miles-deep bench`."""

import pytest
from cli_run import done, done_json, run, tree, written
from PIL import Image


def test_without_a_film(model, place, cache):
    out = done("bench", "--model", model, "--device", "cpu", "--quick", "--rounds", "1", cwd=place)
    assert (
        "colour, 1 round\n" in out and "\nnetwork alone  batch size  frames/s  ms a batch  peak, MB\ncpu " in out
    )
    assert "bare decode" not in out
    assert out.endswith("only the network was measured; give a film for the rest: miles-deep bench MOVIE\n")
    assert tree(place) == {} and written(cache) == {}


@pytest.mark.slow
def test_a_film(movie, model, cache):
    png = movie.parent / "bench.png"
    said = done_json(
        *("bench", movie, "--model", model, "--device", "cpu", "--quick", "--rounds", "1", "--png", png)
    )
    assert (
        said["seconds"] == 20
        and said["model"] == "colour"
        and said["film"].startswith("movie.mp4: 0:00:20, 96x64")
    )
    names = [row["name"] for row in said["whole"]]
    assert names[0].startswith("bare decode") and said["against"] == names[0] and "exact, batch 32" in names
    with Image.open(png) as picture:
        assert picture.format == "PNG"
    assert set(tree(movie.parent)) == {"movie.mp4", "bench.png"} and written(cache) == {}


BAD = {
    "nope.mp4": (1, "nope.mp4: no such file"),
    "--rounds 0": (2, "the rounds must be 1 to 100, not 0"),
    "--rounds x": (2, "--rounds"),
    "--model nope": (1, "no model 'nope'"),
    "--device abacus": (2, "no device 'abacus'"),
    "--png missing/bench.png": (1, "missing: no such folder"),
    "--png movie.mp4": (1, "movie.mp4: is there already; --force overwrites it"),
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input(movie, arguments):
    before = tree(movie.parent)
    result = run("bench", *arguments.split(), cwd=movie.parent)
    code, says = BAD[arguments]
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (code, "", 1)
    assert result.stderr.startswith("miles-deep: ") and says in result.stderr
    assert tree(movie.parent) == before
