"""`miles-deep evaluate`: what is printed, what is drawn, and every truth that is none."""

import json

import pytest

TRUTH = "label,start,end\nred,0,10\ngreen,10,16\n"


@pytest.fixture
def look(here, movie, model, place):
    """Runs `evaluate` with some truth on the usual film, 10 s of red, 6 s of green, 4 s of blue."""

    def call(truth, *arguments):
        file = place / "labels.csv"
        file.write_bytes(truth if isinstance(truth, bytes) else truth.encode())
        return here("evaluate", movie, "--truth", file, "--model", model, *arguments)

    return call


def test_all_right(look):
    result = look(TRUTH)
    assert result.returncode == 0, result.stderr
    assert "1 film, 20 seconds: 100.0 % right, 100.0 % before rules" in result.stdout
    red = next(line for line in result.stdout.splitlines() if line.startswith("red"))
    assert red.split() == ["red", "1", "1", "1", "100.0", "100.0", "100.0", "0.00", "s,", "0.00", "s"]
    assert [line.split() for line in result.stdout.splitlines()[-4:]] == [
        ["red", "green", "blue"],
        ["red", "10", "0", "0"],
        ["green", "0", "6", "0"],
        ["blue", "0", "0", "4"],
    ]


def test_half_right(look):
    """Green is late by 2 s at its start, and somebody saw red where there is blue."""
    result = look("label,start,end\nred,0,10\ngreen,0:12,0:16\nred,17,20\n", "--json")
    found = json.loads(result.stdout)
    red, green = found["labels"]
    assert (red["segments"]["0.5"]["recall"], red["segments"]["0.5"]["precision"]) == (0.5, 1)
    assert (green["segments"]["0.5"]["matched"], green["segments"]["0.75"]["matched"]) == (1, 0)
    assert green["edge_error"] == {"start": 2, "end": 0, "mean": 1}
    assert found["accuracy"] == 15 / 20
    assert found["confusion"]["found"] == [[10, 0, 3], [0, 4, 0], [0, 2, 1]]


def test_a_group_is_a_label(look):
    result = look("label,start,end\nwarm,0,16\n", "--json")
    found = json.loads(result.stdout)
    assert found["confusion"]["labels"] == ["warm", "blue"] and found["accuracy"] == 1


def test_labels_that_overlap(look):
    """A group and a label in it; the film is red to 10, green to 16."""
    result = look("label,start,end\nwarm,0,16\nred,0,10\ngreen,8,16\n")
    assert result.returncode == 0, result.stderr
    rows = [line.split() for line in result.stdout.splitlines() if line.startswith("warm")]
    assert [row[1:4] for row in rows[:3]] == [["1", "1", "1"], ["1", "1", "1"], ["16", "16", "16"]]
    assert "in 16 seconds the truth has several labels; here labels compete, and one of them wins" in result.stdout


@pytest.mark.parametrize("name", ["tag", "csv"])
def test_what_export_writes_is_read(here, painted, model, place, name):
    """Its own segments, held against themselves: blue, the background, goes on behind a short bit of green."""
    movie = place / "movie.mp4"
    movie.write_bytes(painted("r6 b5 g2 b1 g2 b4").read_bytes())
    written = here("export", movie, "--model", model, "-f", name, "-o", place)
    assert written.returncode == 0, written.stderr
    result = here("evaluate", movie, "--truth", place / f"movie.{name}", "--model", model, "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["mean_f1"] == {"0.5": 1, "0.75": 1}
    assert [label["segments"]["0.5"]["truth"] for label in found["labels"]] == [1, 1]


TAG = "movie.mp4,red,green\n20,10,8\nlabel,start,end,score,coverage\n\nred,0,9,1,1\n"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (TAG.replace("movie.mp4", "other.mp4"), 2, ":1: movie 'other.mp4' is none of the films given"),
        (TAG.replace("movie.mp4", "/far/movie.mp4"), 0, ""),
        (TAG + "green,9,12,1,1\n", 0, ""),
        (TAG + "red,9,12,1,1\n", 1, ":6: red 0:00:09-0:00:13 overlaps red 0:00:00-0:00:10 of line 5"),
        (TAG + "pink,12,13,1,1\n", 2, ":6: no label 'pink' in the model"),
    ],
)
def test_a_tag_file_is_of_the_film_that_it_names(here, movie, model, place, text, code, line):
    (place / "labels.tag").write_text(text)
    result = here("evaluate", movie, "--truth", place / "labels.tag", "--model", model)
    assert result.returncode == code and (f"labels.tag{line}" if line else "") in result.stderr


