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

AT_ONCE = 32
"""Pictures: as many of a fixed batch as a network with a free one is usually given may cost that much each. Of a
batch that is fixed all are computed always."""

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
        ModelError: it takes more than `MAX_WORK` a picture, and that for no more than `AT_ONCE` of them.
    """
    graph = inferred(network)
    weights = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    values = [*graph.input, *graph.value_info, *graph.output]
    # A size that is free is the number of pictures: one.
    shapes = {value.name: [dim.dim_value or 1 for dim in value.type.tensor_type.shape.dim] for value in values}
    entry = next((shapes[value.name] for value in graph.input if value.name not in weights), [])
    shapes |= weights
    work, batch = sum(_work(node, shapes) for node in graph.node), max(1, *entry[:1])
    most = MAX_WORK * min(batch, AT_ONCE)
    if work > most:
        pictures = f"the {batch:,} pictures of its batch" if batch > 1 else "a picture"
        raise ModelError(f"takes about {work:.1g} multiply-adds for {pictures}; {most:.0e} are most")


def _work(node: NodeProto, shapes: Shapes) -> int:
    """Of one operator; at least a step for every number that it gives."""
    least = SLOWLY * max(0, sum(math.prod(shapes.get(name, [0])) for name in node.output))
    if node.op_type not in COSTS:
        return least * max(1, _window(node, shapes))
    try:
        return max(least, COSTS[node.op_type](node, shapes))
    except (KeyError, IndexError):  # shapes are not known, or wrong, as backends will say
        return least


def _window(node: NodeProto, shapes: Shapes) -> int:
    """How many numbers each of the results of a pooling, an LRN or a Fourier transform is made of."""
    if node.op_type in ("DFT", "STFT"):  # plain sums, at worst; results may be half of what is summed over
        return 2 * max((size for name in node.output for size in shapes.get(name, [])), default=1)
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


def _recurrent(node: NodeProto, shapes: Shapes) -> int:
    """Every step multiplies by both matrices of all gates and directions: [directions, gates * hidden, …]."""
    steps = math.prod(shapes[node.input[0]][:2])  # and the batch, whichever is first
    return steps * sum(math.prod(shapes[name]) for name in node.input[1:3])


def _einsum(node: NodeProto, shapes: Shapes) -> int:
    """One for each choice of an index for every letter; the axes of an ellipsis are counted from the last."""
    equation = b"".join(attribute.s for attribute in node.attribute if attribute.name == "equation")
    sizes: dict[str | int, int] = {}
    terms = equation.decode("latin-1").replace(" ", "").split("->")[0].split(",")
    for term, name in zip(terms, node.input, strict=False):
        before, _, after = term.partition("...")
        others = len(shapes[name]) - len(before) - len(after)
        for axis, size in zip([*before, *range(-others, 0), *after], shapes[name], strict=False):
            sizes[axis] = max(size, sizes.get(axis, 1))
    return math.prod(sizes.values())


COSTS: dict[str, Callable[[NodeProto, Shapes], int]] = {
    "Conv": partial(_convolution, 1),
    "ConvInteger": partial(_convolution, 1),
    "QLinearConv": partial(_convolution, 3),
    "ConvTranspose": _deconvolution,
    "DeformConv": partial(_convolution, 1),
    "Einsum": _einsum,
    "GRU": _recurrent,
    "LSTM": _recurrent,
    "RNN": _recurrent,
    "Gemm": _gemm,
    "MatMul": _product,
    "MatMulInteger": _product,
    "QLinearMatMul": _product,
}
"""Operator to its multiply-adds, as their definitions in ONNX have them."""
