"""find_edges and settle: the frame at which the label changes, found with few looks."""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate, groupby, pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from miles_deep.classify.sampling import midpoints
from miles_deep.timecode import Span
from miles_deep.timeline.edges import NEAR, find_edges, settle
from miles_deep.timeline.segment import Segment


@dataclass
class Film:
    """When frames are shown, and which of them match."""

    frames: list[Fraction]
    end: Fraction
    on: Callable[[Fraction], bool]
    rounds: list[list[Fraction]] = field(default_factory=list)
    """What was asked, each time."""
    answers: float = 1.0
    """Which part of the looks is answered; the others do not come out of a damaged film."""

    def shown(self, time: Fraction) -> Fraction:
        """Time of the frame shown at a time."""
        return self.frames[max(0, bisect_right(self.frames, time) - 1)]

    def segments(self, max_gap: int = 0) -> list[Segment]:
        """Seconds that match, by the frame at their middle, and lie close together."""
        matching = [k for k, middle in enumerate(midpoints(self.end)) if self.on(self.shown(middle))]
        runs: list[list[int]] = []
        for second in matching:
            if runs and second - runs[-1][-1] <= max_gap + 1:
                runs[-1].append(second)
            else:
                runs.append([second])
        return [Segment(Span(run[0], min(Fraction(run[-1] + 1), self.end)), "on", 1.0, 1.0) for run in runs]

    def look(self, times: Sequence[Fraction]) -> Mapping[Fraction, bool]:
        """What the frames at some times are."""
        assert list(times) == sorted(set(times)), "as the pipeline wants them"
        self.rounds.append(list(times))
        asked = [time for turn in self.rounds for time in turn]
        assert len(asked) == len(set(asked)), "nothing is asked twice"
        return {time: self.on(self.shown(time)) for time in times[: math.ceil(len(times) * self.answers)]}

    def refined(self, shots: Sequence[Fraction] = (), max_gap: int = 0) -> list[Span]:
        """Spans of the segments, with their edges found."""
        segments = self.segments(max_gap)
        found = settle(segments, find_edges(segments, self.frames, self.end, self.look), shots)
        assert [(one.label, one.score, one.coverage) for one in found] == [("on", 1.0, 1.0)] * len(segments)
        return [segment.span for segment in found]

    def true_spans(self) -> list[tuple[Fraction, Fraction]]:
        """Where the label is on, to the frame."""
        runs, ends = [], [*self.frames[1:], self.end]
        for on, same in groupby(zip(self.frames, ends, strict=True), key=lambda frame: self.on(frame[0])):
            whole = list(same)
            if on:
                runs.append((whole[0][0], whole[-1][1]))
        return runs


def film(seconds: int, rate: Fraction | int, *spans: tuple[str, str]) -> Film:
    """A steady film in which the label is on in some spans."""
    frames = [n / Fraction(rate) for n in range(math.ceil(seconds * rate))]
    inside = [(Fraction(start), Fraction(end)) for start, end in spans]
    return Film(frames, len(frames) / Fraction(rate), lambda time: any(a <= time < b for a, b in inside))


def pairs(spans: Sequence[Span]) -> list[tuple[Fraction, Fraction]]:
    return [(span.start, span.end) for span in spans]


RATES = (1, 5, Fraction(24000, 1001), 24, 25, 30, 50, 60, 240)


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_an_edge_is_the_first_frame_inside_and_the_first_after(rate: Fraction | int) -> None:
    shown = film(20, rate, ("3.21", "7.93"), ("12.5", "16.02"))
    assert pairs(shown.refined()) == shown.true_spans()


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("spans", [[("0", "4.4")], [("5.7", "20")], [("0", "20")], [("0.3", "19.8")]], ids=str)
def test_at_the_films_beginning_and_end(rate: Fraction | int, spans: list[tuple[str, str]]) -> None:
    shown = film(20, rate, *spans)
    assert pairs(shown.refined()) == shown.true_spans()


@pytest.mark.parametrize("rate", [24, 25, 30, 60, 120, 240])
def test_it_takes_about_two_square_roots_of_the_frames_a_second(rate: int) -> None:
    for tenth in range(1, 10):
        shown = film(20, rate, (f"6.{tenth}1", f"12.{tenth}7"))
        shown.refined()
        asked = sum(map(len, shown.rounds))
        assert asked <= 2 * (2 * math.sqrt(rate) + 2)
        assert len(shown.rounds) <= 3


def test_all_edges_are_searched_at_once() -> None:
    """A round is one pass over the film, however many segments there are."""
    shown = film(300, 25, *((f"{start}.3", f"{start + 4}.9") for start in range(5, 290, 10)))
    assert len(shown.refined()) == 29
    assert len(shown.rounds) <= 3


@st.composite
def films(draw: st.DrawFn) -> Film:
    """Frames at any distance, held ones too; the label is on in spans of more than a second, as far apart."""
    gaps = draw(st.lists(st.sampled_from((1, 1, 2, 4, 4, 4, 10, 70)), min_size=1, max_size=150))
    ticks = [0, *accumulate(gaps)]
    end = Fraction(ticks[-1] + draw(st.integers(1, 9)), 50)
    edges = list(accumulate(draw(st.lists(st.integers(101, 300), max_size=8))))
    inverse = draw(st.booleans())

    def on(time: Fraction) -> bool:
        return (bisect_right(edges, time * 100) % 2 == 1) != inverse

    return Film([Fraction(tick, 50) for tick in ticks], end, on)


