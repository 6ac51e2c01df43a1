"""Tuning: planted rules are found, noise is not rewarded, and what is printed is what was left out."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from labelled import noisy, scores_of_films, script, truth_of

from miles_deep import Scores, Span
from miles_deep.errors import FormatError
from miles_deep.timeline.rules import OWN_METHODS, Rule, Rules, Smoothing
from miles_deep.timeline.tuning import evaluate, tune
from miles_deep.timeline.tuning.evaluation import mean_f1
from miles_deep.timeline.tuning.search import settle, value
from miles_deep.timeline.tuning.truth import Row, Truth

PLAIN = (Smoothing(),)


def f1(results, label=None):
    if label is None:
        return mean_f1(results, 0.5)
    return next(result.at[0.5].f1 for result in results if result.label == label)


@pytest.fixture(scope="module")
def noise():
    """Six films of a classifier that mistakes one second in four."""
    random = np.random.default_rng(1)
    scripts = [script(random) for _ in range(6)]
    return truth_of(*scripts), noisy(scripts, random, noise=1.5, scale=1.8)


def test_films_never_seen_are_found_better(noise):
    """The figure given for films left out is about what films give that nobody has seen."""
    truth, films = noise
    found = tune(truth, films)
    assert f1(found.before) < 0.6 and f1(found.after) > 0.85
    assert found.rules.smoothing.method != "none" and found.rules.temperature == pytest.approx(1.8, rel=0.15)
    random = np.random.default_rng(99)
    others = [script(random) for _ in range(6)]
    new = evaluate(truth_of(*others), noisy(others, random, noise=1.5, scale=1.8), found.rules)
    assert new.macro_f1(0.5) == pytest.approx(f1(found.after), abs=0.1)


def test_before_and_fitted_are_what_evaluate_says(noise):
    truth, films = noise
    start = Rules(Rule(min_length=6), labels={"a": {"min_score": 0.3}})
    found = tune(truth, films, start)
    for rules, results in ((start, found.before), (found.rules, found.fitted)):
        expected = evaluate(truth, films, rules)
        assert [result.at[0.5] for result in results] == [result.at[0.5] for result in expected.results]
        assert [result.edges for result in results] == [result.edges for result in expected.results]


def test_the_order_of_films_is_nothing(noise):
    truth, films = noise
    assert (
        tune(truth, dict(reversed(films.items())), smoothings=PLAIN).rules
        == tune(truth, films, smoothings=PLAIN).rules
    )


def test_a_planted_rule_is_found():
    """a comes in long stretches with holes, and in short ones that are false; b in short ones that are true."""
    scripts = ["aaaaaaaa..." + "bb...", "...bb....aaaaaaaaaa..", "bb....aaaaaaaaa...bb"] * 4
    seen = ["a.aaa.aa..." + "bb...", "aaabb....aaa.aaa.aa..", "bb....aa.aaaa.a...bb"] * 4
    found = tune(truth_of(*scripts), scores_of_films(*seen), smoothings=PLAIN)
    assert f1(found.before, "a") == 1 and f1(found.before, "b") == 0
    assert f1(found.after) == f1(found.fitted) == 1
    assert found.rules.of("a").min_length > 3 and found.rules.of("b").min_length <= 2
    assert found.rules.of("a").max_gap >= 1


def test_noise_is_not_rewarded():
    """Scores that know nothing of the truth: whatever fits the films by chance does not help those left out."""
    random = np.random.default_rng(7)
    scripts, others = ([script(random, 200) for _ in range(6)] for _ in range(2))
    found = tune(truth_of(*scripts), noisy(others, random, gain=4))
    assert f1(found.after) <= f1(found.before) + 0.05
    assert not found.rules.labels


def test_what_cannot_be_better_stays_as_it_is():
    films = ["aaaaaa......bbbbbb.....", ".....aaaaaaa.......bbbbbbb...", "bbbbbbbb.......", "....aaaaaaaa....."]
    start = Rules(Rule(min_score=0.45), labels={"b": {"max_gap": 3}})
    found = tune(truth_of(*films), scores_of_films(*films), start)
    assert found.rules == start and not found.changed and found.after == found.before
    assert "no rules did better on what was left out: they stay as they were" in found.notes


def test_a_label_with_few_segments_has_no_rule_of_its_own():
    scripts = ["aaaaaaaa...", "...bb....aaaaaaaaaa..", "..aaaaaaaaa...bb"] * 2
    seen = ["a.aaa.aa...", "aaabb....aaa.aaa.aa..", "..aa.aaaa.a...bb"] * 2
    found = tune(truth_of(*scripts), scores_of_films(*seen), smoothings=PLAIN)
    assert "b" not in found.rules.labels
    assert found.changed
    assert "no rules of their own, as the truth has fewer than 8 segments of them: a (6), b (4)" in found.notes


def test_many_labels_with_few_segments_are_a_line():
    """Shots of 3 s, of which the usual rule finds none."""
    letters = "abcdefghijklmn"
    scripts = ["".join(f"{letter * 3}..." for letter in letters)] * 3
    labels = (".", *letters)
    rows = [[0.9 if letter == label else 0.1 / 14 for label in labels] for letter in scripts[0]]
    times = np.arange(len(rows)) + 0.5
    scores = Scores(labels, times, np.array(rows, np.float32), Fraction(len(rows)), (".",))
    films = {Path(f"{number}.mp4"): scores for number in range(3)}
    found = tune(truth_of(*scripts), films, smoothings=PLAIN)
    (note,) = (note for note in found.notes if "fewer than 8 segments" in note)
    assert note.endswith(f": {', '.join(f'{letter} (3)' for letter in letters[:12])} and 2 more")


def test_rules_of_labels_that_the_truth_does_not_name_stay():
    """Whole, whatever becomes of the rule of all labels."""
    scripts = ["aaaaaaaa...", "...bb....aaaaaaaaaa..", "..aaaaaaaaa...bb"] * 2
    seen = ["a.aaa.aa...", "aaabb....aaa.aaa.aa..", "..aa.aaaa.a...bb"] * 2
    start = Rules(labels={"c": {"min_score": 0.7}, "a": {"max_gap": 0}})
    found = tune(truth_of(*scripts), scores_of_films(*seen), start, PLAIN)
    assert found.changed and found.rules.general != start.general
    assert found.rules.of("c") == start.of("c") == Rule(min_score=0.7)
    assert "a" not in found.rules.labels
    assert "own rules kept, as the truth does not name their labels: c" in found.notes


def test_one_film_is_judged_by_its_parts():
    random = np.random.default_rng(3)
    scripts = [script(random, 900)]
    found = tune(truth_of(*scripts), noisy(scripts, random, noise=1.5))
    assert (found.by_film, found.folds) == (False, 5)
    assert sum(result.at[0.5].truth for result in found.after) == sum(
        result.at[0.5].truth for result in found.before
    )
    assert f1(found.after) > f1(found.before) + 0.2


def test_the_classic_rule_can_be_started_from(noise):
    truth, films = noise
    found = tune(truth, films, Rule(method="classic"), PLAIN)
    assert found.changed and found.rules.general.method == "plain"
    assert f1(found.after) > f1(found.before)


def test_nothing_better_than_the_classic_rule():
    films = [
        "aaaaaaaa......bbbbbbbb.....",
        ".....aaaaaaaaa.......bbbbbbbbb...",
        "bbbbbbbbbb.......",
        "....aaaaaaaaa.....",
    ]
    found = tune(truth_of(*films), scores_of_films(*films), Rule(method="classic"), PLAIN)
    assert not found.changed and found.rules.general.method == "classic"


@pytest.fixture(scope="module")
def faint():
    """Films of a label that never wins, at a scale of its own, and of one that does; both are there at times."""
    random, rows, films = np.random.default_rng(4), [], {}
    for number in range(5):
        there = {}
        for label, length in (("faint", 8), ("loud", 11)):
            starts = range(int(random.integers(0, 6)), 120 - length, length * 3)
            there[label] = np.zeros(120, bool)
            for start in starts:
                there[label][start : start + length] = True
                rows.append((f"{number}.mp4", label, Span(start, start + length)))
        values = np.full((120, 3), 0.001, np.float32)
        values[:, 0] += np.where(there["faint"], 0.02, 0) * random.uniform(0.5, 1, 120)
        values[:, 1] += np.where(there["loud"], 0.6, 0.2) * random.uniform(0.8, 1, 120)
        values[:, 2] = 0.9
        path = Path(f"{number}.mp4")
        films[path] = Scores(("faint", "loud", "other"), np.arange(120) + 0.5, values, Fraction(120), ("other",))
    return Truth(Path("labels.csv"), tuple(Row(line, *row) for line, row in enumerate(rows, 2))), films


def test_labels_that_do_not_compete_have_min_scores_at_their_own_scale(faint):
    truth, films = faint
    found = tune(truth, films, Rule(method="each"), PLAIN)
    assert found.rules.general.method == "each" and f1(found.before) < 0.6 < 0.95 < f1(found.after)
    assert found.rules.of("faint").min_score < 0.02 < 0.2 < found.rules.of("loud").min_score
    held = evaluate(truth, films, found.rules)
    assert [result.at[0.5] for result in held.results] == [result.at[0.5] for result in found.fitted]
    assert [result.seconds for result in held.results] == [result.seconds for result in found.fitted]


@pytest.mark.parametrize("method", OWN_METHODS)
def test_the_method_is_that_of_the_rules_to_start_from(faint, method):
    truth, films = faint
    assert tune(truth, films, Rule(method=method), PLAIN).rules.general.method == method


def test_labels_that_the_truth_does_not_name_keep_their_min_score(faint):
    truth, films = faint
    only = replace(truth, rows=tuple(row for row in truth.rows if row.label == "faint"))
    found = tune(only, films, Rules(Rule(0.4, method="each"), {"loud": {"max_gap": 7}}), PLAIN)
    assert found.changed and found.rules.of("loud") == Rule(0.4, 7, method="each")
    assert "labels that the truth does not name keep the rules they had: 1 of them" in found.notes


def test_labels_of_two_models_are_tuned_together(faint):
    truth, films = faint
    other = ["..aaaaaa.....aaaaaaaaa....." * 4] * 5
    beside = scores_of_films(*(film.ljust(120, ".") for film in other))
    both = {
        path: replace(
            one,
            labels=(*one.labels, "1:other", "a", "b", "c"),
            values=np.concatenate([one.values, beside[path].values], axis=1),
            background=("other", "1:other"),
            heads=(3, 4),
        )
        for path, one in films.items()
    }
    seen = truth_of(*(film.ljust(120, ".") for film in other))
    rows = (*truth.rows, *(replace(row, line=row.line + 1000) for row in seen.rows))
    found = tune(replace(truth, rows=rows), both, Rule(method="each"), PLAIN)
    assert [result.label for result in found.after] == ["faint", "loud", "a"]
    assert f1(found.after) > 0.95


def test_a_film_found_whole_is_worth_nothing():
    """The F1 of its seconds is 0.8."""
    assert value(0.5, 0, (80, 100, 80, 120)) > 0 == value(0.5, 0, (80, 120, 80, 120))


def test_scores_without_a_temperature(noise):
    truth, films = noise
    halved = {path: replace(scores, values=scores.values / 2) for path, scores in films.items()}
    found = tune(truth, halved, smoothings=PLAIN)
    assert found.rules.temperature == 1
    assert found.notes[0].startswith("scores of a second add up to 0.5 to 0.5, not to 1")


def test_too_little_to_learn_from():
    with pytest.raises(
        FormatError, match=r"labels\.csv: too few segments to tune rules by; label three films, or two"
    ):
        tune(truth_of("aaaa..bbb"), scores_of_films("aaaa..bbb"))
    with pytest.raises(FormatError, match="no row has a label, so there is nothing to tune rules by"):
        tune(truth_of("....", "....", "...."), scores_of_films("aaaa", "....", "...."))
    with pytest.raises(FormatError):
        tune(truth_of("aaaa..bbb", "aaaa..b"), scores_of_films("aaaa..bbb", "aaaa..b"))


@pytest.mark.parametrize(
    ("values", "usual", "place"),
    [
        ([0, 1, 1, 1, 1, 1, 0], 3, 3),  # the usual one is as good
        ([0, 1, 1, 1, 1, 1, 0], 0, 3),  # else the middle
        ([0, 1, 0, 0, 2, 0, 0], 1, 4),  # only what is best counts
    ],
)
def test_the_middle_of_what_is_as_good(values, usual, place):
    assert settle(np.array([values], float), (0, usual)) == (0, place)


def test_what_may_as_well_be_as_usual_is():
    table = np.zeros((5, 5))
    table[3:] = 1
    assert settle(table, (0, 0)) == (3, 0)
