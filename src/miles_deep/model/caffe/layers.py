"""One small function for each layer type, from Caffe's meaning of it to ONNX nodes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import CaffeError, UnsupportedLayerError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.graph import Graph, Tensor
from miles_deep.model.caffe.naming import by
from miles_deep.model.caffe.weights import Weights
from miles_deep.model.caffe.window import (
    MAX_LENGTH,
    convolution_slides,
    pooled_size,
    pooling_slides,
)


@dataclass(frozen=True, slots=True)
class Call:
    """What the function of a layer type works with."""

    layer: pb.LayerParameter
    where: str
    """File, layer and type, to begin an error with."""
    inputs: list[Tensor]
    foldable: bool
    """Whether no other layer reads the first input, so that it may be changed where it is made."""
    graph: Graph
    weights: Weights

    def blobs(self, *wanted: tuple[int, ...]) -> list[NDArray[np.float32]]:
        """The layer's weights, of exactly these shapes. Raises CaffeError."""
        return self.weights.blobs(self.layer.name, *wanted)


def input_(call: Call) -> Tensor:
    """The picture: one shape of four numbers; the first, the batch, is left free."""
    _read(call, 0)
    shapes = call.layer.input_param.shape
    if len(shapes) != 1 or len(shapes[0].dim) != 4:
        raise CaffeError(f"{call.where} needs one shape of four numbers (batch, channels, height, width)")
    channels, height, width = tuple(shapes[0].dim)[1:]
    if channels != 3:
        raise CaffeError(f"{call.where} wants {channels} channels; only networks for pictures of 3 are supported")
    if not (1 <= height <= MAX_LENGTH and 1 <= width <= MAX_LENGTH):
        raise CaffeError(f"{call.where} wants pictures of {width}x{height}; a side must be 1 to {MAX_LENGTH}")
    return call.graph.add_input((channels, height, width))


