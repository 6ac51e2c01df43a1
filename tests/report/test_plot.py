"""The picture of a film, measured with a ruler."""

import logging
import xml.etree.ElementTree as ET
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from found import CLOCK, HOSTILE, longer, made
from PIL import Image

from media import FilmSpec, read_frame_number
from miles_deep import Span
from miles_deep.errors import OptionError, OutputExistsError
from miles_deep.report.canvas import DOTS, PALE
from miles_deep.report.palette import BACKGROUND, KEPT, PALETTE
from miles_deep.report.plot import GAP, HEAD, LEFT, RIGHT, ROW, SCORES, STRIP, WIDTH, draw
from truth import truth

ACROSS = round((WIDTH - LEFT - RIGHT) * DOTS)


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"))


def hex_at(image, inches_down, part):
    """The colour at a part, 0 to 1, of the film's length."""
    pixel = image[round(inches_down * DOTS), round(LEFT * DOTS + part * ACROSS)]
    return "#" + "".join(f"{value:02x}" for value in pixel)


def row_middle(number):
    return HEAD + STRIP + GAP + SCORES + GAP + ROW * (number + 0.5)


@pytest.fixture(scope="module")
def drawn(film, tmp_path_factory):
    """Seconds 5 to 15 are of `cat`, 16 to 18 of `dog`; 4 to 16 are kept."""
    path = tmp_path_factory.mktemp("plot") / "film.png"
    draw(made(film, {"cat": [(5, 15)], "dog": [(16.5, 18.5)]}, kept=(Span(4, 16),)), path)
    return pixels(path)


def test_size(drawn):
    assert drawn.shape[1] == WIDTH * DOTS


@pytest.mark.parametrize(
    ("row", "part", "colour"),
    [
        *((0, part, PALETTE[0]) for part in (0.26, 0.62, 0.74)),
        *((0, part, PALE) for part in (0.01, 0.24, 0.76, 0.99)),
        *((1, part, PALETTE[1]) for part in (0.84, 0.91)),
        *((1, part, PALE) for part in (0.81, 0.94)),
        *((2, part, KEPT) for part in (0.21, 0.79)),
        *((2, part, PALE) for part in (0.19, 0.81)),
    ],
)
def test_segments_lie_where_they_are(drawn, row, part, colour):
    assert hex_at(drawn, row_middle(row), part) == colour


def test_scores_are_stacked(drawn):
    """Cat and dog have a quarter each, the background the half above them."""
    top = HEAD + STRIP + GAP
    shown = [hex_at(drawn, top + SCORES * part, 0.52) for part in (0.04, 0.48, 0.53, 0.73, 0.77, 0.97)]
    assert shown == [BACKGROUND] * 2 + [PALETTE[1]] * 2 + [PALETTE[0]] * 2


def test_thumbnails_are_of_the_film(drawn):
    """Nine of 120 x 90 fit; each is of the last keyframe, one a second, in its part up to the middle."""
    width, height, count = 120, 90, 9
    top = round(HEAD * DOTS)
    for number in range(count):
        left = round(LEFT * DOTS + (ACROSS - width) * number / (count - 1))
        second = int(CLOCK.duration * (2 * number + 1) / (2 * count))
        shown = read_frame_number(drawn[top : top + height, left : left + width])
        assert shown == truth(CLOCK).at(Fraction(second))[0]


def test_texts_stay_texts(film, tmp_path, recwarn, caplog):
    """No label is taken for a formula or markup, and none makes the program grumble."""
    path = tmp_path / "film.svg"
    with caplog.at_level(logging.WARNING):
        found = made(film, {label: [(place, place + 2)] for place, label in enumerate(HOSTILE)})
        draw(found, path)
        draw(
            made(film, {label: [(place, place + 2)] for place, label in enumerate(HOSTILE)}), tmp_path / "film.png"
        )
    assert not recwarn.list and not caplog.records
    texts = [text.text for text in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]
    assert {"$x_1$", "影響 🎬", "0:00:02", "0:00:18", "other"} <= set(texts)
    assert any(text.startswith("<script>alert(1)</sc") for text in texts)
    assert any(text.startswith("very long very") and text.endswith("…") for text in texts)


