"""What to subtract from a picture's channels: from a mean image, an array, or numbers as they are."""

import io
import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from miles_deep.errors import CaffeError
from miles_deep.model.caffe.blobs import read_blob
from miles_deep.model.caffe.files import read_bytes

MAX_MEAN = 1 << 26
"""Bytes of a mean file; that of a picture of 256x256 in doubles takes 1.5 million."""

NUMBER = r"\s*[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|inf)\s*"
NUMBERS = re.compile(f"{NUMBER}(,{NUMBER})*", re.IGNORECASE)
"""A number, or several with commas between them, where a path would stand."""

NPY = b"\x93NUMPY"
"""How a `.npy` file begins."""
NPY_HEADERS = {1: npy.read_array_header_1_0, 2: npy.read_array_header_2_0}
"""Its versions; a third is only for names of fields."""


def read_mean(mean: str | Path | Sequence[float] | None) -> tuple[float, float, float]:
    """The three numbers to subtract, one a channel in the network's own order: blue, green, red; of grey thrice.

    Args:
        mean: a mean image as compute_image_mean writes it (`.binaryproto`); an array as NumPy saves it (`.npy`),
            [3, H, W] or [3]; three numbers, as text with commas between them (`104,117,123`) or a sequence;
            any of these of one channel, which counts for all; None: nothing is subtracted. The first Miles Deep
            subtracted an image's averages by channel, not the image itself, so its size need not be the network's.

    Raises:
        CaffeError: it is none of these, or not of three channels or one.
    """
    if mean is None:
        return (0.0, 0.0, 0.0)
    if isinstance(mean, str | Path) and not _is_numbers(mean):
        source, average = str(mean), _of_file(mean)
    else:
        source = "mean"
        average = tuple(map(float, str(mean).split(",") if isinstance(mean, str | Path) else mean))
    if len(average) not in (1, 3):
        raise CaffeError(f"{source}: a mean of {len(average)} channels; pictures have 3, or 1 where they are grey")
    if not np.isfinite(average).all():
        raise CaffeError(f"{source}: the mean holds values that are not numbers")
    blue, green, red = average * (3 // len(average))
    return blue, green, red


def _is_numbers(mean: str | Path) -> bool:
    """Whether it reads as numbers, and no file has that name."""
    return NUMBERS.fullmatch(str(mean)) is not None and not Path(mean).exists()


def _of_file(path: str | Path) -> tuple[float, ...]:
    """The average of each channel."""
    content = read_bytes(path, MAX_MEAN)
    shape, values = _array(content, path) if content.startswith(NPY) else _binaryproto(content, path)
    if len(shape) == 4 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) == 1 and content.startswith(NPY):
        shape = (*shape, 1, 1)
    if len(shape) != 3 or min(shape) < 1 or math.prod(shape) != values.size:
        found = f"shape {'x'.join(map(str, shape[:8]))}, {values.size} values"
        raise CaffeError(f"{path}: not a mean file of one picture ({found})")
    with np.errstate(invalid="ignore", over="ignore"):  # what becomes no number is refused above
        mean = values.reshape(shape[0], -1).mean(axis=1, dtype=np.float64)
    return tuple(map(float, mean))


def _binaryproto(content: bytes, path: str | Path) -> tuple[tuple[int, ...], NDArray[np.floating]]:
    """Shape and values of a blob in a file of its own."""
    try:
        blob = read_blob(content)
    except (IndexError, ValueError) as error:
        raise CaffeError(f"{path}: not a mean file (binaryproto or npy), or cut short or damaged") from error
    return blob.shape, blob.values


def _array(content: bytes, path: str | Path) -> tuple[tuple[int, ...], NDArray[np.floating]]:
    """Shape and values of a `.npy` file; objects, which would be a pickle, are refused with all that is no number.

    Not `numpy.load`, which makes room for whatever shape the file declares.
    """
    try:
        stream = io.BytesIO(content)
        major, _ = npy.read_magic(stream)
        shape, by_columns, kind = NPY_HEADERS[major](stream)
        if kind.kind not in "fiu" or kind.itemsize > 8:
            raise ValueError(f"its values are {kind}, not numbers")
        values = np.frombuffer(content, kind, offset=stream.tell())
    except (KeyError, ValueError, TypeError, SyntaxError, OverflowError, MemoryError, RecursionError) as error:
        raise CaffeError(f"{path}: not an array of numbers as NumPy saves it, or cut short") from error
    if by_columns and math.prod(shape) == values.size:
        values = values.reshape(shape, order="F").ravel()
    return shape, values.astype(np.float64)
