"""Blobs, Caffe's arrays of numbers, found in a binary file without copying them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from miles_deep.errors import CaffeError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.onnx_file import fields

LAYER, LAYERS = 100, 2
"""Fields of NetParameter: layers of today's format, and of those of 2013 and 2014."""
SETTINGS_OF_2013 = 1
"""Field of V1LayerParameter: the message that held all of a layer in 2013."""
NAME_AND_BLOBS = {LAYER: (1, 7), LAYERS: (4, 6), SETTINGS_OF_2013: (1, 50)}
"""The fields that hold a layer's name and blobs, in each of the three formats."""
DATA, SHAPE, DOUBLE_DATA = 5, 7, 8
"""Fields of BlobProto; 1 to 4 are the shape before 2015."""

MAX_FIELDS = 1 << 16
"""Of a whole file, not counting what is in its blobs. ResNet-152 has some thousands; each costs some microseconds,
so that no file of tiny fields keeps us for long."""
MAX_BLOB_FIELDS = 64
"""Of one blob. Its numbers are packed, a field for all of them, as caffe.proto has always said."""
MAX_SHAPE = 1 << 12
"""Bytes of a blob's shape, a byte or two a dimension."""

Numbers = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Blob:
    """An array as a file holds it; nothing says yet that shape and values fit."""

    shape: tuple[int, ...]
    """As declared; in files before 2015 always four numbers, padded with ones in front."""
    values: Numbers
    """Flat, a view of the file."""


def layer_blobs(content: bytes, path: str | Path) -> Iterator[tuple[str, list[memoryview]]]:
    """The name and blobs of each layer of a caffemodel that has blobs, of whatever year.

    Raises:
        CaffeError: it is no caffemodel, is cut short, or mixes the formats.
    """
    seen: set[int] = set()
    try:
        left = _Left(MAX_FIELDS)
        for number, layer in left.fields(memoryview(content)):
            if number not in (LAYER, LAYERS) or isinstance(layer, int):
                continue
            seen.add(number)
            name, blobs = _opened(layer, number, left)
            if blobs:
                yield name, blobs
    except (IndexError, ValueError) as error:
        raise CaffeError(f"{path}: not a caffemodel, or cut short or damaged") from error
    if len(seen) > 1:
        raise CaffeError(f"{path}: a caffemodel of two formats in one file; it can have only one")


def read_blob(message: bytes | memoryview) -> Blob:
    """Open one blob. Raises IndexError or ValueError where it is none."""
    dims = [0] * 4
    shape: tuple[int, ...] | None = None
    values: dict[int, list[Numbers]] = {DATA: [], DOUBLE_DATA: []}
    for count, (number, value) in enumerate(fields(memoryview(message))):
        if count >= MAX_BLOB_FIELDS:
            raise ValueError("more fields than a blob has")
        if isinstance(value, int):
            if 1 <= number <= 4:
                dims[number - 1] = _signed(value)
        elif number == SHAPE:
            shape = _dims(value)
        elif number in values:
            values[number].append(np.frombuffer(value, "<f4" if number == DATA else "<f8"))
    found = values[DOUBLE_DATA] or values[DATA]
    joined = found[0] if len(found) == 1 else np.concatenate([*found, np.zeros(0)])
    return Blob(tuple(dims) if shape is None else shape, joined)


class _Left:
    """Counts fields across messages, so that a file cannot have more of them than it may."""

    def __init__(self, count: int) -> None:
        self._count = count

    def fields(self, message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
        """The fields of a message. Raises ValueError where there are too many by now."""
        for one in fields(message):
            self._count -= 1
            if self._count < 0:
                raise ValueError("more fields than any network has")
            yield one


def _opened(layer: memoryview, format_: int, left: _Left) -> tuple[str, list[memoryview]]:
    """The name and blobs of one layer."""
    name = ""
    blobs: list[memoryview] = []
    for number, value in left.fields(layer):
        if isinstance(value, int):
            continue
        if format_ == LAYERS and number == SETTINGS_OF_2013:
            inner_name, inner = _opened(value, SETTINGS_OF_2013, left)
            name, blobs = inner_name or name, blobs + inner
        elif number == NAME_AND_BLOBS[format_][0]:
            name = bytes(value).decode(errors="replace")
        elif number == NAME_AND_BLOBS[format_][1]:
            blobs.append(value)
    return name, blobs


def _dims(message: memoryview) -> tuple[int, ...]:
    """The numbers of a BlobShape."""
    if len(message) > MAX_SHAPE:
        raise ValueError("more dimensions than a blob has")
    try:
        return tuple(pb.BlobShape.FromString(bytes(message)).dim)
    except DecodeError as error:
        raise ValueError("no shape") from error


def _signed(number: int) -> int:
    """As an int64: what is below zero is written as its complement."""
    return number - (1 << 64) if number >= 1 << 63 else number
