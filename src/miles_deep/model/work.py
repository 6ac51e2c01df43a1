"""What one picture costs a network, operator by operator; and what is more than any picture is worth."""

import math
from collections.abc import Callable
from functools import partial

from onnx import ModelProto, NodeProto

from miles_deep.errors import ModelError
from miles_deep.model.shapes import inferred

MAX_WORK = 10**12
"""Multiply-adds for one picture. The largest classifiers that fit into a file (EfficientNet-L2, MaxViT-XL, 480
million weights) take some 6 * 10**11; a core is busy with that for most of a minute."""

SLOWLY = 10
"""Multiply-adds that a step outside of convolutions and matrix products takes as long as: both backends do two
thousand million such steps of MaxPool, AveragePool and LRN a second and core."""

Shapes = dict[str, list[int]]
"""Name of a tensor to its sizes."""


def check_work(network: ModelProto) -> None:
    """Refuse a network that a picture would keep busy for ever; where shapes do not tell, nothing is counted.

    Nothing else stops it: backends do not return before they are done, and a few bytes can ask for any amount.

    Args:
        network: its input's size is fixed.

    Raises:
        ModelError: it takes more than `MAX_WORK`.
    """
    graph = inferred(network)
    weights = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    values = [*graph.input, *graph.value_info, *graph.output]
    # A size that is free is the number of pictures: one.
    shapes = {value.name: [dim.dim_value or 1 for dim in value.type.tensor_type.shape.dim] for value in values}
    entry = next((shapes[value.name] for value in graph.input if value.name not in weights), [])
    pictures, shapes = max(1, *entry[:1]), shapes | weights
    work = sum(_work(node, shapes) for node in graph.node) // pictures
    if work > MAX_WORK:
        raise ModelError(f"takes about {work:.1g} multiply-adds for a picture; {MAX_WORK:.0e} are most")


def _work(node: NodeProto, shapes: Shapes) -> int:
    """Of one operator; at least a step for every number that it gives."""
    least = SLOWLY * max(0, sum(math.prod(shapes.get(name, [0])) for name in node.output))
    if node.op_type not in COSTS:
        return least * max(1, _window(node))
    try:
        return max(least, COSTS[node.op_type](node, shapes))
    except (KeyError, IndexError):  # shapes are not known, or wrong, as backends will say
        return least


def _window(node: NodeProto) -> int:
    """How many numbers each of a pooling's or LRN's results is made of."""
    if node.op_type == "LRN":
        return next((attribute.i for attribute in node.attribute if attribute.name == "size"), 1)
    return next((math.prod(one.ints) for one in node.attribute if one.name == "kernel_shape"), 1)


def _convolution(weights: int, node: NodeProto, shapes: Shapes) -> int:
    """Every output value sums over one filter: [out, in / groups, …]."""
    return math.prod(shapes[node.output[0]]) * math.prod(shapes[node.input[weights]][1:])


def _deconvolution(node: NodeProto, shapes: Shapes) -> int:
    """Every input value is spread by one filter: [in, out / groups, …]."""
    return math.prod(shapes[node.input[0]]) * math.prod(shapes[node.input[1]][1:])


def _product(node: NodeProto, shapes: Shapes) -> int:
    """Every output value sums over the rows of the left matrix."""
    return math.prod(shapes[node.output[0]]) * shapes[node.input[0]][-1]


def _gemm(node: NodeProto, shapes: Shapes) -> int:
    transposed = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
    return math.prod(shapes[node.output[0]]) * shapes[node.input[0]][0 if transposed else -1]


COSTS: dict[str, Callable[[NodeProto, Shapes], int]] = {
    "Conv": partial(_convolution, 1),
    "ConvInteger": partial(_convolution, 1),
    "QLinearConv": partial(_convolution, 3),
    "ConvTranspose": _deconvolution,
    "Gemm": _gemm,
    "MatMul": _product,
    "MatMulInteger": _product,
    "QLinearMatMul": _product,
}
"""Operator to its multiply-adds, as their definitions in ONNX have them."""
