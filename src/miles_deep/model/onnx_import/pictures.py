"""What a network's input is: which one, its layout, type, size and batch."""

from dataclasses import dataclass
from typing import Literal

from onnx import ModelProto, TensorProto, ValueInfoProto

from miles_deep.errors import ModelError
from miles_deep.model.onnx_import.reading import shape_of, shown
from miles_deep.model.preprocess import MAX_SIDE
from miles_deep.model.quoting import listed, quoted

TYPES: dict[int, str] = {
    TensorProto.FLOAT: "float32",
    TensorProto.FLOAT16: "float16",
    TensorProto.DOUBLE: "float64",
    TensorProto.BFLOAT16: "bfloat16",
    TensorProto.UINT8: "uint8",
}
"""Types of numbers that a picture can come in."""

MAX_BATCH = 256
"""Pictures at a time that a network may be fixed to."""

COLOURS = (3, 1)
"""How many numbers a pixel has: red, green and blue, or grey."""

Layout = Literal["nchw", "nhwc"]


@dataclass(frozen=True, slots=True)
class Pictures:
    """The input of a network."""

    name: str
    type: int
    """A key of `TYPES`."""
    layout: Layout
    colours: int
    """One of `COLOURS`."""
    height: int | None
    """Pixels; None where it is free."""
    width: int | None
    batch: int | None
    """None where it is free."""


def pictures(network: ModelProto) -> Pictures:
    """The input that takes pictures. Raises ModelError."""
    value = input_of(network)
    name, number_type = quoted(value.name), value.type.tensor_type.elem_type
    if not value.type.HasField("tensor_type") or number_type not in TYPES:
        raise ModelError(f"its input {name} does not take numbers of {', '.join(TYPES.values())}")
    shape = shape_of(value)
    if shape is None or len(shape) != 4:
        found = "an unknown shape" if shape is None else f"the shape {shown(shape)}"
        raise ModelError(f"its input {name} has {found}; pictures come as [N, 3, H, W] or [N, H, W, 3]")
    layout = _layout(name, shape)
    height, width = shape[2:] if layout == "nchw" else shape[1:3]
    colours = (shape[1] if layout == "nchw" else shape[3]) or 0
    if max(height or 1, width or 1) > MAX_SIDE:
        raise ModelError(f"its input {name} takes pictures of {width} x {height}; {MAX_SIDE} a side are most")
    if (shape[0] or 0) > MAX_BATCH:
        raise ModelError(f"its input {name} takes {shape[0]:,} pictures at a time; {MAX_BATCH} are most")
    return Pictures(value.name, number_type, layout, colours, height, width, shape[0])


def set_shape(network: ModelProto, taken: Pictures, height: int, width: int, batch: int | None) -> None:
    """Write the input's shape into the network; shapes of what follows are no longer right, and left out."""
    sizes = [taken.colours, height, width] if taken.layout == "nchw" else [height, width, taken.colours]
    value = input_of(network)
    del value.type.tensor_type.shape.dim[:]
    for size in [batch, *sizes]:
        dim = value.type.tensor_type.shape.dim.add()
        if size is None:
            dim.dim_param = "batch"
        else:
            dim.dim_value = size
    del network.graph.value_info[:]


def input_of(network: ModelProto) -> ValueInfoProto:
    """The one input of a network that is not a weight with a default. Raises ModelError where there is not one."""
    weights = {tensor.name for tensor in network.graph.initializer}
    weights |= {sparse.values.name for sparse in network.graph.sparse_initializer}
    inputs = [value for value in network.graph.input if value.name not in weights]
    if len(inputs) != 1:
        names = f": {listed(quoted(value.name) for value in inputs)}" if inputs else ""
        raise ModelError(f"a classifier has one input, pictures; this network has {len(inputs)}{names}")
    return inputs[0]


def _layout(name: str, shape: list[int | None]) -> Layout:
    """Where the colours are: in the dimension of three, or where there is none, of one."""
    found = f"its input {name} has the shape {shown(shape)}"
    for colours in COLOURS:
        first, last = shape[1] == colours, shape[3] == colours
        if first and last:
            raise ModelError(f"{found}: which dimension the colours are is open")
        if first or last:
            return "nchw" if first else "nhwc"
    if None in (shape[1], shape[3]):
        hint = "export it with that dimension fixed"
        raise ModelError(f"{found}, which does not say where the colours are; {hint}")
    channels = shape[1] if (shape[1] or 0) < (shape[3] or 0) else shape[3]
    raise ModelError(f"{found}: {channels} channels, where colours have 3 and grey has 1")
