"""`--sampling adaptive` with targets: what is asked for is found, and nothing else is taken for certain later."""

import pytest

from miles_deep import Store


@pytest.mark.parametrize(
    "asked",
    [
        ("movie", "-t", "green", "--dry-run"),
        ("cut", "movie", "--drop", "red", "--dry-run"),
        ("cut", "movie", "--blur", "green", "--dry-run"),
        ("cut", "movie", "--mark", "-t", "green", "--dry-run"),
    ],
    ids=" ".join,
)
def test_what_is_asked_for_is_found_and_scores_are_not_kept(here, movie, model, asked):
    command = [movie if word == "movie" else word for word in asked]
    some = here(*command, "--model", model, "--sampling", "adaptive", "--no-refine")
    assert (some.returncode, some.stderr) == (0, "")
    assert not {entry.kind for entry in Store().entries()} & {"adaptive", "exact"}
    again = here(*command, "--model", model, "--sampling", "adaptive", "--no-refine")
    exact = here(*command, "--model", model, "--no-refine")
    assert again.stdout == some.stdout
    spans = [
        [line.split("score")[0] for line in one.stdout.splitlines() if "score" in line] for one in (some, exact)
    ]
    assert spans[0] == spans[1] != []


def test_without_targets_they_are_kept(here, movie, model):
    assert here("analyze", movie, "--model", model, "--sampling", "adaptive").returncode == 0
    assert "adaptive" in {entry.kind for entry in Store().entries()}
