"""--blur, --mute and --speed: done to what is found, and to nothing else."""

import json
import shutil
from fractions import Fraction

import numpy as np
import pytest
from cli_media import GOP, RATE, colours_in, paint, seconds_of
from cli_run import done, done_json, tree

from media import FilmSpec, decode_audio, decode_video, read_frame_number
from miles_deep import probe

CLOCK = FilmSpec(duration=20)
"""Red to 5 s, green to 15 s, blue to the end, 25 frames a second, with sound."""


@pytest.fixture
def clock(place, film):
    return shutil.copy(film(CLOCK), place / "clock.mp4")


@pytest.fixture
def plan(here, model):
    """Gives the plan for a film and some flags, as JSON."""

    def planned(movie, *flags):
        result = here(movie, "--model", model, "--dry-run", "--json", *flags)
        assert (result.returncode, result.stderr) == (0, "")
        return json.loads(result.stdout)

    return planned


def spans_of(effects):
    return [(effect["start"], effect["end"]) for effect in effects]


def sharpness(rgb) -> int:
    """The greatest step from one pixel to the next: high at the edges of the clock's cells."""
    return int(np.abs(np.diff(rgb.astype(int), axis=1)).max())


def test_blur(clock, model):
    """Every frame comes out, in its place; those of the segments tell nothing, the others all."""
    before = clock.read_bytes()
    said = done_json(clock, "--blur", "green", "--model", model)
    [(start, end)] = spans_of(said["effects"])
    assert said["segments"] == [] and 5 < start < 7 < 13 < end < 15
    [made] = said["outputs"]
    assert made["frames"] == 500 and made["duration"] == 20 and made["copied_frames"] > 0
    shown = decode_video(clock.with_name("clock.cut.mp4"))
    assert len(shown) == 500
    for number, (_, rgb) in enumerate(shown):
        if round(start * 25) <= number < round(end * 25):
            assert sharpness(rgb) < 80, number
        else:
            assert read_frame_number(rgb) == number and sharpness(rgb) > 120
    assert clock.read_bytes() == before and set(tree(clock.parent)) == {"clock.mp4", "clock.cut.mp4"}


def test_mute(clock, model):
    """The picture is copied to the last frame; the sound is gone where it shall be, and there only."""
    said = done_json(clock, "--mute", "green", "--model", model)
    [(start, end)] = spans_of(said["effects"])
    [made] = said["outputs"]
    assert made["frames"] == made["copied_frames"] == 500
    sound, rate, first = decode_audio(clock.with_name("clock.cut.mp4"))
    times = float(first) + np.arange(len(sound)) / rate
    assert np.abs(sound[(times > start + 0.1) & (times < end - 0.1)]).max() < 0.01
    for second in (1, 2, 3, 16, 17, 18):
        heard = sound[(times > second) & (times < second + 0.5)]
        assert 0.2 < np.sqrt(np.mean(heard**2)) < 0.4


def test_speed(clock, model):
    said = done_json(clock, "--speed", "green=4", "--model", model)
    [(start, end)] = spans_of(said["effects"])
    [made] = said["outputs"]
    assert made["duration"] == pytest.approx(20 - (end - start) * 3 / 4, abs=0.001)
    numbers = [read_frame_number(rgb) for _, rgb in decode_video(clock.with_name("clock.cut.mp4"))]
    first, after = round(start * 25), round(end * 25)
    usual = [number for number in numbers if not first <= number < after]
    assert usual == [*range(first), *range(after, 500)]
    fast = [number for number in numbers if first <= number < after]
    assert fast == sorted(fast) and abs(len(fast) - (after - first) / 4) <= 1
    assert probe(clock.with_name("clock.cut.mp4")).duration == pytest.approx(made["duration"], abs=0.001)


def test_what_it_prints(movie, model):
    out = done(movie, "--blur", "green", "--speed", "blue=2", "--speed", "green=0.5", "--model", model)
    assert out.splitlines() == [
        "0:00:10-0:00:16          score 1.00  coverage 1.00  green, blurred, 0.5 times as fast",
        "0:00:16-0:00:20          score 1.00  coverage 1.00  blue, 2 times as fast",
        f"wrote {movie.with_name('movie.cut.mp4')}: 0:00:24, copied 90 of 180 frames, 1 span (smart)",
    ]


def test_the_plan_tells_of_them(place, model, here):
    movie = paint(place / "movie.mp4", "r6 g6 b6", sound=True)
    result = here(movie, "--model", model, "--blur", "green", "--mute", "red", "--speed", "blue=3", "--dry-run")
    assert result.stdout.splitlines()[3:] == [
        "would write 0:00:14, copied 60 of 140 frames (smart):",
        "  copy   0:00:00-0:00:06             60 frames, 2 whole groups of pictures",
        "  mute   0:00:00-0:00:06",
        "  encode 0:00:06-0:00:12             60 frames, blurred",
        "  encode 0:00:12-0:00:18             20 frames, 3 times as fast",
    ]
    assert set(tree(place)) == {"movie.mp4"}


