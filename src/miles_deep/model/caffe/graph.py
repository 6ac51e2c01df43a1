"""Building an ONNX graph node by node, with known shapes and with scales folded into what they scale."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from miles_deep.errors import CaffeError
from miles_deep.model.quoting import by

INPUT = "data"
OUTPUT = "scores"
OPSET = 17
MAX_VALUES = 1 << 26
"""Of one result for one picture (256 MiB); a prototxt that declares more is a mistake or an attack."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A value in the graph."""

    name: str
    shape: tuple[int, ...]
    """Of one picture: channels first, no batch."""


@dataclass(slots=True)
class Linear:
    """A convolution, forwards or backwards, or inner product whose weights wait for what can still be folded in.

    Its result is `weight·x * scale + shift`, channel by channel; float64, so that folding twice rounds once.
    """

    node: NodeProto
    weight: NDArray[np.float32]
    view: tuple[int, ...]
    """How to shape the weights so that `columns` fits."""
    columns: tuple[int, ...]
    """How to shape numbers of output channels so that they broadcast over that view."""
    scale: NDArray[np.float64]
    shift: NDArray[np.float64]
    where: str


class Graph:
    """An ONNX graph in the making."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: dict[str, NDArray[np.float32] | NDArray[np.int64]] = {}
        self._linear: dict[str, Linear] = {}
        self._input: Tensor | None = None
        self.batch = 1
        """Pictures at once, as the prototxt declares; the graph leaves it free."""
        self.folded = 0
        """How often numbers went into the weights of an earlier layer."""
        self.where = ""
        """What begins the errors about nodes that are added now."""
        self.label = ""
        """What begins their names."""

    def add_input(self, shape: tuple[int, ...], batch: int) -> Tensor:
        """The graph's one input. Raises CaffeError where it is empty or too large."""
        self._check(shape)
        self.batch = max(batch, 1)
        self._input = Tensor(INPUT, shape)
        return self._input

    def add(self, operator: str, inputs: list[Tensor], shape: tuple[int, ...], **attributes: Any) -> Tensor:
        """Add a node with one result of this shape. Raises CaffeError where that is empty or too large."""
        self._check(shape)
        name = self._name(operator)
        self._nodes.append(helper.make_node(operator, [one.name for one in inputs], [name], name, **attributes))
        return Tensor(name, shape)

    def add_linear(
        self,
        operator: str,
        source: Tensor,
        shape: tuple[int, ...],
        weight: NDArray[np.float32],
        bias: NDArray[np.float32] | None,
        view: tuple[int, ...] | None = None,
        columns: tuple[int, ...] | None = None,
        **attributes: Any,
    ) -> Tensor:
        """Add a Conv, ConvTranspose or Gemm; its weights are written when the graph is finished.

        Output channels come first in the weights, unless `view` and `columns` (see `Linear`) say where else.
        """
        result = self.add(operator, [source], shape, **attributes)
        channels = shape[0]
        shift = np.zeros(channels) if bias is None else bias.astype(np.float64)
        view, columns = view or weight.shape, columns or (channels, *(1,) * (weight.ndim - 1))
        linear = Linear(self._nodes[-1], weight, view, columns, np.ones(channels), shift, self.where)
        self._linear[result.name] = linear
        return result

    def reshape(self, source: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The same values of a picture in another shape."""
        if shape == source.shape:
            return source
        if len(shape) == 1:
            return self.add("Flatten", [source], shape, axis=1)
        return self.add("Reshape", [source, self._integers(0, *shape)], shape)  # 0 copies: the batch

    def cut(self, source: Tensor, spans: dict[int, tuple[int, int]]) -> Tensor:
        """The part from start to end along each of these axes, where 0 would be the batch."""
        shape = list(source.shape)
        for axis, (start, end) in spans.items():
            shape[axis - 1] = end - start
        starts, ends = zip(*spans.values(), strict=True)
        bounds = [self._integers(*numbers) for numbers in (starts, ends, spans)]
        return self.add("Slice", [source, *bounds], tuple(shape))

    def total(self, source: Tensor) -> Tensor:
        """The sum along the last axis."""
        last = self._integers(len(source.shape))
        return self.add("ReduceSum", [source, last], source.shape[:-1], keepdims=0)

    def constant(self, values: NDArray[Any]) -> Tensor:
        """Numbers that take part in a node, broadcast over the batch."""
        name = self._name("constant")
        self._constants[name] = _float32(values, self.where)
        return Tensor(name, values.shape)

    def scale(self, source: Tensor, scale: NDArray[np.float64], shift: NDArray[np.float64], fold: bool) -> Tensor:
        """Multiply by `scale`, then add `shift`; both broadcast against the shape of one picture.

        With `fold`, and where nothing but a number a channel acts on the result of a Conv or Gemm, the
        numbers go into its weights instead. Unfolded, the network of `-m` runs at a seventh of the speed.
        """
        linear = self._linear.get(source.name)
        per_channel = (1,) * (len(source.shape) - 1)
        shapes = ((), (1, *per_channel), (*source.shape[:1], *per_channel))
        if fold and linear and scale.shape in shapes and shift.shape in shapes:
            self.folded += 1
            with np.errstate(over="ignore", invalid="ignore"):
                linear.scale = linear.scale * scale.reshape(-1)
                linear.shift = linear.shift * scale.reshape(-1) + shift.reshape(-1)
            return source
        result = source
        if (scale != 1).any():
            result = self.add("Mul", [source, self.constant(scale)], source.shape)
        return self.add("Add", [result, self.constant(shift)], source.shape) if shift.any() else result

    def finish(self, result: Tensor) -> ModelProto:
        """The graph as a model: `INPUT` [N, C, H, W] to `OUTPUT` [N, K], N free. Only once, and last."""
        assert self._input is not None
        for name, linear in self._linear.items():
            linear.node.input.extend([f"{name}/weight", f"{name}/bias"])
        for node in self._nodes:
            for names in (node.input, node.output):
                names[:] = [OUTPUT if name == result.name else name for name in names]
        graph = helper.make_graph(
            self._nodes,
            "caffe",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["batch", *self._input.shape])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", *result.shape])],
        )
        graph.initializer.extend(self._initializers())
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=8, producer_name="miles-deep")

    def _initializers(self) -> Iterator[TensorProto]:
        """All numbers, one array at a time: those of VGG take half a gigabyte."""
        for name, values in self._constants.items():
            yield numpy_helper.from_array(values, name)
        for name, linear in self._linear.items():
            weight: NDArray[Any] = linear.weight
            if (linear.scale != 1).any():
                with np.errstate(over="ignore", invalid="ignore"):
                    weight = weight.reshape(linear.view) * linear.scale.reshape(linear.columns)
            weight = _float32(weight.reshape(linear.weight.shape), linear.where)
            yield numpy_helper.from_array(weight, f"{name}/weight")
            yield numpy_helper.from_array(_float32(linear.shift, linear.where), f"{name}/bias")

    def _integers(self, *values: int) -> Tensor:
        """Numbers that say how a node works."""
        name = self._name("integers")
        self._constants[name] = np.array(values, np.int64)
        return Tensor(name, (len(values),))

    def _check(self, shape: tuple[int, ...]) -> None:
        if min(shape, default=1) < 1:
            raise CaffeError(f"{self.where} gives an empty result ({by(shape)})")
        if math.prod(shape) > MAX_VALUES:
            raise CaffeError(f"{self.where} gives {by(shape)} values a picture, which is too many")

    def _name(self, kind: str) -> str:
        """A name of our own making, unlike any other and unlike `frames` and `data`."""
        count = len(self._nodes) + len(self._constants)
        return f"{count}/{re.sub(r'[^0-9A-Za-z_]', '_', self.label)[:40]}/{kind}"


def _float32(values: NDArray[Any], where: str) -> NDArray[np.float32]:
    """Rounded to what the graph holds. Raises CaffeError where that is beyond it, or no number."""
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float32, copy=False)
    if not np.isfinite(rounded).all():
        raise CaffeError(f"{where} comes to weights that are not numbers; one of the two files is damaged")
    return rounded
