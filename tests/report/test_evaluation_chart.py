"""The picture of an evaluation."""

import xml.etree.ElementTree as ET
from fractions import Fraction

import pytest
from found import HOSTILE

from miles_deep.errors import OptionError, OutputExistsError
from miles_deep.report.evaluation_chart import draw
from miles_deep.report.palette import PALETTE
from miles_deep.timeline.tuning.evaluation import Agreement, EdgeErrors, Evaluation, LabelResult


def evaluation(labels, seconds=10):
    """Of each label, two of four segments found at IoU 0.5 and one at 0.75; edges off by 1 and 2 s."""
    places = range(len(labels) + 1)
    table = tuple(tuple(seconds if row == column else 0 for column in places) for row in places)
    results = tuple(
        LabelResult(
            label,
            {0.5: Agreement(4, 5, 2), 0.75: Agreement(4, 5, 1)},
            EdgeErrors(2, Fraction(2), Fraction(4)),
        )
        for label in labels
    )
    return Evaluation(tuple(labels), "none", table, table, results, seconds * len(places))


def texts_in(path):
    return [text.text for text in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def test_its_numbers_can_be_read(tmp_path):
    path = tmp_path / "evaluation.svg"
    draw(evaluation(["cat", "dog"], 17), path)
    texts = texts_in(path)
    assert texts.count("17") == 3
    assert {"cat", "dog", "none", "all labels", "1 film, 51 seconds: 100.0% of them labelled right"} <= set(texts)
    for value in ("0.40", "0.50", "0.44", "0.20", "0.25", "0.22", " 1.00", " 2.00"):
        assert value.strip() in {text.strip() for text in texts}, value


def test_colours_are_those_of_the_model(tmp_path):
    """The truth may name but some of its labels."""
    path = tmp_path / "evaluation.svg"
    draw(evaluation(["dog"]), path, labels=("other", "cat", "dog"), background=("other",))
    assert PALETTE[1] in path.read_text("utf-8") and PALETTE[0] not in path.read_text("utf-8")


@pytest.mark.parametrize("labels", [HOSTILE, [f"label {number}" for number in range(30)]], ids=["hostile", "many"])
def test_any_labels(labels, tmp_path, recwarn):
    draw(evaluation(labels), tmp_path / "evaluation.svg")
    texts = texts_in(tmp_path / "evaluation.svg")
    assert not recwarn.list
    assert ("$x_1$" in texts) if labels is HOSTILE else any("(24 of 30 labels)" in text for text in texts)


def test_nothing_to_tell(tmp_path):
    """No second and no segment: dashes, not zeros."""
    nothing = Evaluation(("cat",), "none", ((0, 0), (0, 0)), ((0, 0), (0, 0)), (_nothing("cat"),), 0)
    draw(nothing, tmp_path / "evaluation.svg")
    texts = [text.strip() for text in texts_in(tmp_path / "evaluation.svg")]
    assert texts.count("-") == 16 and "0.00" not in texts


def test_files_that_cannot_be_drawn(tmp_path):
    with pytest.raises(OptionError):
        draw(evaluation(["cat"]), tmp_path / "evaluation.txt")
    (tmp_path / "evaluation.png").write_text("mine")
    with pytest.raises(OutputExistsError):
        draw(evaluation(["cat"]), tmp_path / "evaluation.png")
    draw(evaluation(["cat"]), tmp_path / "evaluation.png", force=True)
    assert (tmp_path / "evaluation.png").read_bytes().startswith(b"\x89PNG")


def _nothing(label):
    return LabelResult(label, {0.5: Agreement(), 0.75: Agreement()}, EdgeErrors())
