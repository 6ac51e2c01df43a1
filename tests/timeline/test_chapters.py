"""The flat list of chapters: from beginning to end, marks exact, the film's own around them."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miles_deep.timecode import Span
from miles_deep.timeline.chapters import LONGEST_TITLE, SLIVER, Chapter, clean_title, flat_chapters

END = Fraction(100)
Rows = list[tuple[float, float, str]]


def made(rows: Rows) -> list[Chapter]:
    return [Chapter(Span(start, end), title) for start, end, title in rows]


CASES: dict[str, tuple[Rows, Rows, Rows]] = {
    # marks, own, the list
    "one": ([(10, 20, "cat")], [], [(0, 10, ""), (10, 20, "cat"), (20, 100, "")]),
    "whole film": ([(0, 100, "cat")], [], [(0, 100, "cat")]),
    "adjacent": ([(0, 10, "cat"), (10, 20, "cat")], [], [(0, 10, "cat"), (10, 20, "cat"), (20, 100, "")]),
    "unsorted": ([(50, 100, "b"), (0, 50, "a")], [], [(0, 50, "a"), (50, 100, "b")]),
    "overlap": (
        [(0, 50, "cat"), (40, 100, "dog")],
        [],
        [(0, 40, "cat"), (40, 50, "cat, dog"), (50, 100, "dog")],
    ),
    "nested": ([(0, 100, "a"), (40, 60, "b")], [], [(0, 40, "a"), (40, 60, "a, b"), (60, 100, "a")]),
    "twice the same": ([(0, 100, "a"), (0, 100, "a")], [], [(0, 100, "a")]),
    "beyond the end": ([(90, 300, "a"), (200, 201, "b")], [], [(0, 90, ""), (90, 100, "a")]),
    "own is split": (
        [(40, 60, "cat")],
        [(0, 100, "Scene")],
        [(0, 40, "Scene"), (40, 60, "cat"), (60, 100, "Scene")],
    ),
    "own is covered": ([(0, 60, "cat")], [(10, 50, "Scene")], [(0, 60, "cat"), (60, 100, "")]),
    "own has gaps": (
        [(40, 60, "cat")],
        [(10, 20, "A"), (50, 90, "B")],
        [(0, 10, ""), (10, 20, "A"), (20, 40, ""), (40, 60, "cat"), (60, 90, "B"), (90, 100, "")],
    ),
    "own overlap": (
        [(90, 100, "cat")],
        [(0, 90, "A"), (30, 90, "B")],
        [(0, 30, "A"), (30, 90, "B"), (90, 100, "cat")],
    ),
    "mark a little after an edge": (
        [(50.25, 70, "cat")],
        [(0, 50, "A"), (50, 100, "B")],
        [(0, 50.25, "A"), (50.25, 70, "cat"), (70, 100, "B")],
    ),
    "mark ends a little before an edge": (
        [(30, 49.75, "cat")],
        [(0, 50, "A"), (50, 100, "B")],
        [(0, 30, "A"), (30, 49.75, "cat"), (49.75, 100, "B")],
    ),
    "short own chapters stay": (
        [(30, 40, "cat")],
        [(0, 29.5, "A"), (29.5, 30, "flash"), (30, 100, "B")],
        [(0, 29.5, "A"), (29.5, 30, "flash"), (30, 40, "cat"), (40, 100, "B")],
    ),
    "short gaps between marks stay": (
        [(30, 40, "a"), (40.5, 50, "b")],
        [],
        [(0, 30, ""), (30, 40, "a"), (40, 40.5, ""), (40.5, 50, "b"), (50, 100, "")],
    ),
}


@pytest.mark.parametrize(("marks", "own", "expected"), CASES.values(), ids=CASES)
def test_flat_list(marks: Rows, own: Rows, expected: Rows) -> None:
    assert flat_chapters(made(marks), made(own), END) == made(expected)


times = st.integers(0, 120).map(lambda tenths: Fraction(tenths, 1))
spans = st.tuples(times, times).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Span(*pair))


def chapters(titles: str) -> st.SearchStrategy[list[Chapter]]:
    return st.lists(st.builds(Chapter, spans, st.sampled_from(titles)), max_size=8)


@given(chapters("abc"), chapters("XYZ"))
def test_every_moment_has_its_titles(marks: list[Chapter], own: list[Chapter]) -> None:
    flat = flat_chapters(marks, own, END)
    assert (flat[0].span.start, flat[-1].span.end) == (0, END)
    assert all(one.span.end == other.span.start for one, other in pairwise(flat))
    for moment in range(100):
        [shown] = [c.title for c in flat if c.span.start <= moment < c.span.end]
        marked = {c.title for c in marks if c.span.start <= moment < c.span.end}
        beneath = {c.title for c in own if c.span.start <= moment < c.span.end}
        if marked:
            assert set(shown.split(", ")) == marked
        else:
            assert shown in (beneath or {""})
    edges = {chapter.span.start for chapter in flat} | {END}
    for mark in marks:  # however small what is left of the others
        assert {min(mark.span.start, END), min(mark.span.end, END)} <= edges


def test_a_thousand_marks_in_no_time() -> None:
    marks = [Chapter(Span(Fraction(k, 20), Fraction(k + 1, 20)), str(k)) for k in range(2000)]
    assert flat_chapters(marks, [Chapter(Span(0, END), "own")], END) == marks
    assert marks[0].span.length < SLIVER


TITLES = {
    "plain": ("cat", "cat"),
    "newlines": (" two\r\nlines\u2028three\t ", "two lines three"),
    "control characters": ("a\0b\x1b[31mc\x7f", "a b [31mc"),
    "half a character": ("a\ud800b", "a b"),
    "a joined emoji": ("\U0001f469\u200d\U0001f680", "\U0001f469\u200d\U0001f680"),
    "only blanks": ("\n \t", ""),
    "long": ("x" * 10_000, "x" * LONGEST_TITLE),
    "long, cut inside a character": ("\u00fc" * 200, "\u00fc" * 127),
}


@pytest.mark.parametrize(("title", "expected"), TITLES.values(), ids=TITLES)
def test_titles_are_one_line_that_can_be_written(title: str, expected: str) -> None:
    assert clean_title(title) == expected
