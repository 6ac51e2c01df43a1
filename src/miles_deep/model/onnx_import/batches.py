"""Making networks that were exported for a fixed number of pictures take any number."""

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, TensorShapeProto, numpy_helper

from miles_deep.model.onnx_import.pictures import input_of
from miles_deep.model.onnx_import.reading import constants, shape_of, values_of
from miles_deep.model.shapes import inferred


def free_batch(network: ModelProto, batch: int) -> int:
    """Take the fixed number of pictures out of a network's input and Reshapes; how many of these were changed.

    Whether that was all, and right, is seen by running it: nothing in a graph tells a batch of one from a one.
    """
    shapes = _shapes(network)
    known = constants(network.graph)
    changed: list[TensorProto] = []
    for node in network.graph.node:
        if node.op_type != "Reshape" or node.input[0] in known or node.input[1] not in known:
            continue
        target = values_of(known[node.input[1]]).copy()
        if target.size and _freed(target, batch, shapes.get(node.input[0])):
            changed.append(numpy_helper.from_array(target, f"miles_deep/shape_{len(changed)}"))
            node.input[1] = changed[-1].name
            _forbid_zeros(node)
    network.graph.initializer.extend(changed)
    _batch(network).dim_param = "batch"
    return len(changed)


def beside_others(network: ModelProto) -> bool:
    """Whether scores of a picture hang on those beside it, since numbers are rounded to the range of all of them:
    so ONNX Runtime's `quantize_dynamic` writes networks."""
    return any(node.op_type == "DynamicQuantizeLinear" for node in network.graph.node)


def fix_batch(network: ModelProto, batch: int) -> None:
    """Let a network's input be so many pictures."""
    _batch(network).dim_value = batch


def _batch(network: ModelProto) -> TensorShapeProto.Dimension:
    return input_of(network).type.tensor_type.shape.dim[0]


def _freed(target: NDArray[np.int64], batch: int, source: list[int | None] | None) -> bool:
    """Take the batch out of a Reshape's target, in place; whether it was there."""
    if -1 not in target and target[0] > 0 and target[0] % batch == 0:
        target[0] = -1  # whatever is left over: also where the batch was joined with what follows it
        return True
    if target[0] > 0 and source and source[0] == target[0]:
        target[0] = 0  # as many as there were
        return True
    return False


def _forbid_zeros(node: NodeProto) -> None:
    """A zero means "as many as there were" (which `allowzero` would forbid)."""
    others = [attribute for attribute in node.attribute if attribute.name != "allowzero"]
    del node.attribute[:]
    node.attribute.extend(others)


def _shapes(network: ModelProto) -> dict[str, list[int | None] | None]:
    graph = inferred(network)
    return {value.name: shape_of(value) for value in [*graph.input, *graph.value_info]}
