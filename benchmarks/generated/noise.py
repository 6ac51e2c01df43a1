"""Noise for scores, as a real classifier has it.

What was measured: the log odds that `open_nsfw` gives every second of Big Buck Bunny, less their running
median of 15 seconds, have a standard deviation of 2.3 (1.7 by the median of their absolute values), and an
autocorrelation of 0.43 after one second and of 0.10 after two. Those that the generated classifier gives the
background of generated films have 2.45 (1.64), 0.45 and 0.13 without any help, since footage varies from shot
to shot and within shots. So little is added here: what brings the middle of them to 1.7, and mixes up classes
that are alike. Both measure the unrest of scores in films as they are, scene changes and all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generated.script import ALIKE, BACKGROUND, LABELS
from miles_deep.timeline.tuning.examples import Example

AROUND = 15
"""Seconds, the window of the median that swings are measured from."""

MEMORY = 0.45
"""Autocorrelation after a second."""
OWN, SWAPPED = 0.4, 0.4
"""Standard deviation of what is added to the log score of every class, and of what goes from a class to the one it
is taken for."""


def disturbed(
    values: NDArray[np.float32], labels: tuple[str, ...], seed: int, level: float
) -> NDArray[np.float32]:
    """Scores [N, K] with noise in their logarithms, `level` times what is said above, each row with the sum 1."""
    random = np.random.default_rng([seed, 2])
    logs = np.log(np.maximum(values, 1e-6)) + level * OWN * _swings(random, len(values), len(labels))
    pairs = [(label, ALIKE.get(label, BACKGROUND)) for label in LABELS]
    for (label, other), swing in zip(
        pairs, level * SWAPPED * _swings(random, len(values), len(pairs)).T, strict=True
    ):
        logs[:, labels.index(label)] -= swing / 2
        logs[:, labels.index(other)] += swing / 2
    scores = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(scores / scores.sum(axis=1, keepdims=True), np.float32)


@dataclass(frozen=True, slots=True)
class Swing:
    """How the log odds of the background move about their median of `AROUND` seconds."""

    deviation: float
    """Standard deviation."""
    middle: float
    """The same, from the median of the absolute values, which outliers do not move."""
    after_one: float
    """Autocorrelation after a second, the mean over films."""
    after_two: float
    """After two."""


def swing_of(films: Sequence[Example]) -> Swing:
    """What the module's text tells of `open_nsfw`, of these films."""
    moves = [_moves(film.scores.values[:, film.scores.labels.index(BACKGROUND)]) for film in films]
    every = np.concatenate(moves)
    after = [np.mean([np.corrcoef(one[:-lag], one[lag:])[0, 1] for one in moves]) for lag in (1, 2)]
    # 1.4826: from the median of the absolute values of a normal distribution to its deviation.
    return Swing(float(every.std()), float(1.4826 * np.median(np.abs(every))), float(after[0]), float(after[1]))


def _moves(score: NDArray[np.float32]) -> NDArray[np.float64]:
    score = np.clip(score.astype(np.float64), 1e-6, 1 - 1e-6)
    odds = np.log(score) - np.log(1 - score)
    padded = np.pad(odds, AROUND // 2, mode="edge")
    return np.asarray(odds - np.median(np.lib.stride_tricks.sliding_window_view(padded, AROUND), axis=1))


def _swings(random: np.random.Generator, seconds: int, count: int) -> NDArray[np.float64]:
    """[seconds, count] noise of deviation 1, each column with a memory of its own."""
    new = random.normal(size=(seconds, count))
    for second in range(1, seconds):
        new[second] = MEMORY * new[second - 1] + np.sqrt(1 - MEMORY**2) * new[second]
    return new
