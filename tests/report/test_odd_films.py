"""Films of which there is hardly anything to draw, or that can hardly be read."""

from fractions import Fraction

import numpy as np
import pytest
from found import made, scores_of

from media import ONE_KEYFRAME, FilmSpec
from miles_deep import Span
from miles_deep.report import page, plot

ODD = {
    "one frame": FilmSpec(audio=(), duration=Fraction(1, 25)),
    "one keyframe": FilmSpec(audio=(), gop=ONE_KEYFRAME, duration=Fraction(6)),
    "no times": FilmSpec("h264", audio=(), duration=Fraction(6)),
    "late start": FilmSpec("ts", audio=(), start=Fraction(7, 5), duration=Fraction(6)),
}


@pytest.mark.parametrize("spec", ODD.values(), ids=ODD)
def test_any_film_has_its_pictures(film, spec, tmp_path):
    seconds = max(1, int(spec.duration))
    scores = scores_of([[0.25, 0.75]] * seconds, ("other", "cat"), background=("other",))
    found = made(film, {"cat": [(0, 1)]}, scores, spec=spec, kept=(Span(0, 1),))
    plot.draw(found, tmp_path / "film.svg")
    page.write(found, tmp_path / "film.html")
    images = (tmp_path / "film.svg").read_text("utf-8").count("<image")
    assert images == (1 if spec.duration < 1 else 9)
    assert (tmp_path / "film.html").read_text("utf-8").count("<img") >= 2


def test_no_second_at_all(film, tmp_path):
    """Scores of a film without a picture that could be decoded."""
    found = made(film, {}, scores_of(np.zeros((0, 1)), ("cat",)), kept=())
    plot.draw(found, tmp_path / "film.png")
    page.write(found, tmp_path / "film.html")
    assert "0:00:00 · 0 segments" in (tmp_path / "film.html").read_text("utf-8")
