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
from miles_deep.timeline.tuning.truth import Row, Truth, quoted, shortened

NONE = "none"
"""What seconds are called that have no label, where the model has no background."""
SIDE_BY_SIDE = "the truth has one label a second, so models with labels of their own are judged one at a time"
BEYOND = 1
"""Seconds that a row may reach beyond the film: times are often rounded up."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The labels that are held against the truth: those that it names, in any film."""

    labels: tuple[str, ...]
    """Labels and groups, in the model's order; there are none where the truth says that films have none."""
    members: tuple[tuple[int, ...], ...]
    """Of each, the numbers of the model's labels in it; no label is in two."""
    rest: str
    """What everything else is called: the model's background and labels that the truth does not name."""
    unnamed: tuple[str, ...]
    """Labels of the model that are no background and that the truth does not name."""


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

    def numbers(self, labels: Sequence[str]) -> NDArray[np.intp]:
        """(N,) of every second, which of these labels it has; their count where it has none."""
        numbers = np.full(len(self.scores), len(labels), np.intp)
        for number, label in enumerate(labels):
            for span in self.spans[label]:
                numbers[seconds_in(span, self.middles)] = number
        return numbers


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
    truth: Truth, labels: Sequence[str], groups: Mapping[str, tuple[str, ...]], background: Sequence[str]
) -> tuple[Vocabulary, dict[str, str]]:
    """What the truth names, and its words as the model has them; words for the background are not among those.

    Raises:
        LabelError: a row has a label that the model has not, or two labels are in each other.
        FormatError: there is no row.
    """
    if not truth.rows:
        raise FormatError(f"{truth.path}: it has no rows; a film with nothing in it has one that is labelled none")
    words: dict[str, str] = {}
    taken: dict[str, str] = {}
    for row in truth.rows:
        name = None if row.label in words else _named(truth, row, labels, groups, background)
        if name is None or name in words.values():
            words |= {row.label: name} if name else {}
            continue
        words[row.label] = name
        for label in groups.get(name, (name,)):
            if label in taken:
                raise LabelError(
                    f"{truth.path}:{row.line}: {name!r} and {taken[label]!r} both mean {label!r}; "
                    f"a second has one label"
                )
            taken[label] = name
    order = {label: number for number, label in enumerate(labels)}
    members = {name: tuple(order[label] for label in groups.get(name, (name,))) for name in taken.values()}
    named = sorted(members, key=lambda name: members[name])
    rest = "|".join(background) or NONE
    unnamed = tuple(label for label in labels if label not in taken and label not in background)
    return Vocabulary(
        tuple(named), tuple(members[name] for name in named), f"({rest})" if rest in named else rest, unnamed
    ), words


def check_truth(
    truth: Truth,
    films: Mapping[Path, Fraction],
    labels: Sequence[str],
    groups: Mapping[str, tuple[str, ...]],
    background: Sequence[str],
) -> Vocabulary:
    """Find out before hours of work whether the truth fits the films and the model, and what it names.

    Args:
        truth: as it was read.
        films: path to duration, seconds.
        labels, groups, background: of the model.

    Raises:
        LabelError, OptionError, FormatError: as `examples`.
    """
    words, names = vocabulary(truth, labels, groups, background)
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
    if first.heads:
        raise OptionError(SIDE_BY_SIDE)
    for path, scores in films.items():
        if scores.labels != first.labels or scores.model != first.model:
            raise OptionError(f"{path}: was scored by another model than {next(iter(films))}")
    words, names = vocabulary(truth, first.labels, first.groups, first.background)
    made = []
    for (path, scores), rows in zip(films.items(), truth.of_films(list(films)), strict=True):
        made.append(Example(str(path), scores, _spans(truth, rows, words, names, scores.duration)))
    return words, made


def _spans(
    truth: Truth, rows: Sequence[Row], words: Vocabulary, names: Mapping[str, str], duration: Fraction
) -> dict[str, tuple[Span, ...]]:
    """Each label's spans in a film.

    Rows that say that nothing is there may overlap any others: of background that goes on behind a short
    interruption, `export` writes all.
    """
    spans: dict[str, list[Span]] = {label: [] for label in words.labels}
    for row in rows:
        span = _inside(truth, row, duration)
        if row.label in names:
            spans[names[row.label]].append(span)
    for one, other in pairwise(row for row in rows if row.label in names):
        if other.span.start < one.span.end:
            later, earlier = sorted((one, other), key=lambda row: -row.line)
            raise FormatError(
                f"{truth.path}:{later.line}: {shortened(later.label)} {later.span} overlaps "
                f"{shortened(earlier.label)} {earlier.span} of line {earlier.line}; a second has one label"
            )
    return {label: tuple(merge(of_label)) for label, of_label in spans.items()}


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
    return None if set(groups.get(name, (name,))) <= set(background) else name


def _inside(truth: Truth, row: Row, duration: Fraction) -> Span:
    """The part of a row's span that lies in the film."""
    if row.span.start >= duration or row.span.end > duration + BEYOND:
        where = f"{truth.path}:{row.line}"
        what = f"{shortened(row.label)} {row.span}"
        raise FormatError(f"{where}: {what} lies beyond the film, which is {float(duration):.3f} s long")
    return Span(row.span.start, min(row.span.end, duration))
