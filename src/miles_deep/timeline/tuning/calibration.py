"""Calibration: the temperature at which scores are as certain as they are right, fitted on labelled seconds.

Guo, Pleiss, Sun, Weinberger: "On Calibration of Modern Neural Networks", ICML 2017. The network is left as it is;
one number divides its logits, so that the label with the highest score stays the one it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miles_deep.timeline.calibrate import LOWEST_SCORE, calibrate
from miles_deep.timeline.tuning.examples import Example, Vocabulary

COLDEST, HOTTEST = 0.2, 10.0
"""Between these a temperature is looked for. Where every second is right there is no best one: the colder, the
better the likelihood."""
AT_LIMIT = 1.01
"""By what factor a temperature has to be away from them to be the best, and not only the last that was tried."""
BINS = 15
"""Of the expected calibration error, as in the paper."""
NEAR_ONE = 0.02
"""By how much the scores of a second may add up to more or less than 1 and be called probabilities: networks that
reckon in 16 bits are off by less."""
MOST_SCORES = 4_000_000
"""Scores that a fit looks at; of films of more, it takes every n-th second. One number needs no more."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A temperature, and what it does for the scores of labelled seconds."""

    temperature: float
    seconds: int
    """Labelled seconds that it was fitted on."""
    before: float
    """Expected calibration error at temperature 1: how far, on average, the highest score is from the fraction of
    seconds in which that label is right, 0…1."""
    after: float
    """The same at this temperature."""


@dataclass(frozen=True, slots=True)
class Uncalibrated:
    """There is no temperature for these scores."""

    why: str
    """One line."""


def fit_temperature(words: Vocabulary, made: Sequence[Example]) -> Calibration | Uncalibrated:
    """The temperature with the highest likelihood (lowest NLL) of the labels of all seconds.

    The probability of a group is the sum of those of its labels. A second without a label may be any that the
    truth does not name; where the truth names all labels, such seconds tell nothing and are left out.

    Args:
        words: labels of the truth.
        made: films with their truth.
    """
    values = np.concatenate([example.scores.values for example in made])
    right = np.concatenate([example.numbers(words.labels) for example in made])
    sets = _sets(words, values.shape[1])
    known = np.any(sets[right], axis=1)
    values, right = values[known], right[known]
    if not len(values):
        return Uncalibrated("no second is labelled")
    sums = values.sum(axis=1, dtype=np.float64)
    if (np.abs(sums - 1) > NEAR_ONE).any() or (values < 0).any():
        between = f"{sums.min():.3g} to {sums.max():.3g}"
        return Uncalibrated(f"scores of a second add up to {between}, not to 1, so they have no temperature")
    every = max(1, values.size // MOST_SCORES)
    values, right = values[::every], right[::every]
    temperature = _likeliest(values, sets[right])
    if not COLDEST * AT_LIMIT < temperature < HOTTEST / AT_LIMIT:
        way = "colder" if temperature < 1 else "hotter"
        return Uncalibrated(f"no temperature: the {way}, the likelier, to {temperature:g}, where the search ends")
    before = expected_error(values, sets[right])
    after = expected_error(calibrate(values, temperature), sets[right])
    if after > before:  # mistakes that have a system are unlikely at any temperature
        errors = f"{100 * after:.1f} % instead of {100 * before:.1f} %"
        return Uncalibrated(f"no temperature: at {temperature:g}, the likeliest, scores would be off by {errors}")
    return Calibration(temperature, len(values), before, after)


def expected_error(values: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    """Expected calibration error (ECE): the mean over seconds of |certainty - accuracy| in `BINS` equal bins.

    Naeini, Cooper, Hauskrecht: "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.

    Args:
        values: [N, K] probabilities.
        right: [N, K] which labels are right, any of them.
    """
    winner = values.argmax(axis=1)
    certainty = values[np.arange(len(values)), winner].astype(np.float64)
    correct = right[np.arange(len(values)), winner]
    places = np.clip(np.ceil(certainty * BINS).astype(np.intp) - 1, 0, BINS - 1)
    gaps = np.bincount(places, certainty - correct, minlength=BINS)
    return float(np.abs(gaps).sum() / len(values)) if len(values) else 0.0


def _sets(words: Vocabulary, size: int) -> NDArray[np.bool_]:
    """[L+1, K] which labels of the model each label of the truth means; the last row is none of them."""
    sets = np.zeros((len(words.labels) + 1, size), np.bool_)
    for number, members in enumerate(words.members):
        sets[number, list(members)] = True
    sets[-1] = ~sets.any(axis=0)
    return sets


def _likeliest(values: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    """Lowest NLL, of a coarse row of temperatures first and then by golden section around the best of them."""
    logits = np.log(np.maximum(values, LOWEST_SCORE, dtype=np.float64))
    logits -= logits.max(axis=1, keepdims=True)

    def nll(log_temperature: float) -> float:
        powers = np.exp(logits / np.exp(log_temperature))
        shares = (powers * right).sum(axis=1) / powers.sum(axis=1)
        return float(-np.log(np.maximum(shares, np.finfo(np.float64).tiny)).mean())

    grid = np.linspace(np.log(COLDEST), np.log(HOTTEST), 17)
    costs = [nll(place) for place in grid]
    best = int(np.argmin(costs))
    low, high = grid[max(0, best - 1)], grid[min(len(grid) - 1, best + 1)]
    ratio = (5**0.5 - 1) / 2
    while high - low > 1e-4:
        one, two = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, two) if nll(one) <= nll(two) else (one, high)
    return round(float(np.exp((low + high) / 2)), 3)
