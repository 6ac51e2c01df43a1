"""What happens in a generated film: scenes made of shots, and with them the truth about its segments."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

RATE = 12
"""Frames a second."""

BACKGROUND = "other"
LABELS = ("waves", "tiles", "clouds", "stripes", "cells", "fire")
"""The classes that truth counts."""

ALIKE = {
    "waves": "stripes",
    "stripes": "tiles",
    "tiles": "cells",
    "cells": "waves",
    "clouds": "fire",
    "fire": "clouds",
}
"""The class that each is most easily taken for."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch of the film that is about one thing: a row of the truth."""

    label: str
    start: int
    """First frame; where the scene dissolves in, the frame at the middle of it."""
    end: int
    """Frame after the last."""


@dataclass(frozen=True, slots=True)
class Shot:
    """What is seen without a cut."""

    label: str
    """What is seen; of a distractor, not the scene's."""
    start: int
    end: int
    dissolve: int
    """Frames that it takes to come out of the shot before, half of them before `start`; 0: a hard cut."""
    seed: int
    """Of its footage."""


@dataclass(frozen=True, slots=True)
class Flicker:
    """A disturbance of the exposure."""

    start: int
    end: int
    flash: bool
    """Frames turn white; else brightness swings."""


@dataclass(frozen=True, slots=True)
class Script:
    """A whole film."""

    seed: int
    scenes: tuple[Scene, ...]
    """Without gap, neighbours of different labels."""
    shots: tuple[Shot, ...]
    flickers: tuple[Flicker, ...]

    @property
    def frames(self) -> int:
        """How many it has."""
        return self.scenes[-1].end

    def truth(self) -> list[tuple[str, Fraction, Fraction]]:
        """Label, start and end in seconds of every scene.

        A distractor is not in it: the scene around it goes on.
        """
        return [(scene.label, Fraction(scene.start, RATE), Fraction(scene.end, RATE)) for scene in self.scenes]


def write_script(seed: int, seconds: int) -> Script:
    """Make up a film of about that many seconds.

    Scenes of background come between most others, and take more than half of the time. Scenes last 4 to 90 s, log-
    normal (median 12 s, of background 15 s), the shots in them 1.5 to 20 s, log-normal (median 4 s). Of the
    scenes longer than 9 s, half have a distractor, a shot of 1 to 3 s of another class, not at their ends.
    Three scene changes in ten and one shot change in ten are dissolves of 0.3 to 2 s. Every 15 s, on average,
    the exposure flickers for 0.3 to 2 s.
    """
    random = np.random.default_rng(seed)
    scenes = tuple(_scenes(random, seconds * RATE))
    shots = tuple(shot for scene in scenes for shot in _shots(random, scene))
    flickers = tuple(_flickers(random, scenes[-1].end))
    return Script(seed, scenes, shots, flickers)


def _scenes(random: np.random.Generator, frames: int) -> Iterator[Scene]:
    start, label = 0, BACKGROUND if random.random() < 0.7 else str(random.choice(LABELS))
    while start < frames:
        length = _length(random, 15 if label == BACKGROUND else 12, 0.75, 4, 90)
        yield Scene(label, start, start + length)
        start += length
        others = [other for other in LABELS if other != label]
        # Now and then one class follows upon another.
        label = str(random.choice(others)) if label == BACKGROUND or random.random() < 0.15 else BACKGROUND


def _shots(random: np.random.Generator, scene: Scene) -> Iterator[Shot]:
    away = _distractor(random, scene)
    start = scene.start
    while start < scene.end:
        if away and start == away.start:
            yield away
            start = away.end
            continue
        end = away.start if away and start < away.start else scene.end
        length = _length(random, 4, 0.6, 1.5, 20)
        if end - start - length < 1.5 * RATE:
            length = end - start
        often = 0.3 if start == scene.start else 0.1
        dissolve = int(random.uniform(0.3, 2) * RATE) if start and random.random() < often else 0
        yield Shot(scene.label, start, start + length, dissolve, int(random.integers(1 << 31)))
        start += length


def _distractor(random: np.random.Generator, scene: Scene) -> Shot | None:
    length, room = int(random.uniform(1, 3) * RATE), scene.end - scene.start
    if room < 9 * RATE or random.random() < 0.5:
        return None
    label = str(random.choice([other for other in (*LABELS, BACKGROUND) if other != scene.label]))
    start = scene.start + int(random.uniform(3 * RATE, room - length - 3 * RATE))
    return Shot(label, start, start + length, 0, int(random.integers(1 << 31)))


def _flickers(random: np.random.Generator, frames: int) -> Iterator[Flicker]:
    start = 0
    while (start := start + int(random.exponential(15) * RATE)) < frames:
        end = start + int(random.uniform(0.3, 2) * RATE)
        yield Flicker(start, min(end, frames), bool(random.random() < 0.4))
        start = end


def _length(random: np.random.Generator, median: float, spread: float, least: float, most: float) -> int:
    """Frames, of a log-normal number of seconds."""
    return int(np.clip(median * np.exp(spread * random.normal()), least, most) * RATE)
