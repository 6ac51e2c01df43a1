"""How certain the label of a second is that was not looked at, from the looks around it."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import cast

import numpy as np
from numpy.typing import NDArray

from miles_deep.video.packets import PacketIndex

LEAST = 1e-3
"""Scores below count as this much: their logarithms would say more than a network knows."""

LARGEST_STEP = 4.0
"""Change of a log score, between looks, from which on it is a cut to something else and no larger than others."""

SHORTEST_STEP = 0.25
"""Seconds between looks below which they count as so far apart."""

BEYOND_A_KEYFRAME = 1.0
"""Seconds by which the next group's keyframe is thought further away than it is: most often a new shot begins
there, of which the seconds before it know nothing."""

ACTIVITY = (0.5, 3.0)
"""How much less or more the picture can change than it usually does in a film, as packet sizes tell."""


class Surroundings:
    """What some looks at a film tell of the seconds between them, head by head."""

    def __init__(
        self, index: PacketIndex, seen: Mapping[Fraction, NDArray[np.float32]], heads: Sequence[int] = ()
    ) -> None:
        ends = np.cumsum(heads)[:-1].tolist()
        columns = [slice(*ends) for ends in pairwise([0, *ends, None])]
        self._of_heads = [
            Neighbourhood(index, {time: look[part] for time, look in seen.items()} if heads else seen)
            for part in columns
        ]

    def certainty(self, times: Sequence[Fraction]) -> NDArray[np.float64]:
        """(N,) as `Neighbourhood.certainty`, of the head that is least certain."""
        return cast(NDArray[np.float64], np.min([one.certainty(times) for one in self._of_heads], axis=0))

    def between(self, times: Sequence[Fraction]) -> NDArray[np.float32]:
        """[N, K] as `Neighbourhood.between`."""
        return np.concatenate([one.between(times) for one in self._of_heads], axis=1)


class Neighbourhood:
    """What some looks at a film tell of the seconds between them.

    The log ratio of the winning label's score to the runner-up's is taken for a Brownian motion in time. Between
    two looks at a and b it then is, at t, normal with the mean interpolated between theirs and the variance
    v (t - a)(b - t) / (b - a): a Brownian bridge (Karatzas & Shreve, Brownian Motion and Stochastic Calculus,
    5.6.B). The v is the film's own: the mean squared change from look to look per second. Where much is written in
    the packets between, much changes: v grows with the square root of their bytes per second. The probability
    that the ratio is still positive is the certainty of the label.
    """

    def __init__(self, index: PacketIndex, seen: Mapping[Fraction, NDArray[np.float32]]) -> None:
        times = sorted(seen)
        self._times = np.array([float(time) for time in times])
        self._rows = np.array([seen[time] for time in times], np.float64)
        keyframes = np.array([float(time) for time in index.keyframes])
        self._group = np.searchsorted(keyframes, self._times, side="right")
        self._logs = np.log(np.maximum(self._rows, LEAST))
        self._variance = self._usual_variance()
        self._bytes = _bytes_until(index)

    def certainty(self, times: Sequence[Fraction]) -> NDArray[np.float64]:
        """(N,) probability that the frame shown at each time has the label of the look before it, or the label
        of the look after it where that is the likelier."""
        stays = self._stays(np.array([float(time) for time in times]))
        return cast(NDArray[np.float64], np.maximum(stays, 1 - stays))

    def between(self, times: Sequence[Fraction]) -> NDArray[np.float32]:
        """[N, K] scores interpolated between the looks before and after each time; those of the likelier look
        alone, where a third label would win between them."""
        at = np.array([float(time) for time in times])
        rows = np.stack([np.interp(at, self._times, column) for column in self._rows.T], axis=1)
        before, after = self._around(at)
        likelier = self._rows[np.where(self._stays(at) >= 0.5, before, after)]
        same = rows.argmax(axis=1) == likelier.argmax(axis=1)
        return np.where(same[:, None], rows, likelier).astype(np.float32)

    def _stays(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability that the label of the look before some times still wins."""
        before, after = self._around(at)
        winner = self._logs[before].argmax(axis=1)
        near, far = self._lead(before, winner), self._lead(after, winner)
        since, until = np.abs(at - self._times[before]), np.abs(self._times[after] - at)
        apart = since + until
        mean = np.where(apart > 0, (near * until + far * since) / np.maximum(apart, 1e-9), near)
        # In a group of its own the look after may show another shot: it takes from the certainty, adds none.
        foreign = self._group[before] != self._group[after]
        mean = np.where(foreign, np.minimum(near, mean), mean)
        until = until + BEYOND_A_KEYFRAME * foreign
        variance = self._variance * self._activity(at, before) * since * until / np.maximum(since + until, 1e-9)
        sigmas = mean / np.sqrt(2 * variance + 1e-9)
        return np.array([(1 + math.erf(value)) / 2 for value in sigmas])

    def _around(self, at: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of the looks before and after some times; at the ends of the film one is both."""
        after = np.searchsorted(self._times, at, side="right")
        return np.maximum(after - 1, 0), np.minimum(after, len(self._times) - 1)

    def _lead(self, looks: NDArray[np.int64], winner: NDArray[np.int64]) -> NDArray[np.float64]:
        """Log ratio of one label's score to the best of the others', in some looks."""
        logs = self._logs[looks].copy()
        rows = np.arange(len(looks))
        own = logs[rows, winner]
        logs[rows, winner] = -np.inf
        return cast(NDArray[np.float64], own - np.maximum(logs.max(axis=1), math.log(LEAST)))

    def _usual_variance(self) -> float:
        """Mean squared change of the log scores in a second."""
        if len(self._times) < 2:
            return 1.0
        steps = np.minimum(np.abs(np.diff(self._logs, axis=0)).max(axis=1), LARGEST_STEP)
        return float(np.mean(steps**2 / np.maximum(np.diff(self._times), SHORTEST_STEP)))

    def _activity(self, at: NDArray[np.float64], before: NDArray[np.int64]) -> NDArray[np.float64]:
        """How much changes from the looks before to some times, against what is usual in the film."""
        since = self._times[before]
        places, written = self._bytes
        usual = written[-1] / max(places[-1], 1e-9)
        rate = (np.interp(at, places, written) - np.interp(since, places, written)) / np.maximum(
            np.abs(at - since), SHORTEST_STEP
        )
        return cast(NDArray[np.float64], np.clip(np.sqrt(np.abs(rate) / max(usual, 1e-9)), *ACTIVITY))


def _bytes_until(index: PacketIndex) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times of all packets, ascending, and the bytes written until each, keyframes left out: these are as large
    where nothing moves."""
    order = np.argsort(index.pts, kind="stable")
    places = (index.pts[order] * float(index.tick)).astype(np.float64)
    return places, np.cumsum(np.where(index.keyframe[order], 0, index.size[order])).astype(np.float64)
