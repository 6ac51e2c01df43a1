"""What is chosen of a film: targets, rules and margins, gathered from the flags and carried out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import click

from miles_deep.cli.text import one_line
from miles_deep.cli.watch import Watched, Watching
from miles_deep.errors import OptionError
from miles_deep.model.card import OF_LABEL
from miles_deep.model.ensemble import Classifier, head_names, heads_of
from miles_deep.timeline import (
    Margin,
    Rule,
    Rules,
    Segment,
    Selection,
    find_all,
    find_segments,
    foreground,
    select,
)
from miles_deep.timeline.rules import SMOOTHINGS, Method, OwnMethod, Smoothing
from miles_deep.timeline.rules_table import as_rules
from miles_deep.timeline.targets import background_names, columns_of, contest
from miles_deep.timeline.whose import without_models
from miles_deep.workflow import refine

MOST_NAMES = 12
"""Labels that are named where none of them was found; a model may have thousands."""


@dataclass(frozen=True, slots=True)
class Ruling(Watching):
    """How scores become segments: one field a flag of `cli.flags.RULE`."""

    min_cut: float | None
    max_gap: int | None
    min_score: float | None
    min_coverage: float | None
    rules: Path | None
    smooth: str | None
    method: OwnMethod | None
    classic: bool

    def ruling(self, model: Classifier) -> Rules:
        """The rules, from `--rules`, or else those of the model, with the other flags on top, which do not touch
        those of single labels.

        Raises:
            OptionError: a value is out of range.
            FormatError: the file is no rules.
            LabelError: it has rules for what is no label of the model.
        """
        read = self._read(model)
        usual, given = read.general, self._given
        general = Rule(
            usual.min_score if self.min_score is None else self.min_score,
            usual.max_gap if self.max_gap is None else self.max_gap,
            usual.min_length if self.min_cut is None else self.min_cut,
            usual.min_coverage if self.min_coverage is None else self.min_coverage,
            self._method(usual),
        )
        smoothing = smoothing_of(self.smooth, read.smoothing)
        if self.rules is not None:
            return replace(read, general=general, smoothing=smoothing)
        # Of several models, each has rules for its labels; what is said by flags is said of all.
        labels = {name: {key: of[key] for key in of.keys() - given} for name, of in read.labels.items()}
        return replace(read, general=general, smoothing=smoothing, labels=labels)

    @property
    def _given(self) -> set[str]:
        """The keys of rules that flags say something of."""
        values = (self.min_score, self.max_gap, self.min_cut, self.min_coverage)
        return {key for key, value in zip(OF_LABEL, values, strict=True) if value is not None}

    def _method(self, usual: Rule) -> Method:
        if self.classic and self.method:
            raise OptionError("--classic and --method exclude each other: classic is a method of its own")
        return "classic" if self.classic else self.method or usual.method

    def _read(self, model: Classifier) -> Rules:
        if self.rules is None:
            return Rules() if self.classic else as_rules(None, model.rules)
        if self.classic:
            raise OptionError("--classic and --rules exclude each other: the first program knew no such rules")
        from miles_deep.timeline.rules_file import check_labels, read_rules

        return check_labels(read_rules(self.rules), self.rules, model.labels, model.groups)


@dataclass(frozen=True, slots=True)
class Choosing(Ruling):
    """What is kept of a film: one field a flag of `cli.flags.TARGETS` and `EDGES`, with those of `RULE`."""

    targets: tuple[str, ...]
    all_but_background: bool
    dropped: tuple[str, ...]
    margin: str | None
    refine: bool | None

    @property
    def selects(self) -> bool:
        """Whether anything is said of what to keep or to drop."""
        return bool(self.targets or self.dropped) or self.all_but_background

    @property
    def chooses(self) -> bool:
        """Whether anything is named that is to be found."""
        return self.selects

    @property
    def refines(self) -> bool:
        """Whether edges are found to the frame: unless one says no, or wants what the first program found."""
        return not self.classic if self.refine is None else self.refine

    def check_choice(self) -> None:
        """Refuse flags that exclude each other. Raises OptionError."""
        if self.targets and self.all_but_background:
            raise OptionError("-t and -x exclude each other: give one")
        for flag, given in (("--margin", self.margin is not None), ("--refine", self.refine)):
            if given and not self.chooses:
                raise OptionError(f"{flag} is about what is kept, so it needs -t, -x or --drop")
        margin_of(self.margin)

    def asked(self, model: Classifier) -> "Choice":
        """What is asked for, read and found right: what is wrong is told before any work.

        Raises:
            LabelError, ExpressionError: what is named is not there, or does not parse.
            OptionError, FormatError: the rules are wrong.
        """
        rules = self.ruling(model)
        keep, drop = checked_targets(self.targets, model), checked_targets(self.dropped, model)
        if self.all_but_background:
            keep = foreground_of(model)
        return Choice(keep, drop, rules, margin_of(self.margin))

    def choose(self, choice: "Choice", watched: Watched, model: Classifier) -> Selection:
        """What is kept of a film that was watched, and the segments that say so; its edges to the frame.

        Where nothing is said of what to keep, that is the segments of all labels, or of all groups of `--groups`.
        """
        if not self.chooses:
            return Selection(tuple(find_all(watched.scores, choice.rules, self.asked_groups(model))), ())
        keep, drop = (
            self.found(watched, targets, model, choice.rules) if targets else None
            for targets in (choice.keep, choice.drop)
        )
        # Where the whole film is kept it has no edges that could grow or shrink.
        margin = choice.margin if self.selects else None
        return select(keep, drop or (), watched.scores.duration, margin)

    def found(self, watched: Watched, targets: Sequence[str], model: Classifier, rules: Rules) -> list[Segment]:
        """The segments of some targets in a film that was watched; their edges to the frame."""
        segments = find_segments(watched.scores, targets, rules)
        if not self.refines:
            return segments
        return refine(watched.video, watched.scores, segments, targets, model, rules, self.store)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the flags of `Choosing` come to with a model."""

    keep: tuple[str, ...]
    """Targets; none where the film is kept but for what is dropped."""
    drop: tuple[str, ...]
    rules: Rules
    margin: Margin

    @property
    def named(self) -> tuple[str, ...]:
        """All targets, to keep or to drop, as a line has room for them."""
        return listed((*self.keep, *self.drop))


