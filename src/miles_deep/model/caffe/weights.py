"""The numbers of a caffemodel, handed out layer by layer and checked against what the prototxt wants."""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import CaffeError
from miles_deep.model.caffe.blobs import Blob, layer_blobs, read_blob
from miles_deep.model.quoting import by, quoted


class Weights:
    """The layers of a caffemodel by name; Caffe fits them to a prototxt by nothing else, whatever their format.

    Raises:
        CaffeError: it is no caffemodel, is cut short, has no weights, or a layer's weights twice.
    """

    def __init__(self, content: bytes, path: str | Path, prototxt: str | Path) -> None:
        self._path, self._prototxt = path, prototxt
        self._layers: dict[str, list[memoryview]] = {}
        for name, blobs in layer_blobs(content, path):
            if name in self._layers:
                raise CaffeError(f"{path}: layer {quoted(name)} has weights twice")
            self._layers[name] = blobs
        self._taken: set[str] = set()
        if not self._layers:
            raise CaffeError(f"{path}: not a caffemodel, or one without weights")

    def blobs(self, layer: str, *wanted: tuple[int, ...]) -> list[NDArray[np.float32]]:
        """A layer's blobs, of exactly these shapes.

        Raises:
            CaffeError: the layer is not in the caffemodel, another layer of its name had them already, or they
                have another number or shape, too few or too many values, or values that are not numbers.
        """
        # Caffe takes layers of one name, or without any; only by their weights are they told apart.
        if layer in self._taken:
            raise CaffeError(f"{self._prototxt}: more than one layer with weights has the name {quoted(layer)}")
        self._taken.add(layer)
        found = self._layers.get(layer)
        where = f"{self._path}: layer {quoted(layer)}"
        fit = f"{self._prototxt} wants {' and '.join(map(by, wanted))}"
        hint = "are the two files of the same network?"
        if found is None:
            raise CaffeError(f"{where} has no weights, {fit}; {hint}")
        try:
            blobs = [read_blob(one) for one in found[: len(wanted) + 1]]
        except (IndexError, ValueError) as error:
            raise CaffeError(f"{where} has weights that cannot be read; the file is damaged") from error
        if [_trimmed(one.shape) for one in blobs] != list(map(_trimmed, wanted)):
            here = " and ".join(by(one.shape) for one in blobs[:8])
            raise CaffeError(f"{where} has weights of shape {here}, {fit}; {hint}")
        return [_values(blob, shape, where) for blob, shape in zip(blobs, wanted, strict=True)]


def _values(blob: Blob, shape: tuple[int, ...], where: str) -> NDArray[np.float32]:
    """The numbers of a blob in this shape."""
    if blob.values.size != math.prod(shape):
        declared = f"{by(shape)} weights, but holds {blob.values.size}"
        raise CaffeError(f"{where} declares {declared}; the file is damaged")
    with np.errstate(over="ignore"):  # a double beyond float32 becomes infinite
        values = blob.values.astype(np.float32, copy=False)
    if not np.isfinite(values).all():
        raise CaffeError(f"{where} has weights that are not numbers; the file is damaged")
    return values.reshape(shape)


def _trimmed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Without the ones in front: before 2015 a bias of 64 was written as 1x1x1x64."""
    first = next((index for index, size in enumerate(shape) if size != 1), len(shape))
    return shape[first:]
