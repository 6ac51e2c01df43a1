"""Temperature: what made scores too sure is found, and scores that are none are left alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from labelled import noisy, scores_of_films, script, truth_of

from miles_deep.timeline.calibrate import calibrate
from miles_deep.timeline.tuning.calibration import Calibration, Uncalibrated, expected_error, fit_temperature
from miles_deep.timeline.tuning.examples import examples


def fitted(truth, films):
    return fit_temperature(*examples(truth, films))


@pytest.mark.parametrize("scale", [0.5, 1, 2.5])
def test_a_known_temperature_is_found(scale):
    random = np.random.default_rng(4)
    scripts = [script(random, 3000)]
    found = fitted(truth_of(*scripts), noisy(scripts, random, gain=1.5, scale=scale))
    assert isinstance(found, Calibration)
    assert found.temperature == pytest.approx(scale, rel=0.06)
    assert found.after < 0.02 and found.seconds == 3000
    assert scale == 1 or found.before > 3 * found.after


def test_a_group_has_the_scores_of_its_labels():
    """What is sure of a group is calibrated, however unsure of the labels in it."""
    random = np.random.default_rng(5)
    letters = script(random, 3000)
    films = noisy([letters], random, gain=1.5, scale=2)
    whole = letters.replace("b", "a")
    truth = truth_of(whole)
    truth = replace(truth, rows=tuple(replace(row, label="ab" if row.label == "a" else "c") for row in truth.rows))
    assert fitted(truth, films).temperature == pytest.approx(2, rel=0.1)


def test_zeros_and_ones():
    truth, films = truth_of("aaa.bbb.."), scores_of_films("aaa.bbb.a", sure=1)
    found = fitted(truth, films)
    assert np.isfinite(found.temperature) and found.after <= found.before
    values = calibrate(next(iter(films.values())).values, 3)
    assert np.isfinite(values).all() and values.sum(axis=1) == pytest.approx(1)


def test_at_1_scores_stay_as_they_are():
    values = np.array([[0.7, 0.3], [0, 1]], np.float32)
    assert calibrate(values, 1) is values
    assert calibrate(values, 2)[0] == pytest.approx(np.sqrt([0.7, 0.3]) / np.sqrt([0.7, 0.3]).sum())


def test_scores_that_are_no_probabilities():
    (scores,) = scores_of_films("aa..").values()
    found = fitted(truth_of("aa.."), {Path("0.mp4"): replace(scores, values=scores.values * 2)})
    assert found == Uncalibrated("scores of a second add up to 2 to 2, not to 1, so they have no temperature")


def test_a_temperature_that_makes_it_worse_is_none():
    """Half of the film is right, and sure; half is wrong, and unsure, but sure that the truth is not it."""
    (scores,) = scores_of_films("aaaaaaaa", sure=0.97).values()
    values = scores.values.copy()
    values[4:] = (0.01, 0.52, 0.45, 0.02)
    found = fitted(truth_of("aaaacccc"), {Path("0.mp4"): replace(scores, values=values)})
    assert isinstance(found, Uncalibrated) and found.why.startswith("no temperature: at ")


@pytest.mark.parametrize(("seen", "way"), [("aaabbb", "colder"), ("cccccc", "hotter")])
def test_a_temperature_at_the_limit_is_none(seen, way):
    """Where every second is right, or every second wrong, there is no best one."""
    found = fitted(truth_of("aaabbb"), scores_of_films(seen))
    assert isinstance(found, Uncalibrated)
    assert found.why.startswith(f"no temperature: the {way}, the likelier, to ")


def test_expected_error():
    """Sure to 0.9 and right in 1 of 2; sure to 0.6 and always right."""
    values = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.4, 0.6]], np.float32)
    right = np.array([[1, 0], [0, 1], [1, 0], [0, 1]], bool)
    assert expected_error(values, right) == pytest.approx((0.4 + 0.4) / 2)
