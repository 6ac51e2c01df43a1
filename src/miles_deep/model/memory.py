"""Networks that need more memory than there is: foreseen where shapes tell, and told apart where they did not."""

import math
from typing import TYPE_CHECKING

from miles_deep.errors import ModelError
from miles_deep.machine import free_memory
from miles_deep.model.shapes import inferred

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, TensorProto, TypeProto

OUT_OF_MEMORY = "it needs more memory than there is"

SIGNS = (
    "bad_alloc",
    "bad allocation",
    "failed to allocate",
    "out of memory",
    "not enough memory",
    "std::length_error",
)
"""What OpenVINO, ONNX Runtime and the C++ libraries of three systems say where memory does not suffice."""

MAX_WEIGHTS = (1 << 31) - 1
"""Bytes: what one ONNX file can hold."""

SIZED = {
    **dict.fromkeys(("ConstantOfShape", "Range", "MelWeightMatrix"), 0),
    **dict.fromkeys(("BlackmanWindow", "HammingWindow", "HannWindow"), 0),
    **dict.fromkeys(("Expand", "Tile", "Pad", "Resize", "Upsample", "OneHot", "CenterCropPad"), 1),
    **dict.fromkeys(("AffineGrid", "Col2Im", "DFT"), 1),
    "MaxUnpool": 2,
}
"""Operators with operands that say how large a result is: the first of these operands."""

PICKED = {"Reshape": 1, "Slice": 1, "TopK": 1}
"""Likewise for those that only arrange or leave out: their results are no larger, but hide from `work` what is
made of them."""

UNTOLD = ("NonZero", "Compress", "Unique", "NonMaxSuppression")
"""Operators whose results are as large as the numbers, and not the sizes, of what they take."""

COPIES = 3
"""Of the weights, while a network is compiled: as it was read, as the backend read it, and as it will run."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a backend's error says that memory did not suffice."""
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in SIGNS)


def check_memory(network: "ModelProto", pictures: int) -> None:
    """Refuse a network that this machine cannot hold; where shapes do not tell, nothing is refused.

    Backends compute at once what does not hang on the pictures, so a few bytes can ask for any amount of it.

    Args:
        network: its input's size is fixed; the batch may be free.
        pictures: how many go through it at once.

    Raises:
        ModelError: its constants are more than one file can hold, or they and its largest intermediate result more
            than the free memory.
    """
    graph, constant = inferred(network), _constant_results(network)
    _refuse_untold(network, graph, constant)
    sizes = _result_sizes(graph, pictures)
    weights = sum(map(_size, network.graph.initializer))
    weights += sum(sizes.get(name, 0) for name in constant)
    if weights > MAX_WEIGHTS:
        raise ModelError(f"its constants are about {_gigabytes(weights)}; {_gigabytes(MAX_WEIGHTS)} are most")
    needed, free = COPIES * weights + max(sizes.values(), default=0), free_memory()
    if free is not None and needed > free:
        raise ModelError(f"{OUT_OF_MEMORY}: about {_gigabytes(needed)}, and {_gigabytes(free)} are free")


def _size(tensor: "TensorProto") -> int:
    """Bytes that a tensor's numbers take; as its `ByteSize()`, which would serialise it."""
    from onnx import helper

    try:
        return max(0, math.prod(tensor.dims)) * helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    except (KeyError, ValueError, TypeError):  # a type that there is not; backends will say so
        return 0


def _result_sizes(graph: "GraphProto", pictures: int) -> dict[str, int]:
    """Bytes of a network's input and of the tensors inside, as far as shapes tell; what is free is the batch."""
    return {
        value.name: 4 * math.prod(dim.dim_value or pictures for dim in value.type.tensor_type.shape.dim)
        for value in [*graph.input, *graph.value_info]
    }


def _refuse_untold(network: "ModelProto", graph: "GraphProto", constant: set[str]) -> None:
    """Raises ModelError where numbers in a picture, and not its size, say how large something becomes, or nothing
    tells of a constant before it is made."""
    values = [*graph.value_info, *graph.output]
    told = {value.name for value in values if _is_told(value.type.tensor_type)}
    weights = {tensor.name for tensor in network.graph.initializer}
    seen = {value.name for value in network.graph.input} - weights
    for node in network.graph.node:
        if node.op_type in UNTOLD:
            raise ModelError(f"its {node.op_type} makes something whose size cannot be told beforehand")
        sizing = (SIZED | PICKED).get(node.op_type)
        if sizing is not None and seen.intersection(node.input[sizing:]):
            raise ModelError(f"its {node.op_type} makes something as large as the numbers in a picture say")
        if node.op_type in SIZED and not told.issuperset(constant.intersection(node.output)):
            raise ModelError(f"its {node.op_type} makes a constant, and how large it is cannot be told beforehand")
        if node.op_type not in ("Shape", "Size") and seen.intersection(node.input):
            seen.update(filter(None, node.output))


def _is_told(shaped: "TypeProto.Tensor") -> bool:
    return shaped.HasField("shape") and all(dim.HasField("dim_value") for dim in shaped.shape.dim)


def _constant_results(network: "ModelProto") -> set[str]:
    """The tensors inside a network that are the same whatever the pictures."""
    known = {"", *(tensor.name for tensor in network.graph.initializer)}
    found: set[str] = set()
    for node in network.graph.node:
        if known.issuperset(node.input):
            found.update(node.output)
            known.update(node.output)
    return found


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"
