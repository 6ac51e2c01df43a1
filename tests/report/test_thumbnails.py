"""Thumbnails: of the right frame, upright, in the film's shape."""

import io
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import miles_deep as md
from media import FilmSpec, read_frame_number, read_orientation
from miles_deep.report.thumbnails import jpeg, pictures, shown_size, size_within, strip_times
from truth import truth

BOX = (192, 108)


@given(st.lists(st.fractions(0, 100), max_size=20), st.fractions(Fraction(1, 10), 100), st.integers(1, 12))
def test_each_part_of_the_film_has_a_thumbnail(keyframes, duration, count):
    keyframes = sorted(set(keyframes))
    times = strip_times(keyframes, duration, count)
    for number, time in enumerate(times):
        start, end = duration * number / count, duration * (number + 1) / count
        assert start <= time < end
        inside = any(start <= keyframe < end for keyframe in keyframes)
        assert (time in keyframes) or (not inside and time == (start + end) / 2)


@given(st.integers(1, 8000), st.integers(1, 8000), st.fractions(Fraction(1, 4), 4, max_denominator=100))
def test_thumbnails_fill_their_box(width, height, aspect):
    wide, high = size_within(width, height, aspect, BOX)
    assert 1 <= wide <= BOX[0] and 1 <= high <= BOX[1] and (wide == BOX[0] or high == BOX[1])


@pytest.mark.parametrize(
    "spec",
    [FilmSpec(audio=()), FilmSpec(audio=(), rotation=90), FilmSpec("mkv", "hevc", audio=(), vfr=True)],
    ids=str,
)
def test_they_show_the_frame_at_their_time(film, spec):
    """After a JPEG's rounding, too; times come in any order, and twice."""
    video = md.probe(film(spec))
    asked = [Fraction(7), Fraction(5, 2), Fraction(0), Fraction(7), Fraction(99)]
    found = dict(pictures(video, asked, BOX))
    assert list(found) == [Fraction(0), Fraction(5, 2), Fraction(7)]
    for time, picture in found.items():
        read = np.asarray(Image.open(io.BytesIO(jpeg(picture))))
        assert read_frame_number(read) == truth(spec).at(time)[0]
        assert read_orientation(read) == 0
        assert read.shape == (108, 144, 3) == (*shown_size(video, BOX)[::-1], 3)
