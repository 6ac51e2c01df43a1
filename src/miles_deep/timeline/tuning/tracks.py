"""Whose every second is, as rules of any min score see it; all films one after another.

All films are one timeline here, with more than any gap between them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from miles_deep.timeline.evidence import cost_of, evidence, stretches
from miles_deep.timeline.find import groups_won
from miles_deep.timeline.rules import Rule, Rules, Smoothing
from miles_deep.timeline.smooth import medians
from miles_deep.timeline.targets import everyone
from miles_deep.timeline.tuning.examples import Example, Vocabulary
from miles_deep.timeline.tuning.folds import Folds
from miles_deep.timeline.tuning.grid import Grid
from miles_deep.timeline.winners import Winners, winners

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
Grids = Mapping[str, Grid]
"""Label to the grid of its rules. All are of one shape, and a place in it means as much for each."""
Seconds = tuple[Mask, Mask]
"""(N,) seconds that are a label's, and (N,) those of them that match."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """All films one after another, as the runs of one label need them; N seconds."""

    second: Numbers
    """(N,) where each second starts."""
    end: Numbers
    """(N,) and ends."""
    seconds: Callable[[int], Seconds]
    """Whose they are, with the min score of this number in the grid."""
    parts: Numbers
    """(U,) where each part starts."""
    truth: Numbers
    """[T, 2] start and end of the label's segments in the truth."""
    truth_part: NDArray[np.intp]
    """(T,) the part of each."""
    labelled: Mask
    """(N,) seconds that have the label in the truth."""


def tracks(
    words: Vocabulary, made: Sequence[Example], folds: Folds, smoothing: Smoothing, grids: Grids, room: int
) -> dict[str, Track]:
    """Each label's track.

    Args:
        words: labels.
        made: films, their scores calibrated already.
        folds: their parts.
        smoothing: of the scores.
        grids: of the rules of each label; their method says whether labels compete.
        room: seconds between films.
    """
    sizes = [len(example.scores) for example in made]
    offsets = np.cumsum([0, *(size + room for size in sizes)])[:-1]
    second = np.concatenate([np.arange(size) + float(offset) for size, offset in zip(sizes, offsets, strict=True)])
    end = np.minimum(second + 1, np.repeat(offsets + [float(example.scores.duration) for example in made], sizes))
    parts = [offset + time for offset, times in zip(offsets, folds.bounds, strict=True) for time in (0, *times)]
    found = {}
    compete = grids[words.labels[0]].method == "plain"
    seconds = (_competing if compete else _by_themselves)(words, made, smoothing, grids)
    seen = np.concatenate([example.seen(words.labels) for example in made])
    for number, label in enumerate(words.labels):
        spans = [(film, span) for film, example in enumerate(made) for span in example.spans[label]]
        truth = [(offsets[film] + float(span.start), offsets[film] + float(span.end)) for film, span in spans]
        found[label] = Track(
            second,
            end,
            seconds[label],
            np.array(parts),
            np.array(truth).reshape(-1, 2),
            np.array([folds.part_of(film, span) for film, span in spans], np.intp),
            seen[:, number],
        )
    return found


def columns_of_labels(words: Vocabulary, example: Example) -> NDArray[np.float32]:
    """[N, L] what a film scores for each label; for a group, the sum of its labels."""
    values = example.scores.values
    return np.stack([values[:, inside].sum(axis=1) for inside in map(list, words.members)], axis=1)


def switched_on(above: NDArray[np.float32], switch_cost: float) -> Mask:
    """[N, M] where `smooth.viterbi` is, of each column, in its state and not in that of nobody, which scores 0.

    Of two states only the difference of what their paths have gathered counts, and no more of it than a switch
    costs. Back from the end, a path stays where it is unless the other's was better by more than that.

    Args:
        above: [N, M] scores less the least that is asked.
        switch_cost: seconds, as of `Smoothing`.
    """
    half, lead = switch_cost / 2, np.zeros(above.shape[1])
    forced = np.zeros(above.shape, np.int8)
    for second, row in enumerate(above):
        np.clip(lead, -half, half, out=lead)
        lead += row
        forced[second] = (lead > half).astype(np.int8) - (lead < -half)
    state = lead >= 0
    on = np.empty(above.shape, np.bool_)
    for second in range(len(above) - 1, -1, -1):
        if second < len(above) - 1:
            state = np.where(forced[second] == 0, state, forced[second] > 0)
        on[second] = state
    return on


def _competing(
    words: Vocabulary, made: Sequence[Example], smoothing: Smoothing, grids: Grids
) -> dict[str, Callable[[int], Seconds]]:
    """Of each label, the seconds that it wins."""
    rules = Rules(Rule(min_score=0), smoothing=smoothing)
    groups = [label for label in words.labels if label in made[0].scores.groups]
    won: dict[str, list[Winners]] = {label: [] for label in words.labels}
    for example in made:
        scores = example.scores
        for of_group in groups_won(scores, groups, rules):
            won[next(group for group in groups if group in of_group.names)].append(of_group)
        for head, columns in enumerate(words.heads):
            alone = [number for number, label in enumerate(words.labels) if label not in groups]
            if names := [words.labels[number] for number in alone if words.head_of(number) == head]:
                of_head = winners(scores.values[:, columns], everyone(scores.labels[columns]), rules)
                for name in names:
                    own = of_head.winner == of_head.names.index(name)
                    won[name].append(replace(of_head, is_target=own))
    return {label: _of_winners(of_films, grids[label]) for label, of_films in won.items()}


def _of_winners(of_films: Sequence[Winners], grid: Grid) -> Callable[[int], Seconds]:
    wins = np.concatenate([won.is_target for won in of_films])
    score = np.concatenate([won.score for won in of_films])
    return lambda number: (wins, wins & (score >= np.float32(grid.min_scores[number])))


def _by_themselves(
    words: Vocabulary, made: Sequence[Example], smoothing: Smoothing, grids: Grids
) -> dict[str, Callable[[int], Seconds]]:
    """Of each label, the seconds in which it reaches its min score, or evidence speaks for it."""
    least = np.array([grids[label].min_scores for label in words.labels], np.float32)
    by_evidence = grids[words.labels[0]].method == "evidence"
    reached = []  # [N, L, S], one film after another
    for example in made:
        table = columns_of_labels(words, example)
        if smoothing.method == "median" and len(table):
            table = medians(table, smoothing.window)
        if by_evidence:
            reached.append(_weighed(words, table, least, smoothing))
        elif smoothing.method == "viterbi":
            above = (table[:, :, None] - least).reshape(len(table), -1)
            reached.append(switched_on(above, smoothing.switch_cost).reshape(*table.shape, -1))
        else:
            reached.append(table[:, :, None] >= least)
    every = np.concatenate(reached)

    def of_label(place: int) -> Callable[[int], Seconds]:
        return lambda number: (every[:, place, number],) * 2

    return {label: of_label(place) for place, label in enumerate(words.labels)}


def _weighed(
    words: Vocabulary, table: NDArray[np.float32], least: NDArray[np.float32], smoothing: Smoothing
) -> Mask:
    """[N, L, S] where each of L labels is found with each of its S min scores."""
    sizes = [columns.stop - columns.start for columns in words.heads]
    weights = []
    for label, inside in enumerate(words.members):
        chance = np.full(least.shape[1], len(inside) / sizes[words.head_of(label)])
        columns = np.repeat(table[:, [label]], least.shape[1], axis=1)
        weights.append(evidence(columns, chance, least[label], columns))
    return stretches(np.concatenate(weights, axis=1), cost_of(smoothing)).reshape(*table.shape, -1)
