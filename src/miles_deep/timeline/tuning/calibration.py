"""Calibration: the temperature at which scores are as certain as they are right, fitted on labelled seconds.

Guo, Pleiss, Sun, Weinberger: "On Calibration of Modern Neural Networks", ICML 2017. The network is left as it is;
one number divides its logits, so that the label with the highest score stays the one it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.scores import Scores
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
Head = tuple[NDArray[np.float32], NDArray[np.bool_]]
"""[N, K] scores of a head in the seconds of which something is known, and [N, K] which labels are right."""
MOST_SCORES = 2_000_000
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
    truth does not name; where the truth names all labels, such seconds tell nothing and are left out. A second
    with several may be any of them. Models that stand side by side have one temperature, since rules have one.

    Args:
        words: labels of the truth.
        made: films with their truth.
    """
    seen = np.concatenate([example.seen(words.labels) for example in made])
    heads = [_head(words, made, seen, number) for number in range(len(words.heads))]
    if why := next((head for head in heads if isinstance(head, str)), None):
        return Uncalibrated(why)
    told = [head for head in heads if not isinstance(head, str) and len(head[0])]
    if not told:
        return Uncalibrated("no second is labelled")
    temperature = _likeliest(told)
    if not COLDEST * AT_LIMIT < temperature < HOTTEST / AT_LIMIT:
        way = "colder" if temperature < 1 else "hotter"
        return Uncalibrated(f"no temperature: the {way}, the likelier, to {temperature:g}, where the search ends")
    seconds = [len(values) for values, _ in told]
    before, after = (
        float(
            np.average([expected_error(calibrate(values, at), right) for values, right in told], weights=seconds)
        )
        for at in (1, temperature)
    )
    if after > before:  # mistakes that have a system are unlikely at any temperature
        errors = f"{100 * after:.1f} % instead of {100 * before:.1f} %"
        return Uncalibrated(f"no temperature: at {temperature:g}, the likeliest, scores would be off by {errors}")
    return Calibration(temperature, max(seconds), before, after)


def at_temperature(words: Vocabulary, made: Sequence[Example], temperature: float) -> list[Example]:
    """The same films with scores at a temperature, each model's by themselves."""

    def changed(scores: Scores) -> Scores:
        values = [calibrate(scores.values[:, columns], temperature) for columns in words.heads]
        return replace(scores, values=np.concatenate(values, axis=1))

    return [replace(one, scores=changed(one.scores)) for one in made] if temperature != 1 else list(made)


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


def _head(words: Vocabulary, made: Sequence[Example], seen: NDArray[np.bool_], number: int) -> "Head | str":
    """The scores of a head, and which of its labels are right; or why there is no temperature for it."""
    columns = words.heads[number]
    sets = np.zeros((len(words.labels), columns.stop - columns.start), np.bool_)
    for label, inside in enumerate(words.members):
        if words.head_of(label) == number:
            sets[label, [member - columns.start for member in inside]] = True
    values = np.concatenate([example.scores.values[:, columns] for example in made])
    sums = values.sum(axis=1, dtype=np.float64)
    if (np.abs(sums - 1) > NEAR_ONE).any() or (values < 0).any():
        between = f"{sums.min():.3g} to {sums.max():.3g}"
        return f"scores of a second add up to {between}, not to 1, so they have no temperature"
    if not sets.any():  # of this one nothing is known
        return values[:0], values[:0].astype(np.bool_)
    right = seen.astype(np.float32) @ sets.astype(np.float32) > 0
    right[~right.any(axis=1)] = ~sets.any(axis=0)
    known = np.flatnonzero(right.any(axis=1))
    known = known[:: max(1, known.size * values.shape[1] // MOST_SCORES)]
    return values[known], right[known]


def _likeliest(heads: Sequence[Head]) -> float:
    """Lowest NLL, of a coarse row of temperatures first and then by golden section around the best of them."""
    logits = [np.log(np.maximum(values, np.float32(LOWEST_SCORE))) for values, _ in heads]
    for of_head in logits:
        of_head -= of_head.max(axis=1, keepdims=True)

    @cache
    def nll(log_temperature: float) -> float:
        total = 0.0
        for of_head, (_, right) in zip(logits, heads, strict=True):
            powers = np.exp(of_head * np.float32(np.exp(-log_temperature)))
            shares = np.sum(powers, axis=1, where=right, dtype=np.float64) / powers.sum(axis=1, dtype=np.float64)
            total -= float(np.log(np.maximum(shares, np.finfo(np.float64).tiny)).sum())
        return total

    grid = np.linspace(np.log(COLDEST), np.log(HOTTEST), 17).tolist()
    best = min(range(len(grid)), key=lambda place: nll(grid[place]))
    low, high = grid[max(0, best - 1)], grid[min(len(grid) - 1, best + 1)]
    ratio = (5**0.5 - 1) / 2
    one, two = high - ratio * (high - low), low + ratio * (high - low)
    while high - low > 2e-4:
        if nll(one) <= nll(two):
            high, two = two, one
            one = high - ratio * (high - low)
        else:
            low, one = one, two
            two = low + ratio * (high - low)
    return round(float(np.exp((low + high) / 2)), 3)
