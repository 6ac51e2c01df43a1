"""From scores to segments: who wins each second, and which seconds belong together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.scores import Scores
from miles_deep.timecode import Span
from miles_deep.timeline.calibrate import calibrate
from miles_deep.timeline.classic import find_cuts
from miles_deep.timeline.rules import Rule, Rules, Smoothing, as_rules
from miles_deep.timeline.segment import Segment
from miles_deep.timeline.smooth import smoothed_winners
from miles_deep.timeline.targets import Contest, contest


@dataclass(frozen=True, slots=True)
class Winners:
    """The winning label or group of every second."""

    names: tuple[str, ...]
    """The competitors; see `targets.Contest`."""
    winner: NDArray[np.intp]
    """(N,) index into `names`."""
    score: NDArray[np.float32]
    """(N,) the winner's score."""
    is_target: NDArray[np.bool_]
    """(N,) whether the winner is a target."""
    matches: NDArray[np.bool_]
    """(N,) whether it is one with at least its min score."""
    max_gap: NDArray[np.float64]
    """(N,) seconds in a row that need not match after this one, if it matches."""


def find_segments(scores: Scores, targets: Sequence[str], rule: Rule | Rules | None = None) -> list[Segment]:
    """Find the segments in which any of the targets wins.

    A second matches when its winner is a target with at least the min score. A segment opens at a matching second
    and goes on until more than max gap seconds in a row do not match; it ends after its last matching second.

    With rules that differ from label to label, min score and the gap that may follow are those of a second's
    winner, min length and min coverage those of the segment's label.

    Args:
        scores: of one film.
        targets: labels, groups, or set algebra over them: `cat`, `cat|dog`, `animal & !cat`.
        rule: the default one where None.

    Returns:
        Segments that do not overlap, in order of time.

    Raises:
        ExpressionError: a target does not parse.
        LabelError: a name in a target is no label or group of the model, or no label is in it.
    """
    rules = as_rules(rule)
    return _found(scores, winners(scores.values, contest(targets, scores.labels, scores.groups), rules), rules)


def find_all(scores: Scores, rule: Rule | Rules | None = None) -> list[Segment]:
    """The segments of every label on its own, in order of their start."""
    rules = as_rules(rule)
    won = winners(scores.values, contest(scores.labels, scores.labels, scores.groups), rules)
    found = [
        segment
        for label in sorted(set(won.winner.tolist()))
        for segment in _found(scores, _only(won, label), rules)
    ]
    return sorted(found, key=lambda segment: (segment.span, segment.label))


def winners(values: NDArray[np.float32], contest: Contest, rules: Rules) -> Winners:
    """Who wins each second, of scores made as certain as `rules.temperature` says and smoothed."""
    table = contest.table(calibrate(values, rules.temperature))
    winner, score = smoothed_winners(table, rules.smoothing)
    of_name = [rules.of(name) for name in contest.names]
    # As precise as the scores: one of 0.7 reaches 0.7.
    least = np.array([rule.min_score for rule in of_name], np.float32)[winner]
    is_target = contest.is_target[winner]
    max_gap = np.array([rule.max_gap for rule in of_name], np.float64)[winner]
    return Winners(contest.names, winner, score, is_target, is_target & (score >= least), max_gap)


def matching_frames(values: NDArray[np.float32], contest: Contest, rules: Rules) -> NDArray[np.bool_]:
    """(N,) whether single frames with such scores ([N, K]) match; nothing is smoothed.

    With `viterbi` the min score is that of a whole stretch and not of a frame, so there only the winner counts.
    """
    won = winners(values, contest, replace(rules, smoothing=Smoothing()))
    return won.is_target if rules.smoothing.method == "viterbi" else won.matches


def _found(scores: Scores, won: Winners, rules: Rules) -> list[Segment]:
    if rules.general.method == "classic":
        return _classic(scores, won, rules.general)
    found = (_segment(won, first, last, scores.duration) for first, last in _runs(won))
    return [segment for segment in found if _is_kept(segment, rules.of(segment.label))]


def _only(won: Winners, label: int) -> Winners:
    """The same seconds with one competitor for a target, where all were."""
    is_target = won.winner == label
    return replace(won, is_target=is_target, matches=won.matches & is_target)


def _runs(won: Winners) -> list[tuple[int, int]]:
    """First and last of every run of matching seconds with no longer gap than the label before it may have."""
    matching = np.flatnonzero(won.matches)
    if not len(matching):
        return []
    breaks = np.flatnonzero(np.diff(matching) > won.max_gap[matching[:-1]] + 1)
    firsts = matching[np.concatenate(([0], breaks + 1))]
    lasts = matching[np.concatenate((breaks, [len(matching) - 1]))]
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]


def _is_kept(segment: Segment, rule: Rule) -> bool:
    return segment.span.length >= rule.min_length and segment.coverage >= rule.min_coverage


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
