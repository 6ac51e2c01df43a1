"""Pictures to look at networks with, and how far apart the scores of two of them are."""

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import ModelError
from miles_deep.model.preprocess import Preprocess

SEED = 20161103


def probes(width: int, height: int) -> NDArray[np.uint8]:
    """Pictures of one size, always the same: uint8 [12, height, width, 3], RGB.

    Drawn: black, white, gradients, a disc on a ground, a chessboard; and noise at four scales, in grey and in
    colour, since edges and textures of every size excite what a flat picture leaves asleep.
    """
    random = np.random.default_rng(SEED)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    ramp = np.stack([x, y, 1 - x], axis=2)
    disc = ((x - 0.45) ** 2 + (y - 0.55) ** 2 < 0.09)[..., None]
    board = ((np.floor(x * 8) + np.floor(y * 8)) % 2)[..., None] * np.array([1, 0.9, 0.6])
    drawn = [
        np.zeros((height, width, 3)),
        np.ones((height, width, 3)),
        ramp,
        np.where(disc, [0.9, 0.2, 0.1], [0.2, 0.5, 0.8]) * (0.6 + 0.4 * y[..., None]),
    ]
    noise = [_noise(random, width, height, cells, colours) for cells in (2, 6, 24, 0) for colours in (1, 3)]
    pictures = [*drawn, 0.5 * board + 0.5 * noise[2], *noise[1:]]
    return np.stack([np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8) for picture in pictures])


def prepared(pictures: NDArray[np.uint8], spec: Preprocess) -> NDArray[np.float32]:
    """What `attach` makes of pictures that have the input's size, computed here once more."""
    ordered = pictures[..., ::-1] if spec.channels == "bgr" else pictures
    values = (ordered.astype(np.float32) - np.array(spec.mean, np.float32)) * np.array(spec.scale, np.float32)
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2) if spec.layout == "nchw" else values)


def refuse_not_numbers(scores: NDArray[np.float32]) -> None:
    """Raises ModelError where a score is infinite or not a number."""
    if not np.isfinite(scores).all():
        raise ModelError(
            "gives scores that are not numbers; its weights are damaged, or it wants other preprocessing"
        )


def _noise(random: np.random.Generator, width: int, height: int, cells: int, colours: int) -> NDArray[np.float64]:
    """Random values in squares of which `cells` go on a side; 0: every pixel."""
    across, down = cells or width, cells or height
    values = random.random((down, across, colours))
    rows, columns = np.arange(height) * down // height, np.arange(width) * across // width
    return np.broadcast_to(values[rows][:, columns], (height, width, 3))
