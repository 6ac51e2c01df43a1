"""What is kept of a film: keep, drop and margins."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miles_deep import Margin, Segment, Span, select
from miles_deep.errors import OptionError
from miles_deep.timecode import merge, subtract

END = Fraction(100)


def of(*spans: tuple[float, float], label: str = "a") -> list[Segment]:
    return [Segment(Span(start, end), label, 0.5, 1.0) for start, end in spans]


def kept(keep, drop=(), margin=None):
    return [(float(span.start), float(span.end)) for span in select(keep, drop, END, margin).kept]


def test_keep_drop_and_both():
    assert kept(of((10, 20), (30, 40))) == [(10, 20), (30, 40)]
    assert kept(None, of((10, 20), (30, 40))) == [(0, 10), (20, 30), (40, 100)]
    assert kept(of((10, 40)), of((20, 30), (35, 50))) == [(10, 20), (30, 35)]
    assert kept(of((10, 40)), of((0, 100))) == []
    assert kept(None) == [(0, 100)]
    assert kept([]) == []


@pytest.mark.parametrize(
    ("margin", "spans"),
    [
        (Margin(1), [(9, 21), (29, 41)]),
        (Margin(2, 4), [(8, 24), (28, 44)]),
        (Margin(5), [(5, 45)]),
        (Margin(20), [(0, 60)]),
        (Margin(0, 1000), [(10, 100)]),
        (Margin(-3, 0), [(13, 20), (33, 40)]),
        (Margin(-5), []),
        (Margin(-12, 4), [(22, 24), (42, 44)]),
    ],
)
def test_margins(margin, spans):
    assert kept(of((10, 20), (30, 40)), margin=margin) == spans


def test_margins_of_what_is_left_after_a_drop():
    """What is kept grows, so what is dropped shrinks; a drop that is eaten up is gone."""
    chosen = select(None, of((10, 20), (30, 32)), END, Margin(1, 2))
    assert [(s.start, s.end) for s in chosen.kept] == [(0, 12), (19, 100)]
    assert [(s.span.start, s.span.end, s.label) for s in chosen.segments] == [(12, 19, "a")]


def test_margins_do_not_bring_back_what_is_dropped():
    assert kept(of((10, 20), (30, 40)), of((20, 24), (33, 35)), Margin(2)) == [(8, 20), (28, 33), (35, 42)]


def test_labels_of_what_is_joined():
    chosen = select([*of((10, 20)), *of((22, 40), label="b")], (), END, Margin(1))
    [segment] = chosen.segments
    assert (segment.span, segment.label) == (Span(9, 41), "b")


def test_scores_of_what_is_joined_are_weighted_by_length():
    one, two = Segment(Span(0, 10), "a", 1.0, 1.0), Segment(Span(10, 40), "a", 0.6, 0.2)
    [segment] = select([one, two], (), END).segments
    assert (segment.score, segment.coverage) == (pytest.approx(0.7), pytest.approx(0.4))


def test_a_segment_moved_out_of_its_own_place_keeps_its_label():
    """A margin that shrinks more at the start than the segment is long."""
    [segment] = select(of((10, 12)), (), END, Margin(-4, 8)).segments
    assert (segment.span, segment.label) == (Span(14, 20), "a")


SPANS = st.lists(
    st.tuples(st.integers(0, 99), st.integers(1, 30)).map(lambda pair: Span(pair[0], min(100, sum(pair)))),
    max_size=6,
)


@given(spans=SPANS, others=SPANS)
def test_subtract_is_what_it_is_for_every_moment(spans, others):
    left = subtract(spans, others)
    assert left == merge(left) and all(a.end < b.start for a, b in itertools.pairwise(left))
    for half in range(1, 200, 2):
        moment = Fraction(half, 2)
        inside = any(s.start <= moment < s.end for s in spans) and not any(
            s.start <= moment < s.end for s in others
        )
        assert any(s.start <= moment < s.end for s in left) == inside


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_margin(value):
    with pytest.raises(OptionError, match="a margin needs finite seconds"):
        Margin(value)
