"""The rules that are tried: a grid of min score, max gap, min length and min coverage."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miles_deep.timeline.rules import OwnMethod, Rule

FAINT = (0.02, 0.05, 0.1)
"""Min scores that a winner among many labels may need; one of few reaches them anyway."""
STEPS = 16
"""Min scores that are tried where labels do not compete."""
COMMON = 0.5
"""Fraction of the seconds that reach the lowest of them: nothing that somebody looks for is in more."""
CLIPPED = 1e-6
"""Nearer to 0 and 1, scores have no log odds worth telling apart."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The rules that are tried: every combination of these."""

    min_scores: tuple[float, ...] = (0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
    max_gaps: tuple[int, ...] = (0, 1, 2, 3, 4, 6, 8, 12)
    min_lengths: tuple[float, ...] = (1, 2, 3, 4, 5, 6, 8, 10, 15)
    min_coverages: tuple[float, ...] = (0, 0.2, 0.4, 0.6, 0.8)
    method: OwnMethod = "plain"

    def around(self, rule: Rule) -> "Grid":
        """The same, with this rule for a point too; but for its min score, which of `each` is a label's own."""
        return Grid(
            tuple(sorted({*self.min_scores, rule.min_score})) if self.method != "each" else self.min_scores,
            tuple(sorted({*self.max_gaps, rule.max_gap})),
            tuple(sorted({*self.min_lengths, rule.min_length})),
            tuple(sorted({*self.min_coverages, rule.min_coverage})),
            self.method,
        )

    @property
    def axes(self) -> tuple[tuple[float, ...], ...]:
        """The values of each dimension."""
        return self.min_scores, self.max_gaps, self.min_lengths, self.min_coverages

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each dimension has."""
        return tuple(map(len, self.axes))

    def place(self, rule: Rule) -> tuple[int, ...]:
        """Where the point is that is nearest to a rule, whatever its method."""
        values = (rule.min_score, rule.max_gap, rule.min_length, rule.min_coverage)
        return tuple(
            int(np.abs(np.array(axis) - value).argmin()) for axis, value in zip(self.axes, values, strict=True)
        )

    def rule(self, place: Sequence[int]) -> Rule:
        """The rule at a place."""
        score, gap, length, coverage = place
        return Rule(
            self.min_scores[score],
            self.max_gaps[gap],
            self.min_lengths[length],
            self.min_coverages[coverage],
            self.method,
        )


def plain_grid(labels: int) -> Grid:
    """For labels that compete: the surest of so many has at least its share of 1."""
    faint = (score for score in FAINT if score * labels > 1)
    return Grid(tuple(sorted({*Grid().min_scores, *faint})))


def evidence_grid() -> Grid:
    """For evidence, which is weighed in log odds whatever a label scores."""
    return Grid((0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97), method="evidence")


def each_grid(scores: NDArray[np.float32]) -> Grid:
    """For a label that does not compete: its min scores go by what it scores.

    That may be thousandths in a model of a thousand labels, and halves in one with a sigmoid. They are even in log
    odds, from what half of all seconds reach to the highest; so one number of the axis says of every label how far
    it has to rise out of what is usual for it. Truth has no say in them.

    Args:
        scores: (N,) the label's, of at least one second.
    """
    ends = np.clip((np.quantile(scores, COMMON), scores.max()), CLIPPED, 1 - CLIPPED).astype(np.float64)
    low, high = (float(end) for end in np.log(ends / (1 - ends)))
    steps = 1 / (1 + np.exp(-np.linspace(low, high, STEPS + 1)[:-1]))
    return Grid(tuple(rounded(float(score)) for score in steps), method="each")


def rounded(score: float) -> float:
    """Two digits that count, of a score or of what it lacks of 1."""
    return float(f"{score:.2g}") if score < 0.5 else round(1 - float(f"{1 - score:.2g}"), 9)
