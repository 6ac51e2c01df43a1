"""`miles-deep tune`: rules are found, written, and used."""

import json
import tomllib

import pytest

SCHEDULES = ["r7 b3 w8 b4", "b5 w9 b3 r8", "r8 b4 w7 b3", "w8 b3 r7 b4"]
"""A weak red is green in truth: what is sure to two thirds only has to be left out."""


@pytest.fixture
def films(here, painted, model, place):
    """Four films in which only pure red is red, and the truth of it."""
    rows, films = ["movie,label,start,end"], []
    for number, schedule in enumerate(SCHEDULES):
        film = place / f"{number}.mp4"
        film.write_bytes(painted(schedule).read_bytes())
        films.append(film)
        second = 0
        for part in schedule.split():
            if part[0] == "r":
                rows.append(f"{film.name},red,{second},{second + int(part[1:])}")
            second += int(part[1:])
    (place / "labels.csv").write_text("\n".join(rows) + "\n")
    return films


@pytest.fixture
def tuned(here, films, model, place):
    def call(*arguments):
        output = place / "rules.toml"
        return here("tune", "--truth", place / "labels.csv", *films, "--model", model, "-o", output, *arguments)

    return call


def test_rules_are_found_and_used(tuned, here, films, model, place):
    result = tuned()
    assert result.returncode == 0, result.stderr
    lines = {line.split()[0]: line.split() for line in result.stdout.splitlines() if line.split()}
    assert lines["red"][1:4] == ["4", "66.7", "100.0"]
    assert "4 films. after: on films left out of tuning, in turn" in result.stdout
    changed = next(line for line in result.stdout.splitlines() if line.startswith("changed: "))
    assert "min score 0.5 to " in changed and "temperature 1 to " in changed
    assert "no rules of their own, as the truth has fewer than 8 segments of them: red (4)" in result.stdout
    text = (place / "rules.toml").read_text()
    assert text.startswith("# Tuned on 4 films with 4 segments of labels.csv.\n")
    assert tomllib.loads(text)["min_score"] > 0.5

    looked = here(
        "evaluate",
        *films,
        "--truth",
        place / "labels.csv",
        "--model",
        model,
        "--rules",
        place / "rules.toml",
        "--json",
    )
    assert json.loads(looked.stdout)["mean_f1"]["0.75"] == 1


def test_as_json(tuned):
    found = json.loads(tuned("--json").stdout)
    assert found["changed"] and found["left_out"] == {"times": 4, "by": "film"}
    assert (round(found["before"]["mean_f1"], 2), found["after"]["mean_f1"]) == (0.67, 1)


def test_labels_that_do_not_compete(tuned, here, films, model, place):
    """The file says so, and every command that reads it finds the same."""
    found = json.loads(tuned("--method", "each", "--json").stdout)
    rules = tomllib.loads((place / "rules.toml").read_text())
    assert found["rules"]["method"] == rules["method"] == "each"
    assert rules["labels"]["red"]["min_score"] > 0.5 and found["after"]["mean_f1_of_seconds"] == 1
    flags = ["--model", model, "--rules", place / "rules.toml", "--json"]
    again = json.loads(here("evaluate", *films, "--truth", place / "labels.csv", *flags).stdout)
    assert again["mean_f1"]["0.75"] == 1
    cut = json.loads(here(films[1], "-t", "red", *flags, "--dry-run", "--no-refine").stdout)
    assert [segment["label"] for segment in cut["segments"]] == ["red"]


def test_smoothing_of_one_kind(tuned, place):
    """It is asked for, so it is where tuning starts from, and nothing simpler is taken for it."""
    assert json.loads(tuned("--smooth", "viterbi", "--json").stdout)["rules"]["smooth"] == "viterbi"
    assert tomllib.loads((place / "rules.toml").read_text())["switch_cost"] > 0


def test_the_classic_rule_to_start_from(tuned):
    """It knows no min length of 2 s, and finds the weak red too."""
    found = json.loads(tuned("--classic", "--json").stdout)
    assert found["changed"] and found["before"]["mean_f1"] < 0.7 and found["after"]["mean_f1"] == 1
    assert found["rules"]["method"] == "plain"


def test_nothing_better_than_the_classic_rule(tuned, place):
    """It finds the weak red too, and here that is red in truth."""
    rows, truth = ["movie,label,start,end"], place / "labels.csv"
    for number, schedule in enumerate(SCHEDULES):
        second = 0
        for part in schedule.split():
            rows += [f"{number}.mp4,red,{second},{second + int(part[1:])}"] if part[0] in "rw" else []
            second += int(part[1:])
    truth.write_text("\n".join(rows) + "\n")
    said = tuned("--classic").stdout.splitlines()
    assert said[-1] == "no rules did better than the classic one, which has no file: nothing written"
    found = json.loads(tuned("--classic", "--json").stdout)
    assert (found["changed"], found["rules"]["method"], found["path"]) == (False, "classic", None)
    assert not (place / "rules.toml").exists()


def test_the_rules_that_it_starts_from_may_be_written_over(tuned, place):
    (place / "rules.toml").write_text("[labels.green]\nmin_length = 7\n")
    result = tuned("--rules", place / "rules.toml", "--force")
    assert result.returncode == 0, result.stderr
    assert "own rules kept, as the truth does not name their labels: green" in result.stdout
    assert "changed for green" not in result.stdout
    rules = tomllib.loads((place / "rules.toml").read_text())
    assert rules["labels"] == {"green": {"min_score": 0.5, "max_gap": 2, "min_length": 7, "min_coverage": 0.4}}


@pytest.mark.parametrize("name", ["labels.csv", "0.mp4", "3.mp4", "model.onnx"])
def test_what_is_read_is_not_written_over(here, films, model, place, name):
    (place / "model.onnx").write_bytes(model.read_bytes())
    before = (place / name).read_bytes()
    flags = ["--truth", place / "labels.csv", "--model", place / "model.onnx", "--force"]
    result = here("tune", *films, *flags, "-o", place / name)
    assert result.returncode == 2 and f"{name}: is the f" in result.stderr
    assert (place / name).read_bytes() == before
    network = here("tune", *films, *flags[:2], "-p", place / name, "-w", place / "labels.csv", "-o", place / name)
    assert network.returncode == 2 and f"{name}: is the f" in network.stderr
    picture = place / "linked.png"
    picture.symlink_to(place / name)
    result = here("evaluate", *films, *flags, "--png", picture)
    assert result.returncode == 2 and "linked.png: is the f" in result.stderr
    assert (place / name).read_bytes() == before


def test_what_is_there_is_kept(tuned, place):
    (place / "rules.toml").write_text("mine")
    result = tuned()
    assert result.returncode == 1 and "rules.toml: is there already; --force overwrites it" in result.stderr
    assert (place / "rules.toml").read_text() == "mine"
    assert tuned("--force").returncode == 0


def test_one_film_is_too_little(here, films, model, place):
    truth = place / "one.csv"
    truth.write_text("label,start,end\nred,0,7\n")
    result = here("tune", "--truth", truth, films[0], "--model", model, "-o", place / "rules.toml")
    assert (
        result.returncode == 1 and "one.csv: too few segments to tune rules by; label three films" in result.stderr
    )
    assert not (place / "rules.toml").exists()
