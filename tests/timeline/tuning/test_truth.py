"""Labelled spans: how they are read, and whose they are."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miles_deep import Span
from miles_deep.errors import FormatError, OptionError
from miles_deep.timeline.tuning.truth import read_truth, seconds_of


@pytest.fixture
def read(tmp_path):
    def call(text):
        path = tmp_path / "labels.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_truth(path)

    return call


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("75.5", Fraction(151, 2)),
        ("1:15.5", Fraction(151, 2)),
        ("0:01:15.5", Fraction(151, 2)),
        ("90:00", 5400),
        (" 2:00:00.001 ", Fraction(7200001, 1000)),
        ("0.1", Fraction(1, 10)),
        ("12.", 12),
        *(
            (text, None)
            for text in ("", "1:60", "1:60:00", "-1", "1e3", "1/2", "nan", "1:2:3:4", "\u0661", "0x1", "1_0")
        ),
    ],
)
def test_times(text, seconds):
    assert seconds_of(text) == seconds


@given(st.integers(0, 10**9))
def test_every_millisecond_of_a_clock(milliseconds):
    seconds, rest = divmod(milliseconds, 1000)
    text = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
    assert seconds_of(text) == Fraction(milliseconds, 1000)


def test_columns_in_any_order_and_more_of_them(read):
    truth = read('\ufeffscore, End ,label,coverage,start\r\n0.5,3,"tabby, cat",1,1\r\n\r\n,9,dog,,0:05\r\n')
    assert [(row.line, row.label, row.span) for row in truth.rows] == [
        (2, "tabby, cat", Span(1, 3)),
        (4, "dog", Span(5, 9)),
    ]


@pytest.mark.parametrize(
    ("separator", "time"), [(";", "1:02,5"), ("\t", "62.5"), ("\t", "62,5"), (",", '"1:02.5"')]
)
def test_values_are_separated_as_spreadsheets_do(read, separator, time):
    text = f"\ufeff\r\nlabel;start;end\r\n'tabby, cat';{time};70\r\n".replace(";", separator).replace("'", '"')
    assert [(row.line, row.label, row.span) for row in read(text).rows] == [
        (3, "tabby, cat", Span(Fraction(125, 2), 70))
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ": it is empty; its first line has to be: movie,label,start,end"),
        ("label,start\na,1\n", ":1: column 'end' is missing; the first line is: 'label,start'"),
        ("a,1,2\n", ":1: column 'label' is missing"),
        ("label,label,start,end\n", ":1: column 'label' is there more than once"),
        ("label,start,end\na,1\n", ":2: 2 values in 3 columns"),
        ("label,start,end\na\n", ":2: 1 value in 3 columns"),
        ("label;start;end\na;1;2;3\n", ":2: 4 values in 3 columns; a value with a semicolon needs quotes"),
        ('label,start,end\na,"1,5",2\n', ":2: start '1,5' is no time; give seconds or h:mm:ss"),
        ("label,start,end\na," + "x" * 9999 + ",2\n", f":2: start '{'x' * 60}…' is no time"),
        ("label,start,end\ntabby, cat,1,2\n", ":2: 4 values in 3 columns; a value with a comma needs quotes"),
        ("label,start,end\na,x,2\n", ":2: start 'x' is no time; give seconds or h:mm:ss"),
        ("label,start,end\na,1,2\na,2,1\n", ":3: it ends at 1, not after its start at 2"),
        ("label,start,end\na,1,1\n", ":2: it ends at 1, not after its start at 1"),
        ("label,start,end\n,1,2\n", ":2: no label"),
        ("movie,label,start,end\n,a,1,2\n", ":2: no movie"),
        ('label,start,end\n"a,1,2\n', ":2: not CSV (unexpected end of data)"),
        (b"label,start,end\na,1,2\n\xe9,1,2\n", ":3: bytes that are no text; save it as UTF-8"),
    ],
)
def test_what_is_no_truth(read, tmp_path, text, line):
    with pytest.raises(FormatError) as error:
        read(text)
    assert str(error.value).startswith(f"{tmp_path / 'labels.csv'}{line}") and "\n" not in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(FormatError, match="cannot be read"):
        read_truth(tmp_path / "labels.csv")


def test_a_film_is_meant_by_path_or_by_name(read, tmp_path):
    truth = read("movie,label,start,end\na.mp4,x,1,2\nsub/b.mp4,x,3,4\n/else/c.mp4,x,5,6\n")
    films = [Path("/far/a.mp4"), tmp_path / "sub" / "b.mp4", Path("/else/c.mp4")]
    assert [[row.span.start for row in rows] for rows in truth.of_films(films)] == [[1], [3], [5]]


def test_rows_of_a_film_come_in_order(read):
    (rows,) = read("label,start,end\nb,5,6\na,1,5\n").of_films(["any.mp4"])
    assert [row.label for row in rows] == ["a", "b"]


MOVIES = "movie,label,start,end\n"


@pytest.mark.parametrize(
    ("text", "films", "line"),
    [
        ("label,start,end\na,1,2\n", ["a.mp4", "b.mp4"], ": a column 'movie' is needed to tell 2 films apart"),
        (MOVIES + "a.mp4,x,1,2\n", ["a.mp4", "b.mp4"], ": no row is of b.mp4; if there is nothing in that film"),
        (
            MOVIES + "c.mp4,x,1,2\n",
            ["a.mp4"],
            ":2: movie 'c.mp4' is none of the films given; did you mean 'a.mp4'?",
        ),
        (MOVIES + "a.mp4,x,1,2\n", ["1/a.mp4", "2/a.mp4"], ":2: movie 'a.mp4' could be any of 2 films"),
    ],
)
def test_films_that_are_not_those_of_the_truth(read, tmp_path, text, films, line):
    with pytest.raises(OptionError) as error:
        read(text).of_films(films)
    assert str(error.value).startswith(f"{tmp_path / 'labels.csv'}{line}")
