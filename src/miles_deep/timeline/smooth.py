"""Smoothing: single odd seconds give way to those around them, before a rule looks at them."""

import numpy as np
from numpy.typing import NDArray

from miles_deep.timeline.rules import Smoothing

Table = NDArray[np.float32]
"""[N, C] scores, a row a second, a column a competitor."""

Winning = tuple[NDArray[np.intp], NDArray[np.float32]]
"""(N,) the winning column of every second, and (N,) its score."""


def smoothed_winners(table: Table, smoothing: Smoothing) -> Winning:
    """Who wins each second.

    - `none`: the highest score.
    - `median`: the highest of the medians over `window` seconds.
    - `viterbi`: the path of labels through the film that `viterbi` finds. The score is the mean of the label over
      the whole stretch in which it stays.
    """
    if not len(table):
        return np.zeros(0, np.intp), np.zeros(0, np.float32)
    if smoothing.method == "viterbi":
        path = viterbi(table, smoothing.switch_cost)
        return path, _means_of_stretches(table, path)
    if smoothing.method == "median":
        table = median(table, smoothing.window)
    return table.argmax(axis=1), table.max(axis=1)


def reaching(
    table: Table, least: NDArray[np.float32], smoothing: Smoothing
) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.bool_]]:
    """Which column is highest above its least score in every second, its score, and whether it reaches that.

    For columns that do not compete. Smoothed, they are as `smoothed_winners` has it, each median by itself; the
    path of `viterbi` has one column more, which is won where none reaches its least score.
    """
    if smoothing.method == "median" and len(table):
        table = medians(table, smoothing.window)
    above = table - least
    column = above.argmax(axis=1) if len(table) else np.zeros(0, np.intp)
    seconds = np.arange(len(table))
    if smoothing.method != "viterbi" or not len(table):
        score = table[seconds, column]
        return column, score, score >= least[column]
    nobody = np.zeros((len(table), 1), np.float32)
    path = viterbi(np.concatenate([above, nobody], axis=1), smoothing.switch_cost)
    means = _means_of_stretches(np.concatenate([table, nobody], axis=1), path)
    reached = path < table.shape[1]
    return np.where(reached, path, column), np.where(reached, means, table[seconds, column]), reached


def median(table: Table, window: int) -> Table:
    """Each score replaced by the median of those in an odd window of seconds around it; ends are repeated.

    Medians of several labels do not add up to 1 where the label changes, and the winner would fall below any min
    score there. So those of a second are scaled to the sum that scores around it have.
    """
    even = medians(table, window)
    sums, usual = even.sum(axis=1), usual_sums(table, window)
    # Where every label has less than half of the window, no median is above 0: there the second speaks for itself.
    even = np.where(sums[:, None] > 0, even, table)
    scale = np.divide(usual, sums, out=np.ones_like(sums), where=sums > 0)
    scaled: Table = (even * scale[:, None]).astype(np.float32)
    return scaled


def medians(table: Table, window: int) -> Table:
    """The running median of every column by itself."""
    # A column at a time: a film of hours with a thousand labels would need gigabytes at once.
    return np.stack([running_median(column, window) for column in table.T], axis=1)


def usual_sums(table: Table, window: int) -> NDArray[np.float32]:
    """(N,) what the scores of a second add up to around it."""
    return running_median(table.sum(axis=1), window)


def running_median(column: NDArray[np.float32], window: int) -> NDArray[np.float32]:
    """(N,) the medians over an odd window around each value; the ends are repeated."""
    padded = np.pad(column, window // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, window)
    # A window is odd, so its median is one of it; np.median takes twice as long, of wide windows ten times.
    middle: NDArray[np.float32] = np.sort(windows, axis=1)[:, window // 2]
    return middle


def viterbi(table: Table, switch_cost: float) -> NDArray[np.intp]:
    """The path of labels with the highest sum of scores, each switch of label costing half of `switch_cost`.

    Calibrated scores are probabilities, so their sum is the number of seconds that are expected to be labelled
    right, and the cost is in the same seconds: a stretch of another label, which takes two switches, has to win
    `switch_cost` seconds. This is the algorithm of Viterbi (1967) for a chain whose switches all cost alike: one
    maximum a second then stands for all pairs of labels, N x C steps in all.

    Args:
        table: [N, C] scores.
        switch_cost: seconds.

    Returns:
        (N,) column numbers; the first where several are equally good.
    """
    seconds, columns = table.shape
    stay = np.arange(columns)
    came_from = np.empty((seconds, columns), np.int32)
    best = table[0].astype(np.float64)
    for second in range(1, seconds):
        leader = int(best.argmax())
        switched = best[leader] - switch_cost / 2
        came_from[second] = np.where(best >= switched, stay, leader)
        best = np.maximum(best, switched) + table[second]
    path = np.empty(seconds, np.intp)
    path[-1] = best.argmax()
    for second in range(seconds - 1, 0, -1):
        path[second - 1] = came_from[second, path[second]]
    return path


def _means_of_stretches(table: Table, path: NDArray[np.intp]) -> NDArray[np.float32]:
    scores = table[np.arange(len(path)), path].astype(np.float64)
    starts = np.flatnonzero(np.diff(path, prepend=-1))
    lengths = np.diff(starts, append=len(path))
    return np.repeat(np.add.reduceat(scores, starts) / lengths, lengths).astype(np.float32)