def test_a_tag_file_is_of_one_film(here, movie, model, place):
    (place / "labels.tag").write_text(TAG)
    other = place / "other.mp4"
    other.write_bytes(movie.read_bytes())
    result = here("evaluate", movie, other, "--truth", place / "labels.tag", "--model", model)
    assert result.returncode == 2 and "labels.tag: no row is of " in result.stderr


def test_where_nothing_is_everything_found_is_wrong(look, place):
    result = look("label,start,end\nblue,0,3\n", "--png", place / "wrong.png")
    assert result.returncode == 0, result.stderr
    assert "1 film, 20 seconds: 20.0 % right" in result.stdout
    red = next(line for line in result.stdout.splitlines() if line.startswith("red"))
    assert red.split()[:6] == ["red", "0", "1", "0", "0.0", "-"]


def test_where_nothing_is_and_nothing_is_found(here, painted, model, place):
    film, truth = painted("b5"), place / "labels.csv"
    truth.write_text("label,start,end\nnone,0,5\n")
    flags = ["--truth", truth, "--model", model]
    result = here("evaluate", film, *flags, "--png", place / "right.png")
    assert result.returncode == 0, result.stderr
    assert "1 film, 5 seconds: 100.0 % right" in result.stdout
    tuned = here("tune", film, *flags, "-o", place / "rules.toml")
    assert tuned.returncode == 1 and "no row has a label, so there is nothing to tune rules by" in tuned.stderr


def test_rules_matter(look, place):
    rules = place / "rules.toml"
    rules.write_text("[labels.green]\nmin_length = 7\n")
    found = json.loads(look(TRUTH, "--rules", rules, "--json").stdout)
    assert [label["segments"]["0.5"]["recall"] for label in found["labels"]] == [1, 0]
    assert found["accuracy"] == 14 / 20 and found["winner_accuracy"] == 1


def test_a_picture(look, place):
    picture = place / "agreement.png"
    assert look(TRUTH, "--png", picture).returncode == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "--force overwrites it" in look(TRUTH, "--png", picture).stderr


@pytest.mark.parametrize(
    ("truth", "code", "line"),
    [
        (TRUTH + "red,9,18\n", 1, "labels.csv:4: red 0:00:09-0:00:18 overlaps red 0:00:00-0:00:10 of line 2"),
        (TRUTH + "red,19,17\n", 1, "labels.csv:4: it ends at 17, not after its start at 19"),
        (TRUTH + "read,17,19\n", 2, "labels.csv:4: no label 'read' in the model; did you mean 'red'?"),
        (
            TRUTH + "red,17,40\n",
            1,
            "labels.csv:4: red 0:00:17-0:00:40 lies beyond the film, which is 20.000 s long",
        ),
        ("label,start,end\n", 1, "labels.csv: it has no rows; a film with nothing in it has one that is labelled"),
        (b"label,start,end\n\xff\xfe,0,3\n", 1, "labels.csv:2: bytes that are no text"),
    ],
)
def test_a_truth_that_is_none(look, truth, code, line):
    result = look(truth)
    assert result.returncode == code
    assert line in result.stderr and result.stderr.count("\n") == 1 and not result.stdout


def test_films_that_are_not_those_of_the_truth(here, movie, model, place):
    file = place / "labels.csv"
    file.write_text("movie,label,start,end\nmovie.mpg,red,0,10\n")
    result = here("evaluate", movie, "--truth", file, "--model", model)
    assert result.returncode == 2 and "labels.csv:2: movie 'movie.mpg' is none of the films given" in result.stderr
    assert "did you mean 'movie.mp4'?" in result.stderr
    assert "is given twice" in here("evaluate", movie, movie, "--truth", file, "--model", model).stderr
