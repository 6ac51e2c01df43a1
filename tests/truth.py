"""What is true of a generated film, in the words of src: times count from the first frame shown."""

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property

import pytest

from media import MATRIX, SPECIAL, FilmSpec

FILMS: dict[str, FilmSpec] = {str(spec): spec for spec in MATRIX} | SPECIAL

every_film = pytest.mark.parametrize("spec", FILMS.values(), ids=FILMS)

MILLISECONDS = ("mkv", "webm", "wmv")
"""Containers that round every time to 1/1000 s; the others hold the test films' times exactly."""

Shown = tuple[int, Fraction]
"""A frame's number and its time."""


@dataclass(frozen=True)
class Truth:
    """The frames of a film as they must be found."""

    frames: list[Shown]
    end: Fraction

    def at(self, time: Fraction) -> Shown:
        """The frame shown at a time."""
        return self.frames[max(0, bisect_right(self._times, time) - 1)]

    @cached_property
    def _times(self) -> list[Fraction]:
        return [shown for _, shown in self.frames]

    def expected(self, times: Iterable[Fraction]) -> list[tuple[Fraction, Shown]]:
        """What `frames_at` must give for these times."""
        return [(time, self.at(time)) for time in times if time < self.end]

    def samples(self) -> list[Shown]:
        """The frame that stands for each second: shown at the midpoint of the part of it that exists."""
        seconds = range(math.ceil(self.end))
        return [self.at((second + min(second + 1, self.end)) / Fraction(2)) for second in seconds]


@cache
def truth(spec: FilmSpec) -> Truth:
    """The frames of a film, with times as exact as its container keeps them."""
    first = as_kept(spec, spec.shown()[0][1])
    return Truth(
        [(number, as_kept(spec, time) - first) for number, time in spec.shown()],
        as_kept(spec, spec.end()) - first,
    )


def as_kept(spec: FilmSpec, time: Fraction) -> Fraction:
    """A time as the film's container rounds it."""
    return Fraction(math.floor(time * 1000 + Fraction(1, 2)), 1000) if spec.container in MILLISECONDS else time
