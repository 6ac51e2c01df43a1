"""How well segments agree with the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from miles_deep.timecode import Span
from miles_deep.timeline.tuning.confusion import Confusion, added, right_part
from miles_deep.timeline.tuning.matching import match

IOUS = (0.5, 0.75)
"""How alike a segment and one of the truth have to be to count as the same: the thresholds everybody reports."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Segments (or seconds) of the truth, those found, and how many of them are the same."""

    truth: int = 0
    found: int = 0
    matched: int = 0

    @property
    def precision(self) -> float | None:
        """Fraction of the segments found that are right; None where none was found."""
        return self.matched / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Fraction of the truth that was found; None where there is none."""
        return self.matched / self.truth if self.truth else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None where nothing is there and nothing was found.

        At an IoU this is the "segmental F1@k" of Lea et al., "Temporal Convolutional Networks for Action
        Segmentation and Detection", CVPR 2017.
        """
        return 2 * self.matched / (self.truth + self.found) if self.truth + self.found else None

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(self.truth + other.truth, self.found + other.found, self.matched + other.matched)


@dataclass(frozen=True, slots=True)
class EdgeErrors:
    """How far the edges of matched segments lie from those of the truth."""

    matched: int = 0
    """Segments."""
    starts: Fraction = Fraction(0)
    """Sum of the distances of their starts, seconds."""
    ends: Fraction = Fraction(0)
    """The same of their ends."""

    @property
    def start(self) -> float | None:
        """Mean distance of starts, seconds; None where nothing matched."""
        return float(self.starts / self.matched) if self.matched else None

    @property
    def end(self) -> float | None:
        """Mean distance of ends, seconds; None where nothing matched."""
        return float(self.ends / self.matched) if self.matched else None

    @property
    def mean(self) -> float | None:
        """Mean distance of all edges, seconds; None where nothing matched."""
        return float((self.starts + self.ends) / (2 * self.matched)) if self.matched else None

    def __add__(self, other: "EdgeErrors") -> "EdgeErrors":
        return EdgeErrors(self.matched + other.matched, self.starts + other.starts, self.ends + other.ends)


@dataclass(frozen=True, slots=True)
class LabelResult:
    """How well the segments of one label agree with the truth."""

    label: str
    at: Mapping[float, Agreement]
    """IoU to the agreement there."""
    edges: EdgeErrors
    """Of segments matched at the lowest IoU."""
    seconds: Agreement = Agreement()
    """Seconds in segments of the truth, in those found, and in both."""
    watched: int = 0
    """All seconds there are."""

    def __add__(self, other: "LabelResult") -> "LabelResult":
        at = {least: self.at[least] + other.at[least] for least in self.at}
        seconds, watched = self.seconds + other.seconds, self.watched + other.watched
        return LabelResult(self.label, at, self.edges + other.edges, seconds, watched)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well what was found in one film, or in several, agrees with the truth. Those of films can be added."""

    labels: tuple[str, ...]
    """L labels or groups that the truth names, in the model's order."""
    rest: str
    """What seconds are called that have none of them: the model's background, or `none`."""
    found: Confusion
    """Of every second: the label of the segment that lies there. Where several labels that compete have one, the
    one that wins the second, or else the one with the highest score."""
    winners: Confusion
    """The same of the label that wins it, after calibration and smoothing, before min score and all else; where
    labels do not compete, of every label that reaches its min score."""
    results: tuple[LabelResult, ...]
    """L results, of the segments of each label on its own."""
    seconds: int
    """How many there are."""
    several: int = 0
    """How many of them have several labels of the truth."""
    films: int = 1

    @property
    def accuracy(self) -> float | None:
        """Fraction of seconds whose segment has the label of the truth; None where there are no seconds. A second
        with several labels counts as `tuning.confusion` says."""
        return right_part(self.found)

    @property
    def winner_accuracy(self) -> float | None:
        """Fraction of seconds that the label of the truth wins."""
        return right_part(self.winners)

    @property
    def of_seconds(self) -> Agreement:
        """Agreement of the seconds of all labels together."""
        return sum((result.seconds for result in self.results), Agreement())

    @property
    def edges(self) -> EdgeErrors:
        """Of the matched segments of all labels."""
        return sum((result.edges for result in self.results), EdgeErrors())

    def micro(self, least: float) -> Agreement:
        """Agreement of the segments of all labels together, at an IoU of `IOUS`."""
        return sum((result.at[least] for result in self.results), Agreement())

    def macro_f1(self, least: float) -> float | None:
        """Mean F1 over labels, each counting as much, at an IoU of `IOUS`."""
        return mean_f1(self.results, least)

    def __add__(self, other: "Evaluation") -> "Evaluation":
        if (self.labels, self.rest) != (other.labels, other.rest):
            raise ValueError("evaluations of different labels cannot be added")
        return Evaluation(
            self.labels,
            self.rest,
            added(self.found, other.found),
            added(self.winners, other.winners),
            tuple(one + more for one, more in zip(self.results, other.results, strict=True)),
            self.seconds + other.seconds,
            self.several + other.several,
            self.films + other.films,
        )


def mean_f1(results: Sequence[LabelResult], least: float | None) -> float | None:
    """Mean F1 of labels, of segments at an IoU, or of seconds where that is None; None where no label has one."""
    of_labels = [result.seconds if least is None else result.at[least] for result in results]
    known = [f1 for agreement in of_labels if (f1 := agreement.f1) is not None]
    return sum(known) / len(known) if known else None


def kappa(truth: Any, found: Any, matched: Any, watched: Any) -> Any:
    """How far seconds agree beyond chance, of numbers or arrays of them; at most 1, and 0 where all were found.

    Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 1960.

    Args:
        truth, found, matched, watched: seconds of the truth, those found, in both, and all.
    """
    chance = truth * found + (watched - truth) * (watched - found)
    agreed = (watched - truth - found + 2 * matched) * watched
    return (agreed - chance) / np.maximum(watched * watched - chance, 1)


def compare(label: str, truth: Sequence[Span], found: Sequence[Span], ious: Sequence[float] = IOUS) -> LabelResult:
    """Hold the segments of one label in one film against the truth.

    Args:
        label: its name.
        truth: spans in order, without overlap.
        found: the same.
        ious: ascending.
    """
    pairs = {least: match(truth, found, least) for least in ious}
    edges = EdgeErrors()
    for number, other in pairs[ious[0]]:
        starts, ends = truth[number].start - found[other].start, truth[number].end - found[other].end
        edges += EdgeErrors(1, abs(starts), abs(ends))
    at = {least: Agreement(len(truth), len(found), len(pairs[least])) for least in ious}
    return LabelResult(label, at, edges)
