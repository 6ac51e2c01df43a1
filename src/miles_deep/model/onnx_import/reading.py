"""Reading an ONNX file that may be hostile: checked, but not yet understood."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto, helper, numpy_helper

from miles_deep.errors import ModelError
from miles_deep.model.network import first_line
from miles_deep.model.onnx_import.external import embed
from miles_deep.model.plain import PLAIN, refuse_foreign, refuse_nested, tensors
from miles_deep.model.quoting import listed, quoted

OLDEST = 7
"""Opset of ONNX 1.2, the oldest that ONNX Runtime promises to run."""

WRITTEN_OUT: dict[str, type] = {
    "value_float": np.float32,
    "value_floats": np.float32,
    "value_int": np.int64,
    "value_ints": np.int64,
}
"""Attributes of a Constant that is not given as a tensor, to the type of its numbers."""

CHANCE = {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"}
"""Operators that give something else each time, which only training has a use for."""


def read(file: BinaryIO, folder: Path) -> ModelProto:
    """The network in a file, with all its weights in it; errors leave it to the caller to name the file.

    Args:
        file: is read to its end, and closed.
        folder: where it lies, and with it whatever keeps its weights.

    Raises:
        ModelError: it is no ONNX network, it wants data from elsewhere, or it is more than one plain graph.
    """
    network = ModelProto()
    try:
        with file:
            network.ParseFromString(file.read())
    except (OSError, DecodeError, ValueError, RecursionError) as error:
        raise ModelError("not an ONNX network, or cut short or damaged") from error
    network.ClearField("training_info")  # graphs that nobody looks into
    if not network.graph.node:
        raise ModelError("not an ONNX network, or one without operators")
    refuse_nested(network)
    _check_opset(network)
    embed(network, folder, list(tensors(network.graph)))
    return network


def check(network: ModelProto) -> None:
    """Refuse operators that are not ONNX's own, and what its checker does not admit. Raises ModelError."""
    refuse_foreign(network)
    chance = [node.op_type for node in network.graph.node if node.op_type in CHANCE]
    if chance:
        raise ModelError(f"gives other scores each time: it has {listed(map(quoted, dict.fromkeys(chance)))}")
    try:
        onnx.checker.check_model(network)
    except Exception as error:  # the package raises several types, some of its C++ part
        raise ModelError(f"not a valid ONNX network ({first_line(error)})") from error


def constants(graph: GraphProto) -> dict[str, TensorProto]:
    """The tensors of a graph that are the same for every picture, by name: initializers, and what Constants give,
    but for texts and sparse ones."""
    found = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        for attribute in node.attribute if node.op_type == "Constant" else ():
            if attribute.name == "value":
                found[node.output[0]] = attribute.t
            elif attribute.name in WRITTEN_OUT:
                values: NDArray[Any] = np.array(helper.get_attribute_value(attribute), WRITTEN_OUT[attribute.name])
                found[node.output[0]] = numpy_helper.from_array(values, node.output[0])
    return found


def values_of(tensor: TensorProto) -> NDArray[Any]:
    """A tensor's numbers. Raises ModelError where they do not fit its shape."""
    try:
        if tensor.data_type == TensorProto.STRING:
            raise TypeError("texts")
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise ModelError(f"the numbers of {quoted(tensor.name)} do not fit its shape or type") from error


def shape_of(value: ValueInfoProto) -> list[int | None] | None:
    """A tensor's shape, None for what is free; None where it has no shape at all."""
    if not value.type.tensor_type.HasField("shape"):
        return None
    return [dim.dim_value if dim.dim_value > 0 else None for dim in value.type.tensor_type.shape.dim]


def shown(shape: Sequence[int | None]) -> str:
    """A shape as people write it: Nx3x224x224."""
    return "x".join("?" if size is None else str(size) for size in shape[:8]) or "one number"


def _check_opset(network: ModelProto) -> None:
    versions = [opset.version for opset in network.opset_import if opset.domain in PLAIN]
    newest = onnx.defs.onnx_opset_version()
    if not versions:
        raise ModelError("not an ONNX network, it does not say of which version its operators are")
    if versions[0] < OLDEST:
        raise ModelError(f"opset {versions[0]} is too old; export it with opset {OLDEST} or newer")
    if versions[0] > newest:
        raise ModelError(f"opset {versions[0]} is newer than the {newest} known here; export it with that")
