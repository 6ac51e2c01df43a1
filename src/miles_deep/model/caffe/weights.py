"""The numbers of a caffemodel, handed out layer by layer and checked against what the prototxt wants."""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import CaffeError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.files import blob_shape, blob_values
from miles_deep.model.caffe.naming import by, quoted


class Weights:
    """The layers of a caffemodel by name; Caffe fits them to a prototxt by nothing else."""

    def __init__(self, network: pb.NetParameter, path: str | Path, prototxt: str | Path) -> None:
        self._path, self._prototxt = path, prototxt
        self._layers: dict[str, pb.LayerParameter] = {}
        for layer in network.layer:
            if not layer.blobs:
                continue
            if layer.name in self._layers:
                raise CaffeError(f"{path}: layer {quoted(layer.name)} has weights twice")
            self._layers[layer.name] = layer

    def blobs(self, layer: str, *wanted: tuple[int, ...]) -> list[NDArray[np.float32]]:
        """A layer's blobs, of exactly these shapes.

        Raises:
            CaffeError: the layer is not in the caffemodel, or its blobs have another number or shape, too
                few or too many values, or values that are not numbers.
        """
        found = self._layers.get(layer)
        where = f"{self._path}: layer {quoted(layer)}"
        fit = f"{self._prototxt} wants {' and '.join(map(by, wanted))}"
        hint = "are the two files of the same network?"
        if found is None:
            raise CaffeError(f"{where} has no weights, {fit}; {hint}")
        shapes = [blob_shape(blob) for blob in found.blobs]
        if list(map(_trimmed, shapes)) != list(map(_trimmed, wanted)):
            here = " and ".join(by(shape) for shape in shapes[:8])
            raise CaffeError(f"{where} has weights of shape {here}, {fit}; {hint}")
        return [self._values(blob, shape, where) for blob, shape in zip(found.blobs, wanted, strict=True)]

    def _values(self, blob: pb.BlobProto, shape: tuple[int, ...], where: str) -> NDArray[np.float32]:
        count = len(blob.double_data) or len(blob.data)
        if count != math.prod(shape):
            raise CaffeError(f"{where} declares {by(shape)} weights, but holds {count}; the file is damaged")
        values = blob_values(blob)
        if not np.isfinite(values).all():
            raise CaffeError(f"{where} has weights that are not numbers; the file is damaged")
        return values.reshape(shape)


def _trimmed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Without the ones in front: before 2015 a bias of 64 was written as 1x1x1x64."""
    first = next((index for index, size in enumerate(shape) if size != 1), len(shape))
    return shape[first:]
