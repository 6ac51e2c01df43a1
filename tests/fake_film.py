"""Films of which there is only a table of packets, and what a model would say of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from miles_deep.classify.looks import Look, Looks
from miles_deep.classify.questions import LABEL, Question
from miles_deep.classify.sampling import SAMPLINGS, Second
from miles_deep.video import Reading
from miles_deep.video.entry import FRESH
from miles_deep.video.packets import PacketIndex

TruthOf = Callable[[Fraction], Sequence[float]]
"""From a time to the scores of the frame shown then."""


def packets(
    pts: Sequence[int], keyframes: Sequence[bool], tick: Fraction, last: int = 1, size: Sequence[int] | None = None
) -> PacketIndex:
    """An index of packets, given in decoding order; a keyframe is 9,000 bytes, another frame 1,000."""
    key = np.array(keyframes, np.bool_)
    sizes = np.where(key, 9000, 1000) if size is None else np.array(size)
    return PacketIndex(
        tick=tick,
        pts=np.array(pts, np.int64),
        keyframe=key,
        entry=key.astype(np.uint8) * FRESH,
        size=sizes.astype(np.int64),
        stamp=np.arange(len(pts)),
        last_duration=last,
    )


def steady(
    seconds: float, rate: int = 25, gop: int = 50, bytes_at: Callable[[float], int] | None = None
) -> PacketIndex:
    """A film of equal groups without B-frames; `bytes_at` tells a packet's size by its time."""
    pts = range(round(seconds * rate))
    size = None if bytes_at is None else [bytes_at(number / rate) for number in pts]
    return packets(pts, [number % gop == 0 for number in pts], Fraction(1, rate), size=size)


@dataclass
class Screening:
    """A strategy at work on such a film."""

    index: PacketIndex
    truth: TruthOf
    sampling: str = "adaptive"
    effort: float = 0.95
    end: Fraction | None = None
    """Where the film ends for whoever decodes it, if before the end of its packets; known after the first wave."""
    questions: Sequence[Question] = LABEL
    known: Mapping[Fraction, Look] = field(default_factory=dict)
    looks: Looks = field(default_factory=dict)
    """What was looked at, beside what was known."""
    waves: list[list[Fraction]] = field(default_factory=list)

    def run(self, most: float = float("inf")) -> list[Second]:
        """All seconds of the film; [] where it took more than so many looks, and was ended there."""
        reading, kept = Reading(), dict(self.known)
        end = self.index.end if self.end is None else self.end
        strategy = SAMPLINGS[self.sampling](self.index, lambda: reading, self.effort, self.questions)
        wave = next(strategy)
        while True:
            assert wave == sorted(set(wave))
            assert all(0 <= time < self.index.end for time in wave)
            self.waves.append(wave)
            assert len(self.waves) < 100, "it never ends"
            for time in wave:
                if time not in kept and time < end:
                    if len(self.looks) >= most:
                        return []
                    self.looks[time] = kept[time] = np.array(self.truth(time), np.float32)
            if any(time >= end for time in wave):
                reading.end = self.end
            asked = {time for given in self.waves for time in given}
            try:
                wave = strategy.send({time: look for time, look in kept.items() if time in asked})
            except StopIteration as finished:
                return list(finished.value)


def agreement(seconds: Sequence[Second], truth: TruthOf) -> float:
    """Fraction of the seconds whose label is the true one."""
    return float(np.mean([np.argmax(second.values) == np.argmax(truth(second.time)) for second in seconds]))


def shot_by_shot(seed: int, seconds: int, mean: float = 12.0, labels: int = 2) -> TruthOf:
    """A made-up film: shots of random length, each with a label and a margin of its own, noise within."""
    dice = np.random.default_rng(seed)
    cuts = np.cumsum(dice.exponential(mean, 4 * int(seconds / mean) + 9))
    base = dice.normal(0, 2.5, (len(cuts) + 1, labels))
    noise = dice.normal(0, 0.3, (seconds * 4 + 9, labels))

    def scores(time: Fraction) -> Sequence[float]:
        logits = base[np.searchsorted(cuts, float(time))] + noise[int(time * 4)]
        odds = np.exp(logits - logits.max())
        return list(odds / odds.sum())

    return scores
