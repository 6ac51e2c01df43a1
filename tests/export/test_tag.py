"""The `.tag` file: its exact text, and reading whatever looks like one."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miles_deep import Segment, Span
from miles_deep.errors import FormatError
from miles_deep.export.tag import read, render

GOLDEN = Path(__file__).parent / "golden.tag"
LABELS = ("sfw", "nsfw", "cat, tabby", "none of it")
SEGMENTS = [
    Segment(Span(30, 41), "cat, tabby", 0.987654321, 10 / 11),
    Segment(Span(134, 143), "nsfw", 0.5, 1.0),
    Segment(Span(0, 30), "sfw", 0.9999999, 2 / 3),
    Segment(Span(590, Fraction("596.458")), "nsfw", 0.00001234567, 0.4),
    Segment(Span(134, 150), "sfw", 1.0, 0.4375),
]
DURATION = Fraction("596.458")

AS_THE_FIRST_PROGRAM_WROTE = b"""\
movie.mp4,bear,cat,other,dog,eagle,fox,
597,0,9,400,0,7,0,
label,start,end,score,coverage
other,0,399,0.912346,0.95
cat,134,142,0.98,1
eagle,590,596,0.5,0.428571
"""
"""With commas at the ends of the first two lines; seconds are inclusive."""


def test_golden():
    """Byte for byte: totals of every label, order by start, inclusive ends, six digits."""
    text = render(SEGMENTS, LABELS, 'a "film", cut.mp4', DURATION)
    assert text.encode() == GOLDEN.read_bytes()


def test_a_film_that_is_one_segment():
    text = render([Segment(Span(0, DURATION), "sfw", 0.75, 1.0)], ["sfw", "nsfw"], "movie.mp4", DURATION)
    assert text == "movie.mp4,sfw,nsfw\n597,597,0\nlabel,start,end,score,coverage\nsfw,0,596,0.75,1\n"


def test_a_film_without_segments():
    assert render([], ["a"], "m.avi", Fraction(3)) == "m.avi,a\n3,0\nlabel,start,end,score,coverage\n"


def test_a_segment_shorter_than_a_second():
    text = render([Segment(Span(4, Fraction(17, 4)), "a", 1.0, 1.0)], ["a"], "m.avi", Fraction(17, 4))
    assert text.splitlines()[1:] == ["5,1", "label,start,end,score,coverage", "a,4,4,1,1"]


def test_labels_of_segments_are_added():
    text = render([Segment(Span(0, 5), "group", 1.0, 1.0)], ["a"], "m.avi", Fraction(5))
    assert text.splitlines()[:2] == ["m.avi,a,group", "5,0,5"]


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "film.tag"
    path.write_bytes(content)
    return path


ENDINGS = {"LF": b"\n", "CRLF": b"\r\n"}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
@pytest.mark.parametrize("commas", ["on the first lines", "everywhere", "nowhere"])
@pytest.mark.parametrize("last", ["ended", "not ended"])
def test_reads_what_the_first_program_wrote(tmp_path, ending, commas, last):
    lines = AS_THE_FIRST_PROGRAM_WROTE.splitlines()
    if commas != "on the first lines":
        lines = [line.rstrip(b",") + b"," * (commas == "everywhere") for line in lines]
    tags = read(written(tmp_path, ending.join(lines) + ending * (last == "ended")))
    assert (tags.movie, tags.total_seconds) == ("movie.mp4", 597)
    assert tags.seconds == {"bear": 0, "cat": 9, "other": 400, "dog": 0, "eagle": 7, "fox": 0}
    assert tags.segments == [
        Segment(Span(0, 400), "other", 0.912346, 0.95),
        Segment(Span(134, 143), "cat", 0.98, 1.0),
        Segment(Span(590, 597), "eagle", 0.5, 0.428571),
    ]


def test_reads_empty_lines_and_spaces(tmp_path):
    text = b"m.mp4,a\n\n 10 , 4 \n label, start,end,score,coverage\n\na, 2,5 ,1,1\n\n"
    tags = read(written(tmp_path, text))
    assert (tags.movie, tags.seconds) == ("m.mp4", {"a": 4})
    assert tags.segments == [Segment(Span(2, 6), "a", 1.0, 1.0)]


MOVIES = ["a,b.mp4", '"a".mp4', 'say "a", b.mp4', "a\nb.mp4", "a\r\nb.mp4", "a\rb.mp4", " a .mp4 ", "é映画.mp4"]
MOVIES += [b"\xff\xfe.mp4".decode(errors="surrogateescape"), "'a'.mp4", "a\tb.mp4", "a\x85\u2028\x0cb.mp4"]


@pytest.mark.parametrize("movie", MOVIES, ids=ascii)
def test_a_film_of_any_name(tmp_path, movie):
    text = render(SEGMENTS, LABELS, movie, DURATION)
    tags = read(written(tmp_path, text.encode(errors="surrogateescape")))
    assert tags.movie == movie and tags.total_seconds == 597 and len(tags.segments) == len(SEGMENTS)


words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=10).filter(str.strip)
labels = st.lists(words, min_size=1, max_size=4, unique=True)


@st.composite
def tagged(draw):
    names = draw(labels)
    starts = draw(st.lists(st.integers(0, 500), max_size=6))
    thousandths = st.integers(1, 1000).map(lambda n: n / 1000)
    segments = [
        Segment(
            Span(start, start + draw(st.integers(1, 90))),
            draw(st.sampled_from(names)),
            draw(thousandths),
            draw(thousandths),
        )
        for start in starts
    ]
    return segments, names


@given(tagged=tagged(), movie=words)
def test_what_is_written_is_read(tmp_path_factory, tagged, movie):
    segments, names = tagged
    path = tmp_path_factory.getbasetemp() / "round.tag"
    path.write_bytes(render(segments, names, movie, Fraction(591)).encode())
    tags = read(path)
    assert (tags.movie, tags.total_seconds, list(tags.seconds)) == (movie, 591, names)
    assert tags.segments == sorted(segments, key=lambda s: (s.span, s.label))
    assert tags.seconds == {n: sum(s.span.length for s in segments if s.label == n) for n in names}


GOOD = b"m.mp4,a\n10,4\nlabel,start,end,score,coverage\na,2,5,1,1\n"
BROKEN = {
    "empty": b"",
    "blank lines": b"\n\n\n\n",
    "one line": b"m.mp4,a\n",
    "no header": b"m.mp4,a\n10,4\na,2,5,1,1\n",
    "another header": GOOD.replace(b"coverage", b"cover"),
    "a second too few": GOOD.replace(b"10,4", b"10"),
    "a second too many": GOOD.replace(b"10,4", b"10,4,4"),
    "seconds not numbers": GOOD.replace(b"10,4", b"10,four"),
    "seconds not whole": GOOD.replace(b"10,4", b"10.5,4"),
    "total not a number": GOOD.replace(b"10,4", b"x,4"),
    "a value too few": GOOD.replace(b"a,2,5,1,1", b"a,2,5,1"),
    "a value too many": GOOD.replace(b"a,2,5,1,1", b"a,2,5,1,1,1"),
    "start not a number": GOOD.replace(b"a,2,5", b"a,two,5"),
    "end not a number": GOOD.replace(b"a,2,5", b"a,2,"),
    "end not whole": GOOD.replace(b"a,2,5", b"a,2,5.5"),
    "start below 0": GOOD.replace(b"a,2,5", b"a,-2,5"),
    "ends before it starts": GOOD.replace(b"a,2,5", b"a,5,2"),
    "score not a number": GOOD.replace(b"5,1,1", b"5,much,1"),
    "coverage not a number": GOOD.replace(b"5,1,1", b"5,1,%"),
    "a number of 5000 digits": GOOD.replace(b"10,4", b"1" * 5000 + b",4"),
    "a cell of a million letters": b"m" * 1_000_000 + GOOD,
    "an open quote": b'"' + GOOD,
    "a newline in a broken line": GOOD + b'a,"2\n3",5,1,1\n',
    "a newline in a short line": GOOD + b'"a\nb",2\n',
    "a newline in a backward line": GOOD + b'"a\nb",5,2,1,1\n',
    "bytes": bytes(range(256)) * 20,
    "a film": b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(5000),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_malformed_files(tmp_path, content):
    path = written(tmp_path, content)
    with pytest.raises(FormatError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: not a tag file (") and "\n" not in message


def test_the_good_one_is_good(tmp_path):
    """From which the broken ones are made."""
    assert read(written(tmp_path, GOOD)).segments == [Segment(Span(2, 6), "a", 1.0, 1.0)]


def test_a_missing_file(tmp_path):
    with pytest.raises(FormatError, match=r"nope.tag: the tags cannot be read \(No such file or directory\)$"):
        read(tmp_path / "nope.tag")


def test_a_folder(tmp_path):
    with pytest.raises(FormatError, match=r"the tags cannot be read \(Is a directory\)$"):
        read(tmp_path)
