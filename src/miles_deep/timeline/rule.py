"""From scores to segments, by a rule."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from miles_deep.classify.scores import Scores
from miles_deep.errors import OptionError
from miles_deep.timecode import Span
from miles_deep.timeline.classic import find_cuts
from miles_deep.timeline.segment import Segment
from miles_deep.timeline.targets import Winners, winners


@dataclass(frozen=True, slots=True)
class Rule:
    """When seconds make a segment.

    Raises:
        OptionError: a value is out of range.
    """

    min_score: float = 0.5
    """A winner below it does not match, 0…1."""
    max_gap: int = 2
    """Seconds in a row that need not match inside a segment."""
    min_length: float = 4
    """Seconds; shorter segments are dropped."""
    min_coverage: float = 0.4
    """Fraction of a segment's seconds that a target must win, 0…1."""
    method: Literal["plain", "classic"] = "plain"
    """`classic` is the first program's own rule, with whole seconds for `min_length`."""

    def __post_init__(self) -> None:
        for name, value in (("min score", self.min_score), ("min coverage", self.min_coverage)):
            if not 0 <= value <= 1:
                raise OptionError(f"{name} must be 0 to 1, not {value}")
        for name, value in (("max gap", self.max_gap), ("min length", self.min_length)):
            if not 0 <= value < float("inf"):
                raise OptionError(f"{name} must be 0 or more seconds, not {value}")
        if self.method not in ("plain", "classic"):
            raise OptionError(f"no rule {self.method!r}; there are: plain, classic")
        if self.method == "classic" and self.min_length != int(self.min_length):
            raise OptionError(f"the classic rule counts whole seconds, so min length cannot be {self.min_length}")


def find_segments(scores: Scores, targets: Sequence[str], rule: Rule | None = None) -> list[Segment]:
    """Find the segments in which any of the targets wins.

    A second matches when its winner is a target with at least the min score. A segment opens at a matching second
    and goes on until more than max gap seconds in a row do not match; it ends after its last matching second.

    Args:
        scores: of one film.
        targets: labels or groups.
        rule: the default one where None.

    Returns:
        Segments that do not overlap, in order of time.

    Raises:
        LabelError: a target is no label or group of the model.
    """
    return _found(scores, winners(scores, targets), rule or Rule())


def find_all(scores: Scores, rule: Rule | None = None) -> list[Segment]:
    """The segments of every label on its own, in order of their start."""
    won = winners(scores, ())
    found = [
        segment
        for label in sorted(set(won.winner.tolist()))
        for segment in _found(scores, replace(won, is_target=won.winner == label), rule or Rule())
    ]
    return sorted(found, key=lambda segment: (segment.span, segment.label))


def _found(scores: Scores, won: Winners, rule: Rule) -> list[Segment]:
    if rule.method == "classic":
        return _classic(scores, won, rule)
    return [
        segment
        for first, last in _runs(np.flatnonzero(won.is_target & (won.score >= rule.min_score)), rule.max_gap)
        if (segment := _segment(won, first, last, scores.duration)).span.length >= rule.min_length
        and segment.coverage >= rule.min_coverage
    ]


def _runs(matching: "np.ndarray[tuple[int], np.dtype[np.intp]]", max_gap: int) -> list[tuple[int, int]]:
    """First and last of every run of numbers in which neighbours are at most `max_gap` apart."""
    if not len(matching):
        return []
    breaks = np.flatnonzero(np.diff(matching) > max_gap + 1)
    firsts = matching[np.concatenate(([0], breaks + 1))]
    lasts = matching[np.concatenate((breaks, [len(matching) - 1]))]
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]


def _segment(won: Winners, first: int, last: int, duration: Fraction) -> Segment:
    inside = slice(first, last + 1)
    targets, scores = won.is_target[inside], won.score[inside]
    return Segment(
        span=Span(first, min(Fraction(last + 1), duration)),
        label=_label(won, inside),
        score=float(scores[targets].mean(dtype=np.float64)),
        coverage=float(targets.mean()),
    )


def _label(won: Winners, inside: slice) -> str:
    """The target whose winning scores add up to most."""
    targets = won.is_target[inside]
    totals = np.bincount(won.winner[inside][targets], won.score[inside][targets], minlength=len(won.names))
    return won.names[int(totals.argmax())]


def _classic(scores: Scores, won: Winners, rule: Rule) -> list[Segment]:
    # The old rule sees labels only as "a target wins" or not, so two columns say it all.
    table = np.full((len(scores), 2), -np.inf, np.float32)
    table[np.arange(len(scores)), won.is_target.astype(int)] = won.score
    cuts = find_cuts(table, {1}, int(rule.min_length), int(rule.max_gap), rule.min_score, rule.min_coverage)
    return [
        Segment(
            span=Span(cut.start, min(Fraction(cut.end + 1), scores.duration)),
            label=_label(won, slice(cut.start, cut.end + 1)),
            score=cut.score,
            coverage=cut.coverage,
        )
        for cut in cuts
    ]
