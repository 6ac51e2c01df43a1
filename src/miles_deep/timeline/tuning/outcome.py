"""What rules find in the parts of a truth that are left out in turn."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from miles_deep.timecode import Span
from miles_deep.timeline.rules import Rules
from miles_deep.timeline.tuning.counts import IOU, Counts
from miles_deep.timeline.tuning.evaluate import segments_of
from miles_deep.timeline.tuning.evaluation import Agreement, EdgeErrors, LabelResult
from miles_deep.timeline.tuning.examples import Example, Vocabulary
from miles_deep.timeline.tuning.folds import Folds
from miles_deep.timeline.tuning.matching import match
from miles_deep.timeline.tuning.search import EDGE_WEIGHT

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
            _by_part(label, made[film].spans[label], [segment.span for segment in found[label]], folds, film)
            for label in words.labels
        ]
        for part in range(folds.first(film), folds.first(film + 1)):
            results[part] = tuple(of_label[part] for of_label in of_labels)
    return results


def result_of(
    label: str, counts: Counts, truth: Sequence[float], place: tuple[int, ...], parts: list[int]
) -> LabelResult:
    """What the rule at a place of the grid finds in some parts, from the tables.

    The tables know of edges only how far they are off on average: starts and ends are both given as far as that.

    Args:
        label: its name.
        counts: its tables.
        truth: (U,) its segments of the truth in each part.
        place: of the rule.
        parts: their numbers.
    """
    found, matched, edges = (
        float(sum(table[(part, *place)] for part in parts))
        for table in (counts.found, counts.matched, counts.edges)
    )
    expected = int(sum(truth[part] for part in parts))
    agreement = Agreement(expected, int(found), int(matched))
    return LabelResult(label, {IOU: agreement}, EdgeErrors(int(matched), Fraction(edges), Fraction(edges)))


def summed(results: Iterable[Results]) -> Results:
    """Those of several parts, of which there is at least one, together."""
    first, *others = results
    for other in others:
        first = tuple(one + more for one, more in zip(first, other, strict=True))
    return first


def worth(results: Results) -> float:
    """Mean over labels of F1, less a little for edge errors."""
    known = [
        f1 - EDGE_WEIGHT * (result.edges.mean or 0) for result in results if (f1 := result.at[IOU].f1) is not None
    ]
    return sum(known) / len(known) if known else 0.0


def _by_part(
    label: str, truth: Sequence[Span], found: Sequence[Span], folds: Folds, film: int
) -> dict[int, LabelResult]:
    pairs = {other: number for number, other in match(truth, found, IOU)}
    of_truth = [folds.part_of(film, span) for span in truth]
    of_found = [
        of_truth[pairs[other]] if other in pairs else folds.part_of(film, span) for other, span in enumerate(found)
    ]
    results = {}
    for part in range(folds.first(film), folds.first(film + 1)):
        edges = EdgeErrors()
        for other, number in pairs.items():
            if of_found[other] == part:
                start, end = truth[number].start - found[other].start, truth[number].end - found[other].end
                edges += EdgeErrors(1, abs(start), abs(end))
        agreement = Agreement(of_truth.count(part), of_found.count(part), edges.matched)
        results[part] = LabelResult(label, {IOU: agreement}, edges)
    return results
