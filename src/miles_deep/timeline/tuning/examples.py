"""Films whose labels are known: the truth, in the words of the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.scores import Scores
from miles_deep.errors import FormatError, LabelError, OptionError
from miles_deep.model.naming import resolve
from miles_deep.timecode import Span, merge
from miles_deep.timeline.targets import columns_of
from miles_deep.timeline.tuning.truth import Row, Truth, quoted, shortened

NONE = "none"
"""What seconds are called that have no label, where the model has no background."""
BEYOND = 1
"""Seconds that a row may reach beyond the film: times are often rounded up."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The labels that are held against the truth: those that it names, in any film."""

    labels: tuple[str, ...]
    """Labels and groups, in the model's order; there are none where the truth says that films have none."""
    members: tuple[tuple[int, ...], ...]
    """Of each, the numbers of the model's labels in it, all of one head; a label may be in several."""
    rest: str
    """What everything else is called: the model's background and labels that the truth does not name."""
    unnamed: tuple[str, ...]
    """Labels of the model that are no background and that the truth does not name."""
    heads: tuple[slice, ...]
    """The columns of each head of the model."""

    def head_of(self, label: int) -> int:
        """The number of the head that a label is of."""
        return next(number for number, head in enumerate(self.heads) if self.members[label][0] < head.stop)

    def rivals(self, compete: bool = True) -> list[tuple[int, ...]]:
        """The numbers of all labels, parted into those of which a second has one at most.

        These are the labels of a head, unless one of the model's is in two of them, or none `compete`.
        """
        parted: list[tuple[int, ...]] = []
        for head in range(len(self.heads)):
            labels = tuple(label for label in range(len(self.labels)) if self.head_of(label) == head)
            inside = [member for label in labels for member in self.members[label]]
            together = compete and len(set(inside)) == len(inside)
            parted += [labels] * bool(labels) if together else [(label,) for label in labels]
        return parted


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A film, and the spans of each label in it."""

    name: str
    scores: Scores
    spans: Mapping[str, tuple[Span, ...]]
    """Label to its spans, in order; spans that touch are one. Every label of the vocabulary is there."""

    @property
    def middles(self) -> NDArray[np.float64]:
        """(N,) the middle of every second: that is where it has the label that counts."""
        return middles(len(self.scores), self.scores.duration)

    def seen(self, labels: Sequence[str]) -> NDArray[np.bool_]:
        """[N, L] of every second, which of these labels it has."""
        seen, middles = np.zeros((len(self.scores), len(labels)), np.bool_), self.middles
        for number, label in enumerate(labels):
            for span in self.spans[label]:
                seen[seconds_in(span, middles), number] = True
        return seen


def middles(seconds: int, duration: Fraction) -> NDArray[np.float64]:
    """(N,) the middle of every second of a film, of which the last may be shorter."""
    times = np.arange(seconds, dtype=np.float64) + 0.5
    if seconds and duration < seconds:
        times[-1] = (seconds - 1 + float(duration)) / 2
    return times


def seconds_in(span: Span, middles: NDArray[np.float64]) -> slice:
    """The seconds whose middles lie in a span."""
    first, last = np.searchsorted(middles, (float(span.start), float(span.end)))
    return slice(int(first), int(last))


def vocabulary(
    truth: Truth,
    labels: Sequence[str],
    groups: Mapping[str, tuple[str, ...]],
    background: Sequence[str],
    heads: Sequence[int] = (),
) -> tuple[Vocabulary, dict[str, str]]:
    """What the truth names, and its words as the model has them; words for the background are not among those.

    Raises:
        LabelError: a row has a label that the model has not.
        FormatError: there is no row.
    """
    if not truth.rows:
        raise FormatError(f"{truth.path}: it has no rows; a film with nothing in it has one that is labelled none")
    words: dict[str, str] = {}
    nothing: set[str] = set()
    for row in truth.rows:
        if row.label in words or row.label in nothing:
            continue
        name = _named(truth, row, labels, groups, background)
        if name is None:
            nothing.add(row.label)
        else:
            words[row.label] = name
    order = {label: number for number, label in enumerate(labels)}
    members = {name: tuple(sorted(order[label] for label in groups.get(name, (name,)))) for name in words.values()}
    named = sorted(members, key=lambda name: members[name])
    rest = "|".join(background) or NONE
    taken = {labels[number] for inside in members.values() for number in inside}
    unnamed = tuple(label for label in labels if label not in taken and label not in background)
    return Vocabulary(
        tuple(named),
        tuple(members[name] for name in named),
        f"({rest})" if rest in named else rest,
        unnamed,
        tuple(columns_of(heads, len(labels))),
    ), words


def check_truth(
    truth: Truth,
    films: Mapping[Path, Fraction],
    labels: Sequence[str],
    groups: Mapping[str, tuple[str, ...]],
    background: Sequence[str],
    heads: Sequence[int] = (),
) -> Vocabulary:
    """Find out before hours of work whether the truth fits the films and the model, and what it names.

    Args:
        truth: as it was read.
        films: path to duration, seconds.
        labels, groups, background, heads: of the model.

    Raises:
        LabelError, OptionError, FormatError: as `examples`.
    """
    words, names = vocabulary(truth, labels, groups, background, heads)
    for duration, rows in zip(films.values(), truth.of_films(list(films)), strict=True):
        _spans(truth, rows, words, names, duration)
    return words


def examples(truth: Truth, films: Mapping[Path, Scores]) -> tuple[Vocabulary, list[Example]]:
    """The truth of every film, beside its scores.

    Args:
        truth: as it was read.
        films: path to scores, all by one model.

    Raises:
        LabelError: a row has a label that the model has not.
        OptionError: there is no film, they were scored by different models, or they are not those of the truth.
        FormatError: rows overlap or lie beyond the film.
    """
    if not films:
        raise OptionError("no film was given")
    first = next(iter(films.values()))
    for path, scores in films.items():
        if scores.labels != first.labels or scores.model != first.model:
            raise OptionError(f"{path}: was scored by another model than {next(iter(films))}")
    words, names = vocabulary(truth, first.labels, first.groups, first.background, first.heads)
    made = []
    for (path, scores), rows in zip(films.items(), truth.of_films(list(films)), strict=True):
        made.append(Example(str(path), scores, _spans(truth, rows, words, names, scores.duration)))
    return words, made


def _spans(
    truth: Truth, rows: Sequence[Row], words: Vocabulary, names: Mapping[str, str], duration: Fraction
) -> dict[str, tuple[Span, ...]]:
    """Each label's spans in a film.

    Rows of different labels may overlap, and so may those that say that nothing is there: of background that goes
    on behind a short interruption, `export` writes all. Rows of one label may not: one of the two is a mistake.
    """
    of_label: dict[str, list[tuple[Row, Span]]] = {label: [] for label in words.labels}
    for row in rows:
        span = _inside(truth, row, duration)
        if row.label in names:
            of_label[names[row.label]].append((row, span))
    for found in of_label.values():
        for (one, _), (other, _) in pairwise(found):
            if other.span.start < one.span.end:
                later, earlier = sorted((one, other), key=lambda row: -row.line)
                raise FormatError(
                    f"{truth.path}:{later.line}: {shortened(later.label)} {later.span} overlaps "
                    f"{shortened(earlier.label)} {earlier.span} of line {earlier.line}"
                )
    return {label: tuple(merge(span for _, span in found)) for label, found in of_label.items()}


def _named(
    truth: Truth,
    row: Row,
    labels: Sequence[str],
    groups: Mapping[str, tuple[str, ...]],
    background: Sequence[str],
) -> str | None:
    """A row's label as the model has it; None where that is no label, or the background."""
    if row.label == NONE and NONE not in labels and NONE not in groups:
        return None
    try:
        name = resolve(row.label, labels, groups)
    except LabelError as error:
        message = str(error).replace(repr(row.label), quoted(row.label))
        raise LabelError(f"{truth.path}:{row.line}: {message}") from error
    inside = set(groups.get(name, (name,)))
    if not inside:
        raise LabelError(f"{truth.path}:{row.line}: no label of the model is in {quoted(row.label)}")
    return None if inside <= set(background) else name


def _inside(truth: Truth, row: Row, duration: Fraction) -> Span:
    """The part of a row's span that lies in the film."""
    if row.span.start >= duration or row.span.end > duration + BEYOND:
        where = f"{truth.path}:{row.line}"
        what = f"{shortened(row.label)} {row.span}"
        raise FormatError(f"{where}: {what} lies beyond the film, which is {float(duration):.3f} s long")
    return Span(row.span.start, min(row.span.end, duration))
