"""evaluate: hold what rules find in films against the truth."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.scores import Scores
from miles_deep.timeline.find import find_all, find_segments, winners
from miles_deep.timeline.rules import Rule, Rules
from miles_deep.timeline.rules_table import as_rules
from miles_deep.timeline.segment import Segment
from miles_deep.timeline.targets import contest
from miles_deep.timeline.tuning.evaluation import Evaluation, compare, confusion
from miles_deep.timeline.tuning.examples import Example, Vocabulary, examples
from miles_deep.timeline.tuning.truth import Truth


def evaluate(
    truth: Truth, films: Mapping[str | Path, Scores] | Mapping[Path, Scores], rule: Rule | Rules | None = None
) -> Evaluation:
    """Hold what a rule finds in films against the truth.

    Labels are those that the truth names, in any film; all others count as none of them. Where it names none, as
    there is nothing in the films, they are those that are found: all of it is wrong. The segments of a label
    are those that `find_segments` finds with that label for its target, and their edges lie on whole seconds. A
    second has the label that the truth gives its middle.

    Args:
        truth: labelled spans; see `read_truth`.
        films: path, as it is given or written in the truth, to scores; all by one model.
        rule: that of the model's card where None, or else the default one.

    Raises:
        LabelError: the truth, or a rule, is of a label that the model has not.
        OptionError: the films are not those of the truth, or were scored by different models.
        FormatError: rows of the truth overlap, lie beyond the film, or there is none.
    """
    words, made = examples(truth, {Path(path): scores for path, scores in films.items()})
    rules = as_rules(rule, made[0].scores.rules)
    if not words.labels:
        words, made = _with_labels_found(words, made, rules)
    return evaluate_examples(words, made, rules)


def evaluate_examples(words: Vocabulary, made: Sequence[Example], rules: Rules) -> Evaluation:
    """The same of films, of which there is at least one, that are bound to their truth already."""
    first, *others = (_evaluated(words, example, rules) for example in made)
    return sum(others, first)


def _with_labels_found(
    words: Vocabulary, made: Sequence[Example], rules: Rules
) -> tuple[Vocabulary, list[Example]]:
    """Films without any label, with those for labels that are found in them all the same."""
    found = {segment.label for example in made for segment in find_all(example.scores, rules)}
    order = {label: number for number, label in enumerate(made[0].scores.labels)}
    labels = tuple(label for label in words.unnamed if label in found)
    unnamed = tuple(label for label in words.unnamed if label not in found)
    named = Vocabulary(labels, tuple((order[label],) for label in labels), words.rest, unnamed)
    return named, [replace(example, spans=dict.fromkeys(labels, ())) for example in made]


def segments_of(words: Vocabulary, scores: Scores, rules: Rules) -> dict[str, list[Segment]]:
    """The segments of each label on its own, in order."""
    found: dict[str, list[Segment]] = {label: [] for label in words.labels}
    if not set(words.labels) <= set(scores.groups):
        for segment in find_all(scores, rules):
            if segment.label in found:
                found[segment.label].append(segment)
    for group in set(words.labels) & set(scores.groups):
        found[group] = find_segments(scores, [group], rules)
    return found


def _evaluated(words: Vocabulary, example: Example, rules: Rules) -> Evaluation:
    found = segments_of(words, example.scores, rules)
    right = example.numbers(words.labels)
    won = _winners(words, example.scores, rules)
    shown = _shown(words, example, found, won)
    size = len(words.labels) + 1
    return Evaluation(
        words.labels,
        words.rest,
        confusion(right.tolist(), shown.tolist(), size),
        confusion(right.tolist(), won.tolist(), size),
        tuple(
            compare(label, example.spans[label], [segment.span for segment in found[label]])
            for label in words.labels
        ),
    )


def _winners(words: Vocabulary, scores: Scores, rules: Rules) -> NDArray[np.intp]:
    """(N,) of every second, which label wins it; their count where it is none of them."""
    won = winners(scores.values, contest(words.labels, scores.labels, scores.groups), rules)
    number = {label: place for place, label in enumerate(words.labels)}
    return np.array([number.get(name, len(number)) for name in won.names], np.intp)[won.winner]


def _shown(
    words: Vocabulary, example: Example, found: Mapping[str, Sequence[Segment]], won: NDArray[np.intp]
) -> NDArray[np.intp]:
    """(N,) of every second, of which label the segment is that lies there."""
    shown = np.full(len(won), len(words.labels), np.intp)
    ordered = sorted(
        (
            (segment.score, number, segment)
            for number, label in enumerate(words.labels)
            for segment in found[label]
        ),
        key=lambda item: item[:2],
    )
    for _, number, segment in ordered:
        shown[_seconds(segment)] = number
    for _, number, segment in ordered:
        inside = _seconds(segment)
        shown[inside] = np.where(won[inside] == number, number, shown[inside])
    return shown


def _seconds(segment: Segment) -> slice:
    """Segments that were not refined have whole seconds."""
    return slice(int(segment.span.start), math.ceil(segment.span.end))