def convolution(call: Call) -> Tensor:
    """Caffe's conv_layer.cpp: the length of the result is rounded down, as ONNX does."""
    source = _map(call)
    setting = call.layer.convolution_param
    _channels_first(call, setting.axis, len(source.shape) + 1)
    down, across = convolution_slides(setting, call.where)
    channels, group, outputs = source.shape[0], setting.group, setting.num_output
    if not outputs or not group or channels % group or outputs % group:
        raise CaffeError(f"{call.where} cannot make {outputs} from {channels} channels in {group} groups")
    kernel = (down.kernel, across.kernel)
    weight, *bias = call.blobs((outputs, channels // group, *kernel), *[(outputs,)] * setting.bias_term)
    return call.graph.add_linear(
        "Conv",
        source,
        (outputs, down.convolved(source.shape[1]), across.convolved(source.shape[2])),
        weight,
        bias[0] if bias else None,
        kernel_shape=kernel,
        strides=[down.stride, across.stride],
        pads=[down.pad, across.pad] * 2,
        dilations=[down.dilation, across.dilation],
        group=group,
    )


def batch_norm(call: Call) -> Tensor:
    """Caffe's batch_norm_layer.cpp with stored statistics: both are sums that the third blob divides."""
    source = _read(call, 1)[0]
    setting, phase = call.layer.batch_norm_param, call.layer.phase
    # Without the setting, Caffe decides by the layer's phase, which a TEST network sets where it is missing.
    in_training = call.layer.HasField("phase") and phase == pb.TRAIN
    stored = setting.use_global_stats if setting.HasField("use_global_stats") else not in_training
    if not stored:
        raise UnsupportedLayerError(f"{call.where} has use_global_stats: false; its scores depend on the batch")
    channels = source.shape[0]
    mean, variance, total = (blob.astype(np.float64) for blob in call.blobs((channels,), (channels,), (1,)))
    factor = 1 / total[0] if total[0] else 0.0
    spread = variance * factor + setting.eps
    if not (spread > 0).all():
        raise CaffeError(f"{call.where} has a variance that is not positive; the caffemodel is damaged")
    scale = 1 / np.sqrt(spread)
    ones = (1,) * (len(source.shape) - 1)
    shift = -mean * factor * scale
    return call.graph.scale(source, scale.reshape(-1, *ones), shift.reshape(-1, *ones), call.foldable)


def scale(call: Call) -> Tensor:
    """Caffe's scale_layer.cpp with weights of its own: they cover `num_axes` axes from `axis` on."""
    source = _read(call, 1, "a Scale by another layer's result is not supported")[0]
    setting, axes = call.layer.scale_param, len(source.shape) + 1
    first = setting.axis + axes if setting.axis < 0 else setting.axis
    last = axes if setting.num_axes == -1 else first + setting.num_axes
    if not 1 <= first <= last <= axes:
        raise UnsupportedLayerError(
            f"{call.where} has axis {setting.axis} and num_axes {setting.num_axes}, which is not supported "
            f"for {axes} axes"
        )
    shape = source.shape[first - 1 : last - 1]
    factor, *bias = call.blobs(shape, *[shape] * setting.bias_term)
    # A scalar stays one; anything else gets an axis of one pixel for each that it does not cover.
    full = shape and (1,) * (first - 1) + shape + (1,) * (axes - last)
    shift = bias[0] if bias else np.zeros(shape)
    return call.graph.scale(
        source, factor.reshape(full).astype(np.float64), shift.reshape(full).astype(np.float64), call.foldable
    )


def relu(call: Call) -> Tensor:
    """max(x, 0) + negative_slope · min(x, 0)."""
    source = _read(call, 1)[0]
    slope = call.layer.relu_param.negative_slope
    if not math.isfinite(slope):
        raise CaffeError(f"{call.where} has a negative_slope that is not a number")
    if slope:
        return call.graph.add("LeakyRelu", [source], source.shape, alpha=slope)
    return call.graph.add("Relu", [source], source.shape)


def pooling(call: Call) -> Tensor:
    """Caffe's pooling_layer.cpp: lengths rounded up, and averages over windows cut at the padding's end.

    The windows are spelled out as padding rather than left to ONNX's `ceil_mode`, whose rule differs and
    which backends have got wrong.
    """
    source = _map(call)
    setting, graph = call.layer.pooling_param, call.graph
    if setting.pool == pb.PoolingParameter.STOCHASTIC:
        raise UnsupportedLayerError(f"{call.where} has pool: STOCHASTIC, which is not supported")
    channels, *size = source.shape
    slides = pooling_slides(setting, (size[0], size[1]), call.where)
    counts = pooled_size(slides, size, setting.round_mode == pb.PoolingParameter.CEIL, call.where)
    shape, average = (channels, *counts), setting.pool == pb.PoolingParameter.AVE
    sides = list(zip(slides, size, counts, strict=True))
    if counts == (1, 1) and all(slide.kernel >= length and not slide.pad for slide, length, _ in sides):
        return graph.add("GlobalAveragePool" if average else "GlobalMaxPool", [source], shape)
    window = {
        "kernel_shape": [slide.kernel for slide in slides],
        "strides": [slide.stride for slide in slides],
        "pads": [*(slide.pad for slide in slides), *(slide.overhang(*lengths) for slide, *lengths in sides)],
    }
    if not average:
        return graph.add("MaxPool", [source], shape, **window)
    result = graph.add("AveragePool", [source], shape, count_include_pad=1, **window)
    # ONNX now divided by the whole kernel; side by side, make that a division by Caffe's cut window.
    for (slide, *lengths), layout in zip(sides, ((-1, 1), (1, -1)), strict=True):
        excess = slide.kernel / np.array(slide.areas(*lengths))
        if (excess != 1).any():
            result = graph.add("Mul", [result, graph.constant(excess.reshape(layout))], shape)
    return result


def eltwise(call: Call) -> Tensor:
    """Caffe's eltwise_layer.cpp: the sum, with a factor for each input, the product, or the maximum."""
    inputs, setting, graph = call.inputs, call.layer.eltwise_param, call.graph
    shape = inputs[0].shape if inputs else ()
    if len(inputs) < 2 or any(one.shape != shape for one in inputs):
        shapes = " and ".join(by(one.shape) for one in inputs[:8]) or "nothing"
        raise CaffeError(f"{call.where} reads {shapes}; it needs two or more of the same shape")
    factors = list(setting.coeff)
    if factors and (setting.operation != pb.EltwiseParameter.SUM or len(factors) != len(inputs)):
        raise CaffeError(f"{call.where} has {len(factors)} coeff; SUM takes one for each input, others none")
    if factors and any(factor != 1 for factor in factors):
        inputs = [
            one if factor == 1 else graph.add("Mul", [one, graph.constant(np.array(factor))], shape)
            for one, factor in zip(inputs, factors, strict=True)
        ]
    operator = {
        pb.EltwiseParameter.SUM: "Add",
        pb.EltwiseParameter.PROD: "Mul",
        pb.EltwiseParameter.MAX: "Max",
    }[setting.operation]
    result = inputs[0]
    for one in inputs[1:]:
        result = graph.add(operator, [result, one], shape)
    return result


def inner_product(call: Call) -> Tensor:
    """Caffe's inner_product_layer.cpp: all values of a picture, in the order C, H, W, times a matrix."""
    source = _read(call, 1)[0]
    setting = call.layer.inner_product_param
    _channels_first(call, setting.axis, len(source.shape) + 1)
    outputs, values = setting.num_output, math.prod(source.shape)
    if not outputs:
        raise CaffeError(f"{call.where} has no num_output")
    shape = (values, outputs) if setting.transpose else (outputs, values)
    weight, *bias = call.blobs(shape, *[(outputs,)] * setting.bias_term)
    if setting.transpose:
        weight = np.ascontiguousarray(weight.T)
    if len(source.shape) > 1:
        source = call.graph.add("Flatten", [source], (values,), axis=1)
    return call.graph.add_linear("Gemm", source, (outputs,), weight, bias[0] if bias else None, transB=1)


def softmax(call: Call) -> Tensor:
    """Caffe's softmax_layer.cpp over the channels."""
    source = _read(call, 1)[0]
    _channels_first(call, call.layer.softmax_param.axis, len(source.shape) + 1)
    return call.graph.add("Softmax", [source], source.shape, axis=1)


LAYERS: dict[str, Callable[[Call], Tensor]] = {
    "Input": input_,
    "Convolution": convolution,
    "BatchNorm": batch_norm,
    "Scale": scale,
    "ReLU": relu,
    "Pooling": pooling,
    "Eltwise": eltwise,
    "InnerProduct": inner_product,
    "Softmax": softmax,
}
"""Every layer type that can be imported, by its name in a prototxt."""


def _read(call: Call, count: int, why: str = "") -> list[Tensor]:
    """The layer's inputs, which must be this many."""
    if len(call.inputs) != count:
        found = f"{call.where} reads {len(call.inputs)} blobs, not {count}"
        raise UnsupportedLayerError(f"{found}; {why}" if why else found)
    return call.inputs


def _map(call: Call) -> Tensor:
    """The layer's one input, which must be channels of a picture."""
    source = _read(call, 1)[0]
    if len(source.shape) != 3:
        raise CaffeError(f"{call.where} needs channels of pictures, but reads {by(source.shape)} values")
    return source


def _channels_first(call: Call, axis: int, axes: int) -> None:
    """Refuse an `axis` other than that of the channels, whichever end it is counted from."""
    if axis not in (1, 1 - axes):
        raise UnsupportedLayerError(f"{call.where} has axis: {axis}; only that of the channels (1) is supported")
