"""EfficientNet-Lite0 as an ONNX graph, from the weights of its PyTorch file.

Tan and Le 2019, arXiv:1905.11946, without squeeze-and-excitation and with ReLU6 for swish: the "lite" family.
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite has the numbers below, in
`efficientnet_lite_builder.py`; weights are called as in github.com/ml-illustrated/EfficientNet-Lite-PyTorch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

OPSET = 17

SIDE = 224
"""Pixels of the input's width and height."""

EPSILON = 1e-3
"""Of batch normalisation."""

STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))
"""Blocks of each stage, and the stride of the first of them. Kernels and widths are those of the weights."""


@dataclass(frozen=True, slots=True)
class Maps:
    """Feature maps: a value in the graph."""

    name: str
    side: int
    """Their width and height, pixels."""


def efficientnet_lite0(weights: Mapping[str, NDArray[Any]]) -> ModelProto:
    """The network: `data` [N, 3, 224, 224] to `scores` [N, K], which are probabilities; N is free."""
    graph = _Graph(weights)
    current = graph.convolve(Maps("data", SIDE), "_conv_stem", "_bn0", stride=2)
    number = 0
    for blocks, stride in STAGES:
        for place in range(blocks):
            current = _block(graph, current, f"_blocks.{number}.", stride if place == 0 else 1, place > 0)
            number += 1
    current = graph.convolve(current, "_conv_head", "_bn1")
    row = graph.add("Flatten", [graph.add("GlobalAveragePool", [current.name])], axis=1)
    layer = [graph.constant("weight", weights["_fc.weight"]), graph.constant("bias", weights["_fc.bias"])]
    return graph.finish(graph.add("Gemm", [row, *layer], transB=1), len(weights["_fc.bias"]))


def _block(graph: "_Graph", source: Maps, name: str, stride: int, has_shortcut: bool) -> Maps:
    """An inverted residual block: wide, then depthwise, then narrow, where nothing is clipped."""
    current = source
    if f"{name}_expand_conv.weight" in graph.weights:
        current = graph.convolve(current, f"{name}_expand_conv", f"{name}_bn0")
    current = graph.convolve(current, f"{name}_depthwise_conv", f"{name}_bn1", stride)
    current = graph.convolve(current, f"{name}_project_conv", f"{name}_bn2", is_clipped=False)
    return Maps(graph.add("Add", [current.name, source.name]), current.side) if has_shortcut else current


class _Graph:
    """A graph in the making."""

    def __init__(self, weights: Mapping[str, NDArray[Any]]) -> None:
        self.weights = weights
        self._nodes: list[NodeProto] = []
        self._constants: dict[str, Any] = {"0": np.float32(0), "6": np.float32(6)}

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Numbers that a node takes; gives their name."""
        name = f"{len(self._constants)}/{name}"
        self._constants[name] = values.astype(np.float32)
        return name

    def add(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        """A node; gives the name of its result."""
        name = f"{len(self._nodes)}/{operator.lower()}"
        self._nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    def convolve(self, source: Maps, layer: str, norm: str, stride: int = 1, is_clipped: bool = True) -> Maps:
        """A convolution with the normalisation behind it folded into its weights, then ReLU6."""
        of = {part: self.weights[f"{norm}.{part}"].astype(np.float64) for part in PARTS}
        scale = of["weight"] / np.sqrt(of["running_var"] + EPSILON)
        weight = self.weights[f"{layer}.weight"] * scale[:, None, None, None]
        bias = of["bias"] - of["running_mean"] * scale
        inputs = [source.name, self.constant("weight", weight), self.constant("bias", bias)]
        outputs, of_group, kernel, _ = weight.shape
        # TensorFlow's SAME: as many zeros as it takes, the odd one below and on the right.
        side = -(-source.side // stride)
        zeros = max((side - 1) * stride + kernel - source.side, 0)
        pads = [zeros // 2] * 2 + [zeros - zeros // 2] * 2
        group = outputs if of_group == 1 else 1
        name = self.add("Conv", inputs, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pads, group=group)
        return Maps(self.add("Clip", [name, "0", "6"]) if is_clipped else name, side)

    def finish(self, logits: str, count: int) -> ModelProto:
        """The graph as a model, ending in probabilities."""
        softmax = helper.make_node("Softmax", [logits], ["scores"], axis=1)
        graph = helper.make_graph(
            [*self._nodes, softmax],
            "efficientnet-lite0",
            [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", count])],
            [numpy_helper.from_array(np.asarray(values), name) for name, values in self._constants.items()],
        )
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=8, producer_name="miles-deep")


PARTS = ("weight", "bias", "running_mean", "running_var")
"""Of a batch normalisation."""
