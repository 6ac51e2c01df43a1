"""What is asked of seconds: the same that makes them match."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miles_deep.errors import LabelError
from miles_deep.timeline import Rule, Rules, Smoothing
from miles_deep.timeline.asking import questions_of
from miles_deep.timeline.targets import contest
from miles_deep.timeline.winners import matching_frames

LABELS = ("a", "b", "c", "d", "e", "f")
GROUPS = {"ab": ("a", "b"), "bc": ("b", "c"), "de": ("d", "e")}
HEADS = ((), (3, 3))

OF_HEADS = [["a"], ["ab"], ["bc", "a"], ["!a"], ["de"], ["de & !d"], ["a", "d"], ["ab", "de"]]


@settings(max_examples=200, deadline=None)
@given(
    targets=st.sampled_from(OF_HEADS),
    heads=st.sampled_from(HEADS),
    seed=st.integers(0, 999),
    method=st.sampled_from(("plain", "each", "evidence")),
    min_score=st.sampled_from((0.0, 0.1, 0.3, 0.5, 0.9)),
    own=st.sampled_from((0.05, 0.4, 0.7)),
    temperature=st.sampled_from((1, 0.5, 3)),
    smooth=st.sampled_from(("none", "median", "viterbi")),
)
def test_the_answer_is_whether_a_second_matches(
    targets: list[str],
    heads: tuple[int, ...],
    seed: int,
    method: str,
    min_score: float,
    own: float,
    temperature: float,
    smooth: str,
) -> None:
    general = Rule(min_score, method=method)  # type: ignore[arg-type]
    rules = Rules(general, {"a": {"min_score": own}}, Smoothing(smooth), temperature)  # type: ignore[arg-type]
    values = np.random.default_rng(seed).dirichlet(np.full(6, 0.4), 40).astype(np.float32)
    expected = matching_frames(values, contest(targets, LABELS, GROUPS, heads), rules, values)
    answers = np.zeros(40, np.bool_)
    for asked in questions_of(targets, LABELS, GROUPS, heads, rules):
        answers |= asked.sides(values[:, asked.columns]).argmax(axis=1) == 0
    assert answers.tolist() == expected.tolist()


def test_of_labels_that_do_not_compete_it_is_asked_which_reach_their_min_scores() -> None:
    rules = Rules(Rule(0.5, method="each"), {"c": {"min_score": 0.2}})
    values = np.array([[0.6, 0.7, 0.3, 0.1, 0.1, 0.9]], np.float32)
    asked = questions_of((), LABELS, GROUPS, (), rules)
    reached = [one.sides(values[:, one.columns]).argmax() == 0 for one in asked]
    assert reached == [True, True, True, False, False, True]


@pytest.mark.parametrize("heads", HEADS)
def test_without_targets_it_is_asked_who_wins(heads: tuple[int, ...]) -> None:
    assert len(questions_of((), LABELS, GROUPS, heads, Rules())) == max(1, len(heads))


def test_nothing_is_asked_of_a_head_without_targets() -> None:
    (asked,) = questions_of(["de"], LABELS, GROUPS, (3, 3), Rules())
    assert asked.columns == slice(3, 6)


def test_a_target_that_is_none() -> None:
    with pytest.raises(LabelError):
        questions_of(["zebra"], LABELS, GROUPS, (), Rules())
