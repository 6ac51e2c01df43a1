"""Networks that need more memory than there is: foreseen where shapes tell, and told apart where they did not."""

import math
from typing import TYPE_CHECKING

from miles_deep.errors import ModelError
from miles_deep.machine import free_memory
from miles_deep.model.shapes import inferred

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto

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
    sizes = _result_sizes(network, pictures)
    weights = sum(map(_size, network.graph.initializer))
    weights += sum(sizes.get(name, 0) for name in _constant_results(network))
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


def _result_sizes(network: "ModelProto", pictures: int) -> dict[str, int]:
    """Bytes of a network's input and of the tensors inside, as far as shapes tell; what is free is the batch."""
    graph = inferred(network)
    return {
        value.name: 4 * math.prod(dim.dim_value or pictures for dim in value.type.tensor_type.shape.dim)
        for value in [*graph.input, *graph.value_info]
    }


def _constant_results(network: "ModelProto") -> list[str]:
    """The tensors inside a network that are the same whatever the pictures."""
    known = {"", *(tensor.name for tensor in network.graph.initializer)}
    found: list[str] = []
    for node in network.graph.node:
        if known.issuperset(node.input):
            found += node.output
            known.update(node.output)
    return found


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"
