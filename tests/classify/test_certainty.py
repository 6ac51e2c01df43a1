"""Certainty: near a look, with a wide margin and little change it is high; else low."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fake_film import packets, steady
from miles_deep.classify.certainty import Surroundings
from miles_deep.classify.questions import LABEL, Question
from miles_deep.video.packets import PacketIndex


def around(
    rows: Mapping[float, tuple[float, ...]],
    index: PacketIndex | None = None,
    questions: tuple[Question, ...] = LABEL,
) -> Surroundings:
    """The surroundings of some looks in a film of 40 s."""
    looks = {Fraction(time): np.array(row, np.float32) for time, row in rows.items()}
    return Surroundings(index or steady(40, gop=250), looks, questions)


def sure(found: Surroundings, *times: float) -> NDArray[np.float64]:
    return found.certainty([Fraction(time) for time in times])


RESTLESS = {0: (0.7, 0.3), 2: (0.9, 0.1), 4: (0.6, 0.4), 6: (0.8, 0.2), 8: (0.7, 0.3), 9: (0.8, 0.2)}
"""Looks at one group of pictures of which the film's unrest is learnt."""


def test_at_a_look_it_is_1_and_in_between_less() -> None:
    found = around(RESTLESS)
    assert sure(found, *RESTLESS) == pytest.approx(1, abs=1e-6)
    for one, other in pairwise(sorted(RESTLESS)):
        near, far = (one + (other - one) * part for part in (0.01, 0.4))
        at, close, between = sure(found, one, near, far)
        assert at >= close > between


def test_it_falls_with_distance() -> None:
    """After the last look there is nothing more to lean on."""
    values = sure(around(RESTLESS), 9, 10, 11, 12, 13, 14, 15)
    assert all(more > less for more, less in pairwise(values))
    assert values[-1] > 0.5


@pytest.mark.parametrize("time", [1, 5, 8.5])
def test_it_falls_with_the_margin(time: float) -> None:
    values = []
    for margin in (0.8, 0.4, 0.2, 0.1, 0.02):
        rows = {at: (0.5 + margin / 2, 0.5 - margin / 2) for at in RESTLESS} | {20: (0.9, 0.1), 22: (0.2, 0.8)}
        values.append(sure(around(rows), time)[0])
    assert all(more > less for more, less in pairwise(values))


def test_it_falls_where_much_is_written() -> None:
    """The same looks; between 2 and 4 s the packets are ten times as large."""
    calm = steady(40, gop=250, bytes_at=lambda time: 1000)
    stormy = steady(40, gop=250, bytes_at=lambda time: 10_000 if 2 <= time < 4 else 1000)
    assert sure(around(RESTLESS, stormy), 3)[0] < sure(around(RESTLESS, calm), 3)[0] - 0.01


def test_another_group_is_less_certain_than_the_same() -> None:
    """A keyframe between two looks may be the beginning of another shot."""
    same, other = steady(40, gop=1000), steady(40, gop=75)  # a keyframe at 3 s, of no bytes that count
    assert sure(around(RESTLESS, other), 2.9)[0] < sure(around(RESTLESS, same), 2.9)[0]


def test_where_the_label_changes_the_middle_is_even() -> None:
    rows = {0: (0.9, 0.1), 4: (0.1, 0.9), 6: (0.1, 0.9)}
    found = around(rows)
    assert sure(found, 2) == pytest.approx(0.5)
    assert sure(found, 1) == pytest.approx(sure(found, 3))
    assert sure(found, 0.2)[0] > 0.9


def test_scores_between_are_interpolated() -> None:
    found = around({0: (0.8, 0.2), 4: (0.6, 0.4)})
    assert found.between([Fraction(0), Fraction(1), Fraction(4), Fraction(9)]) == pytest.approx(
        np.array([(0.8, 0.2), (0.75, 0.25), (0.6, 0.4), (0.6, 0.4)])
    )


def test_no_third_label_wins_between_two() -> None:
    found = around({0: (0.6, 0, 0.4), 8: (0, 0.6, 0.4)}, steady(40, gop=1000))
    rows = found.between([Fraction(second) for second in range(9)])
    assert set(rows.argmax(axis=1).tolist()) == {0, 1}
    assert list(rows.argmax(axis=1)) == sorted(rows.argmax(axis=1))


def of_first(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Whether the first label of three has more than the two others together."""
    return np.stack([rows[:, 0], rows[:, 1:].sum(axis=1)], axis=1)


def test_only_what_is_asked_for_has_to_be_certain() -> None:
    """Two labels take turns; whether it is the third is never in doubt."""
    rows = {second: (0.02, 0.5 + second % 2 / 10, 0.48 - second % 2 / 10) for second in range(0, 12, 2)}
    rows = {time: (first, *(others if time % 4 else others[::-1])) for time, (first, *others) in rows.items()}
    asked = (Question(slice(None), of_first),)
    assert (sure(around(rows), 1, 3, 5, 7) < 0.7).all()
    assert (sure(around(rows, questions=asked), 1, 3, 5, 7) > 0.99).all()


def test_scores_between_answer_as_the_likelier_look() -> None:
    """Between two looks at neither of which the second and third win together, they would in the middle."""
    rows = {0: (0.4, 0.6, 0.0), 10: (0.4, 0.0, 0.6)}
    together = (Question(slice(None), lambda rows: np.stack([rows[:, 0], rows[:, 1:].max(axis=1)], axis=1)),)
    between = around(rows, steady(40, gop=1000), together).between([Fraction(5)])
    assert between.tolist() in [[list(map(np.float32, row))] for row in rows.values()]


def test_a_film_of_one_look() -> None:
    found = around({0: (0.9, 0.1)})
    values = sure(found, 0, 1, 3, 5, 39)
    assert all(more > less for more, less in pairwise(values))
    assert found.between([Fraction(39)]) == pytest.approx(np.array([(0.9, 0.1)]))


SCORES = st.one_of(st.sampled_from((0.0, 1.0, 0.5, 1e-30)), st.floats(0, 1, width=32))


@settings(max_examples=200, deadline=None)
@given(
    data=st.data(), labels=st.integers(1, 5), count=st.integers(1, 8), empty=st.booleans(), gop=st.integers(1, 90)
)
def test_it_is_a_probability_whatever_the_scores(
    data: st.DataObject, labels: int, count: int, empty: bool, gop: int
) -> None:
    """0.5…1, without a word from numpy about zeros; at a look, the scores between are those of the look."""
    times = data.draw(st.lists(st.integers(0, 199), min_size=count, max_size=count, unique=True))
    rows = {Fraction(t, 5): data.draw(st.tuples(*[SCORES] * labels)) for t in times}
    pts = range(200)
    index = packets(
        pts, [n % gop == 0 for n in pts], Fraction(1, 5), size=[0] * 200 if empty else [n * 31 % 97 for n in pts]
    )
    found = Surroundings(index, {time: np.array(row, np.float32) for time, row in rows.items()}, LABEL)
    asked = [Fraction(step, 7) for step in range(0, 280, 9)]
    values = found.certainty(asked)
    assert ((values >= 0.5) & (values <= 1)).all()
    assert found.between(asked).shape == (len(asked), labels)
    assert found.between(sorted(rows)) == pytest.approx(np.array([rows[time] for time in sorted(rows)]), abs=1e-6)
