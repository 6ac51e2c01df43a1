"""What rules find in the parts of a truth that are left out in turn."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from miles_deep.timecode import Span
from miles_deep.timeline.rules import Rules
from miles_deep.timeline.tuning.counts import IOU, Counts
from miles_deep.timeline.tuning.evaluate import segments_of
from miles_deep.timeline.tuning.evaluation import Agreement, EdgeErrors, LabelResult
from miles_deep.timeline.tuning.examples import Example, Vocabulary, seconds_in
from miles_deep.timeline.tuning.folds import Folds
from miles_deep.timeline.tuning.matching import match
from miles_deep.timeline.tuning.search import value

Results = tuple[LabelResult, ...]
"""One a label, at IoU 0.5."""


def results_by_part(
    words: Vocabulary, made: Sequence[Example], folds: Folds, rules: Rules, films: Iterable[int]
) -> dict[int, Results]:
    """What rules find in each part of some films, exactly. A segment counts in the part of the one it matches."""
    results: dict[int, Results] = {}
    for film in films:
        found = segments_of(words, made[film].scores, rules)
        of_labels = [
            _by_part(label, made[film], [segment.span for segment in found[label]], folds, film)
            for label in words.labels
        ]
        for part in range(folds.first(film), folds.first(film + 1)):
            results[part] = tuple(of_label[part] for of_label in of_labels)
    return results


def result_of(
    label: str, counts: Counts, truth: NDArray[np.float64], place: tuple[int, ...], parts: list[int]
) -> LabelResult:
    """What the rule at a place of the grid finds in some parts, from the tables.

    The tables know of edges only how far they are off on average: starts and ends are both given as far as that.

    Args:
        label: its name.
        counts: its tables.
        truth: [3, U] its segments, and seconds, of the truth in each part, and all its seconds.
        place: of the rule.
        parts: their numbers.
    """
    found, matched, edges, seconds, right = (
        float(sum(getattr(counts, field.name)[(part, *place)] for part in parts)) for field in fields(counts)
    )
    segments, length, watched = (int(one[parts].sum()) for one in truth)
    return LabelResult(
        label,
        {IOU: Agreement(segments, int(found), int(matched))},
        EdgeErrors(int(matched), Fraction(edges), Fraction(edges)),
        Agreement(length, int(seconds), int(right)),
        watched,
    )


def truth_by_part(words: Vocabulary, made: Sequence[Example], folds: Folds) -> dict[str, NDArray[np.float64]]:
    """Label to [3, U] segments, and seconds, of the truth in each part, and all its seconds."""
    truth = {label: np.zeros((3, len(folds.outer))) for label in words.labels}
    for film, example in enumerate(made):
        for label, spans in example.spans.items():
            for span in spans:
                inside = seconds_in(span, example.middles)
                truth[label][:2, folds.part_of(film, span)] += 1, inside.stop - inside.start
            for part, seconds in folds.parts_of(film, example.middles).items():
                truth[label][2, part] = seconds
    return truth


def summed(results: Iterable[Results]) -> Results:
    """Those of several parts, of which there is at least one, together."""
    first, *others = results
    for other in others:
        first = tuple(one + more for one, more in zip(first, other, strict=True))
    return first


def worth(results: Results) -> float:
    """Mean over labels of what `search.value` says."""
    known = [
        float(value(f1, result.edges.mean or 0, (of.truth, of.found, of.matched, result.watched)))
        for result, of in ((result, result.seconds) for result in results)
        if (f1 := result.at[IOU].f1) is not None
    ]
    return sum(known) / len(known) if known else 0.0


def _by_part(
    label: str, example: Example, found: Sequence[Span], folds: Folds, film: int
) -> dict[int, LabelResult]:
    truth = example.spans[label]
    pairs = {other: number for number, other in match(truth, found, IOU)}
    of_truth = [folds.part_of(film, span) for span in truth]
    of_found = [
        of_truth[pairs[other]] if other in pairs else folds.part_of(film, span) for other, span in enumerate(found)
    ]
    (seen,) = example.seen([label]).T
    middles = example.middles
    lengths = [_length(seconds_in(span, middles)) for span in truth]
    inside = [seconds_in(span, middles) for span in found]
    results = {}
    for part, watched in folds.parts_of(film, middles).items():
        edges = EdgeErrors()
        for other, number in pairs.items():
            if of_found[other] == part:
                start, end = truth[number].start - found[other].start, truth[number].end - found[other].end
                edges += EdgeErrors(1, abs(start), abs(end))
        agreement = Agreement(of_truth.count(part), of_found.count(part), edges.matched)
        here = [one for one, of in zip(inside, of_found, strict=True) if of == part]
        seconds = Agreement(
            sum(length for length, of in zip(lengths, of_truth, strict=True) if of == part),
            sum(map(_length, here)),
            sum(int(seen[one].sum()) for one in here),
        )
        results[part] = LabelResult(label, {IOU: agreement}, edges, seconds, watched)
    return results


def _length(seconds: slice) -> int:
    return int(seconds.stop - seconds.start)
