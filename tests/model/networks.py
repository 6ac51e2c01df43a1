"""Small ONNX networks, built by hand."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from miles_deep.model import Model, ModelCard, Preprocess


def network(
    nodes: Sequence[onnx.NodeProto],
    shape: Sequence[int | str],
    outputs: int | str = "labels",
    weights: dict[str, Any] | None = None,
    inputs: Sequence[str] = ("data",),
    results: Sequence[str] = ("scores",),
) -> onnx.ModelProto:
    """A network of some nodes, from float32 inputs of one shape to results [batch, outputs]."""
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", outputs]) for name in results],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in (weights or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def identity(width: int, height: int, layout: Literal["nchw", "nhwc"] = "nchw") -> onnx.ModelProto:
    """Gives what it gets, in one row: a score for every value of every channel."""
    shape = ["batch", 3, height, width] if layout == "nchw" else ["batch", height, width, 3]
    return network([helper.make_node("Flatten", ["data"], ["scores"])], shape, 3 * width * height)


def mean_of_channels(width: int = 8, height: int = 6) -> onnx.ModelProto:
    """Three scores: the means of the three channels."""
    pool = helper.make_node("GlobalAveragePool", ["data"], ["means"])
    return network([pool, helper.make_node("Flatten", ["means"], ["scores"])], ["batch", 3, height, width], 3)


def model_of(graph: onnx.ModelProto, spec: Preprocess, labels: int = 3, device: str = "cpu", **card: Any) -> Model:
    """A model with labels l0, l1, ... that computes in 32 bits."""
    names = tuple(f"l{number}" for number in range(labels))
    return Model(ModelCard("small", names, spec, **card), graph.SerializeToString(), device, "f32")
