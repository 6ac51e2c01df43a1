"""How a PyTorch file describes its tensors: each a view of a storage, which several can share."""

import math
from collections.abc import Sequence
from typing import NamedTuple

DTYPES = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}
"""PyTorch's classes of storages, and what they hold; `bfloat16` is the upper half of a float32."""


class Storage(NamedTuple):
    """A row of numbers in the file, which several tensors can share."""

    dtype: str
    """A value of `DTYPES`."""
    key: str
    """Its name in the file."""
    size: int
    """Numbers in it."""


class Tensor(NamedTuple):
    """Where in a storage the numbers of a tensor stand."""

    storage: Storage
    offset: int
    """Index of its first number."""
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    """Distance between neighbours along each axis, counted in numbers."""


def lies_within(room: int, offset: int, shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether a tensor lies in a storage of `room` numbers, and has no more numbers than that.

    Args:
        room: numbers in the storage.
        offset: index of the tensor's first number.
        shape: its sizes.
        strides: distance between neighbours along each axis, counted in numbers.
    """
    if len(shape) != len(strides) or min(offset, *shape, *strides, 0) < 0:
        return False
    count = math.prod(shape)
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    return count <= room and (count == 0 or last < room)