def test_the_plan_as_json(movie, plan):
    said = plan(movie, "--blur", "green", "--speed", "red|green=3")
    effects = [(e["label"], e["start"], e["end"], e["blur"], e["mute"], e["speed"]) for e in said["effects"]]
    assert effects == [("red", 0, 16, False, False, 3), ("green", 10, 16, True, False, 1)]
    assert [(piece["start"], piece["end"], piece["blur"], piece["speed"]) for piece in said["pieces"]] == [
        (0, 10, False, 3),
        (10, 16, True, 3),
        (16, 20, False, 1),
    ]
    assert [piece["output_start"] for piece in said["pieces"]] == pytest.approx([0, 10 / 3, 16 / 3])
    assert said["duration"] == pytest.approx(float(Fraction(28, 3)))


@pytest.mark.parametrize(
    ("flags", "kept", "blurred"),
    [
        (["--blur", "green"], [(0, 20)], [(10, 16)]),
        (["--blur", "green", "--margin", "1,2"], [(0, 20)], [(9, 18)]),
        (["--blur", "green", "--margin", "-1"], [(0, 20)], [(11, 15)]),
        (["--blur", "green,blue"], [(0, 20)], [(10, 20)]),
        (["--blur", "green", "--blur", "blue"], [(0, 20)], [(10, 20)]),
        (["--blur", "red & warm"], [(0, 20)], [(0, 10)]),
        (["-x", "--blur", "green"], [(0, 16)], [(10, 16)]),
        (["-t", "green|blue", "--blur", "blue"], [(10, 20)], [(16, 20)]),
        (["-t", "green", "--blur", "blue", "--margin", "2"], [(8, 18)], [(14, 18)]),
        (["--drop", "green", "--blur", "green", "--margin", "1"], [(0, 11), (15, 20)], [(9, 11), (15, 17)]),
        (["-t", "red", "--blur", "blue"], [(0, 10)], []),
        (["--speed", "green=2", "--blur", "blue", "--margin", "1"], [(0, 20)], [(15, 20)]),
        (["--blur", "green", "--no-refine", "-u", "5"], [(0, 20)], [(10, 16)]),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else "",
)
def test_what_is_kept_and_what_is_blurred(movie, plan, flags, kept, blurred):
    """The margin lets blurred stretches grow as well; those of another speed stay as they are."""
    pieces = plan(movie, *flags)["pieces"]
    assert joined([(piece["start"], piece["end"]) for piece in pieces]) == kept
    assert joined([(piece["start"], piece["end"]) for piece in pieces if piece["blur"]]) == blurred
    fast = [(piece["start"], piece["end"]) for piece in pieces if piece["speed"] != 1]
    assert joined(fast) == ([(10, 16)] if "--speed" in flags else [])


def joined(spans):
    """Those that touch made one."""
    found = []
    for start, end in spans:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--blur", "green"], "no segment of green found; nothing written"),
        (["--drop", "green", "--blur", "blue"], "no segment of green, blue found; nothing written"),
        (["-t", "green", "--blur", "red"], "no segment of green found; nothing written"),
        (["--blur", "red", "--margin", "-9"], "no segment of red left; nothing written"),
    ],
)
def test_nothing_is_found(place, model, here, flags, says):
    movie = paint(place / "red.mp4", "r5")
    for more in ([], ["--dry-run"]):
        result = here(movie, "--model", model, *flags, *more)
        assert (result.returncode, result.stdout, result.stderr) == (0, f"{says}\n", "")
    said = json.loads(here(movie, "--model", model, *flags, "--json").stdout)
    assert (said["segments"], said["effects"], said["outputs"]) == ([], [], [])
    assert set(tree(place)) == {"red.mp4"}


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["-t", "red", "--blur", "green"], "no segment of green found in what is kept"),
        (["--drop", "green", "--blur", "red"], "no segment of green found"),
        (["--blur", "red", "--speed", "green=2"], "no segment of green found"),
    ],
)
def test_one_is_found_and_another_is_not(place, model, here, flags, says):
    """What is found is done, and what is not is told."""
    movie = paint(place / "red.mp4", "r5 b5")
    result = here(movie, "--model", model, *flags)
    assert (result.returncode, result.stderr) == (0, "") and says in result.stdout
    assert set(tree(place)) == {"red.mp4", "red.cut.mp4"}


def test_a_film_without_sound_is_not_muted(movie, model, here):
    """It is told, and the rest is done."""
    result = here(movie, "--model", model, "-t", "green", "--mute", "green")
    assert (result.returncode, result.stderr) == (0, "movie.mp4: has no sound, so there is nothing to mute\n")
    assert "muted" not in result.stdout
    assert colours_in(movie.with_name("movie.cut.mp4")) == "g" * 6 * RATE


def test_clips_and_replacement(movie, model):
    """They go with `-c`, `-o` and `--replace`."""
    done(movie, "-c", "-x", "--drop", "red", "--speed", "green=2", "--model", model)
    assert probe(movie.with_name("movie.cut") / "movie.001.mp4").duration == 3
    done(movie, "--speed", "green=2", "--replace", "--model", model)
    assert probe(movie).duration == 17
    assert colours_in(movie)[: 10 * RATE // GOP * GOP] == "r" * (10 * RATE // GOP * GOP)
    assert len(colours_in(movie)) == (len(seconds_of("r10 g3 b4"))) * RATE


@pytest.mark.parametrize("name", ["export", "plot", "report", "tag"])
def test_other_commands_have_no_such_flags(movie, model, here, name):
    for flag in ("--blur", "--mute", "--speed"):
        result = here(name, movie, "--model", model, flag, "green=2")
        assert result.returncode == 2 and f"No such option '{flag}'" in result.stderr
