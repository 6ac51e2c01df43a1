"""The arithmetic of a classifier's preprocessing, as the first nodes of its graph."""

from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from miles_deep.errors import ModelError
from miles_deep.model.memory import check_memory
from miles_deep.model.network import FRAMES
from miles_deep.model.plain import check_plain
from miles_deep.model.preprocess import GREY, Preprocess
from miles_deep.model.work import check_work


def parse(network: bytes, name: str) -> onnx.ModelProto:
    """Read an ONNX graph from memory. Raises ModelError where it is none, or not plain (`check_plain`)."""
    graph = onnx.ModelProto()
    try:
        graph.ParseFromString(network)
    except DecodeError as error:
        raise ModelError(f"{name}: not an ONNX network") from error
    if not graph.graph.node:
        raise ModelError(f"{name}: not an ONNX network")
    try:
        check_plain(graph)
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error
    return graph


def attach(network: onnx.ModelProto, spec: Preprocess) -> onnx.ModelProto:
    """Put the arithmetic of `spec` before a network.

    The result takes uint8 frames [N, H, W, 3] in RGB, already resized and cropped, under the name
    `FRAMES`; every backend then computes the same thing from the same bytes. The network is not changed;
    its input may be of any type of numbers, and N is fixed where its batch is.

    Raises:
        ModelError: the network does not have exactly one input, needs more memory than there is, or more work
            than any picture is worth.
    """
    weights = {initializer.name for initializer in network.graph.initializer}
    inputs = [value for value in network.graph.input if value.name not in weights]
    if len(inputs) != 1:
        raise ModelError(f"a classifier has one input, this network has {len(inputs)}")

    colours = 1 if spec.channels == "grey" else 3
    constants: dict[str, NDArray[Any]] = {
        "mean": np.array(spec.mean[:colours], np.float32),
        "scale": np.array(spec.scale[:colours], np.float32),
        "bgr": np.array([2, 1, 0], np.int64),
        "grey": np.array(GREY, np.float32)[:, None] / 65536,  # these and their sums are exact in 32 bits
        "half": np.array(0.5, np.float32),
    }
    taken = inputs[0].type.tensor_type
    nodes, current, steps = [], FRAMES, _steps(spec, taken.elem_type)
    for index, (operator, operands, attributes) in enumerate(steps):
        result = inputs[0].name if index == len(steps) - 1 else f"miles_deep/{operator.lower()}_{index}"
        names = [current, *(f"miles_deep/{operand}" for operand in operands)]
        nodes.append(helper.make_node(operator, names, [result], **attributes))
        current = result

    joined = onnx.ModelProto()
    joined.CopyFrom(network)
    del joined.graph.node[:]
    joined.graph.node.extend(nodes)
    joined.graph.node.extend(network.graph.node)
    used = {operand for _, operands, _ in steps for operand in operands}
    joined.graph.initializer.extend(
        numpy_helper.from_array(value, f"miles_deep/{name}") for name, value in constants.items() if name in used
    )
    batch = taken.shape.dim[0].dim_value if taken.shape.dim else 0
    shape = [batch or "batch", spec.height, spec.width, 3]
    frames = helper.make_tensor_value_info(FRAMES, TensorProto.UINT8, shape)
    others = [value for value in network.graph.input if value.name in weights]
    del joined.graph.input[:]
    joined.graph.input.extend([frames, *others])
    check_memory(joined, pictures=1)
    check_work(joined)
    return joined


def _steps(spec: Preprocess, taken: int) -> list[tuple[str, list[str], dict[str, Any]]]:
    """Operators from frames to an input of numbers of the type `taken`: names of constants, and attributes."""
    steps: list[tuple[str, list[str], dict[str, Any]]] = [("Cast", [], {"to": TensorProto.FLOAT})]
    if spec.channels == "bgr":
        steps.append(("Gather", ["bgr"], {"axis": 3}))
    if spec.channels == "grey":
        steps += [("MatMul", ["grey"], {}), ("Add", ["half"], {}), ("Floor", [], {})]
    if any(spec.mean):
        steps.append(("Sub", ["mean"], {}))
    if any(scale != 1 for scale in spec.scale):
        steps.append(("Mul", ["scale"], {}))
    if spec.layout == "nchw":
        steps.append(("Transpose", [], {"perm": [0, 3, 1, 2]}))
    if taken != TensorProto.FLOAT:
        steps.append(("Cast", [], {"to": taken}))
    return steps
