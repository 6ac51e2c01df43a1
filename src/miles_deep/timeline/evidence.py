"""Evidence: what scores say for a label or group, seconds together, where nobody has to win.

A classifier of many labels is seldom sure of one, and a group of many has a high sum by chance. So a second is
weighed: how far its score is, in log odds, from the middle between chance and the min score. What is often in a
film is likelier in each of its seconds, so scores are adapted to the share that a target has in the film. A
target is found over the stretches in which its evidence adds up to more than they cost: one second in which the
network is sure, or many in which it is not.
"""

import numpy as np
from numpy.typing import NDArray

from miles_deep.timeline.rules import Smoothing
from miles_deep.timeline.smooth import medians

Table = NDArray[np.float32]
"""[N, C] scores, a row a second, a column a target: sums, of groups."""
Weights = NDArray[np.float64]
"""[N, C] evidence, in log odds."""

COST = 5.0
"""Log odds: the evidence that a stretch must have, if smoothing does not say another; odds of 150 to 1."""
FILMS, LEAST_SECONDS = 5, 60
"""How firmly it is believed that a film shows no target more often than chance: as if so many such films had been
seen before, each of so many seconds at least. Both this and `COST` were chosen on half a cartoon and a film of
photographs (docs/benchmarks.md, Groups); 3 to 7 films and 4 to 6 in log odds do nearly as well."""
SURE = 1e-6
"""Scores count as no nearer to 0 and 1."""
ROUNDS, CLOSE = 30, 1e-3
"""Of the search for shares: at most so many, and fewer where log odds no longer change by more."""


def shown(
    table: Table, chance: Weights, min_score: Table, smoothing: Smoothing
) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.bool_]]:
    """Which target has the most evidence in every second of a film, its score, and whether it is shown there.

    A target is shown over its stretches, whatever others are.
    """
    weights, there = weighed(table, chance, min_score, smoothing)
    matches: NDArray[np.bool_] = np.logical_or.reduce(there, axis=1)
    place = np.where(there | ~matches[:, None], weights, -np.inf).argmax(axis=1)
    return place, table[np.arange(len(table)), place], matches


def weighed(
    table: Table, chance: Weights, min_score: Table, smoothing: Smoothing
) -> tuple[Weights, NDArray[np.bool_]]:
    """[N, C] the evidence of every second of a film, and whether each target is shown there.

    The median evens scores before they are weighed; of `viterbi` the switch cost is what a stretch costs.
    """
    even = medians(table, smoothing.window) if smoothing.method == "median" and len(table) else table
    weights = evidence(even, chance, min_score, even)
    return weights, stretches(weights, cost_of(smoothing))


def cost_of(smoothing: Smoothing) -> float:
    """The evidence that a stretch must have."""
    return smoothing.switch_cost if smoothing.method == "viterbi" else COST


def evidence(table: Table, chance: Weights, min_score: Table | Weights, film: Table) -> Weights:
    """What each second says for each target: above 0 for it, below against it.

    Args:
        table: scores of some seconds or frames.
        chance: (C,) the score of each target if the network knew nothing: its share of all labels.
        min_score: (C,) 0…1.
        film: scores of all seconds of the film that they are of; a table of none where there is no film.
    """
    middle = (_log_odds(chance) + _log_odds(min_score)) / 2
    return _log_odds(table) + likelier(film, chance) - middle


def likelier(film: Table, chance: Weights) -> Weights:
    """(C,) how much likelier than by chance each target is in a film, in log odds.

    The share of a target is found from its scores alone, by the EM algorithm of Saerens, Latinne and Decaestecker
    (Neural Computation 14, 2002) for it and all the rest, with a prior of `FILMS` that show it by chance.
    """
    score = np.clip(film.astype(np.float64), SURE, 1 - SURE)
    odds, chance = score / (1 - score), np.clip(chance, SURE, 1 - SURE)
    known = FILMS * max(len(film), LEAST_SECONDS)
    found, moving = np.zeros(len(chance)), np.arange(len(chance))
    for _ in range(ROUNDS):
        adapted = odds[:, moving] * np.exp(found[moving])
        adapted /= 1 + adapted
        share = (adapted.sum(axis=0) + known * chance[moving]) / (len(film) + known)
        before, found[moving] = found[moving], _log_odds(share) - _log_odds(chance[moving])
        # One that has settled stays, so that it does not matter which others are looked at with it.
        moving = moving[np.abs(found[moving] - before) >= CLOSE]
        if not len(moving):
            break
    return found


def stretches(weights: Weights, cost: float) -> NDArray[np.bool_]:
    """[N, C] the seconds of each target's stretches: those with the most evidence in all, less their cost.

    Viterbi's path (1967) through two states, there or not there, each switch of which costs half. Only by how much
    one state is ahead of the other matters, which a switch limits to that half on both sides.
    """
    ahead, half = np.empty_like(weights), cost / 2
    lead = np.full(weights.shape[1], -np.inf)
    for second, weight in enumerate(weights):
        lead = np.clip(lead, -half, half) + weight
        ahead[second] = lead
    there = np.zeros(weights.shape, np.bool_)
    after = np.zeros(weights.shape[1], np.bool_)
    for second in range(len(weights) - 1, -1, -1):
        after = ahead[second] > np.where(after, -half, half)
        there[second] = after
    return there


def _log_odds(scores: Table | Weights) -> Weights:
    clipped = np.clip(scores.astype(np.float64), SURE, 1 - SURE)
    odds: Weights = np.log(clipped / (1 - clipped))
    return odds
