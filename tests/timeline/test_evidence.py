"""The method `evidence`: the scores of seconds together say whether a target is there."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score_tables import scores_of

from miles_deep import Rule, Rules, Scores, Segment, Smoothing, find_all, find_segments
from miles_deep.timeline.evidence import COST, evidence, likelier, stretches
from miles_deep.timeline.rules_table import rules_of
from miles_deep.timeline.targets import contest
from miles_deep.timeline.winners import matching_frames

HUNDRED = tuple(f"n{number:02}" for number in range(100))
GROUPS = {"few": HUNDRED[:2], "many": HUNDRED[2:62]}
RULE = Rule(min_score=0.5, min_length=2, method="evidence")
SHORT = replace(RULE, min_length=0, max_gap=0)


def hundred(few: Sequence[float], many: Sequence[float] | float = 0.0) -> Scores:
    """Scores by a hundred labels: each group's sums are shared by its labels, and one other has the rest."""
    rows = np.zeros((len(few), 100), np.float32)
    rows[:, :2] = np.array(few)[:, None] / 2
    rows[:, 2:62] = np.broadcast_to(many, len(few))[:, None] / 60
    rows[:, 99] = 1 - rows.sum(axis=1)
    return scores_of(rows.tolist(), HUNDRED, groups=GROUPS)


def spans(segments: Sequence[Segment]) -> list[tuple[int, int]]:
    return [(int(segment.span.start), int(segment.span.end)) for segment in segments]


def seconds(scores: Scores, targets: Sequence[str], rule: Rule | Rules) -> set[int]:
    return {second for begin, end in spans(find_segments(scores, targets, rule)) for second in range(begin, end)}


def test_one_sure_second_is_enough_and_one_unsure_second_is_not():
    assert spans(find_segments(hundred([0, 0, 0.98, 0, 0]), ["few"], SHORT)) == [(2, 3)]
    assert spans(find_segments(hundred([0, 0, 0.4, 0, 0]), ["few"], SHORT)) == []


def test_unsure_seconds_together_are_enough_though_another_label_wins_each():
    film = hundred([0, 0, *[0.4] * 4, 0, 0])
    assert spans(find_segments(film, ["few"], RULE)) == [(2, 6)]
    assert find_segments(film, ["few"], replace(RULE, method="plain", min_score=0)) == []


def test_the_score_of_a_segment_is_the_mean_sum_and_a_second_amid_it_may_say_nothing():
    (segment,) = find_segments(hundred([0, 0.9, 0.9, 0.05, 0.9, 0.9, 0]), ["few"], RULE)
    assert (segment.label, segment.coverage) == ("few", 1)
    assert segment.score == pytest.approx(3.65 / 5, abs=1e-6)


def test_a_sum_that_many_labels_have_by_chance_says_nothing():
    """0.6 is what sixty of a hundred labels have if the network knows nothing, and much for two."""
    assert find_segments(hundred([0.0] * 20, many=0.6), ["many"], replace(RULE, min_score=0.7)) == []
    assert spans(find_segments(hundred([0.6] * 20), ["few"], replace(RULE, min_score=0.7))) == [(0, 20)]


def test_what_a_film_often_shows_is_likelier_in_each_of_its_seconds():
    unsure, rest = [0.1] * 5, [0.0] * 100
    assert find_segments(hundred([*rest, *unsure, *rest]), ["few"], RULE) == []
    often = hundred([*[0.9] * 200, *rest, *unsure, *rest])
    assert spans(find_segments(often, ["few"], RULE)) == [(0, 200), (300, 305)]


def test_a_share_in_a_short_film_is_believed_less():
    chance = np.array([0.01])
    shares = [likelier(np.full((length, 1), 0.5, np.float32), chance)[0] for length in (1, 10, 60, 600)]
    assert shares[0] < shares[1] < shares[2] == pytest.approx(shares[3], abs=0.01)
    assert likelier(np.full((600, 1), 0.01, np.float32), chance)[0] == pytest.approx(0, abs=1e-6)
    assert likelier(np.zeros((0, 1), np.float32), chance)[0] == pytest.approx(0, abs=1e-6)


@given(st.lists(st.lists(st.integers(-7, 7), min_size=2, max_size=2), max_size=7), st.sampled_from([0, 3, 5.5]))
@settings(max_examples=60)
def test_stretches_have_the_most_evidence_less_their_cost(weights, cost):
    table = np.array(weights, np.float64).reshape(-1, 2)
    for column, found in zip(table.T, stretches(table, cost).T, strict=True):
        assert _worth(found, column, cost) == pytest.approx(
            max(_worth(np.array(path, bool), column, cost) for path in product([0, 1], repeat=len(column)))
        )


