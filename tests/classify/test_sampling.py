"""Sampling: which moments are looked at, on films that are only a table of packets and made-up scores."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_film import Screening, TruthOf, agreement, packets, shot_by_shot, steady
from miles_deep.classify.questions import is_reached
from miles_deep.classify.sampling import LONGEST, midpoint, midpoints
from miles_deep.video.packets import PacketIndex

EFFORTS = (0.5, 0.7, 0.9, 0.95, 0.99, 1.0)


def half(second: int) -> Fraction:
    return Fraction(2 * second + 1, 2)


def test_midpoints() -> None:
    assert midpoint(3, Fraction(10)) == Fraction(7, 2)
    assert midpoint(11, Fraction("11.2")) == Fraction("11.1")
    assert midpoint(0, Fraction("0.4")) == Fraction("0.2")
    assert midpoints(Fraction("2.5")) == [Fraction(1, 2), Fraction(3, 2), Fraction(9, 4)]
    assert midpoints(Fraction(2)) == [Fraction(1, 2), Fraction(3, 2)]


@pytest.mark.parametrize("seconds", [0.04, 0.4, 1, 1.04, 11.2, 60])
def test_exact_asks_for_every_midpoint_and_nothing_else(seconds: float) -> None:
    index = steady(seconds)
    show = Screening(index, lambda time: (float(time), 0.5), "exact")
    rows = show.run()
    assert show.waves == [midpoints(index.end)]
    assert [row.time for row in rows] == midpoints(index.end)
    assert all(row.looked for row in rows)
    assert [row.values[0] for row in rows] == [np.float32(float(row.time)) for row in rows]


@pytest.mark.parametrize("sampling", ["exact", "adaptive"])
@pytest.mark.parametrize("end", ["0.04", "3", "7.32", "7.6", "19.96"])
def test_a_film_that_cannot_be_decoded_to_its_end(sampling: str, end: str) -> None:
    """Its last second is shorter than its packets tell, and is looked at, or inferred, at its own middle."""
    show = Screening(steady(20), shot_by_shot(3, 20, 4.0), sampling, end=Fraction(end), effort=0.99)
    rows = show.run()
    noticed = any(time >= Fraction(end) for wave in show.waves for time in wave)
    assert noticed == (end != "19.96")  # of which nothing that is wanted comes after the end
    assert [row.time for row in rows] == midpoints(Fraction(end) if noticed else Fraction(20))


@pytest.mark.parametrize("row", [(0.9, 0.1), (1, 0), (0.6, 0.4), (0.4, 0.3, 0.3), (0, 0, 1)], ids=str)
def test_a_film_that_never_changes_costs_its_keyframes(row: tuple[float, ...]) -> None:
    show = Screening(steady(120, gop=50), lambda time: row)
    rows = show.run()
    assert len(show.looks) <= 60
    assert len(rows) == 120
    assert all(np.argmax(second.values) == np.argmax(row) for second in rows)


@pytest.mark.parametrize("row", [(1.0,), (0.7,), (0.0,), (0.0, 0.0), (0.5, 0.5), (1.0, 1.0)], ids=str)
def test_rows_that_say_nothing_end_all_the_same(row: tuple[float, ...]) -> None:
    """One label, none that wins, two that win: at worst every second is looked at."""
    show = Screening(steady(30, gop=50), lambda time: row)
    rows = show.run()
    assert [second.time for second in rows] == midpoints(Fraction(30))
    assert all(second.values.tolist() == [np.float32(score) for score in row] for second in rows)
    assert len(show.looks) <= 30 + 15


@pytest.mark.parametrize("gop", [1, 5, 12, 25])
def test_one_keyframe_a_second_is_enough(gop: int) -> None:
    """Films of keyframes alone, such as MJPEG, have 25 a second; there, the middles are keyframes too."""
    for truth in (lambda time: (0.9, 0.1), shot_by_shot(1, 60)):
        show = Screening(steady(60, gop=gop), truth, effort=0.95)
        assert len(show.run()) == 60
        assert len(show.waves[0]) == 60
        assert len(show.looks) == 60 or gop > 1


def test_changes_inside_long_groups_are_found() -> None:
    """Eight seconds from keyframe to keyframe; the label changes between them, and few seconds get a wrong one."""
    right, looked = [], []
    for seed in range(6):
        truth = shot_by_shot(seed, 200, 20.0)
        show = Screening(steady(200, gop=200), truth)
        right.append(agreement(show.run(), truth))
        looked.append(len(show.looks))
    assert np.mean(right) > 0.98
    assert np.mean(looked) < 0.9 * 200


def test_a_single_change_is_found_where_it_is() -> None:
    """One change of label in the middle of a group, with a keyframe on either side."""
    truth = lambda time: (0.95, 0.05) if time < Fraction("33.3") else (0.05, 0.95)  # noqa: E731
    show = Screening(steady(60, gop=200), truth)
    assert agreement(show.run(), truth) == 1
    assert len(show.looks) < 30


@pytest.mark.parametrize("gop", [250, 500, 10_000])
def test_no_second_is_far_from_a_look(gop: int) -> None:
    """Keyframes that agree say nothing of what lies long after them."""
    index = steady(60, gop=gop)
    show = Screening(index, lambda time: (1, 0))
    rows = show.run()
    looks = sorted(show.looks)
    assert max(after - before for before, after in pairwise(looks)) <= LONGEST
    assert rows[-1].time - looks[-1] <= LONGEST / 2
    assert len(show.looks) > len(index.keyframes)


def test_effort_buys_certainty() -> None:
    """More looks, and more seconds right, on the whole of some films."""
    looks, right = np.zeros(len(EFFORTS)), np.zeros(len(EFFORTS))
    for seed in range(6):
        truth = shot_by_shot(seed, 150)
        for place, effort in enumerate(EFFORTS):
            show = Screening(steady(150, gop=75), truth, effort=effort)
            right[place] += agreement(show.run(), truth) / 6
            looks[place] += len(show.looks)
    assert all(less < more for less, more in pairwise(looks))
    assert all(less < more + 0.01 for less, more in pairwise(right))
    assert right[-1] == pytest.approx(1)
    assert right[0] < 0.95 < right[2]


@pytest.mark.parametrize("row", [(0.6, 0.4), (1, 0), (1,)], ids=str)
def test_with_effort_1_every_second_is_looked_at(row: tuple[float, ...]) -> None:
    """Nothing is certain enough, not even what a film that never changes leaves no doubt about."""
    rows = Screening(steady(40, gop=50), lambda time: row, effort=1.0).run()
    assert all(second.looked for second in rows)
    assert len(rows) == 40


def test_sampling_twice_is_the_same_and_knowing_more_changes_nothing() -> None:
    """An analysis that goes on after it was killed comes out as if it had not been, and asks for no look twice."""
    index, truth = steady(120, gop=100), shot_by_shot(5, 120)
    whole = Screening(index, truth)
    rows = whole.run()
    for most in range(0, len(whole.looks), 7):
        first = Screening(index, truth)
        assert first.run(most) == []
        other = {half(second) + Fraction(1, 25): np.array(truth(half(second))) for second in range(0, 120, 9)}
        second = Screening(index, truth, known={**first.looks, **other})
        again = second.run()
        assert [(row.time, row.looked, row.values.tolist()) for row in again] == [
            (row.time, row.looked, row.values.tolist()) for row in rows
        ]
        assert len(first.looks) + len(second.looks) == len(whole.looks)


def flickering(calm: float) -> TruthOf:
    """Twenty labels of which another wins at each look; the last has a score of its own from 20.3 to 33.3 s."""
    dice = np.random.default_rng(0).dirichlet(np.ones(20), 4000)

    def scores(time: Fraction) -> list[float]:
        last = calm if Fraction("20.3") <= time < Fraction("33.3") else 0.02
        return [*(dice[int(time * 25)] * (1 - last)), last]

    return scores


def test_labels_that_change_all_the_time_are_all_looked_at_at_once() -> None:
    """Groups of pictures that are come back to would take longer than looking at every second does."""
    show = Screening(steady(60, gop=75), flickering(0.9), effort=0.9)
    assert all(row.looked for row in show.run())
    assert len(show.waves) == 2


def test_what_is_not_asked_for_costs_nothing() -> None:
    """Of the same film it is asked whether the last label reaches a min score."""
    truth = flickering(0.9)
    show = Screening(steady(60, gop=75), truth, effort=0.9, questions=(is_reached(20, 0.3),))
    rows = show.run()
    assert len(show.looks) < 40
    assert [row.values[20] >= 0.3 for row in rows] == [truth(row.time)[20] >= 0.3 for row in rows]


@st.composite
def films(draw: st.DrawFn) -> PacketIndex:
    """Any times of frames, any keyframes, none too; a first frame that an edit list hides, perhaps."""
    gaps = draw(st.lists(st.sampled_from((1, 2, 4, 4, 4, 25, 110)), min_size=0, max_size=60))
    first = draw(st.sampled_from((0, 0, 0, -3)))
    pts = [first + sum(gaps[:place]) for place in range(len(gaps) + 1)]
    if pts[-1] < 0:
        pts.append(0)
    keyframes = [place == 0 or draw(st.booleans()) for place in range(len(pts))]
    if draw(st.integers(0, 9)) == 0:
        keyframes = [False] * len(pts)
    size = draw(st.sampled_from((None, [0] * len(pts))))
    return packets(pts, keyframes, Fraction(1, draw(st.sampled_from((1, 10, 25)))), size=size)


@settings(max_examples=150, deadline=None)
@given(
    index=films(),
    effort=st.sampled_from(EFFORTS),
    labels=st.integers(1, 4),
    seed=st.integers(0, 99),
    cut=st.sampled_from((None, None, Fraction(1, 3), Fraction(9, 10))),
)
def test_adaptive_on_any_film(
    index: PacketIndex, effort: float, labels: int, seed: int, cut: Fraction | None
) -> None:
    """It ends, has a row for each second, and says truly which were looked at."""
    dice = np.random.default_rng(seed)
    table = dice.choice([0.0, 1.0, 0.3, 0.7], (1000, labels)) if seed % 2 else dice.random((1000, labels))
    end = None if cut is None else max(index.tick, cut * index.end)
    show = Screening(index, lambda time: table[int(time * 7) % 1000], effort=effort, end=end)
    rows = show.run()
    beyond = end is not None and any(time >= end for wave in show.waves for time in wave)
    assert [row.time for row in rows] == midpoints(end if beyond and end is not None else index.end)
    asked = [time for wave in show.waves for time in wave]
    assert len(asked) == len(set(asked)), "nothing is asked for twice"
    for row in rows:
        assert row.looked == (row.time in show.looks)
        assert np.isfinite(row.values).all()
        if row.looked:
            assert np.array_equal(row.values, show.looks[row.time])
        else:
            assert effort < 1
            assert table.min() - 1e-6 <= row.values.min() and row.values.max() <= table.max() + 1e-6


def test_a_film_of_which_nothing_comes_out_ends() -> None:
    """No look ever gives anything; the pipeline would have raised before."""
    for sampling in ("exact", "adaptive"):
        show = Screening(steady(10), lambda time: (1, 0), sampling, end=Fraction(0))
        assert len(show.run()) <= 10
        assert len(show.waves) < 5
