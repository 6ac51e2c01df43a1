"""-t and -x: the film cut down; its pictures prove where."""

import re
import shutil

import pytest
from cli_media import GOP, RATE, colours_in, paint, seconds_of
from cli_run import done, done_json, run, tree

from media import FilmSpec, decode_video, read_frame_number
from miles_deep import probe


def frames_of(schedule: str) -> str:
    return "".join(colour * RATE for colour in seconds_of(schedule))


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        (["-t", "green"], "g6"),
        (["-t", "red", "-t", " blue ,"], "r10 b4"),
        (["-t", "warm"], "r10 g6"),
        (["-x"], "r10 g6"),
        (["--drop", "green"], "r10 b4"),
        (["--drop", "green|blue"], "r10"),
        (["--keep", "!red"], "g6 b4"),
        (["-x", "--drop", "red"], "g6"),
        (["-t", "warm & !red"], "g6"),
        (["-t", "warm", "--margin", "0,2"], "r10 g6 b2"),
        (["-t", "green", "--margin", "-1,2"], "g5 b2"),
        (["--drop", "green", "--margin", "2"], "r10 g4 b4"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_keeps_what_was_asked_for(movie, model, flags, kept):
    before = movie.read_bytes()
    out = done(movie, *flags, "--model", model)
    cut = movie.with_name("movie.cut.mp4")
    assert colours_in(cut) == frames_of(kept)
    assert f"wrote {cut}: 0:00:{len(seconds_of(kept)):02}, copied " in out
    assert f" of {len(frames_of(kept))} frames, " in out
    assert set(tree(movie.parent)) == {"movie.mp4", "movie.cut.mp4"} and movie.read_bytes() == before


def test_what_it_prints(movie, model):
    out = done(movie, "-t", "red,blue", "--model", model)
    assert out.splitlines() == [
        "0:00:00-0:00:10          score 1.00  coverage 1.00  red",
        "0:00:16-0:00:20          score 1.00  coverage 1.00  blue",
        f"wrote {movie.with_name('movie.cut.mp4')}: 0:00:14, copied 110 of 140 frames, 2 spans (smart)",
    ]


def test_json(movie, model):
    said = done_json(movie, "-t", "red,blue", "--model", model)
    assert said["movie"] == str(movie)
    assert [(s["label"], s["start"], s["end"], s["coverage"]) for s in said["segments"]] == [
        ("red", 0, 10, 1),
        ("blue", 16, 20, 1),
    ]
    [made] = said["outputs"]
    assert made == {
        **{"path": str(movie.with_name("movie.cut.mp4")), "duration": 14, "frames": 140, "copied_frames": 110},
        **{"mode": "smart", "spans": [[0, 10], [16, 20]], "notes": []},
    }


def test_frame_numbers_of_the_clock_film(place, model, film):
    """With sound, 25 frames a second, B-frames: exactly the frames of the spans that it prints come out."""
    movie = shutil.copy(film(FilmSpec(duration=20)), place / "clock.mp4")
    [made] = done_json(movie, "-t", "green", "--model", model)["outputs"]
    [(start, end)] = made["spans"]
    numbers = [read_frame_number(rgb) for _, rgb in decode_video(place / "clock.cut.mp4")]
    assert numbers == list(range(int(start * 25), int(end * 25))) and 100 <= len(numbers) <= 300
    assert [stream.kind for stream in probe(place / "clock.cut.mp4").streams] == ["video", "audio"]


def test_copy(movie, model):
    out = done(movie, "-t", "green", "--model", model, "--mode", "copy")
    early = frames_of("r10")[-(10 * RATE % GOP) :]
    assert colours_in(movie.with_name("movie.cut.mp4")) == early + frames_of("g6")
    assert out.splitlines()[1:] == [
        f"wrote {movie.with_name('movie.cut.mp4')}: 0:00:07, 70 frames, 1 span (copy)",
        "  came out as 0:00:09-0:00:16",
    ]


def test_clips(movie, model):
    out = done(movie, "-c", "-t", "red,blue", "--model", model)
    folder = movie.with_name("movie.cut")
    assert {path.name: colours_in(path) for path in folder.iterdir()} == {
        "movie.001.mp4": frames_of("r10"),
        "movie.002.mp4": frames_of("b4"),
    }
    assert out.splitlines()[2:] == [
        f"wrote {folder / 'movie.001.mp4'}: 0:00:10, copied 90 of 100 frames, 1 span (smart)",
        f"wrote {folder / 'movie.002.mp4'}: 0:00:04, copied 20 of 40 frames, 1 span (smart)",
    ]


def test_plan_of_clips(movie, model):
    """Nothing is written, and the folder's name need not be one of a film."""
    out = done(movie, "-c", "-t", "red,blue", "--model", model, "--dry-run")
    assert out.splitlines()[2] == "would write 0:00:14, copied 110 of 140 frames (smart):"
    assert [path.name for path in movie.parent.iterdir()] == ["movie.mp4"]


def test_clips_into_a_folder_that_is_there(movie, model):
    (folder := movie.with_name("movie.cut")).mkdir()
    (folder / "mine.txt").write_text("mine")
    refused = run(movie, "-c", "-t", "blue", "--model", model)
    assert refused.returncode == 1 and [path.name for path in folder.iterdir()] == ["mine.txt"]
    done(movie, "-c", "-t", "blue", "--model", model, "--force")
    assert sorted(path.name for path in folder.iterdir()) == ["mine.txt", "movie.001.mp4"]


@pytest.mark.parametrize("extra", [[], ["-c"]], ids=["one film", "clips"])
def test_output_folder_and_temporary_folder(movie, model, tmp_path, extra):
    """The temporary folder is on another disk where there is one."""
    (out := tmp_path / "out").mkdir()
    (temporary := tmp_path / "temporary").mkdir()
    done("-o", out, "-d", temporary, "-t", "blue", movie, "--model", model, *extra)
    made = out / ("movie.cut/movie.001.mp4" if extra else "movie.cut.mp4")
    assert colours_in(made) == frames_of("b4")
    assert set(tree(movie.parent)) == {"movie.mp4"} and tree(temporary) == {}


def test_force(movie, model):
    (cut := movie.with_name("movie.cut.mp4")).write_bytes(b"mine")
    refused = run(movie, "-t", "blue", "--model", model)
    assert refused.returncode == 1 and cut.read_bytes() == b"mine"
    assert refused.stderr == f"miles-deep: {cut}: is there already; --force overwrites it\n"
    before = movie.read_bytes()
    done(movie, "-t", "blue", "--model", model, "--force", "-n")
    assert colours_in(cut) == frames_of("b4") and movie.read_bytes() == before


def test_replace(movie, model):
    out = done(movie, "-t", "blue", "--model", model, "--replace")
    assert colours_in(movie) == frames_of("b4") and set(tree(movie.parent)) == {"movie.mp4"}
    assert f"wrote {movie}: 0:00:04" in out


def test_replace_a_film_of_another_name(movie, model):
    """The cut gets the suffix of its container; a film that has that name already is not ours to replace."""
    bare = movie.rename(movie.with_name("movie"))
    (other := movie.with_name("movie.mp4")).write_bytes(b"mine")
    refused = run(bare, "-t", "blue", "--model", model, "--replace")
    assert refused.returncode == 1 and "movie.mp4: is there already" in refused.stderr
    assert other.read_bytes() == b"mine" and colours_in(bare) == frames_of("r10 g6 b4")
    other.unlink()
    done(bare, "-t", "blue", "--model", model, "--replace")
    assert colours_in(other) == frames_of("b4") and set(tree(movie.parent)) == {"movie.mp4"}


def test_nothing_found(place, model):
    movie = paint(place / "green.mp4", "g5")
    arguments = [movie, "-t", "red,blue", "--model", model]
    assert done(*arguments) == "no segment of red,blue found; nothing written\n"
    assert done_json(*arguments) == {"movie": str(movie), "segments": [], "effects": [], "outputs": []}
    planned = {"mode": "smart", "duration": 0, "frames": 0, "copied_frames": 0, "pieces": []}
    assert done_json(*arguments, "--dry-run") == {"segments": [], "effects": [], **planned}
    assert set(tree(place)) == {"green.mp4"}


PLANS = {
    "smart": [
        "would write 0:00:06, copied 30 of 60 frames (smart):",
        "  encode 0:00:10-0:00:12             20 frames, begins inside a group of pictures",
        "  copy   0:00:12-0:00:15             30 frames, 1 whole group of pictures",
        "  encode 0:00:15-0:00:16             10 frames, ends inside a group of pictures",
    ],
    "copy": [
        "would write 0:00:07, 70 frames (copy):",
        "  copy   0:00:09-0:00:16             70 frames, copied from the keyframe 1.000 s before",
    ],
    "encode": [
        "would write 0:00:06, 60 frames (encode):",
        "  encode 0:00:10-0:00:16             60 frames, every frame encoded anew",
    ],
}


@pytest.mark.parametrize("mode", PLANS)
def test_dry_run(movie, model, mode):
    movie.with_name("movie.cut.mp4").write_bytes(b"an output that is there already does not matter")
    before = tree(movie.parent)
    arguments = [movie, "-t", "green", "--model", model, "--mode", mode, "--dry-run"]
    assert done(*arguments).splitlines() == [
        "0:00:10-0:00:16          score 1.00  coverage 1.00  green",
        *PLANS[mode],
    ]
    said = done_json(*arguments)
    [piece] = said["pieces"]
    start = 9 if mode == "copy" else 10
    assert (said["mode"], piece["start"], piece["end"], piece["output_start"]) == (mode, start, 16, 0)
    assert piece["frames"] == said["frames"] == (16 - start) * RATE and said["duration"] == 16 - start
    copied = sum(part["frames"] for part in piece["parts"] if part["how"] == "copy")
    assert copied == said["copied_frames"] == {"smart": 30, "copy": 70, "encode": 0}[mode]
    lines = [f"{part['how']:<7}{part['reason']}" for part in piece["parts"]]
    assert lines == [re.sub(r"^  (.{7}).*frames, ", r"\1", line) for line in PLANS[mode][1:]]
    assert tree(movie.parent) == before


def test_without_verification(movie, model):
    done(movie, "-t", "green", "--model", model, "--no-verify")
    assert colours_in(movie.with_name("movie.cut.mp4")) == frames_of("g6")


@pytest.mark.parametrize(("container", "suffix"), [("avi", ".avi"), ("mov", ".MOV")])
def test_the_output_has_the_container_of_the_input(place, model, container, suffix):
    movie = paint(place / f"holiday.2024{suffix}", "r4 b4", container=container)
    done(movie, "-x", "--model", model)
    cut = place / f"holiday.2024.cut{suffix}"
    assert colours_in(cut) == frames_of("r4") and probe(cut).container == probe(movie).container


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--drop", "red|green|blue"], "nothing of the film is left; nothing written"),
        (["-t", "red", "--drop", "warm"], "no segment of red, warm left; nothing written"),
        (["-t", "red", "--margin", "-9"], "no segment of red left; nothing written"),
    ],
)
def test_nothing_is_left(movie, model, flags, says):
    """It is said, with or without --dry-run; and no film of one frame is written."""
    for more in ([], ["--dry-run"]):
        assert done(movie, "--model", model, *flags, *more).splitlines()[-1] == says
    assert set(tree(movie.parent)) == {"movie.mp4"}


def test_all_of_a_film_is_all_its_frames(movie, model):
    done(movie, "--model", model, "-t", "red|green|blue")
    assert colours_in(movie.with_name("movie.cut.mp4")) == frames_of("r10 g6 b4")
