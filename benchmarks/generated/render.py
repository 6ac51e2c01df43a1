"""From script to film: a small h264 file."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from generated.footage import FOOTAGE, HEIGHT, WIDTH, Field, Moving, Random, X, Y
from generated.script import BACKGROUND, LABELS, RATE, Script, Shot

ENCODER = {"preset": "veryfast", "crf": "26", "threads": "1"}
Picture = NDArray[np.uint8]


def render(script: Script, path: Path) -> None:
    """Write the film, h264 in whatever container the suffix says."""
    write_film(pictures(script), path, RATE)


def write_film(pictures: Iterable[Picture], path: Path, rate: int) -> None:
    """Write pictures, `rate` a second, as h264."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options=ENCODER)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = 4 * rate
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def pictures(script: Script) -> Iterator[Picture]:
    """Every frame, uint8 [HEIGHT, WIDTH, 3] RGB."""
    random = np.random.default_rng([script.seed, 1])
    shots = [Footage(shot) for shot in script.shots]
    current = 0
    for number in range(script.frames):
        while number >= shots[current].shot.end:
            current += 1
        picture = shots[current].at(number)
        for other, share in _mixed(script.shots, current, number):
            picture = picture * np.float32(1 - share) + shots[other].at(number) * np.float32(share)
        for flicker in script.flickers:
            if flicker.start <= number < flicker.end:
                picture = _disturbed(picture, flicker.flash, random)
        yield np.clip(picture, 0, 255).astype(np.uint8)


def _mixed(shots: tuple[Shot, ...], current: int, number: int) -> Iterator[tuple[int, float]]:
    """The shot that one dissolves from or to, and its share of the picture."""
    shot = shots[current]
    if shot.dissolve and (past := number - shot.start) < shot.dissolve / 2:
        yield current - 1, 0.5 - (past + 0.5) / shot.dissolve
    if current + 1 < len(shots) and (ahead := shot.end - number) <= shots[current + 1].dissolve / 2:
        yield current + 1, 0.5 - (ahead - 0.5) / shots[current + 1].dissolve


def _disturbed(picture: Field, flash: bool, random: Random) -> Field:
    if flash:
        return picture + 255 * np.float32(random.random() < 0.5)
    return picture * np.float32(random.uniform(0.1, 1.9))


class Footage:
    """A shot: what is seen, with something else beside it, in colours of its own."""

    def __init__(self, shot: Shot) -> None:
        self.shot = shot
        self._parts: tuple[Moving, Moving] | None = None

    def at(self, number: int) -> Field:
        """float32 [HEIGHT, WIDTH, 3], about 0…255."""
        if self._parts is None:
            self._set_up(np.random.default_rng(self.shot.seed))
        assert self._parts is not None
        main, beside = self._parts
        time = (number - self.shot.start) / RATE
        edge = self._edge + self._sway * np.sin(self._pace * time)
        share = np.clip((edge - self._across) * 12, 0, 1)
        field = beside(time) * (1 - share) + main(time) * share
        picture = self._palette[np.clip(field * 255, 0, 255).astype(np.uint8)]
        top, left = np.random.default_rng(number).integers(0, 64, 2)
        return picture + self._grain[top : top + HEIGHT, left : left + WIDTH, None]

    def _set_up(self, random: Random) -> None:
        kinds = FOOTAGE[self.shot.label]
        others = FOOTAGE[BACKGROUND] if self.shot.label != BACKGROUND else FOOTAGE[str(random.choice(LABELS))]
        self._parts = (
            kinds[random.integers(len(kinds))](random),
            others[random.integers(len(others))](random),
        )
        # What is beside takes nothing up to half of the picture, and more or less in the course of the shot.
        angle = random.uniform(0, 2 * np.pi)
        self._across = np.float32(np.cos(angle)) * X + np.float32(np.sin(angle)) * Y
        low, high = self._across.min(), self._across.max()
        self._edge = low + (high - low) * random.uniform(0.5, 1.2)
        self._sway, self._pace = random.uniform(0, 0.4), random.uniform(0.5, 2)
        self._palette = _palette(random)
        self._grain = random.normal(0, random.uniform(1, 16), (HEIGHT + 64, WIDTH + 64)).astype(np.float32)


def _palette(random: Random) -> Field:
    """256 colours, from a dark one through another to a light one, or the other way round."""
    dark, light = random.uniform(0, 110, 3), random.uniform(100, 255, 3)
    middle = (dark + light) / 2 + random.normal(0, 25, 3)
    steps = np.linspace(0, 1, 256)
    colours = np.stack([np.interp(steps, [0, 0.5, 1], [dark[k], middle[k], light[k]]) for k in range(3)], axis=1)
    return np.clip(colours if random.random() < 0.5 else colours[::-1], 0, 255).astype(np.float32)
