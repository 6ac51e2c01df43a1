"""Small classifiers in ONNX, as exporters of several frameworks write them, and what they should give."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper
from PIL import Image

WIDTH, HEIGHT, LABELS = 12, 10, ("cat", "dog", "bird", "other")

TYPES = {
    "float32": (TensorProto.FLOAT, np.float32),
    "float16": (TensorProto.FLOAT16, np.float16),
    "float64": (TensorProto.DOUBLE, np.float64),
    "uint8": (TensorProto.FLOAT, np.float32),
}
"""Name of the input's type to the one that the network computes in."""


@dataclass
class Graph:
    """A network being written."""

    type: str
    nodes: list[NodeProto] = field(default_factory=list)
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """One more operator, and the name of its result."""
        name = f"{operator.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def weight(self, *shape: int, low: float = -0.5, high: float = 0.5) -> str:
        """Random numbers, and their name."""
        return self.constant(self.random.uniform(low, high, shape).astype(TYPES[self.type][1]))

    def constant(self, value: Any) -> str:
        name = f"w{len(self.weights)}"
        self.weights[name] = np.asarray(value)
        return name


def classifier(
    layout: Literal["nchw", "nhwc"] = "nchw",
    type: str = "float32",
    batch: int | None = None,
    probabilities: bool = False,
    opset: int = 17,
) -> onnx.ModelProto:
    """Convolution, normalisation, ReLU, average, linear: as PyTorch writes it (nchw), or TensorFlow (nhwc)."""
    graph = Graph(type)
    current = "pictures"
    if type == "uint8":
        current = graph.add("Cast", current, to=TensorProto.FLOAT)
        current = graph.add("Div", current, graph.constant(np.float32(127.5)))
        current = graph.add("Sub", current, graph.constant(np.float32(1)))
    current = (_as_torch if layout == "nchw" else _as_tensorflow)(graph, current, batch, opset)
    if probabilities:
        current = graph.add("Softmax", current, axis=1)
    sizes = [3, HEIGHT, WIDTH] if layout == "nchw" else [HEIGHT, WIDTH, 3]
    return network(graph, current, [batch or "N", *sizes], [batch or "N", len(LABELS)], opset)


def network(
    graph: Graph,
    result: str | Sequence[str],
    shape: Sequence[int | str | None],
    scores: Sequence[int | str],
    opset: int = 17,
    name: str = "pictures",
) -> onnx.ModelProto:
    """A network of what was written."""
    taken = TensorProto.UINT8 if graph.type == "uint8" else TYPES[graph.type][0]
    results = [result] if isinstance(result, str) else list(result)
    made = helper.make_graph(
        graph.nodes,
        "small",
        [helper.make_tensor_value_info(name, taken, shape)],
        [helper.make_tensor_value_info(one, TYPES[graph.type][0], scores) for one in results],
        [numpy_helper.from_array(value, key) for key, value in graph.weights.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def saved(model: onnx.ModelProto, folder: Path) -> Path:
    """The file of a network."""
    path = folder / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def frames(count: int = 7) -> NDArray[np.uint8]:
    """Pictures of different colours that are larger than the input, and of another shape."""
    random = np.random.default_rng(3)
    return (random.integers(0, 256, (count, 21, 34, 3)) * random.random((count, 1, 1, 3))).astype(np.uint8)


def expected(model: onnx.ModelProto, pictures: NDArray[np.uint8], layout: str, batch: int | None) -> NDArray[Any]:
    """Probabilities that ONNX Runtime gives for pictures prepared by hand: shortest side, middle, -1 to 1."""
    side = round(WIDTH / 0.875 - 0.5)
    scaled = (int(side * pictures.shape[2] / pictures.shape[1]), side)
    resized = (Image.fromarray(one).resize(scaled, Image.Resampling.BILINEAR) for one in pictures)
    values = np.stack([np.asarray(one) for one in resized])
    top, left = round((values.shape[1] - HEIGHT) / 2), round((values.shape[2] - WIDTH) / 2)
    values = values[:, top : top + HEIGHT, left : left + WIDTH]
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    if entry.type != "tensor(uint8)":
        number = np.float16 if entry.type == "tensor(float16)" else np.float32
        values = ((values.astype(np.float64) - 127.5) / 127.5).astype(number)
    if layout == "nchw":
        values = values.transpose(0, 3, 1, 2)
    size = batch or len(values)
    spare = np.concatenate([values, values[: -len(values) % size]])
    rows = [session.run(None, {entry.name: spare[i : i + size]})[0] for i in range(0, len(spare), size)]
    scores = np.concatenate(rows).astype(np.float64)[: len(values)]
    return scores if np.allclose(scores.sum(axis=1), 1, atol=1e-2) else softmax(scores)


def softmax(scores: NDArray[Any]) -> NDArray[Any]:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _as_torch(graph: Graph, current: str, batch: int | None, opset: int) -> str:
    filters, bias = graph.weight(5, 3, 3, 3), graph.weight(5)
    current = graph.add("Conv", current, filters, bias, kernel_shape=[3, 3], pads=[1] * 4)
    scale, bias, mean = graph.weight(5, low=0.5, high=2), graph.weight(5), graph.weight(5)
    current = graph.add("BatchNormalization", current, scale, bias, mean, graph.weight(5, low=0.5, high=2))
    current = graph.add("Relu", current)
    current = graph.add("GlobalAveragePool", current)
    current = graph.add("Identity", current)
    current = graph.add("Reshape", current, graph.constant(np.array([batch or -1, 5], np.int64)))
    return graph.add("Gemm", current, graph.weight(4, 5, low=-3, high=3), graph.weight(4), transB=1)


def _as_tensorflow(graph: Graph, current: str, batch: int | None, opset: int) -> str:
    for channels in (3, 5):
        current = graph.add("Transpose", current, perm=[0, 3, 1, 2])
        current = graph.add("Conv", current, graph.weight(5, channels, 3, 3), kernel_shape=[3, 3], pads=[1] * 4)
        current = graph.add("Transpose", current, perm=[0, 2, 3, 1])
        current = graph.add("Sub", current, graph.weight(5))
        current = graph.add("Div", current, graph.weight(5, low=0.5, high=2))
        current = graph.add("Mul", current, graph.weight(5, low=0.5, high=2))
        current = graph.add("Add", current, graph.weight(5))
        current = graph.add("Relu", current)
    if opset < 18:
        current = graph.add("ReduceMean", current, axes=[1, 2], keepdims=0)
    else:
        current = graph.add("ReduceMean", current, graph.constant(np.array([1, 2], np.int64)), keepdims=0)
    current = graph.add("MatMul", current, graph.weight(5, 4, low=-3, high=3))
    return graph.add("Add", current, graph.weight(4))