def _worth(path: np.ndarray, weights: np.ndarray, cost: float) -> float:
    begins = int(np.count_nonzero(np.diff(np.concatenate(([0], path))) > 0))
    return float(weights[path.astype(bool)].sum()) - cost * begins


film_of_groups = st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)), max_size=30).map(
    lambda rows: hundred([few for few, _ in rows], np.array([many for _, many in rows]))
)


@given(film_of_groups)
@settings(max_examples=40)
def test_targets_named_together_do_not_take_seconds_from_each_other(film):
    apart = seconds(film, ["few"], SHORT) | seconds(film, ["many"], SHORT)
    assert seconds(film, ["few", "many"], SHORT) == apart


@given(film_of_groups, st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=40)
def test_a_higher_min_score_finds_no_more(film, one, other):
    low, high = (replace(SHORT, min_score=score) for score in sorted((one, other)))
    assert seconds(film, ["few"], high) <= seconds(film, ["few"], low)


@given(film_of_groups)
@settings(max_examples=40)
def test_all_groups_are_found_as_each_is_by_itself(film):
    alone = [segment for group in GROUPS for segment in find_segments(film, [group], SHORT)]
    together = find_all(film, SHORT, groups=tuple(GROUPS))
    assert together == sorted(alone, key=lambda segment: (segment.span, segment.label))


@given(film_of_groups)
@settings(max_examples=25)
def test_of_all_labels_a_second_is_still_that_of_one(film):
    found = spans(find_all(film, SHORT))
    assert all(end <= begin for (_, end), (begin, _) in pairwise(found))


def test_the_switch_cost_is_what_a_stretch_costs_and_the_median_evens_sums():
    film = hundred([0, 0.6, 0.6, 0.6, 0, 0])
    assert spans(find_segments(film, ["few"], RULE)) == [(1, 4)]
    costly = Rules(RULE, {}, Smoothing("viterbi", switch_cost=2 * COST))
    assert find_segments(film, ["few"], costly) == []
    lone = hundred([0, 0, 0.99, 0, 0])
    assert find_segments(lone, ["few"], Rules(SHORT, {}, Smoothing("median", window=3))) == []


def test_a_group_may_have_a_min_score_of_its_own():
    film = hundred([0, *[0.2] * 3, 0])
    assert find_segments(film, ["few"], RULE) == []
    assert spans(find_segments(film, ["few"], Rules(RULE, {"few": {"min_score": 0.05}}))) == [(1, 4)]


def test_models_side_by_side_have_chances_of_their_own():
    """Of two labels one has half by chance, of a hundred a hundredth."""
    film = hundred([0, *[0.4] * 6, 0])
    pair = np.tile(np.array([[0.6, 0.4]], np.float32), (8, 1))
    both = replace(
        film,
        labels=(*film.labels, "day", "night"),
        values=np.concatenate([film.values, pair], axis=1),
        heads=(100, 2),
    )
    assert spans(find_segments(both, ["few", "night"], RULE)) == [(1, 7)]
    assert spans(find_segments(both, ["night"], RULE)) == []
    assert [one.label for one in find_all(both, RULE, groups=("few", "many"))] == ["few"]


def test_a_picture_by_itself_must_be_worth_the_min_length():
    asked = contest(["few"], HUNDRED, GROUPS)
    picture = hundred([0.6]).values
    assert not matching_frames(picture, asked, Rules(RULE)).any()
    assert matching_frames(picture, asked, Rules(replace(RULE, min_length=3))).all()


def test_a_frame_of_a_film_matches_where_it_speaks_for_a_target():
    asked = contest(["few"], HUNDRED, GROUPS)
    frames, film = hundred([0.05, 0.3]).values, hundred([0.0] * 99).values
    assert matching_frames(frames, asked, Rules(RULE), film).tolist() == [False, True]
    often = hundred([0.9] * 99).values
    assert matching_frames(frames, asked, Rules(RULE), often).tolist() == [True, True]


@pytest.mark.parametrize("score", [0.0, 1.0, 1e-30])
def test_certain_scores_have_limited_evidence(score):
    weights = evidence(np.array([[score]], np.float32), np.array([0.01]), np.array([score]), np.zeros((0, 1)))
    assert np.isfinite(weights).all()


def test_no_seconds_have_no_segments():
    assert find_segments(hundred([]), ["few"], RULE) == []
    assert find_all(hundred([]), RULE) == find_all(hundred([]), RULE, groups=("few",)) == []


def test_a_rules_file_may_say_it():
    rule = rules_of({"method": "evidence", "min_score": 0.3}).general
    assert (rule.method, rule.competes) == ("evidence", False)
    assert Rule().competes and not Rule(method="each").competes
