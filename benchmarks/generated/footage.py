"""Procedural footage: for each class, moving pictures that are all different and yet of one kind."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 160, 96
"""Pixels, multiples of 16: of other pictures, x264 was seen to make another film now and then."""

Field = NDArray[np.float32]
"""[HEIGHT, WIDTH], about 0…1."""
Moving = Callable[[float], Field]
"""From seconds to what is seen then."""
Random = np.random.Generator

X, Y = np.meshgrid(np.linspace(-1, 1, WIDTH, dtype=np.float32), np.linspace(-0.6, 0.6, HEIGHT, dtype=np.float32))
TILE = 256
"""Side of the noise that clouds are made of; it joins at its edges."""


def waves(random: Random) -> Moving:
    """Water: crests of a few swells that run nearly the same way."""
    way, fine = random.uniform(0, 2 * np.pi), random.uniform(7, 22)
    swells = [_plane(way + random.normal(0, 0.45), fine * random.uniform(0.6, 1.6), random) for _ in range(4)]
    speed = random.uniform(2, 6)

    def draw(time: float) -> Field:
        height = sum(np.sin(plane + speed * (1 + 0.2 * n) * time) for n, plane in enumerate(swells))
        return 1 - np.abs(height) / 3

    return draw


def tiles(random: Random) -> Moving:
    """Architecture: windows in a wall, passed by."""
    turn, fine, gap = random.normal(0, 0.25), random.uniform(6, 18), random.uniform(-0.3, 0.5)
    across, down = _plane(turn, fine, random), _plane(turn + np.pi / 2, fine * random.uniform(0.6, 1.5), random)
    speed, lean = random.uniform(-3, 3), random.normal(0, 0.2)

    def draw(time: float) -> Field:
        windows = np.minimum(np.sin((across + speed * time) * (1 + lean * Y)), np.sin(down + 0.3 * speed * time))
        return np.clip((windows - gap) * 4, 0, 1)

    return draw


def stripes(random: Random) -> Moving:
    """Cloth, fences, blinds: bars that slide."""
    plane = _plane(random.uniform(0, np.pi), random.uniform(6, 26), random)
    bend, speed, hard = random.uniform(0, 1.5), random.uniform(-6, 6), random.uniform(0.8, 4)

    def draw(time: float) -> Field:
        return np.clip(0.5 + hard * np.sin(plane + bend * np.sin(2 * Y + time) + speed * time), 0, 1)

    return draw


def clouds(random: Random) -> Moving:
    """Two layers of soft noise that drift over each other."""
    noise = _noise(random, random.uniform(1.3, 2.1), 1)
    return _drifting(noise, random.uniform(-12, 12, 2), random.uniform(-5, 5, 2))


def fire(random: Random) -> Moving:
    """Soft noise that rises, stretched upwards, darker with height."""
    noise = _noise(random, random.uniform(1.0, 1.7), random.uniform(2, 4))
    flames = _drifting(noise, np.array([random.uniform(-8, 8), random.uniform(40, 90)]), random.uniform(10, 40, 2))
    falls = random.uniform(0.3, 1.1)
    return lambda time: flames(time) * (0.9 + falls * Y)


def cells(random: Random) -> Moving:
    """Blobs that wander."""
    count = int(random.integers(8, 26))
    places, speeds = random.uniform(-2, 2, (count, 2)), random.normal(0, 0.35, (count, 2))
    size = random.uniform(0.05, 0.14)

    def draw(time: float) -> Field:
        now = np.array([1, 0.6]) * (np.abs((places + speeds * time) % 4 - 2) - 1)  # bounced at the edges
        across = np.exp(-(((X[0] - now[:, :1]) / size) ** 2))
        down = np.exp(-(((Y[:, 0] - now[:, 1:]) / size) ** 2))
        return np.clip(3 * (down.T @ across) - 0.6, 0, 1).astype(np.float32)

    return draw


def talk(random: Random) -> Moving:
    """A head before a wall."""
    wall, size, sway = _noise(random, 3, 1)[:HEIGHT, :WIDTH], random.uniform(0.15, 0.4), random.uniform(0.5, 3)
    place = random.uniform(-0.5, 0.5)

    def draw(time: float) -> Field:
        left = (X - place - 0.08 * np.sin(sway * time)) / size
        head = np.clip(6 * (1 - left**2 - (Y / size / 1.3) ** 2), 0, 1)
        eyes = np.abs(np.abs(left) - 0.4) + np.abs(Y / size + 0.2) < 0.15
        return wall * (1 - head) * 0.6 + head * (0.9 - 0.6 * eyes)

    return draw


def boxes(random: Random) -> Moving:
    """A room: rectangles before each other, panned over."""
    room = np.full((TILE, TILE), 0.5, np.float32)
    for _ in range(int(random.integers(6, 30))):
        top, left = random.integers(0, TILE, 2)
        room[top : top + random.integers(8, 90), left : left + random.integers(8, 90)] = random.random()
    return _drifting(room, random.uniform(-15, 15, 2), None)


def rings(random: Random) -> Moving:
    """Circles around a point."""
    centre, fine, speed = random.uniform(-0.6, 0.6, 2), random.uniform(8, 25), random.uniform(-5, 5)
    away = np.hypot(X - centre[0], Y - centre[1] / 2)
    return lambda time: 0.5 + 0.5 * np.sin(fine * away + speed * time)


def haze(random: Random) -> Moving:
    """Light that moves on a wall: hardly anything."""
    return _drifting(_noise(random, random.uniform(2.4, 3.5), 1), random.uniform(-15, 15, 2), None)


FOOTAGE: dict[str, tuple[Callable[[Random], Moving], ...]] = {
    "waves": (waves,),
    "tiles": (tiles,),
    "clouds": (clouds,),
    "stripes": (stripes,),
    "cells": (cells,),
    "fire": (fire,),
    "other": (talk, boxes, rings, haze),
}
"""Class to what it may look like."""


def _plane(angle: float, fine: float, random: Random) -> Field:
    """The phase of a plane wave."""
    along = np.float32(np.cos(angle)) * X + np.float32(np.sin(angle)) * Y
    return np.float32(fine) * along + np.float32(random.uniform(0, 2 * np.pi))


def _noise(random: Random, power: float, tall: float) -> Field:
    """Noise whose amplitude falls with that power of the frequency, [TILE, TILE], stretched upwards."""
    down, across = np.meshgrid(np.fft.fftfreq(TILE), np.fft.rfftfreq(TILE), indexing="ij")
    amplitude = (np.hypot(down * tall, across) + 1 / TILE) ** -power
    amplitude[0, 0] = 0
    phases = random.normal(size=amplitude.shape) + 1j * random.normal(size=amplitude.shape)
    noise = np.fft.irfft2(amplitude * phases, (TILE, TILE))
    return (0.5 + 0.22 * noise / noise.std()).astype(np.float32)


def _drifting(picture: Field, speed: NDArray[np.float64], other: NDArray[np.float64] | None) -> Moving:
    """A picture that joins at its edges, moved by pixels a second; with a second layer of itself where asked."""

    def part(way: NDArray[np.float64], time: float) -> Field:
        left, top = (way * time).astype(int) % TILE
        return np.roll(picture, (-top, -left), (0, 1))[:HEIGHT, :WIDTH]

    if other is None:
        return lambda time: part(speed, time)
    return lambda time: np.clip(0.5 + 0.75 * (part(speed, time) + part(other, time + 40) - 1), 0, 1)
