"""Rules of single labels beside the general one."""

import pytest
from score_tables import film, scores_of

from miles_deep import Rule, Rules, Smoothing, find_all, find_segments
from miles_deep.errors import OptionError


def spans(found):
    return [(int(s.span.start), int(s.span.end), s.label) for s in found]


def test_each_label_has_its_own_min_score():
    rules = Rules(Rule(min_length=0), {"b": {"min_score": 0.95}})
    scores = film("aaaa....bbbb", sure=0.9)
    assert spans(find_all(scores, rules)) == [(0, 4, "a"), (4, 8, "other")]
    assert spans(find_segments(scores, ["a|b"], rules)) == [(0, 4, "a")]


def test_each_label_has_its_own_gap_length_and_coverage():
    scores = film("aa..aa........bb..bb........c")
    general = Rule(max_gap=0, min_length=1)
    assert spans(find_segments(scores, ["a,b,c"], Rules(general))) == [
        *[(0, 2, "a"), (4, 6, "a"), (14, 16, "b"), (18, 20, "b"), (28, 29, "c")]
    ]
    rules = Rules(general, {"a": {"max_gap": 2}, "c": {"min_length": 2}})
    assert spans(find_segments(scores, ["a,b,c"], rules)) == [(0, 6, "a"), (14, 16, "b"), (18, 20, "b")]
    covered = Rules(general, {"a": {"max_gap": 2, "min_coverage": 0.7}})
    assert spans(find_segments(scores, ["a"], covered)) == []


def test_the_gap_is_that_of_the_label_before_it():
    rules = Rules(Rule(max_gap=0, min_length=0), {"a": {"max_gap": 2}})
    assert spans(find_segments(film("aa..bb"), ["a,b"], rules)) == [(0, 6, "a")]
    assert spans(find_segments(film("bb..aa"), ["a,b"], rules)) == [(0, 2, "b"), (4, 6, "a")]


def test_a_group_has_a_rule_of_its_own():
    scores = scores_of([[0.4, 0.4, 0.2]] * 5, ["x", "y", "z"], groups={"g": ("x", "y")})
    assert spans(find_segments(scores, ["g"], Rules(labels={"g": {"min_score": 0.8}}))) == [(0, 5, "g")]
    assert find_segments(scores, ["g"], Rules(labels={"g": {"min_score": 0.9}})) == []


def test_temperature_changes_how_certain_not_who_wins():
    scores = film("aaaa", sure=0.8)
    [warm] = find_segments(scores, ["a"], Rules(temperature=2))
    [usual] = find_segments(scores, ["a"])
    [cold] = find_segments(scores, ["a"], Rules(temperature=0.5))
    assert warm.score < usual.score < cold.score


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"temperature": 0}, "temperature must be 0.001 to 1000, not 0"),
        ({"temperature": float("nan")}, "temperature must be 0.001 to 1000, not nan"),
        ({"temperature": 10**400}, "temperature must be 0.001 to 1000, not so much"),
        ({"labels": {"cat": {"min_score": 2}}}, "cat: min score must be 0 to 1, not 2"),
        (
            {"general": Rule(method="classic"), "smoothing": Smoothing("median")},
            "the classic rule knows no smoothing",
        ),
        ({"general": Rule(method="classic"), "labels": {"a": {"min_score": 1}}}, "no rules of single labels"),
    ],
)
def test_rules_that_make_no_sense(values, says):
    with pytest.raises(OptionError, match=says):
        Rules(**values)


def test_nobody_can_change_them_afterwards():
    given = {"a": {"min_score": 0.1}}
    rules = Rules(labels=given)
    given["a"]["min_score"] = 0.9
    assert rules.of("a").min_score == 0.1
    with pytest.raises(TypeError):
        rules.labels["b"] = {}  # type: ignore[index]
