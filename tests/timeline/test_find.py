"""The plain rule, against a slow reading of the design's section 6."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score_tables import film, scores_of

from miles_deep import Rule, Rules, Segment, Smoothing, Span, find_all, find_segments
from miles_deep.errors import FormatError, OptionError

LABELS = ("a", "b", "c", "d")
GROUPS = {"ab": ("a", "b"), "cd": ("c", "d"), "abc": ("a", "b", "c")}


def by_the_book(rows, targets, rule, duration):
    """Section 6, a second at a time; exact, since all numbers are eighths."""
    asked = [target for target in dict.fromkeys(targets) if target in GROUPS]
    largest = sorted(asked, key=lambda group: -len(GROUPS[group]))
    place = {label: next((group for group in largest if label in GROUPS[group]), label) for label in LABELS}
    members = {name: [label for label in LABELS if place[label] == name] for name in (*LABELS, *asked)}
    # What is left of a group when a larger one has taken its part is called by its label, if that is only one.
    called = {name: them[0] if len(them) == 1 else name for name, them in members.items() if them}
    names = list(called.values())
    targets = [*targets, *(label for target in targets for label in GROUPS.get(target, ()))]
    winner, score = [], []
    for row in rows:
        by_label = dict(zip(LABELS, row, strict=True))
        of_name = {called[name]: sum(by_label[label] for label in members[name]) for name in called}
        winner.append(max(names, key=of_name.__getitem__))  # the first one, where some are equal
        score.append(of_name[winner[-1]])
    hit = [name in targets for name in winner]
    matches = [hit[k] and score[k] >= rule.min_score for k in range(len(rows))]

    found, second = [], 0
    while second < len(rows):
        if not matches[second]:
            second += 1
            continue
        last, gap, k = second, 0, second
        while k < len(rows) and gap <= rule.max_gap:
            if matches[k]:
                last, gap = k, 0
            else:
                gap += 1
            k += 1
        inside = range(second, last + 1)
        counted = [k for k in inside if hit[k]]
        end = min(Fraction(last + 1), duration)
        coverage = Fraction(len(counted), len(inside))
        if end - second >= rule.min_length and coverage >= Fraction(rule.min_coverage):
            totals = {name: sum(score[k] for k in counted if winner[k] == name) for name in names}
            found.append(
                Segment(
                    Span(second, end),
                    max(names, key=totals.__getitem__),
                    float(sum(score[k] for k in counted) / len(counted)),
                    float(coverage),
                )
            )
        second = last + 1
    return found


eighths = st.integers(0, 8).map(lambda n: Fraction(n, 8))
tables = st.lists(st.tuples(*[eighths] * len(LABELS)), max_size=50)
rules = st.builds(
    Rule,
    min_score=eighths.map(float),
    max_gap=st.integers(0, 5),
    min_length=st.integers(0, 40).map(lambda n: n / 4),
    min_coverage=eighths.map(float),
)
targets = st.lists(st.sampled_from([*LABELS, *GROUPS]), min_size=1, max_size=3)
missing = st.integers(0, 9).map(lambda n: Fraction(n, 10))
"""Of the last second."""


@settings(max_examples=400)
@given(rows=tables, asked=targets, rule=rules, missing=missing)
def test_finds_what_the_design_says(rows, asked, rule, missing):
    duration = len(rows) - missing if rows else Fraction(0)
    segments = find_segments(scores_of(rows, LABELS, duration, GROUPS), asked, rule)
    assert segments == by_the_book(rows, asked, rule, duration)


@given(rows=tables, asked=targets, rule=rules, missing=missing)
def test_segments_keep_their_promises(rows, asked, rule, missing):
    duration = len(rows) - missing if rows else Fraction(0)
    segments = find_segments(scores_of(rows, LABELS, duration, GROUPS), asked, rule)
    for segment in segments:
        assert segment.span.length >= rule.min_length and segment.coverage >= rule.min_coverage
        assert 0 < segment.coverage <= 1
        assert segment.span.start.denominator == 1 and segment.span.end <= duration
        assert segment.span.end.denominator == 1 or segment.span.end == duration
        assert segment.label in asked
    for before, after in itertools.pairwise(segments):
        assert after.span.start - before.span.end > rule.max_gap


@given(rows=tables, rule=rules)
def test_all_labels_are_found_each_on_its_own(rows, rule):
    seen = scores_of(rows, LABELS, groups=GROUPS)
    found = find_all(seen, rule)
    assert [s.span.start for s in found] == sorted(s.span.start for s in found)
    for label in LABELS:
        assert [s for s in found if s.label == label] == find_segments(seen, [label], rule)
    assert {s.label for s in found} <= set(LABELS), "groups are not labels"


LOOSE = Rule(min_score=0, max_gap=0, min_length=0, min_coverage=0)


def spans(seconds: str, rule: Rule = LOOSE, targets=("a",)) -> list[tuple[Fraction, Fraction]]:
    return [(s.span.start, s.span.end) for s in find_segments(film(seconds), targets, rule)]


def test_no_seconds():
    assert find_segments(scores_of([], LABELS), ["a"]) == []
    assert find_all(scores_of([], LABELS)) == []


def test_one_second():
    assert spans("a") == [(0, 1)]
    assert spans("a", Rule(min_length=1)) == [(0, 1)]
    assert spans("a", Rule(min_length=1.01)) == []
    assert spans(".", targets=["other"]) == [(0, 1)]


def test_all_and_none():
    assert spans("a" * 7) == [(0, 7)]
    assert spans("." * 6 + "b", targets=["b"]) == [(6, 7)]
    assert find_segments(film("bbb"), ["other"], LOOSE) == []


def test_gap():
    assert spans("a.a") == [(0, 1), (2, 3)], "max gap 0: one second ends it"
    assert spans("a.a", replace(LOOSE, max_gap=1)) == [(0, 3)]
    assert spans("aa..aa...aa", replace(LOOSE, max_gap=2)) == [(0, 6), (9, 11)]
    assert spans(".a......a.", replace(LOOSE, max_gap=10**20)) == [(1, 9)]
    assert spans(".a......a.", replace(LOOSE, max_gap=10**20, min_coverage=0.26)) == []


def test_defaults():
    """Min length 4, max gap 2, min coverage 0.4."""
    assert spans("aaaa", Rule()) == [(0, 4)] and spans("aaa", Rule()) == []
    assert spans("aa..aa", Rule()) == [(0, 6)] and spans("aa...aa", Rule()) == []
    assert spans("a..a.", Rule()) == [(0, 4)], "half of it"
    assert spans("a..a..a..a", Rule()) == [(0, 10)], "4 of 10"
    assert spans("a..a..a..a..a", Rule()) == [], "5 of 13"


def test_threshold():
    unsure = film("aaaa", sure=0.7)
    assert find_segments(unsure, ["a"], Rule(min_score=0.7)), "the scores are 32-bit floats: 0.7 reaches 0.7"
    assert not find_segments(unsure, ["a"], Rule(min_score=0.701))
    assert find_segments(unsure, ["a"], Rule(min_score=0))
    assert find_segments(film("aaaa", sure=1), ["a"], Rule(min_score=1))
    assert not find_segments(film("aaaa", sure=0.99), ["a"], Rule(min_score=1))


def test_a_weak_second_counts_towards_coverage_and_score():
    rows = [(0, 1), (0, 1), (0.2, 0.4), (0, 1), (1, 0), (0, 1)]
    [segment] = find_segments(scores_of(rows, ["other", "a"]), ["a"], Rule())
    assert segment.coverage == pytest.approx(5 / 6) and segment.score == pytest.approx((4 + 0.4) / 5)


def test_equal_scores_go_to_the_first_label():
    rows = [(0.5, 0.5)] * 4
    assert find_segments(scores_of(rows, ["x", "y"]), ["x"]) and not find_segments(
        scores_of(rows, ["x", "y"]), ["y"]
    )


def test_label_is_the_target_that_scores_most():
    assert [s.label for s in find_segments(film("aabbb"), ["a", "b"])] == ["b"]
    rows = [(0, 0.9, 0), (0, 0.9, 0), (0, 0, 0.5), (0, 0, 0.5), (0, 0, 0.5)]
    assert [s.label for s in find_segments(scores_of(rows, ["o", "a", "b"]), ["a", "b"])] == ["a"]


def test_last_second_may_be_shorter():
    seen = scores_of([(0, 1)] * 4, ["other", "a"], duration=Fraction(13, 4))
    assert [s.span for s in find_segments(seen, ["a"], Rule(min_length=3.25))] == [Span(0, Fraction(13, 4))]
    assert find_segments(seen, ["a"], Rule()) == [], "3.25 seconds are not 4"
    [segment] = find_segments(seen, ["a"], Rule(min_length=3, min_coverage=1))
    assert segment.coverage == 1


def test_group_wins_though_no_member_does():
    seen = scores_of([(0.4, 0.3, 0.3)] * 5, ["other", "tabby", "tiger"], groups={"cat": ("tabby", "tiger")})
    [segment] = find_segments(seen, ["cat"])
    assert (segment.span, segment.label) == (Span(0, 5), "cat") and segment.score == pytest.approx(0.6)
    assert find_segments(seen, ["tabby", "tiger"]) == []
    assert find_segments(seen, ["other"], Rule(min_score=0.4)), "who does not ask for the group does not get it"


def test_label_beside_its_group():
    seen = scores_of([(0.3, 0.3, 0.4)] * 5, ["tabby", "tiger", "other"], groups={"cat": ("tabby", "tiger")})
    assert [s.label for s in find_segments(seen, ["tabby", "cat"])] == ["cat"]
    assert find_segments(seen, ["tabby", "cat"]) == find_segments(seen, ["cat"])


@pytest.mark.parametrize("field", ["min_score", "min_coverage"])
@pytest.mark.parametrize("value", [-0.001, 1.001, math.nan, math.inf, -math.inf, 50])
def test_a_fraction_out_of_range(field, value):
    with pytest.raises(OptionError, match=rf"^{field.replace('_', ' ')} must be 0 to 1, not {value}$"):
        Rule(**{field: value})


@pytest.mark.parametrize("field", ["max_gap", "min_length"])
@pytest.mark.parametrize("value", [-1, -0.5, math.nan, math.inf, -math.inf])
def test_seconds_out_of_range(field, value):
    name = field.replace("_", " ")
    with pytest.raises(OptionError, match=rf"^{name} must be 0 or more seconds, not {value}$"):
        Rule(**{field: value})


def test_no_such_rule():
    with pytest.raises(OptionError, match=r"^no rule 'fuzzy'; there are: plain, each, evidence, classic$"):
        Rule(method="fuzzy")


def test_limits_are_allowed():
    assert Rule(0, 0, 0, 0) != Rule(1, 10**9, 1e9, 1)


def test_a_models_own_rules_are_taken_where_nobody_gives_any():
    unsure = replace(film("aaaaaa", sure=0.45), rules={"min_score": 0.1, "min_length": 6})
    assert [segment.span for segment in find_segments(unsure, ["a"])] == [Span(0, 6)]
    assert [segment.span for segment in find_all(unsure)] == [Span(0, 6)]
    assert find_segments(unsure, ["a"], Rule()) == []
    with pytest.raises(FormatError, match="no key 'min_scor'; did you mean 'min_score'"):
        find_segments(replace(unsure, rules={"min_scor": 0.1}), ["a"])


EACH = Rule(min_score=0.5, min_length=2, method="each")
TAGGED = [[0.9, 0.8], [0.9, 0.8], [0.9, 0.2], [0.1, 0.2], [0.1, 0.6], [0.1, 0.6]]
"""Seconds of a film whose labels a and b do not exclude each other."""


def test_labels_that_do_not_exclude_each_other_are_found_each_by_itself():
    scores = scores_of(TAGGED, "ab")
    assert [(s.label, s.span) for s in find_all(scores, EACH)] == [("a", Span(0, 3)), ("b", Span(0, 6))]
    assert [s.span for s in find_segments(scores, ["b"], EACH)] == [Span(0, 6)]
    assert [s.span for s in find_segments(scores, ["b"], replace(EACH, method="plain"))] == [Span(4, 6)]
    only = Rules(replace(EACH, max_gap=0), {"b": {"min_score": 0.7}})
    assert [(s.label, s.span) for s in find_all(scores, only)] == [("b", Span(0, 2)), ("a", Span(0, 3))]


def test_a_group_of_such_labels_reaches_its_min_score_in_sum():
    scores = scores_of([[0.3, 0.3, 0.9]] * 3, "abc", groups={"ab": ("a", "b")})
    assert [(s.label, s.span) for s in find_segments(scores, ["ab"], EACH)] == [("ab", Span(0, 3))]
    assert [s.label for s in find_all(scores, EACH, ["ab"])] == ["ab"]
    assert find_segments(scores, ["a"], EACH) == []


@pytest.mark.parametrize("smoothing", [Smoothing("median", 3), Smoothing("viterbi", switch_cost=1)])
def test_an_odd_second_of_such_a_label_gives_way(smoothing):
    scores = scores_of([[0.9, 0.9]] * 4 + [[0.1, 0.9]] + [[0.9, 0.9]] * 4 + [[0.1, 0.9]] * 5, "ab")
    rules = Rules(replace(EACH, max_gap=0), {}, smoothing)
    assert [s.span for s in find_segments(scores, ["a"], rules)] == [Span(0, 9)]


@given(rows=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)), max_size=20))
def test_what_others_score_changes_nothing_for_such_a_label(rows):
    scores = scores_of(rows, "abc")
    alone = scores_of([(a,) for a, _, _ in rows], "a")
    assert find_segments(scores, ["a"], EACH) == find_segments(alone, ["a"], EACH)