def test_equal_pictures_are_equal_files(film, tmp_path):
    for name in ("a.svg", "b.svg"):
        draw(made(film, {"cat": [(1, 2)]}), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_three_hours(film, tmp_path):
    """A segment of a few seconds can still be seen, and the picture stays small."""
    found = longer(made(film, {"cat": [(5400, 5403)]}), 10_800)
    draw(found, tmp_path / "long.png")
    image = pixels(tmp_path / "long.png")
    band = image[round(row_middle(0) * DOTS), round(LEFT * DOTS) :][:ACROSS]
    near = np.abs(band.astype(int) - [int(PALETTE[0][place : place + 2], 16) for place in (1, 3, 5)]).sum(axis=1)
    assert abs(int(near.argmin()) - ACROSS // 2) <= 1 and near.min() < 200
    draw(found, tmp_path / "long.svg")
    assert (tmp_path / "long.svg").stat().st_size < 500_000


def test_a_film_without_segments(film, tmp_path):
    draw(made(film, {}), tmp_path / "none.svg")
    assert "no segments" in (tmp_path / "none.svg").read_text("utf-8")


def test_an_upright_film_has_more_thumbnails(film, tmp_path):
    spec = FilmSpec(audio=(), width=96, height=160)
    draw(made(film, {}, spec=spec), tmp_path / "tall.svg")
    assert (tmp_path / "tall.svg").read_text("utf-8").count("<image") == (ACROSS + 4) // (54 + 4)


def test_files_that_cannot_be_drawn(film, tmp_path):
    found = made(film, {})
    with pytest.raises(OptionError, match=r"has to end in \.png or \.svg"):
        draw(found, tmp_path / "film.mp4")
    (tmp_path / "film.png").write_text("mine")
    with pytest.raises(OutputExistsError):
        draw(found, tmp_path / "film.png")
    assert (tmp_path / "film.png").read_text() == "mine"


def test_no_name_is_cut_off(film, tmp_path):
    """However wide its letters are: nothing is drawn at the picture's edge."""
    wide = {"W" * 60: [(1, 2)], "影" * 40: [(3, 4)], "m i" * 20: [(5, 6)]}
    draw(made(film, wide), tmp_path / "film.png")
    image = pixels(tmp_path / "film.png")
    assert (image[:, :5] == 255).all() and (image[:, -5:] == 255).all()


def test_an_area_for_each_model(film, tmp_path):
    """One above the other, each from 0 to 1."""
    found = made(film, {"cat": [(1, 2)], "dog": [(3, 4)]})
    both = replace(found.scores, values=found.scores.values / 0.75, heads=(2, 1))
    draw(replace(found, scores=both), tmp_path / "film.png")
    image, top, half = pixels(tmp_path / "film.png"), HEAD + STRIP + GAP, SCORES / 2
    shown = [hex_at(image, top + half * part, 0.52) for part in (0.1, 0.6, 0.8)]
    assert shown == [BACKGROUND, BACKGROUND, PALETTE[0]]
    lower = [hex_at(image, top + half + GAP + half * part, 0.52) for part in (0.5, 0.75, 0.95)]
    assert lower == ["#ffffff", PALETTE[1], PALETTE[1]]


def test_scores_that_do_not_add_up_to_one(film, tmp_path):
    """Of a network whose labels do not exclude each other, all of the stack is seen."""
    found = made(film, {"cat": [(1, 2)]})
    path = tmp_path / "film.png"
    draw(replace(found, scores=replace(found.scores, values=found.scores.values * 2)), path)
    assert hex_at(pixels(path), HEAD + STRIP + GAP + 0.05, 0.52) == BACKGROUND