@settings(max_examples=300, deadline=None)
@given(films())
def test_every_edge_to_the_frame_whatever_the_times_of_frames(shown: Film) -> None:
    found = pairs(shown.refined())
    # A stretch that no second's middle shows is not found at all, and two with none between them are one.
    seen = {shown.shown(middle) for middle in midpoints(shown.end)}
    true = shown.true_spans()
    assume(all(any(start <= time < end for time in seen) for start, end in true))
    assume(all(any(one[1] <= time < other[0] for time in seen) for one, other in pairwise(true)))
    assert found == true


@settings(max_examples=300, deadline=None)
@given(
    films(),
    st.integers(0, 2**30),
    st.lists(st.integers(0, 4000), max_size=30),
    st.sampled_from((0.0, 0.5, 1.0)),
    st.integers(0, 2),
)
def test_spans_stay_in_order_and_are_never_empty(
    shown: Film, flicker: int, shots: list[int], answers: float, max_gap: int
) -> None:
    """Whatever flickers, wherever shots change, and though some looks are not answered."""
    steady = shown.on
    shown.on = lambda time: steady(time) != ((flicker >> int(time * 50) % 30) & 1 == 1)
    shown.answers = answers
    before = shown.segments(max_gap)
    found = shown.refined(sorted({Fraction(shot, 100) for shot in shots}), max_gap)
    assert len(found) == len(before)
    for span in found:
        assert 0 <= span.start < span.end <= shown.end
    for one, other in pairwise(found):
        assert one.end <= other.start
    for span, segment in zip(found, before, strict=True):
        first, last = int(segment.span.start), math.ceil(segment.span.end) - 1
        inside = [shown.shown(midpoints(shown.end)[second]) for second in (first, last)]
        assert span.start <= max(inside[0], segment.span.start)
        assert inside[1] < span.end or segment.span.end == span.end


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**50 - 1))
def test_flicker_gives_a_change_next_to_the_inside(bits: int) -> None:
    """Of many changes one is taken: the frames on both sides of it differ, and it is a real one."""
    frames = [Fraction(number, 25) for number in range(25 * 6)]

    def on(time: Fraction) -> bool:
        number = int(time * 25)
        if number % 25 == 12 or not 37 < number < 137:
            return 62 <= number <= 87
        return bool(bits >> number % 50 & 1)

    shown = Film(frames, Fraction(6), on)
    (span,) = shown.refined()
    start, end = int(span.start * 25), int(span.end * 25)
    assert on(frames[start]) and not on(frames[start - 1])
    assert on(frames[end - 1]) and not on(frames[end])


def test_two_seconds_that_show_one_held_frame() -> None:
    """Sampling adaptively, one of them can match and the other not: there is no frame to find."""
    frames = [Fraction(0), Fraction(5), Fraction(10)]
    segments = [Segment(Span(6, 8), "on", 1.0, 1.0)]
    edges = find_edges(segments, frames, Fraction(15), lambda times: dict.fromkeys(times, True))
    assert settle(segments, edges, [Fraction(5)]) == segments


EDGE = Fraction(16, 5)
"""3.2 s: where the label of `one_change` comes on; the looked-at seconds around are at 2.5 and 3.5 s."""


def one_change(*shots: str) -> Span:
    shown = film(10, 25, ("3.2", "10"))
    return shown.refined(sorted(map(Fraction, shots)))[0]


@pytest.mark.parametrize(
    ("shots", "start"),
    [
        ((), EDGE),
        (("3.2",), EDGE),
        (("3.24",), Fraction("3.24")),
        (("2.72",), Fraction("2.72")),
        (("2.68",), EDGE),  # more than half a second away
        (("3.48",), Fraction("3.48")),
        (("3.52",), EDGE),  # after a second that was looked at and is inside
        (("3.0", "3.32"), Fraction("3.32")),  # the nearest of two
        (("8.0", "0.4"), EDGE),
    ],
)
def test_a_shot_change_nearby_wins(shots: tuple[str, ...], start: Fraction) -> None:
    assert one_change(*shots).start == start


def test_a_shot_change_at_the_other_edge() -> None:
    """An end moves as a beginning does, but over no frame that was looked at for its second."""
    for shot, end in (("6.6", "6.6"), ("6.96", "6.96"), ("6.48", "6.8"), ("7.48", "6.8"), ("7.2", "7.2")):
        (span,) = film(10, 25, ("3.2", "6.8")).refined([Fraction(shot)])
        assert span == Span(EDGE, Fraction(end)), shot
    assert Fraction("0.5") == NEAR


def test_nothing_to_refine() -> None:
    shown = film(10, 25)
    assert shown.refined([Fraction(3)]) == []
    assert shown.rounds == []


def test_a_shot_change_beside_the_films_ends_does_not_take_its_frames() -> None:
    """All of the film matches, so its first and last frames are in, whatever is cut there."""
    shown = film(20, 25, ("0", "20"))
    assert pairs(shown.refined([Fraction(2, 25), Fraction(499, 25)])) == [(0, 20)]


def test_a_shot_change_counts_near_the_end_where_the_label_goes_before_it() -> None:
    shown = film(20, 25, ("5", "19.4"))
    assert pairs(shown.refined([Fraction(486, 25)])) == [(5, Fraction(486, 25))]
