"""From scores to segments: which seconds belong together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.scores import Scores
from miles_deep.errors import LabelError
from miles_deep.timecode import Span
from miles_deep.timeline.classic import find_cuts
from miles_deep.timeline.duel import Field
from miles_deep.timeline.evidence import weighed
from miles_deep.timeline.rules import Rule, Rules, Smoothing
from miles_deep.timeline.rules_table import as_rules
from miles_deep.timeline.segment import Segment
from miles_deep.timeline.smooth import reaching
from miles_deep.timeline.targets import Contest, Heat, contest, everyone
from miles_deep.timeline.winners import Winners, calibrated, winners, winners_of_heats


def find_segments(scores: Scores, targets: Sequence[str], rule: Rule | Rules | None = None) -> list[Segment]:
    """Find the segments in which any of the targets wins.

    A second matches when its winner is a target with at least the min score. A segment opens at a matching second
    and goes on until more than max gap seconds in a row do not match; it ends after its last matching second.

    With the method `each` nobody wins: a second matches when any target reaches its min score, and is that of the
    one which is highest above it. With `evidence` nobody wins either: a target has the stretches of seconds whose
    scores together speak for it (`timeline.evidence`), and a second in those of several is that of the target with
    the most evidence there.

    With rules that differ from label to label, min score and the gap that may follow are those of a second's
    winner, min length and min coverage those of the segment's label.

    Where several models stand side by side (`Scores.heads`), each has a winner of its own in every second, and the
    second matches when any of them does. The second's winner is then the one with the highest score of those that
    match, or else of those that are targets.

    Args:
        scores: of one film.
        targets: labels, groups, or set algebra over them: `cat`, `cat|dog`, `animal & !cat`.
        rule: that of the model's card where None, or else the default one.

    Returns:
        Segments that do not overlap, in order of time.

    Raises:
        ExpressionError: a target does not parse.
        LabelError: a name in a target is no label or group of the model, or no label is in it.
    """
    rules = as_rules(rule, scores.rules)
    asked = contest(targets, scores.labels, scores.groups, scores.heads)
    return _found(scores, winners(scores.values, asked, rules), rules)


def find_all(scores: Scores, rule: Rule | Rules | None = None, groups: Sequence[str] = ()) -> list[Segment]:
    """The segments of every label on its own, or of every one of some groups, in order of their start.

    The segments of a label are those that it wins against all other labels of its model; so no two of one model
    overlap. Those of a group are what `find_segments` finds with the group alone for its target: it wins with the
    sum of its labels' scores, against each of the other labels alone. So groups may overlap, and where they are
    asked for nothing is found of labels that are in none of them. With the methods `each` and `evidence` nobody
    has to win; with `evidence` a second is still that of one label.

    Args:
        scores: of one film.
        rule: as of `find_segments`.
        groups: names of groups, to find instead of labels.

    Raises:
        LabelError: the model has no such group.
    """
    rules = as_rules(rule, scores.rules)
    won = groups_won(scores, groups, rules) if groups else _labels_won(scores, rules)
    found = [segment for of_one in won for segment in _found(scores, of_one, rules)]
    return sorted(found, key=lambda segment: (segment.span, segment.label))


def _labels_won(scores: Scores, rules: Rules) -> Iterator[Winners]:
    """The seconds of every label that wins any; or, where labels do not compete, that reaches its min score."""
    if rules.general.method == "each":
        values = calibrated(scores.values, everyone(scores.labels, scores.heads).heats, rules)
        for number, label in enumerate(scores.labels):
            if (values[:, number] >= np.float32(rules.of(label).min_score)).any():
                alone = Contest((label,), ((number,),), np.ones(1, np.bool_))
                yield winners(values, alone, replace(rules, temperature=1))
        return
    for won in winners_of_heats(scores.values, everyone(scores.labels, scores.heads), rules):
        for label in sorted(set(won.winner.tolist())):
            yield _only(won, label)


def groups_won(scores: Scores, groups: Sequence[str], rules: Rules) -> Iterator[Winners]:
    """The seconds of every group."""
    if missing := [group for group in groups if group not in scores.groups]:
        has = ", ".join(scores.groups) or "none"
        raise LabelError(f"no group {missing[0]!r} in the model; its groups: {has}")
    if not len(scores):
        return
    number = {label: place for place, label in enumerate(scores.labels)}
    heats = everyone(scores.labels, scores.heads).heats
    values, once = calibrated(scores.values, heats, rules), replace(rules, temperature=1)
    of_heat: list[dict[str, list[int]]] = [{} for _ in heats]
    for group in groups:
        if inside := sorted({number[label] for label in scores.groups[group] if label in number}):
            place = next(place for place, heat in enumerate(heats) if inside[0] < heat.labels.stop)
            of_heat[place][group] = [label for label in inside if label < heats[place].labels.stop]
    found: dict[str, Winners] = {}
    for heat, members in zip(heats, of_heat, strict=True):
        if not members:
            continue
        if rules.general.competes:
            won = _groups_that_win(scores, values, heat.labels, members, once)
        else:
            won = _groups_by_themselves(values, heat.labels, members, once)
        found |= zip(members, won, strict=True)
    yield from (found[group] for group in groups if group in found)


def _groups_that_win(
    scores: Scores, values: NDArray[np.float32], columns: slice, groups: Mapping[str, Sequence[int]], rules: Rules
) -> Iterator[Winners]:
    """The seconds of every group of a head, each against all other labels."""
    field = Field(values[:, columns], rules.smoothing)
    for group, members in groups.items():
        if rules.smoothing.method == "viterbi":
            asked = contest([group], scores.labels, scores.groups, scores.heads)
            yield winners(values, asked, rules)
        else:
            duel = Contest(("", group), ((0,), (1,)), np.array([False, True]))
            pair = field.duel([label - columns.start for label in members])
            yield winners(pair, duel, replace(rules, smoothing=Smoothing()))


def _groups_by_themselves(
    values: NDArray[np.float32], columns: slice, groups: Mapping[str, Sequence[int]], rules: Rules
) -> Iterator[Winners]:
    """The seconds of every group of a head, where labels do not compete."""
    heat, numbers = Heat(columns, slice(0, len(groups))), tuple(map(tuple, groups.values()))
    together = Contest(tuple(groups), numbers, np.ones(len(groups), np.bool_), (heat,))
    table, of_group = together.table(values), [rules.of(group) for group in groups]
    least = np.array([rule.min_score for rule in of_group], np.float32)
    found: Iterable[tuple[NDArray[np.float32], NDArray[np.bool_]]]
    if rules.general.method == "evidence":
        chance = together.chance(heat, values.shape[1])
        found = zip(table.T, weighed(table, chance, least, rules.smoothing)[1].T, strict=True)
    else:
        reached = (reaching(table[:, [column]], least[[column]], rules.smoothing) for column in range(len(groups)))
        found = ((score, matches) for _, score, matches in reached)
    for group, rule, (score, there) in zip(groups, of_group, found, strict=True):
        gap = np.full(len(values), rule.max_gap, np.float64)
        yield Winners((group,), np.zeros(len(values), np.intp), score, there, there, gap)


def _found(scores: Scores, won: Winners, rules: Rules) -> list[Segment]:
    if rules.general.method == "classic":
        return _classic(scores, won, rules.general)
    found = (_segment(won, first, last, scores.duration) for first, last in _runs(won))
    return [segment for segment in found if _is_kept(segment, rules.of(segment.label))]


def _only(won: Winners, label: int) -> Winners:
    """The same seconds with one competitor for a target, where all were."""
    is_target = won.is_target & (won.winner == label)
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
