"""What the function of a layer type works with, and the checks that many of them need."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import CaffeError, UnsupportedLayerError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.graph import Graph, Tensor
from miles_deep.model.caffe.weights import Weights
from miles_deep.model.quoting import by


@dataclass(frozen=True, slots=True)
class Call:
    """One layer on its way into the graph.

    Axes are counted as Caffe does: 0 is that of the pictures of a batch, which a `Tensor`'s shape leaves out.
    """

    layer: pb.LayerParameter
    where: str
    """File, layer and type, to begin an error with."""
    inputs: list[Tensor]
    foldable: bool
    """Whether no other layer reads the first input, so that it may be changed where it is made."""
    graph: Graph
    weights: Weights

    def blobs(self, *wanted: tuple[int, ...]) -> list[NDArray[np.float32]]:
        """The layer's weights, of exactly these shapes. Raises CaffeError."""
        return self.weights.blobs(self.layer.name, *wanted)

    def read(self, count: int) -> list[Tensor]:
        """The layer's inputs. Raises UnsupportedLayerError where they are not this many."""
        if len(self.inputs) != count:
            raise UnsupportedLayerError(f"{self.where} reads {len(self.inputs)} blobs, not {count}")
        return self.inputs

    def one(self) -> Tensor:
        """The layer's one input. Raises UnsupportedLayerError where there are others."""
        return self.read(1)[0]

    def map(self) -> Tensor:
        """The layer's one input, channels of a picture [C, H, W]. Raises CaffeError where it is no such."""
        source = self.one()
        if len(source.shape) != 3:
            raise CaffeError(f"{self.where} needs channels of pictures, but reads {by(source.shape)} values")
        return source

    def axis(self, axis: int, source: Tensor, name: str = "axis", end: int = 0) -> int:
        """An axis of `source`, 1 or more, whichever end it is counted from.

        `end` is how many more there can be than `source` has.

        Raises:
            CaffeError: there is no such axis.
            UnsupportedLayerError: it is that of the batch, so that a picture's scores would hang on the others.
        """
        axes = len(source.shape) + 1 + end
        found = axis + axes if axis < 0 else axis
        if not 0 <= found < axes:
            raise CaffeError(f"{self.where} has {name}: {axis}; the blob that it reads has {axes - end} axes")
        if not found:
            raise UnsupportedLayerError(f"{self.where} has {name}: {axis}, which mixes the pictures of a batch")
        return found

    def finite(self, setting: object, *names: str) -> list[float]:
        """Numbers among a layer's settings. Raises CaffeError where one is none."""
        values = [float(getattr(setting, name)) for name in names]
        for name, value in zip(names, values, strict=True):
            if not math.isfinite(value):
                raise CaffeError(f"{self.where} has a {name} that is not a number")
        return values
