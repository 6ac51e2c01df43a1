"""Who wins each second: a label, a group, or what is there whoever else is."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miles_deep.timeline.calibrate import calibrate
from miles_deep.timeline.evidence import cost_of, evidence, shown
from miles_deep.timeline.rules import Rules, Smoothing
from miles_deep.timeline.smooth import reaching, smoothed_winners
from miles_deep.timeline.targets import Contest, Heat


@dataclass(frozen=True, slots=True)
class Winners:
    """The winning label or group of every second; of several models, the one that counts."""

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


def winners(values: NDArray[np.float32], contest: Contest, rules: Rules) -> Winners:
    """Who wins each second, of scores made as certain as `rules.temperature` says and smoothed."""
    of_heats = winners_of_heats(values, contest, rules)
    if len(of_heats) == 1:
        return of_heats[0]
    rank = np.stack([won.matches.astype(np.int8) + won.is_target for won in of_heats])
    score = np.where(rank == rank.max(axis=0), np.stack([won.score for won in of_heats]), -np.inf)
    heat, seconds = score.argmax(axis=0), np.arange(score.shape[1])

    def chosen(name: str) -> NDArray[Any]:
        found: NDArray[Any] = np.stack([getattr(won, name) for won in of_heats])[heat, seconds]
        return found

    fields = ("winner", "score", "is_target", "matches", "max_gap")
    return Winners(contest.names, *(chosen(field) for field in fields))


def winners_of_heats(values: NDArray[np.float32], contest: Contest, rules: Rules) -> list[Winners]:
    """Who wins each second in each heat of which something is asked; see `winners`."""
    table = contest.table(calibrated(values, contest.heats, rules))
    of_name = [rules.of(name) for name in contest.names]
    # As precise as the scores: one of 0.7 reaches 0.7.
    min_score = np.array([rule.min_score for rule in of_name], np.float32)
    max_gap = np.array([rule.max_gap for rule in of_name], np.float64)
    found = []
    for heat in contest.heats:
        first = heat.competitors.start or 0
        if not rules.general.competes:
            asked = np.flatnonzero(contest.is_target[heat.competitors]) + first
            if not len(asked):
                continue
            if rules.general.method == "each":
                place, score, matches = reaching(table[:, asked], min_score[asked], rules.smoothing)
            else:
                chance = contest.chance(heat, values.shape[1])[asked - first]
                place, score, matches = shown(table[:, asked], chance, min_score[asked], rules.smoothing)
            winner, is_target = asked[place], matches
        else:
            winner, score = smoothed_winners(table[:, heat.competitors], rules.smoothing)
            winner = winner + first
            is_target = contest.is_target[winner]
            matches = is_target & (score >= min_score[winner])
        found.append(Winners(contest.names, winner, score, is_target, matches, max_gap[winner]))
    return found


def calibrated(values: NDArray[np.float32], heats: Iterable[Heat], rules: Rules) -> NDArray[np.float32]:
    """Scores made as certain as `rules.temperature` says, each head's by themselves."""
    if rules.temperature == 1:
        return values
    certain = values.copy()
    for columns in {heat.labels.start: heat.labels for heat in heats}.values():
        certain[:, columns] = calibrate(values[:, columns], rules.temperature)
    return certain


def matching_frames(
    values: NDArray[np.float32], contest: Contest, rules: Rules, film: NDArray[np.float32] | None = None
) -> NDArray[np.bool_]:
    """(N,) whether single frames with such scores ([N, K]) match; nothing is smoothed.

    With `viterbi` the min score is that of a whole stretch and not of a frame, so there only the winner counts.
    With the method `evidence` a frame of a film matches where it speaks for a target, and a picture by itself
    where as much of it as the min length would be enough.

    Args:
        film: the scores of the film's seconds, where they are frames of one.
    """
    if rules.general.method == "evidence":
        return _speaking(values, contest, rules, film)
    won = winners(values, contest, replace(rules, smoothing=Smoothing()))
    return won.is_target if rules.smoothing.method == "viterbi" else won.matches


def _speaking(
    values: NDArray[np.float32], contest: Contest, rules: Rules, film: NDArray[np.float32] | None
) -> NDArray[np.bool_]:
    """(N,) whether the evidence of single frames is for a target."""
    around = values[:0] if film is None else film
    table, seconds = (contest.table(calibrated(of, contest.heats, rules)) for of in (values, around))
    chance = np.concatenate([contest.chance(heat, values.shape[1]) for heat in contest.heats])
    of_name = [rules.of(name) for name in contest.names]
    weights = evidence(table, chance, np.array([rule.min_score for rule in of_name]), seconds)
    lasting = np.array([max(1, rule.min_length) for rule in of_name])
    speaks = weights > 0 if film is not None else weights * lasting > cost_of(rules.smoothing)
    found: NDArray[np.bool_] = np.logical_or.reduce(speaks & contest.is_target, axis=1)
    return found