def listed(names: Sequence[str]) -> tuple[str, ...]:
    """No more names than can be read in a line."""
    return (*names[:MOST_NAMES], "…") if len(names) > MOST_NAMES else tuple(names)


def background_of(model: Classifier) -> str:
    """What to call what `-x` leaves out."""
    return ", ".join(background_names(model.labels, model.background, model.groups, heads_of(model)))


def foreground_of(model: Classifier) -> tuple[str, ...]:
    """The targets of `-x`; says on stderr of which models they are none. Raises LabelError."""
    found = foreground(model.labels, model.background, model.groups, heads_of(model))
    for (name, *_), columns in zip(head_names(model), columns_of(heads_of(model), len(model.labels)), strict=True):
        if set(model.background).isdisjoint(model.labels[columns]):
            click.echo(one_line(f"{name} names no background label, so -x keeps nothing of it; use -t"), err=True)
    return found


def checked_targets(targets: Sequence[str], model: Classifier) -> tuple[str, ...]:
    """Targets as the model calls them; those that are none of it are refused, before any work.

    Raises:
        LabelError, ExpressionError: as `contest`.
    """
    named = without_models(targets, model)
    if named:
        contest(named, model.labels, model.groups, heads_of(model))
    return named


def smoothing_of(text: str | None, usual: Smoothing) -> Smoothing:
    """Read `median`, `median:9` or `viterbi:2.5`; seconds not given are the usual ones. Raises OptionError."""
    if text is None:
        return usual
    method, colon, seconds = text.partition(":")
    if method not in SMOOTHINGS:
        raise OptionError(f"--smooth {text!r}: no such smoothing; there are: {', '.join(SMOOTHINGS)}")
    try:
        match method, colon:
            case _, "":
                return replace(usual, method=method)
            case "median", _:
                return replace(usual, method="median", window=int(seconds))
            case "viterbi", _:
                return replace(usual, method="viterbi", switch_cost=float(seconds))
    except ValueError as error:
        raise OptionError(f"--smooth {text!r}: {seconds!r} is no number of seconds") from error
    raise OptionError(f"--smooth {text!r}: there is nothing to say of {method}")


def margin_of(text: str | None) -> Margin:
    """Read `0.5` or `0.3,1.5`: seconds before and after. Raises OptionError."""
    if text is None:
        return Margin()
    try:
        before, *after = (Fraction(part.strip()) for part in text.split(","))
        return Margin(before, *after)
    except (ValueError, ZeroDivisionError, TypeError) as error:
        raise OptionError(
            f"--margin {text!r}: give seconds, or two numbers for before and after: 0.3,1.5"
        ) from error
