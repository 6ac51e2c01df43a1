"""What a picture has room for."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from found import HOSTILE, longer, made, scores_of, segment
from hypothesis import given
from hypothesis import strategies as st

from miles_deep.report.layout import bands, label_colours, rows, ticks
from miles_deep.report.palette import BACKGROUND, GROUP, PALETTE, REST, colours, on_dark
from miles_deep.report.wording import legible, shortened


@given(st.fractions(0, 10**6), st.integers(3, 20))
def test_ticks_are_few_even_and_inside(duration, most):
    times = ticks(duration, most)
    assert 1 <= len(times) <= most + 1
    assert times[0] == 0 and times[-1] <= duration
    assert len(set(np.diff(times).tolist())) <= 1


@pytest.mark.parametrize(("seconds", "step"), [(10, 1), (597, 60), (10_799, 900), (90_000, 10_800)])
def test_ticks_people_count_in(seconds, step):
    assert ticks(Fraction(seconds), 12)[1] == step


def test_bands_add_up_to_the_scores(film):
    """Averaged over columns of unequal length, and with most labels summed, nothing is lost."""
    labels = ("sfw", *(f"label {number}" for number in range(39)))
    scores = scores_of(np.random.default_rng(1).random((1003, 40)), labels, background=("sfw",))
    found = made(film, {"label 7": [(2, 5)]}, scores)
    [stack] = bands(found, columns=100, most=6)
    assert (stack.names[0], stack.names[-2:]) == ("label 7", ("other labels (33)", "sfw"))
    assert stack.colours[-2:] == (REST, BACKGROUND)
    assert len(stack.edges) == 101 and stack.edges[-1] == 1003
    summed = (stack.heights * np.diff(stack.edges)[:, None]).sum(axis=0)
    np.testing.assert_allclose(summed.sum(), scores.values.sum(), rtol=1e-5)
    np.testing.assert_allclose(summed[-1], scores.values[:, 0].sum(), rtol=1e-5)


def test_a_group_with_segments_is_one_band(film):
    scores = scores_of([[0.5, 0.25, 0.25]] * 4, ("other", "cat", "dog"), groups={"pet": ("cat", "dog")})
    [stack] = bands(made(film, {"pet": [(0, 2)]}, scores), columns=4)
    assert stack.names == ("pet", "other")
    np.testing.assert_allclose(stack.heights, 0.5)


SYNSETS = ("n02326432 hare", "n02012849 crane", "n03126707 crane")


def test_a_stack_for_each_model(film):
    """Neither lies on the other, and a model of which nothing was found has as many bands as another."""
    labels = (*(f"a{number}" for number in range(20)), *(f"b{number}" for number in range(20)))
    groups = {"all": labels[20:]}
    scores = scores_of(np.full((4, 40), 0.05), labels, heads=(20, 20), background=("a0",), groups=groups)
    first, second = bands(made(film, {label: [(0, 4)] for label in labels[1:20]}, scores), columns=4)
    assert (first.top, second.top) == (pytest.approx(1), pytest.approx(1))
    assert len(first.names) == 8 and first.names[-2:] == ("other labels (13)", "a0")
    assert len(second.names) == 7 and second.names[-1] == "other labels (14)"
    assert {*first.names[:6]} < {*labels[:20]} and {*second.names[:6]} < {*labels[20:]}
    shown = (*first.colours[:6], *second.colours[:6])
    assert sorted(shown) == sorted(PALETTE)
    assert [stack.names for stack in bands(made(film, {"all": [(0, 4)]}, scores), columns=4)][1] == ("all",)


def test_names_are_those_people_use(film):
    """Of ImageNet's labels the first word, with an id only where two have it."""
    scores = scores_of([[0.5, 0.25, 0.25]] * 4, SYNSETS)
    found = made(film, {label: [(place, place + 1)] for place, label in enumerate(SYNSETS)}, scores)
    names = {"hare", "crane (n02012849)", "crane (n03126707)"}
    assert {row.name for row in rows(found)} == {*bands(found, columns=4)[0].names} == names


def test_groups_stand_above_labels(film):
    """Those with most seconds; labels have the room that is left."""
    found = made(film, {f"label {number}": [(number, number + 1)] for number in range(20)})
    groups = [segment(f"group {number}", 0, number + 1) for number in range(15)]
    drawn = rows(replace(found, groups=tuple(groups)))
    assert [row.name for row in drawn[:12]] == [f"group {number}" for number in reversed(range(3, 15))]
    assert (
        len(drawn) == 24 and drawn[12].name.startswith("label") and {row.colour for row in drawn[:12]} == {GROUP}
    )


def test_the_background_keeps_its_row(film):
    spans = {f"label {number}": [(number, number + 1)] for number in range(20)} | {"other": [(0, 20)]}
    scores = scores_of([[1 / 21] * 21] * 20, spans, background=("other",))
    assert [row.name for row in rows(made(film, spans, scores), most=5)][-2:] == ["other labels (17)", "other"]


def test_no_second_is_no_column(film):
    [stack] = bands(made(film, {}, scores_of(np.zeros((0, 2)), ("a", "b"))), columns=10)
    assert stack.heights.shape == (0, 2)


def test_rows_hold_every_segment_once(film):
    found = made(film, {f"label {number}": [(number, number + 1)] for number in range(20)})
    drawn = rows(found, most=5)
    assert [row.name for row in drawn][-1] == "other labels (16)" and len(drawn) == 5
    assert sorted(s.label for row in drawn for s in row.segments) == sorted(s.label for s in found.segments)


def test_a_label_keeps_its_colour():
    """Whatever is shown beside it, in a model with no more labels than colours."""
    labels = ["other", *"abcdefghijkl"]
    every = colours(labels, labels, ["other"])
    assert every["other"] == BACKGROUND and set(every.values()) == {*PALETTE, BACKGROUND}
    for label in labels:
        assert colours([label], labels, ["other"]) == {label: every[label]}


def test_no_two_of_many_labels_share_a_colour(film):
    found = made(film, {f"label {number}": [(number, number + 1)] for number in range(20)})
    painted = [colour for colour in label_colours(found).values() if colour not in (REST, BACKGROUND)]
    assert sorted(painted) == sorted(PALETTE)


def test_colours_on_a_dark_page_differ():
    assert len({on_dark(colour) for colour in (*PALETTE, BACKGROUND, REST)}) == len(PALETTE) + 2


@pytest.mark.parametrize("label", HOSTILE)
def test_texts_fit_and_stay_in_their_line(label):
    assert legible(label).replace("\u200d", "").isprintable()
    assert len(shortened(label, 12)) <= 12


def test_what_is_too_long_ends_in_an_ellipsis():
    assert shortened("a label of no length", 8) == "a label…"
    assert shortened("影響影響", 6) == "影響…"
    assert shortened("short", 5) == "short"


def test_bands_of_a_long_film_are_quick_to_draw(film):
    """Three hours become as many columns as there are pixels."""
    [stack] = bands(longer(made(film, {"a": [(0, 9)]}), 10_800), columns=1170)
    assert stack.heights.shape == (1170, 2)
