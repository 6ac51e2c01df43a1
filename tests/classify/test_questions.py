"""Questions: sides of which the first is the higher exactly where what is asked is so."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from miles_deep.classify.questions import LABEL, is_reached, shortfall, winner_is

SCORE = st.floats(0, 1, width=32)


@given(score=SCORE, min_score=SCORE)
def test_a_score_beats_its_shortfall_where_it_reaches_its_min_score(score: float, min_score: float) -> None:
    assume(abs(score - min_score) > 1e-5)
    missing = shortfall(np.array([score], np.float32), min_score)[0]
    assert (score > missing) == (score > min_score)


def test_at_one_half_the_shortfall_is_the_rest() -> None:
    """So a model of two labels is judged alike, by its label or by its min score."""
    scores = np.linspace(0, 1, 9, dtype=np.float32)
    assert shortfall(scores, 0.5) == pytest.approx(1 - scores)


@pytest.mark.parametrize(("min_score", "reached"), [(0, [1, 1, 1]), (0.2, [0, 1, 1]), (1, [0, 0, 1])])
def test_whether_a_label_is_reached(min_score: float, reached: list[int]) -> None:
    rows = np.array([[0.5, 0.1, 0.4], [0.3, 0.2, 0.5], [0, 1, 0]], np.float32)
    asked = is_reached(1, min_score)
    sides = asked.sides(rows[:, asked.columns])
    assert (sides.argmax(axis=1) == 0).tolist() == [bool(one) for one in reached]


def test_each_head_has_a_winner() -> None:
    rows = np.array([[0.1, 0.9, 0.2, 0.3, 0.5], [0.6, 0.4, 0.7, 0.2, 0.1]], np.float32)
    for questions, winners in ((winner_is((2, 3)), [[1, 0], [2, 0]]), (LABEL, [[1, 2]])):
        found = [asked.sides(rows[:, asked.columns]).argmax(axis=1).tolist() for asked in questions]
        assert found == winners
