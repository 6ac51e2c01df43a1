"""Spans and clocks."""

from fractions import Fraction
from itertools import pairwise
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miles_deep.errors import OptionError
from miles_deep.timecode import Span, clock, merge

TIMES = st.fractions(0, 100, max_denominator=1000)
SPANS = st.tuples(TIMES, TIMES).filter(lambda pair: pair[0] != pair[1]).map(lambda p: Span(min(p), max(p)))


def test_a_span_keeps_exact_times() -> None:
    span = Span(0.1, Fraction(1, 3))
    assert span.start == Fraction(1, 10), "a float is the decimal number that it is written as"
    assert span.length == Fraction(1, 3) - Fraction(1, 10)
    assert str(Span(134, Fraction(142500, 1000))) == "0:02:14-0:02:22.500"


@pytest.mark.parametrize(
    ("start", "end", "cause"),
    [
        (-1, 3, "cannot start before the film"),
        (-0.001, 3, "cannot start before the film"),
        (3, 2, "must end after its start"),
        (3, 3, "must end after its start"),
        (nan, 3, "finite"),
        (1, nan, "finite"),
        (1, inf, "finite"),
        (-inf, 1, "finite"),
    ],
)
def test_a_span_that_makes_no_sense(start: float, end: float, cause: str) -> None:
    with pytest.raises(OptionError, match=cause):
        Span(start, end)


@given(st.lists(SPANS), TIMES)
def test_merged_spans_are_the_same_stretches_apart_and_in_order(spans: list[Span], time: Fraction) -> None:
    merged = merge(spans)
    for at in [time, *(edge for span in spans for edge in (span.start, span.end))]:
        covered = any(span.start <= at < span.end for span in spans)
        assert any(span.start <= at < span.end for span in merged) == covered
    assert all(one.end < other.start for one, other in pairwise(merged))
    assert merge(merged) == merged == merge(reversed(spans))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00:00"),
        (134, "0:02:14"),
        (Fraction(596458, 1000), "0:09:56.458"),
        (0.0004, "0:00:00"),
        (59.9996, "0:01:00"),
        (3599.9999, "1:00:00"),
        (36000.05, "10:00:00.050"),
    ],
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text
