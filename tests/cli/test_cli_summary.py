"""`miles-deep MOVIE`: what the film contains, and what to type next; nothing is written."""

import re
import shlex

import pytest
from cli_media import colour_model, paint
from cli_run import done, done_json, run, tree

from media import FilmSpec, truncate
from miles_deep import Span, analyze, find_all


def test_the_whole_of_it(movie, model):
    before = tree(movie.parent)
    out = done(movie, "--model", model, env={"COLUMNS": "56"})
    head, *rest = out.splitlines()
    assert re.fullmatch(
        rf"{re.escape(str(movie))}: 0:00:20, 96x64 h264, 10 fps, 20 seconds watched in \d+\.\d s \(\d+x\)", head
    )
    again = f"miles-deep {shlex.quote(str(movie))} --model {shlex.quote(str(model))}"
    assert rest == [
        "",
        "group  seconds  segments  0:00:00             0:00:20",
        "warm        16         1  █████████████████████▅",
        "",
        "label  seconds  segments  0:00:00             0:00:20",
        "red         10         1  █████████████▄",
        "green        6         1               ▄███████▅",
        "blue         4         1                       ▃█████",
        "",
        "next:",
        f"  {again} -x        keep all but blue",
        f"  {again} -t warm   keep only warm",
        f"  {again} -a        write tags",
    ]
    assert tree(movie.parent) == before


def test_json_agrees_with_python(movie, model):
    before = tree(movie.parent)
    said = done_json(movie, "--model", model)
    scores = analyze(movie, model)
    assert (said["movie"], said["duration"], said["seconds"], said["notes"]) == (str(movie), 20, 20, [])
    assert [(row["group"], row["seconds"]) for row in said["groups"]] == [("warm", 16)]
    assert [(row["label"], row["seconds"]) for row in said["labels"]] == [("red", 10), ("green", 6), ("blue", 4)]
    found = [segment for row in said["labels"] for segment in row["segments"]]
    expected = find_all(scores)
    assert [(s["label"], Span(s["start"], s["end"]), s["coverage"]) for s in found] == [
        (s.label, s.span, s.coverage) for s in expected
    ]
    assert [s["score"] for s in found] == pytest.approx([s.score for s in expected], abs=1e-6)
    assert tree(movie.parent) == before


def test_labels_without_a_segment_are_counted(place):
    out = done(paint(place / "green.mp4", "g5"), "--model", colour_model(place / "plain.onnx", groups={}))
    assert re.search(r"^green +5 +1 +█{60,}$", out, re.MULTILINE)
    assert "(2 labels without a segment)" in out and not re.search(r"^(red|blue)\b", out, re.MULTILINE)
    assert "-t green " in out, "it proposes what is there"


def test_what_to_type_next_can_be_typed(movie, model):
    """The commands need the model and the rule that showed what there is."""
    movie.rename(movie.with_name("-o movie's.mp4"))
    out = done("--model", model, "-s", "0.25", "--classic", "--", "-o movie's.mp4", cwd=movie.parent)
    command = next(line for line in out.splitlines() if " -t warm " in line).strip().split("   ")[0]
    program, *arguments = shlex.split(command)
    assert program == "miles-deep" and {"-s", "0.25", "--classic", "--model"} <= set(arguments)
    done(*arguments, cwd=movie.parent)
    assert (movie.parent / "-o movie's.cut.mp4").exists()


@pytest.mark.parametrize("columns", [40, 200])
def test_it_fits_the_terminal(movie, model, columns):
    out = done(movie, "--model", model, env={"COLUMNS": str(columns)})
    groups, table = (part.splitlines() for part in out.split("\n\n")[1:3])
    assert len(groups[0]) == len(table[0])
    assert len(table) == 4 and max(map(len, table)) <= columns
    assert re.fullmatch(r"label  seconds  segments (.*\s)?0:00:20", table[0]), "times are apart"
    drawn = [row[26:] for row in table[1:]]
    assert all(any(row[cell : cell + 1] > " " for row in drawn) for cell in range(max(map(len, drawn))))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_without_blocks(place, model, encoding):
    """And one that has not the letters of the film's name."""
    paint(place / "映画.mp4", "r5 g5")
    env = {"PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    result = run("映画.mp4", "--model", model, cwd=place, env=env)
    assert (result.returncode, result.stderr) == (0, "")
    assert re.search(r"^red +5 +1 +@{30,}=$", result.stdout, re.MULTILINE)
    assert "█" not in result.stdout and ".mp4: 0:00:10" in result.stdout


def test_a_file_that_is_cut_short_says_so(place, model, film):
    whole = film(FilmSpec(faststart=True, audio=()))
    short = truncate(whole, place / "short.mp4", 0.5)
    result = run(short, "--model", model, "--json")
    assert result.returncode == 0
    [note] = result.stderr.splitlines()[-1:]
    assert note.startswith("short.mp4: the pictures end at 0:00:0") and note.endswith("is the file cut short?")
