"""Whether two pictures are one and the same, or at least one the encoded form of the other."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray

SKETCH = 80
"""Cells along the longer side of a sketch."""

ALIKE = 0.8
"""Structural similarity of two sketches below which a picture is not what it should be. The worst of our encoders'
was 0.929 (x264, a moving texture of 128 x 96), noise of any strength included; pictures that lack their
keyframe have 0.6 to 0.9."""

NEARER, MARGIN = 2.0, 2.0
"""How many times nearer, and by how much (squares of 8-bit levels), a picture has to be to the frame before or
after its own to be taken for that. Noise that an encoder leaves out puts it as far from either."""

COLOURS, COLOURLESS = 0.8, 12.0
"""Squared difference of colour (squares of 8-bit levels) from which on it is another: a part of its squared
strength, and a little where there is hardly any. An encoder's were at 0.03 of it, in noise at 0.65; grey is at 1,
inverted colours are at 4."""

FLAT = 1.0
"""Variance (squares of 8-bit levels) of a square without detail."""

Levels = NDArray[np.float32]


def same(one: VideoFrame, other: VideoFrame) -> bool:
    """Whether two pictures are equal in every visible sample."""
    shapes = [(picture.format.name, picture.width, picture.height) for picture in (one, other)]
    return shapes[0] == shapes[1] and all(
        np.array_equal(_visible(one, plane), _visible(other, twin))
        for plane, twin in zip(range(len(one.planes)), range(len(other.planes)), strict=True)
    )


def _visible(picture: VideoFrame, number: int) -> NDArray[np.uint8]:
    """The bytes of a plane that belong to samples; rows are padded, with whatever was there before."""
    plane: VideoPlane = picture.planes[number]
    size = sum(
        component.width * -(-component.bits // 8)
        for component in picture.format.components
        if component.plane == number
    )
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height]
    return rows[:, : size or plane.line_size]


def same_tags(one: VideoFrame, other: VideoFrame) -> bool:
    """Whether two pictures say the same of what their values mean as colours; where they are of one format."""
    said = [
        (picture.colorspace, picture.color_range, picture.color_primaries, picture.color_trc)
        for picture in (one, other)
    ]
    return one.format.name != other.format.name or said[0] == said[1]


@dataclass(frozen=True, slots=True)
class Sketch:
    """A small picture, levels 0 to 255."""

    luma: Levels
    chroma: tuple[Levels, ...]
    """The two of colour, where there is any, in cells twice the size."""


def sketch(picture: VideoFrame) -> Sketch:
    """A small picture of a picture's visible samples."""
    if not picture.format.name.startswith(("yuv", "gray")):
        picture = picture.reformat(format="yuv444p")
    deep = picture.format.components[0].bits > 8
    luma, *chroma = (
        _small(picture, number, SKETCH if number == 0 else SKETCH // 2, deep)
        for number in range(min(3, sum(not part.is_alpha for part in picture.format.components)))
    )
    return Sketch(luma, tuple(chroma))


def _small(picture: VideoFrame, number: int, cells: int, deep: bool) -> Levels:
    """A plane in so many cells along its longer side."""
    component = picture.format.components[number]
    plane: VideoPlane = picture.planes[number]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height]
    if deep:
        rows = rows.view(np.uint16)
    levels = rows[:, : plane.width]
    cell = max(1, max(levels.shape) // cells)
    height, width = levels.shape[0] // cell, levels.shape[1] // cell
    step = max(1, cell // 3)
    # Some samples of each cell will do, and cost a tenth of all of them.
    offsets = range(step // 2, cell, step)
    total = np.zeros((height, width), np.float32)
    for y in offsets:
        for x in offsets:
            total += levels[y::cell, x::cell][:height, :width]
    return (total / (len(offsets) ** 2 * (1 << (component.bits - 8 if deep else 0)))).astype(np.float32)


def similarity(one: Sketch, other: Sketch) -> float:
    """Mean structural similarity of the light in two sketches, over squares of 8 cells."""
    values = _similarities(one.luma, other.luma)
    return float(values[0].mean()) if values is not None else 0.0


def detail_kept(one: VideoFrame, other: VideoFrame) -> float:
    """Mean structural similarity of two pictures' light, over squares of 8 cells of their sketches, those with
    detail counting most."""
    values = _similarities(sketch(one).luma, sketch(other).luma)
    return float(np.average(values[0], weights=values[1] + FLAT)) if values is not None else 0.0


def _similarities(one: Levels, other: Levels) -> tuple[Levels, Levels] | None:
    """Structural similarity by square (Wang et al. 2004), and the second one's variance; None: sizes differ."""
    if one.shape != other.shape:
        return None
    size = min(8, *one.shape)
    height, width = (length // size * size for length in one.shape)
    cells = [
        picture[:height, :width].reshape(height // size, size, width // size, size).swapaxes(1, 2)
        for picture in (one, other)
    ]
    first, second = (square.reshape(-1, size * size) for square in cells)
    means = first.mean(1), second.mean(1)
    spread = first.var(1), second.var(1)
    together = ((first - means[0][:, None]) * (second - means[1][:, None])).mean(1)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = (2 * means[0] * means[1] + c1) * (2 * together + c2)
    values /= (means[0] ** 2 + means[1] ** 2 + c1) * (spread[0] + spread[1] + c2)
    return values, spread[1]


def distance(one: Sketch, other: Sketch) -> float:
    """Mean squared difference of the light in two sketches."""
    return _distance(one.luma, other.luma)


def _distance(one: Levels, other: Levels) -> float:
    return float(np.square(one - other).mean()) if one.shape == other.shape else float("inf")


def faded(made: Sketch, source: Sketch) -> bool:
    """Whether the colours of a picture are not those of its source."""
    return len(made.chroma) == len(source.chroma) and any(
        _distance(one, other) > COLOURLESS + COLOURS * float(np.square(other - 128).mean())
        for one, other in zip(made.chroma, source.chroma, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    time: Fraction
    part: int
    made: Sketch
    source: Sketch


class Judge:
    """Judges encoded pictures, given in order, by their own frames of the source and those beside them."""

    def __init__(self) -> None:
        self._before: Sketch | None = None
        self._open: _Pair | None = None

    def add(self, time: Fraction, part: int, made: VideoFrame, source: VideoFrame) -> list[tuple[Fraction, int]]:
        """Take a picture and its source's; gives (time, part) of what turned out wrong, maybe the one before."""
        pair = _Pair(time, part, sketch(made), sketch(source))
        wrong = self._judged(pair.source)
        if self._open is not None:
            self._before = self._open.source
        self._open = pair
        return wrong

    def close(self) -> list[tuple[Fraction, int]]:
        """The next picture, if there is one, does not follow on the last. Gives what `add` gives."""
        wrong = self._judged(None)
        self._before = self._open = None
        return wrong

    def _judged(self, after: Sketch | None) -> list[tuple[Fraction, int]]:
        if self._open is None:
            return []
        pair = self._open
        own = distance(pair.made, pair.source)
        wrong = similarity(pair.made, pair.source) < ALIKE or faded(pair.made, pair.source)
        for other in (self._before, after):
            wrong = wrong or (other is not None and own > NEARER * distance(pair.made, other) + MARGIN)
        return [(pair.time, pair.part)] if wrong else []
