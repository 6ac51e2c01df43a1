"""Reading an ONNX file that may be hostile: checked, but not yet understood."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto, helper, numpy_helper

from miles_deep.errors import ModelError
from miles_deep.model.network import first_line
from miles_deep.model.onnx_import.external import embed
from miles_deep.model.quoting import listed, quoted

MAX_BINARY = (1 << 31) - 1
"""Bytes of an ONNX file: what one protobuf message can have."""

OLDEST = 7
"""Opset of ONNX 1.2, the oldest that ONNX Runtime promises to run."""

WRITTEN_OUT: dict[str, type] = {
    "value_float": np.float32,
    "value_floats": np.float32,
    "value_int": np.int64,
    "value_ints": np.int64,
}
"""Attributes of a Constant that is not given as a tensor, to the type of its numbers."""

PLAIN = ("", "ai.onnx")
"""Names of the domain of ONNX's own operators."""

CHANCE = {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"}
"""Operators that give something else each time, which only training has a use for."""


def read(path: Path) -> ModelProto:
    """The network in a file, with all its weights in it; errors leave it to the caller to name the file.

    Raises:
        ModelError: there is no such file, it is no ONNX network, it wants data from elsewhere, or it is more than
            one plain graph.
    """
    network = ModelProto()
    content = _content(path)
    try:
        network.ParseFromString(content)
    except (DecodeError, ValueError, RecursionError) as error:
        raise ModelError("not an ONNX network, or cut short or damaged") from error
    del content
    network.ClearField("training_info")  # graphs that nobody looks into
    if not network.graph.node:
        raise ModelError("not an ONNX network, or one without operators")
    _refuse_nested(network)
    _check_opset(network)
    embed(network, path.parent, list(tensors(network.graph)))
    return network


def check(network: ModelProto) -> None:
    """Refuse operators that are not ONNX's own, and what its checker does not admit. Raises ModelError."""
    nodes = [node for node in network.graph.node if node.domain not in PLAIN]
    foreign = dict.fromkeys(f"{quoted(node.op_type)} of {quoted(node.domain)}" for node in nodes)
    if foreign:
        raise ModelError(f"uses operators that are not ONNX's own: {listed(foreign)}; export it without them")
    chance = [node.op_type for node in network.graph.node if node.op_type in CHANCE]
    if chance:
        raise ModelError(f"gives other scores each time: it has {listed(map(quoted, dict.fromkeys(chance)))}")
    try:
        onnx.checker.check_model(network)
    except Exception as error:  # the package raises several types, some of its C++ part
        # The first line names the fault; what is quoted in it may be of any length.
        raise ModelError(f"not a valid ONNX network ({clipped(error)})") from error


def clipped(error: BaseException) -> str:
    """What an error of another package says, on one line of bearable length."""
    shown = "".join(letter if letter.isprintable() else " " for letter in first_line(error)[:1000])
    # ONNX Runtime begins with its own number and name for the error.
    line = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", " ".join(shown.split()))
    return line if len(line) <= 200 else line[:197] + "..."


def tensors(graph: GraphProto) -> Iterator[TensorProto]:
    """Every tensor of a graph without graphs in it: initializers and attributes."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for sparse in [attribute.sparse_tensor, *attribute.sparse_tensors]:
                yield from (sparse.values, sparse.indices)


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


def _content(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise ModelError("not a file")
        if path.stat().st_size > MAX_BINARY:
            raise ModelError(f"larger than the {MAX_BINARY:,} bytes an ONNX network can have")
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        raise ModelError(f"cannot be read ({getattr(error, 'strerror', None) or error})") from error


def _refuse_nested(network: ModelProto) -> None:
    """One graph, no functions or graphs in it: nothing of what follows would look into them."""
    if network.functions:
        names = listed(quoted(function.name) for function in network.functions)
        raise ModelError(f"has functions of its own: {names}; export it with them inlined (onnx.inliner)")
    nested = [node for node in network.graph.node for a in node.attribute if a.HasField("g") or a.graphs]
    if nested:
        names = listed(dict.fromkeys(quoted(node.op_type) for node in nested))
        raise ModelError(f"has branches or loops: {names}; only a plain sequence of operators can be imported")


def _check_opset(network: ModelProto) -> None:
    versions = [opset.version for opset in network.opset_import if opset.domain in PLAIN]
    newest = onnx.defs.onnx_opset_version()
    if not versions:
        raise ModelError("not an ONNX network, it does not say of which version its operators are")
    if versions[0] < OLDEST:
        raise ModelError(f"opset {versions[0]} is too old; export it with opset {OLDEST} or newer")
    if versions[0] > newest:
        raise ModelError(f"opset {versions[0]} is newer than the {newest} known here; export it with that")
