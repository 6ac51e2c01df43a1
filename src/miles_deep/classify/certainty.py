"""How certain a second is that was not looked at, from the looks around it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.questions import Question, Rows
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


@dataclass(frozen=True, slots=True)
class Gaps:
    """Where some times lie between looks. All (N,)."""

    before: NDArray[np.int64]
    """Number of the look before; at the film's beginning the first."""
    after: NDArray[np.int64]
    """That of the look after; at the film's end the last."""
    since: NDArray[np.float64]
    """Seconds from the look before."""
    until: NDArray[np.float64]
    """Seconds to the look after."""
    foreign: NDArray[np.bool_]
    """Whether the two are in different groups of pictures."""
    activity: NDArray[np.float64]
    """How much changes from the look before on, against what is usual in the film."""


class Surroundings:
    """What some looks at a film tell of the seconds between them, as answers to some questions."""

    def __init__(
        self, index: PacketIndex, seen: Mapping[Fraction, NDArray[np.float32]], questions: Sequence[Question]
    ) -> None:
        times = sorted(seen)
        self._times = np.array([float(time) for time in times])
        self._rows = np.array([seen[time] for time in times], np.float32)
        keyframes = np.array([float(time) for time in index.keyframes])
        self._group = np.searchsorted(keyframes, self._times, side="right")
        self._bytes = _bytes_until(index)
        self._questions = questions
        self._bridges = [
            Bridge(self._times, question.sides(self._rows[:, question.columns])) for question in questions
        ]

    def certainty(self, times: Sequence[Fraction]) -> NDArray[np.float64]:
        """(N,) probability, 0.5…1, that the frame shown at each time answers as the look before it, or as the look
        after it where that is the likelier; of the question that is least certain."""
        gaps = self._gaps(np.array([float(time) for time in times]))
        sigmas = np.full(len(times), np.inf)
        for bridge in self._bridges:
            sigmas = np.minimum(sigmas, np.abs(bridge.sigmas(gaps)))
        return np.array([(1 + math.erf(value / math.sqrt(2))) / 2 for value in sigmas])

    def between(self, times: Sequence[Fraction]) -> Rows:
        """[N, K] scores interpolated between the looks before and after each time; those of the likelier look
        alone, where what is between them would answer otherwise, as where a third label wins."""
        at = np.array([float(time) for time in times])
        gaps = self._gaps(at)
        rows = np.stack([np.interp(at, self._times, column) for column in self._rows.T], axis=1).astype(np.float32)
        for question, bridge in zip(self._questions, self._bridges, strict=True):
            part = question.columns
            likelier = np.where(bridge.sigmas(gaps) >= 0, gaps.before, gaps.after)
            same = question.sides(rows[:, part]).argmax(axis=1) == bridge.answers[likelier]
            rows[:, part] = np.where(same[:, None], rows[:, part], self._rows[likelier, part])
        return rows

    def _gaps(self, at: NDArray[np.float64]) -> Gaps:
        after = np.searchsorted(self._times, at, side="right")
        before, after = np.maximum(after - 1, 0), np.minimum(after, len(self._times) - 1)
        return Gaps(
            before=before,
            after=after,
            since=np.abs(at - self._times[before]),
            until=np.abs(self._times[after] - at),
            foreign=self._group[before] != self._group[after],
            activity=self._activity(at, self._times[before]),
        )

    def _activity(self, at: NDArray[np.float64], since: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much changes from some times to others, against what is usual in the film."""
        places, written = self._bytes
        usual = written[-1] / max(places[-1], 1e-9)
        rate = (np.interp(at, places, written) - np.interp(since, places, written)) / np.maximum(
            np.abs(at - since), SHORTEST_STEP
        )
        return cast(NDArray[np.float64], np.clip(np.sqrt(np.abs(rate) / max(usual, 1e-9)), *ACTIVITY))


class Bridge:
    """What looks tell of the answer to one question between them.

    The log ratio of the highest side to the next is taken for a Brownian motion in time. Between two looks at a
    and b it then is, at t, normal with the mean interpolated between theirs and the variance
    v (t - a)(b - t) / (b - a): a Brownian bridge (Karatzas & Shreve, Brownian Motion and Stochastic Calculus,
    5.6.B). The v is the film's own: the mean squared change from look to look per second. Where much is written in
    the packets between, much changes: v grows with the square root of their bytes per second. The probability that
    the ratio is still positive is the certainty of the answer.
    """

    def __init__(self, times: NDArray[np.float64], sides: Rows) -> None:
        self.answers = sides.argmax(axis=1)
        """(N,) of each look, its highest side."""
        self._logs = np.log(np.maximum(sides, LEAST, dtype=np.float64))
        self._variance = self._usual_variance(times)

    def sigmas(self, gaps: Gaps) -> NDArray[np.float64]:
        """(N,) standard deviations by which the answer of the look before some times is expected to hold there;
        below 0 it is not."""
        winner = self.answers[gaps.before]
        near, far = self._lead(gaps.before, winner), self._lead(gaps.after, winner)
        since, until = gaps.since, gaps.until
        apart = since + until
        mean = np.where(apart > 0, (near * until + far * since) / np.maximum(apart, 1e-9), near)
        # In a group of its own the look after may show another shot: it takes from the certainty, adds none.
        mean = np.where(gaps.foreign, np.minimum(near, mean), mean)
        until = until + BEYOND_A_KEYFRAME * gaps.foreign
        variance = self._variance * gaps.activity * since * until / np.maximum(since + until, 1e-9)
        return mean / np.sqrt(variance + 5e-10)

    def _lead(self, looks: NDArray[np.int64], winner: NDArray[np.int64]) -> NDArray[np.float64]:
        """Log ratio of one side to the highest of the others, in some looks."""
        logs = self._logs[looks].copy()
        rows = np.arange(len(looks))
        own = logs[rows, winner]
        logs[rows, winner] = -np.inf
        return cast(NDArray[np.float64], own - np.maximum(logs.max(axis=1), math.log(LEAST)))

    def _usual_variance(self, times: NDArray[np.float64]) -> float:
        """Mean squared change of the log scores in a second."""
        if len(times) < 2:
            return 1.0
        steps = np.minimum(np.abs(np.diff(self._logs, axis=0)).max(axis=1), LARGEST_STEP)
        return float(np.mean(steps**2 / np.maximum(np.diff(times), SHORTEST_STEP)))


def _bytes_until(index: PacketIndex) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times of all packets, ascending, and the bytes written until each, keyframes left out: these are as large
    where nothing moves."""
    order = np.argsort(index.pts, kind="stable")
    places = (index.pts[order] * float(index.tick)).astype(np.float64)
    return places, np.cumsum(np.where(index.keyframe[order], 0, index.size[order])).astype(np.float64)
