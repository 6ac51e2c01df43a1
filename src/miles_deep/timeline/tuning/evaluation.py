"""How well segments agree with the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from miles_deep.timecode import Span
from miles_deep.timeline.tuning.matching import match

IOUS = (0.5, 0.75)
"""How alike a segment and one of the truth have to be to count as the same: the thresholds everybody reports."""

Confusion = tuple[tuple[int, ...], ...]
"""[L+1, L+1] seconds: a row a label of the truth, a column a label that was found; what has none comes last."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Segments of the truth, segments found, and how many of them are the same."""

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

    def __add__(self, other: "LabelResult") -> "LabelResult":
        return LabelResult(
            self.label, {least: self.at[least] + other.at[least] for least in self.at}, self.edges + other.edges
        )


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well what was found in one film, or in several, agrees with the truth. Those of films can be added."""

    labels: tuple[str, ...]
    """L labels or groups that the truth names, in the model's order."""
    rest: str
    """What seconds are called that have none of them: the model's background, or `none`."""
    found: Confusion
    """Of every second: the label of the segment that lies there. Where several do, the one that wins the second,
    or else the one with the highest score."""
    winners: Confusion
    """The same of the label that wins it, after calibration and smoothing, before min score and all else."""
    results: tuple[LabelResult, ...]
    """L results, of the segments of each label on its own."""
    films: int = 1

    @property
    def seconds(self) -> int:
        """How many there are."""
        return sum(map(sum, self.found))

    @property
    def accuracy(self) -> float | None:
        """Fraction of seconds whose segment has the label of the truth; None where there are no seconds."""
        return _diagonal(self.found)

    @property
    def winner_accuracy(self) -> float | None:
        """Fraction of seconds that the label of the truth wins."""
        return _diagonal(self.winners)

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
            _added(self.found, other.found),
            _added(self.winners, other.winners),
            tuple(one + more for one, more in zip(self.results, other.results, strict=True)),
            self.films + other.films,
        )


def mean_f1(results: Sequence[LabelResult], least: float) -> float | None:
    """Mean F1 of labels, at an IoU; None where no label has one."""
    known = [f1 for result in results if (f1 := result.at[least].f1) is not None]
    return sum(known) / len(known) if known else None


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


def confusion(truth: Sequence[int], found: Sequence[int], size: int) -> Confusion:
    """Count pairs of numbers below `size`, a second each."""
    counts = [[0] * size for _ in range(size)]
    for row, column in zip(truth, found, strict=True):
        counts[row][column] += 1
    return tuple(map(tuple, counts))


def _diagonal(counts: Confusion) -> float | None:
    total = sum(map(sum, counts))
    return sum(row[number] for number, row in enumerate(counts)) / total if total else None


def _added(one: Confusion, other: Confusion) -> Confusion:
    return tuple(tuple(a + b for a, b in zip(*rows, strict=True)) for rows in zip(one, other, strict=True))
