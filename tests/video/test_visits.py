"""plan_visits: every wanted frame is in one visit, which enters where its decoding can."""

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_film import packets, steady
from miles_deep.video.packets import PacketIndex
from miles_deep.video.visits import plan_visits


@dataclass(frozen=True)
class Coded:
    """A film and what is true of it."""

    index: PacketIndex
    group: dict[int, int]
    """From a frame's time to the number of its group."""
    leading: frozenset[int]
    """Times of the frames that are decoded after their group's keyframe, and shown before it."""
    entries: list[int]
    """Number of each group's first packet."""


@st.composite
def films(draw: st.DrawFn) -> Coded:
    """Groups of pictures, open or not, in any order of decoding, at any distance; some hidden by an edit list."""
    pts: list[int] = []
    keyframes: list[bool] = []
    group: dict[int, int] = {}
    leading: list[int] = []
    entries: list[int] = []
    # A few frames before the first keyframe, as in a film that was cut out of another.
    loose = draw(st.integers(0, 3))
    now = draw(st.sampled_from((0, 0, -5, 3)))
    for number in range(draw(st.integers(1, 6))):
        before = draw(st.integers(0, 3)) if number else 0
        length = before + 1 + draw(st.integers(0, 6))
        gaps = draw(st.lists(st.integers(1, 5), min_size=length, max_size=length))
        shown = [now + sum(gaps[:place]) for place in range(length)]
        now += sum(gaps)
        entries.append(len(pts))
        key, ahead, behind = shown[before], shown[:before], shown[before + 1 :]
        headless = number == 0 and loose > 0
        order = [key, *draw(st.permutations(ahead)), *draw(st.permutations(behind))]
        pts += order
        keyframes += [not headless, *[False] * (length - 1)]
        group |= dict.fromkeys(order, number)
        leading += ahead
    end = max(pts)
    if end < 0:
        pts, group, leading = (
            [tick - end for tick in pts],
            {tick - end: number for tick, number in group.items()},
            [tick - end for tick in leading],
        )
    index = packets(pts, keyframes, Fraction(1, 10), last=3)
    return Coded(index, group, frozenset(leading), entries)


@st.composite
def films_and_times(draw: st.DrawFn) -> tuple[Coded, list[Fraction]]:
    """A film and times in it, some of them twice."""
    coded = draw(films())
    ticks = draw(st.lists(st.fractions(0, coded.index.end, max_denominator=30), max_size=12))
    return coded, sorted(time for time in ticks if time < coded.index.end)


@settings(max_examples=300)
@given(films_and_times())
def test_every_time_is_in_one_visit_that_can_show_its_frame(given: tuple[Coded, list[Fraction]]) -> None:
    coded, times = given
    index = coded.index
    visits = list(plan_visits(index, times))
    assert [time for visit in visits for same in visit.times for time in same] == times
    shown = sorted(tick for tick in index.pts.tolist() if tick >= 0)
    for visit in visits:
        assert list(visit.ticks) == sorted(set(visit.ticks))
        assert len(visit.ticks) == len(visit.times)
        for tick, same in zip(visit.ticks, visit.times, strict=True):
            for time in same:
                assert tick == shown[max(0, bisect_right(shown, time / index.tick) - 1)]
        first, last = coded.entries.index(visit.entry), coded.entries.index(visit.last)
        assert visit.entry == 0 or index.keyframe[visit.entry]
        for tick in visit.ticks:
            own = coded.group[tick]
            assert first <= own <= last
            if tick in coded.leading:
                assert first < own, "a leading picture refers to the group before"
    for one, next_one in pairwise(visits):
        assert one.last < next_one.entry, "no group is read twice"
        assert one.ticks[-1] < next_one.ticks[0]


@settings(max_examples=200)
@given(films_and_times())
def test_groups_are_read_together_only_for_a_leading_picture(given: tuple[Coded, list[Fraction]]) -> None:
    """Whatever else is in one visit could be left out, or be read by another decoder at the same time."""
    coded, times = given
    for visit in plan_visits(coded.index, times):
        groups = {coded.group[tick] for tick in visit.ticks}
        pulled = {coded.group[tick] - 1 for tick in visit.ticks if tick in coded.leading}
        first, last = coded.entries.index(visit.entry), coded.entries.index(visit.last)
        assert groups | pulled == set(range(first, last + 1))
        joined = {number + 1 for number in pulled}
        assert joined == set(range(first + 1, last + 1))


def test_an_open_group() -> None:
    """Decoded I0 P3 | I6 B4 B5 P9: the frames at 4 and 5 need both groups, those at 6 and 9 only the second."""
    index = packets([0, 3, 6, 4, 5, 9], [True, False, True, False, False, False], Fraction(1))
    alone, both = (list(plan_visits(index, list(map(Fraction, times)))) for times in ([6, 9], [4, 9]))
    assert [(visit.entry, visit.last, visit.ticks) for visit in alone] == [(2, 2, (6, 9))]
    assert [(visit.entry, visit.last, visit.ticks) for visit in both] == [(0, 2, (4, 9))]


def test_nothing_wanted_is_nothing_to_visit() -> None:
    assert list(plan_visits(steady(10), [])) == []


def test_a_second_apart_in_closed_groups() -> None:
    """One visit a group, each entered at its keyframe."""
    index = steady(10, rate=25, gop=50)
    visits = list(plan_visits(index, [Fraction(2 * second + 1, 2) for second in range(10)]))
    assert [visit.entry for visit in visits] == [visit.last for visit in visits] == [0, 50, 100, 150, 200]
    assert [visit.ticks for visit in visits] == [(50 * group + 12, 50 * group + 37) for group in range(5)]
    assert np.all(index.keyframe[[visit.entry for visit in visits]])
