"""Pictures to look at networks with, and how far apart the scores of two of them are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import ModelError
from miles_deep.model.preprocess import GREY, Preprocess

SEED = 20161103

PHOTOS = tuple(Path(__file__).with_name(name) for name in ("cat.jpg", "coffee.jpg"))
"""Photographs by Stefan van der Walt and Rachel Michetti, CC0, out of scikit-image."""

PROBES = len(PHOTOS) + 12
"""Pictures that a network is shown, where they are not too large."""

MAX_PIXELS = 1 << 25
"""Of all pictures together, which are held in several forms: of 1,500 x 1,500 still all."""


def count(width: int, height: int) -> int:
    """How many pictures of one size a network is shown: at least the photographs."""
    return max(len(PHOTOS), min(PROBES, MAX_PIXELS // (width * height)))


def probes(width: int, height: int) -> NDArray[np.uint8]:
    """Pictures of one size, always the same: uint8 [`count`, height, width, 3], RGB; first the photographs."""
    from PIL import Image  # here, since only imports look at photographs

    pictures = np.empty((count(width, height), height, width, 3), np.uint8)
    for picture, path in zip(pictures, PHOTOS, strict=False):
        picture[:] = np.asarray(Image.open(path).convert("RGB").resize((width, height)))
    for picture, values in zip(pictures[len(PHOTOS) :], _drawn(width, height), strict=False):
        picture[:] = np.clip(np.rint(values * 255), 0, 255)
    return pictures


def _drawn(width: int, height: int) -> Iterator[NDArray[np.float64]]:
    """Black, white, gradients, a disc on a ground, a chessboard; and noise at four scales, in grey and in colour,
    since edges and textures of every size excite what a flat picture leaves asleep: 0 to 1."""
    random = np.random.default_rng(SEED)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    yield np.zeros((height, width, 3))
    yield np.ones((height, width, 3))
    yield np.stack([x, y, 1 - x], axis=2)
    disc = ((x - 0.45) ** 2 + (y - 0.55) ** 2 < 0.09)[..., None]
    yield np.where(disc, [0.9, 0.2, 0.1], [0.2, 0.5, 0.8]) * (0.6 + 0.4 * y[..., None])
    board = ((np.floor(x * 8) + np.floor(y * 8)) % 2)[..., None] * np.array([1, 0.9, 0.6])
    yield 0.5 * board + 0.5 * _noise(random, width, height, 6, 1)
    for cells, colours in ((2, 3), (6, 1), (6, 3), (24, 1), (24, 3), (0, 1), (0, 3)):
        yield _noise(random, width, height, cells, colours)


def prepared(pictures: NDArray[np.uint8], spec: Preprocess) -> NDArray[np.float32]:
    """What `attach` makes of pictures that have the input's size, computed here once more."""
    ordered: NDArray[Any] = pictures[..., ::-1] if spec.channels == "bgr" else pictures
    if spec.channels == "grey":
        ordered = ((pictures @ np.array(GREY, np.uint32) + 32768) >> 16)[..., None]
    laid_out = ordered.transpose(0, 3, 1, 2) if spec.layout == "nchw" else ordered
    colours = ordered.shape[-1]
    mean, scale = (np.array(numbers[:colours], np.float32) for numbers in (spec.mean, spec.scale))
    if spec.layout == "nchw":
        mean, scale = mean[:, None, None], scale[:, None, None]
    values = laid_out.astype(np.float32, order="C")
    values -= mean
    values *= scale
    return values


def refuse_senseless(scores: NDArray[np.float32]) -> None:
    """Raises ModelError where a score is infinite or not a number, or the probes all have the same."""
    hint = "its weights are damaged, or it wants other preprocessing"
    if not np.isfinite(scores).all():
        raise ModelError(f"gives scores that are not numbers; {hint}")
    if (scores == scores[0]).all():
        raise ModelError(f"gives the same scores whatever the picture; {hint}")


def _noise(random: np.random.Generator, width: int, height: int, cells: int, colours: int) -> NDArray[np.float64]:
    """Random values in squares of which `cells` go on a side; 0: every pixel."""
    across, down = cells or width, cells or height
    values = random.random((down, across, colours))
    rows, columns = np.arange(height) * down // height, np.arange(width) * across // width
    return np.broadcast_to(values[rows][:, columns], (height, width, 3))
