"""How large a classifier is: what it learned, and what one picture costs."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx

from miles_deep.errors import ModelError
from miles_deep.model.attach import attach, parse
from miles_deep.model.model import Model
from miles_deep.model.network import FRAMES, first_line
from miles_deep.model.onnx_import.reading import constants
from miles_deep.model.onnx_import.running import session
from miles_deep.model.work import COSTS, Shapes


@dataclass(frozen=True, slots=True)
class Size:
    """What a network holds and does."""

    parameters: int
    """Learned numbers: weights and biases, each counted once however often it is used."""
    multiply_adds: int
    """Of convolutions and matrix products, for one picture."""
    bytes: int
    """Of the network, without labels and all else that comes with it."""


def size_of(model: Model) -> Size:
    """Count a classifier's parameters, and its multiply-adds for one picture of its input size.

    The graph is counted as it stands: where normalisation was folded into a convolution, its scale and shift are
    part of that convolution's weights and bias. Running means and variances do not count, nor does arithmetic on
    the picture itself before the first layer.

    Raises:
        ModelError: the network cannot be read, or not run.
    """
    network = parse(model.network, model.card.name)
    whole = attach(network, model.card.preprocess)  # refuses what has not one input
    known = constants(network.graph)
    frames = next(value for value in network.graph.input if value.name not in known)
    sizes = frames.type.tensor_type.shape.dim
    batch = max(sizes[0].dim_value, 1) if sizes else 1
    counted = [node for node in network.graph.node if node.op_type in COSTS]
    shapes = _shapes(whole, counted, known, batch)
    return Size(
        parameters=sum(math.prod(known[name].dims) for name in _learned(network.graph, frames.name, known)),
        multiply_adds=sum(COSTS[node.op_type](node, shapes) for node in counted) // batch,
        bytes=len(model.network),
    )


Constants = dict[str, onnx.TensorProto]
"""Tensors that are the same for every picture, by name."""


STATISTICS = {"BatchNormalization": (3, 4)}
"""Operator to those of its operands that were counted in training and not learned."""


def _learned(graph: onnx.GraphProto, frames: str, known: Constants) -> set[str]:
    """The constants that are weights: those in use, but for single numbers (an epsilon, a zero point) and for what
    is done to the picture itself before the first layer."""
    found: set[str] = set()
    raw = {frames}
    for node in graph.node:
        if node.op_type not in COSTS and raw.intersection(node.input):
            raw.update(node.output)
            continue
        found.update(name for name in _weighing(node) if name in known and _is_weight(known[name]))
    return found


def _weighing(node: onnx.NodeProto) -> Iterator[str]:
    left_out = STATISTICS.get(node.op_type, ())
    return (name for number, name in enumerate(node.input) if number not in left_out)


def _is_weight(tensor: onnx.TensorProto) -> bool:
    integer = tensor.data_type in (onnx.TensorProto.INT64, onnx.TensorProto.BOOL, onnx.TensorProto.STRING)
    return math.prod(tensor.dims) > 1 and not integer  # int64 are shapes and indices


def _shapes(network: onnx.ModelProto, nodes: Sequence[onnx.NodeProto], known: Constants, batch: int) -> Shapes:
    """The sizes of what goes into and comes out of some nodes: those of a run, since exported graphs often compute
    paddings and sizes as they go, which inference of shapes does not follow."""
    shapes = {name: list(tensor.dims) for name, tensor in known.items()}
    wanted = {name: None for node in nodes for name in (*node.input, *node.output) if name and name not in known}
    del network.graph.output[:]
    network.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted)
    if not wanted:
        return shapes
    height, width = (dim.dim_value for dim in network.graph.input[0].type.tensor_type.shape.dim[1:3])
    try:
        values = session(network).run(list(wanted), {FRAMES: np.zeros((batch, height, width, 3), np.uint8)})
    except Exception as error:  # ONNX Runtime raises many unrelated types of its own
        raise ModelError(f"the network cannot be run: {first_line(error)}") from error
    return shapes | {name: list(value.shape) for name, value in zip(wanted, values, strict=True)}
