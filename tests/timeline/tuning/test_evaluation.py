"""Evaluations worked out by hand, and what is true of every evaluation."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled import LABELS, scores_of_films, truth_of

from miles_deep import Rule, Scores, Span
from miles_deep.errors import FormatError, LabelError, OptionError
from miles_deep.timeline.rules import Rules, Smoothing
from miles_deep.timeline.tuning import evaluate
from miles_deep.timeline.tuning.confusion import confusion
from miles_deep.timeline.tuning.evaluation import compare
from miles_deep.timeline.tuning.matching import iou, match
from miles_deep.timeline.tuning.truth import Row, Truth

EVERYTHING = Rule(min_score=0, max_gap=0, min_length=0, min_coverage=0)
FILMS = st.lists(st.text("..abc", min_size=1, max_size=40), min_size=1, max_size=4)
SPANS = st.tuples(st.integers(0, 30), st.integers(1, 20)).map(lambda pair: Span(pair[0], pair[0] + pair[1]))


def sets(*spans):
    return [Span(Fraction(start), Fraction(end)) for start, end in spans]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [((0, 4), (0, 4), 1), ((0, 4), (2, 6), Fraction(1, 3)), ((0, 4), (4, 6), 0), ((0, 8), (2, 6), Fraction(1, 2))],
)
def test_intersection_over_union(one, other, alike):
    assert iou(Span(*one), Span(*other)) == alike


@given(SPANS, SPANS)
def test_iou_is_the_same_from_both_sides(one, other):
    assert iou(one, other) == iou(other, one) and 0 <= iou(one, other) <= 1
    assert (iou(one, other) == 1) == (one == other)


@pytest.mark.parametrize(
    ("truth", "found", "pairs"),
    [
        (sets((0, 10)), sets((0, 5)), [(0, 0)]),  # exactly half
        (sets((0, 10)), sets((0, 4)), []),
        (sets((0, 10)), sets((0, 5), (5, 10)), [(0, 0)]),  # each is half; one of them counts
        (sets((0, 5), (5, 10)), sets((0, 10)), [(0, 0)]),
        (sets((0, 10), (20, 30)), sets((1, 9), (12, 18), (21, 33)), [(0, 0), (1, 2)]),
        (sets(), sets((0, 1)), []),
    ],
)
def test_segments_that_are_the_same(truth, found, pairs):
    assert match(truth, found, 0.5) == pairs


def test_the_most_alike_are_paired_first():
    """At a low IoU two could be the one of the truth: the better one is."""
    assert match(sets((0, 10)), sets((0, 4), (4, 10)), 0.25) == [(0, 1)]


def test_a_film_worked_out_by_hand():
    """Truth: a 0-8, b 10-16, a 18-20. Seen: a a second late, the last two of b missing, c for the last a."""
    truth, seen = truth_of("aaaaaaaa..bbbbbb..aa"), scores_of_films(".aaaaaaaa.bbbb....cc")
    found = evaluate(truth, seen, EVERYTHING)
    assert (found.labels, found.rest, found.seconds) == (("a", "b"), "other", 20)
    # a: 7 right, 1 lost at its start, 1 too many after its end; the other a is c, which the truth does not name.
    assert found.found == ((7, 0, 3), (0, 4, 2), (1, 0, 3))
    assert found.winners == found.found
    assert found.accuracy == 14 / 20
    a, b = found.results
    assert [(at.truth, at.found, at.matched) for at in a.at.values()] == [(2, 1, 1), (2, 1, 1)]  # IoU 7/9
    assert [(at.truth, at.found, at.matched) for at in b.at.values()] == [(1, 1, 1), (1, 1, 0)]  # IoU 4/6
    assert (a.at[0.5].precision, a.at[0.5].recall, a.at[0.5].f1) == (1, 0.5, 2 / 3)
    assert (a.edges.start, a.edges.end, b.edges.start, b.edges.end) == (1, 1, 0, 2)
    assert (found.edges.matched, found.edges.mean) == (2, 1)
    assert found.macro_f1(0.5) == (2 / 3 + 1) / 2 and found.macro_f1(0.75) == (2 / 3 + 0) / 2
    assert found.micro(0.5).f1 == 2 * 2 / (3 + 2)


def test_rules_and_smoothing_count():
    """A second of b inside a: it wins that second, but the segment goes on, and the median smooths it away."""
    truth, seen = truth_of("aaaaaaaaaa"), scores_of_films("aaaabaaaaa")
    plain = evaluate(truth, seen)
    assert (plain.winner_accuracy, plain.accuracy) == (0.9, 1)
    smooth = evaluate(truth, seen, Rules(smoothing=Smoothing("median", window=3)))
    assert (smooth.winner_accuracy, smooth.accuracy) == (1, 1)


def test_of_two_segments_in_a_second_the_winner_of_it_counts():
    """A gap of a, long enough to be bridged, is a segment of b."""
    truth, seen = truth_of("aaaabbbaaaa"), scores_of_films("aaaabbbaaaa")
    found = evaluate(truth, seen, Rule(max_gap=3, min_length=3, min_coverage=0))
    assert found.accuracy == 1
    assert found.results[0].at[0.5].found == 1  # though the truth has two


def test_a_group_and_a_label_that_is_not_named():
    words = Truth(Path("x"), (Row(2, None, "ab", Span(0, 4)),))
    found = evaluate(words, scores_of_films("abab.ccc"), EVERYTHING)
    assert found.labels == ("ab",) and found.accuracy == 1
    assert found.results[0].at[0.75].f1 == 1


def test_without_a_background():
    found = evaluate(truth_of("aa.."), scores_of_films("aacc", background=()), EVERYTHING)
    assert (found.rest, found.accuracy) == ("none", 1)


def test_rows_that_touch_are_one():
    rows = tuple(Row(line, None, "a", Span(line, line + 1)) for line in range(10))
    assert evaluate(Truth(Path("x"), rows), scores_of_films("a" * 10)).results[0].at[0.75].f1 == 1


def test_the_last_second_may_be_short_and_times_rounded_up():
    (scores,) = scores_of_films("aaaaa").values()
    short = {Path("0.mp4"): type(scores)(LABELS, scores.times, scores.values, Fraction(9, 2), ("other",))}
    found = evaluate(Truth(Path("x"), (Row(2, None, "a", Span(0, 5)),)), short)
    assert (found.accuracy, found.results[0].at[0.75].f1, found.edges.mean) == (1, 1, 0)


def test_a_film_without_a_label():
    found = evaluate(truth_of("aaaa", "...."), scores_of_films("aaaa", ".aaa"), EVERYTHING)
    assert (found.films, found.results[0].at[0.5].precision) == (2, 0.5)


def test_what_is_found_where_nothing_is_is_wrong():
    """The labels are those that are found, in any film."""
    found = evaluate(truth_of("......", "......"), scores_of_films("..cc..", "aa...."), EVERYTHING)
    assert (found.labels, found.films, found.accuracy) == (("a", "c"), 2, 8 / 12)
    assert [(result.at[0.5].truth, result.at[0.5].found) for result in found.results] == [(0, 1), (0, 1)]
    assert (found.micro(0.5).precision, found.macro_f1(0.5)) == (0, 0)
    nothing = evaluate(truth_of("......"), scores_of_films("......"), EVERYTHING)
    assert (nothing.labels, nothing.accuracy, nothing.macro_f1(0.5)) == ((), 1, None)


def test_rows_that_say_nothing_is_there_may_overlap_others():
    """As `export` writes them, of background that goes on behind a short interruption."""
    rows = (
        Row(2, None, "other", Span(0, 8)),
        Row(3, None, "a", Span(2, 4)),
        Row(4, None, "none", Span(3, 6)),
        Row(5, None, "b", Span(5, 6)),
    )
    found = evaluate(Truth(Path("x"), rows), scores_of_films("..aa.b.."), EVERYTHING)
    assert found.accuracy == found.macro_f1(0.75) == 1
    with pytest.raises(FormatError, match=r"x:6: b 0:00:03-0:00:07 overlaps b 0:00:05-0:00:06 of line 5"):
        evaluate(Truth(Path("x"), (*rows, Row(6, None, "b", Span(3, 7)))), scores_of_films("..aa.b.."))


def test_a_second_may_have_several_labels():
    """a 0-4 and b 2-6; who wins is a, then b: each misses what the other has won."""
    rows = (Row(2, None, "a", Span(0, 4)), Row(3, None, "b", Span(2, 6)))
    found = evaluate(Truth(Path("x"), rows), scores_of_films("aaabbb.."), EVERYTHING)
    assert (found.seconds, found.several) == (8, 2)
    assert found.found == ((3, 0, 1), (0, 3, 1), (0, 0, 2))
    a, b = found.results
    assert (a.seconds.truth, a.seconds.found, a.seconds.matched, a.seconds.recall) == (4, 3, 3, 0.75)
    assert b.at[0.75].f1 == 1 and found.of_seconds.precision == 1


def test_labels_that_do_not_compete_may_both_be_right():
    values = np.array([[0.6, 0.1], [0.6, 0.7], [0.1, 0.7], [0.1, 0.1]], np.float32)
    scores = Scores(("a", "b"), np.arange(4) + 0.5, values, Fraction(4))
    rows = (Row(2, None, "a", Span(0, 2)), Row(3, None, "b", Span(1, 3)))
    found = evaluate(
        Truth(Path("x"), rows), {Path("x.mp4"): scores}, replace(EVERYTHING, method="each", min_score=0.5)
    )
    assert found.found == found.winners == ((2, 0, 0), (0, 2, 0), (0, 0, 1))
    assert found.accuracy == found.macro_f1(0.75) == 1


def test_a_group_and_a_label_in_it():
    rows = (Row(2, None, "ab", Span(0, 4)), Row(3, None, "a", Span(0, 2)))
    found = evaluate(Truth(Path("x"), rows), scores_of_films("aabb.."), EVERYTHING)
    assert found.labels == ("a", "ab") and found.macro_f1(0.75) == found.accuracy == 1


def test_labels_of_several_models():
    one, other = (scores_of_films(film)[Path("0.mp4")] for film in ("aaaa..", "..bbbb"))
    both = replace(
        one,
        labels=("0:other", "a", "0:b", "0:c", "1:other", "1:a", "b", "1:c"),
        values=np.concatenate([one.values, other.values], axis=1),
        background=("0:other", "1:other"),
        groups={},
        heads=(4, 4),
    )
    rows = (Row(2, None, "a", Span(0, 4)), Row(3, None, "b", Span(2, 6)))
    found = evaluate(Truth(Path("x"), rows), {Path("0.mp4"): both}, EVERYTHING)
    assert (found.labels, found.rest) == (("a", "b"), "0:other|1:other")
    assert found.accuracy == found.macro_f1(0.75) == 1


@given(st.lists(st.tuples(st.sets(st.integers(0, 2)), st.sets(st.integers(0, 2))), max_size=12))
def test_what_was_taken_for_what(seconds):
    """Of one label at most, a second counts once; what is right is right however many there are."""
    truth, found = (
        np.array([[label in one for label in range(3)] for one in of], bool).reshape(-1, 3)
        for of in ([there for there, _ in seconds], [seen for _, seen in seconds])
    )
    counts = np.array(confusion(truth, found))
    assert counts.diagonal()[:3].tolist() == (truth & found).sum(axis=0).tolist()
    assert counts[3, 3] == sum(not there and not seen for there, seen in seconds)
    if all(len(there) <= 1 and len(seen) <= 1 for there, seen in seconds):
        assert counts.sum() == len(seconds)
        assert counts.sum(axis=1)[:3].tolist() == truth.sum(axis=0).tolist()
        assert counts.sum(axis=0)[:3].tolist() == found.sum(axis=0).tolist()


def test_a_label_of_many_letters_is_not_all_said():
    with pytest.raises(LabelError) as error:
        evaluate(Truth(Path("x"), (Row(2, None, "d" * 10**5, Span(0, 1)),)), scores_of_films("aaaa"))
    assert str(error.value) == f"x:2: no label '{'d' * 60}…' in the model; it has: other, a, b, c, ab"


def test_what_cannot_be_evaluated():
    scores = scores_of_films("aaaa")
    for row, error, line in (
        (Row(7, None, "d", Span(0, 1)), LabelError, "x:7: no label 'd' in the model; it has: other, a, b, c, ab"),
        (Row(7, None, "a", Span(3, 6)), FormatError, "x:7: a 0:00:03-0:00:06 lies beyond the film"),
        (Row(7, None, "a", Span(4, 5)), FormatError, "x:7: a 0:00:04-0:00:05 lies beyond the film"),
    ):
        with pytest.raises(error) as told:
            evaluate(Truth(Path("x"), (row,)), scores)
        assert str(told.value).startswith(line)
    with pytest.raises(OptionError, match="no film"):
        evaluate(Truth(Path("x"), ()), {})


@settings(max_examples=40, deadline=None)
@given(FILMS.filter(lambda films: "".join(films).strip(".")))
def test_what_is_seen_as_it_is_is_right(films):
    found = evaluate(truth_of(*films), scores_of_films(*films), EVERYTHING)
    assert found.accuracy == found.winner_accuracy == found.macro_f1(0.75) == 1
    assert found.edges.mean == 0 and found.seconds == sum(map(len, films))


@settings(max_examples=40, deadline=None)
@given(FILMS.filter(lambda films: "".join(films).strip(".")), st.randoms())
def test_the_order_of_films_is_nothing(films, random):
    seen = ["".join(random.choice("..abc") for _ in film) for film in films]
    scores, truth = scores_of_films(*seen), truth_of(*films)
    found = evaluate(truth, scores, EVERYTHING)
    shuffled = list(scores)
    random.shuffle(shuffled)
    assert evaluate(truth, {path: scores[path] for path in shuffled}, EVERYTHING) == found
    for result in found.results:
        for agreement in result.at.values():
            assert agreement.f1 is None or 0 <= agreement.f1 <= 1
    assert sum(map(sum, found.found)) == sum(map(sum, found.winners)) == found.seconds


@given(st.lists(SPANS, max_size=6), st.lists(SPANS, max_size=6))
def test_truth_and_found_may_change_places(one, other):
    """Precision is then recall, and F1 stays."""
    one, other = _apart(one), _apart(other)
    forth, back = compare("x", one, other), compare("x", other, one)
    for least in forth.at:
        assert forth.at[least].precision == back.at[least].recall and forth.at[least].f1 == back.at[least].f1
    assert forth.edges == back.edges or 0.5 in {iou(a, b) for a in one for b in other}


def _apart(spans):
    """Those that do not overlap one before them."""
    kept = []
    for span in sorted(spans):
        if not kept or kept[-1].end <= span.start:
            kept.append(span)
    return kept
