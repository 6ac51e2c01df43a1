"""evaluate: hold what rules find in films against the truth."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.scores import Scores
from miles_deep.timeline.find import find_all, find_segments
from miles_deep.timeline.rules import Rule, Rules
from miles_deep.timeline.rules_table import as_rules
from miles_deep.timeline.segment import Segment
from miles_deep.timeline.targets import contest
from miles_deep.timeline.tuning.confusion import confusion
from miles_deep.timeline.tuning.evaluation import Agreement, Evaluation, compare
from miles_deep.timeline.tuning.examples import Example, Vocabulary, examples
from miles_deep.timeline.tuning.truth import Truth
from miles_deep.timeline.winners import winners


def evaluate(
    truth: Truth, films: Mapping[str | Path, Scores] | Mapping[Path, Scores], rule: Rule | Rules | None = None
) -> Evaluation:
    """Hold what a rule finds in films against the truth.

    Labels are those that the truth names, in any film; all others count as none of them. Where it names none, as
    there is nothing in the films, they are those that are found: all of it is wrong. The segments of a label
    are those that `find_segments` finds with that label for its target, and their edges lie on whole seconds. A
    second has the labels that the truth gives its middle; there may be several, of one model or of those that
    stand side by side (`Scores.heads`).

    Args:
        truth: labelled spans; see `read_truth`.
        films: path, as it is given or written in the truth, to scores; all by one model.
        rule: that of the model's card where None, or else the default one.

    Raises:
        LabelError: the truth, or a rule, is of a label that the model has not.
        OptionError: the films are not those of the truth, or were scored by different models.
        FormatError: rows of a label overlap, lie beyond the film, or there is none.
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
    members = tuple((order[label],) for label in labels)
    named = Vocabulary(labels, members, words.rest, unnamed, words.heads)
    return named, [replace(example, spans=dict.fromkeys(labels, ())) for example in made]


def segments_of(words: Vocabulary, scores: Scores, rules: Rules) -> dict[str, list[Segment]]:
    """The segments of each label on its own, in order."""
    found: dict[str, list[Segment]] = {label: [] for label in words.labels}
    groups = [label for label in words.labels if label in scores.groups]
    alone = [label for label in words.labels if label not in scores.groups]
    if not rules.general.competes:  # the model may have a thousand others, and what they score does not matter
        return {label: find_segments(scores, [label], rules) for label in words.labels}
    segments = [*(find_all(scores, rules) if alone else ()), *(find_all(scores, rules, groups) if groups else ())]
    for segment in segments:
        if segment.label in found:
            found[segment.label].append(segment)
    return found


def _evaluated(words: Vocabulary, example: Example, rules: Rules) -> Evaluation:
    found = segments_of(words, example.scores, rules)
    right = example.seen(words.labels)
    won = _winners(words, example.scores, rules)
    lying = np.zeros_like(right)
    for number, label in enumerate(words.labels):
        for segment in found[label]:
            lying[_seconds(segment), number] = True
    results = []
    for number, label in enumerate(words.labels):
        result = compare(label, example.spans[label], [segment.span for segment in found[label]])
        of_label = right[:, number], lying[:, number]
        both = of_label[0] & of_label[1]
        seconds = Agreement(*(int(one.sum()) for one in (*of_label, both)))
        results.append(replace(result, seconds=seconds, watched=len(right)))
    return Evaluation(
        words.labels,
        words.rest,
        confusion(right, _shown(words, found, won, lying, rules)),
        confusion(right, won),
        tuple(results),
        len(right),
        int((right.sum(axis=1) > 1).sum()),
    )


def _winners(words: Vocabulary, scores: Scores, rules: Rules) -> NDArray[np.bool_]:
    """[N, L] of every second, which labels win it; or, where they do not compete, reach their min score."""
    won = np.zeros((len(scores), len(words.labels)), np.bool_)
    for rivals in words.rivals(rules.general.competes):
        names = [words.labels[number] for number in rivals]
        of_rivals = winners(scores.values, contest(names, scores.labels, scores.groups, scores.heads), rules)
        targets = of_rivals.is_target if rules.general.competes else of_rivals.matches
        for number, name in zip(rivals, names, strict=True):
            if name in of_rivals.names:
                won[:, number] = targets & (of_rivals.winner == of_rivals.names.index(name))
    return won


def _shown(
    words: Vocabulary,
    found: Mapping[str, Sequence[Segment]],
    won: NDArray[np.bool_],
    lying: NDArray[np.bool_],
    rules: Rules,
) -> NDArray[np.bool_]:
    """[N, L] of every second, of which labels the segments are that lie there; of rivals, one counts."""
    shown = lying.copy()
    for rivals in words.rivals(rules.general.competes):
        if len(rivals) == 1:
            continue
        highest = np.full(len(lying), -1, np.intp)
        ordered = sorted(
            ((segment.score, number, segment) for number in rivals for segment in found[words.labels[number]]),
            key=lambda item: item[:2],
        )
        for _, number, segment in ordered:
            highest[_seconds(segment)] = number
        for number in rivals:
            of_winner = (won & lying)[:, list(rivals)].any(axis=1)
            shown[:, number] = np.where(of_winner, won[:, number] & lying[:, number], highest == number)
    return shown


def _seconds(segment: Segment) -> slice:
    """Segments that were not refined have whole seconds."""
    return slice(int(segment.span.start), math.ceil(segment.span.end))
