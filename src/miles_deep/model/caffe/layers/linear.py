"""Layers that multiply by a matrix of weights: the ones that later scales fold into."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import CaffeError, UnsupportedLayerError
from miles_deep.model.caffe.graph import Tensor
from miles_deep.model.caffe.layers.call import Call
from miles_deep.model.caffe.window import Slide, convolution_slides


def convolution(call: Call) -> Tensor:
    """Caffe's conv_layer.cpp: the length of the result is rounded down, as ONNX does."""
    return _convolution(call, call.layer.convolution_param.group)


def convolution_depthwise(call: Call) -> Tensor:
    """ShuffleNet's conv_dw_layer.cpp: a kernel for each channel alone, which only the type's name says."""
    return _convolution(call, call.map().shape[0])


def _convolution(call: Call, group: int) -> Tensor:
    """A convolution in this many groups."""
    source, outputs, (down, across) = _windows(call, group)
    weight, bias = _weights(call, (outputs, source.shape[0] // group, down.kernel, across.kernel))
    return call.graph.add_linear(
        "Conv",
        source,
        (outputs, down.convolved(source.shape[1]), across.convolved(source.shape[2])),
        weight,
        bias,
        **_attributes(down, across, group),
    )


def deconvolution(call: Call) -> Tensor:
    """Caffe's deconv_layer.cpp, the convolution backwards: every pixel is painted as large as the kernel."""
    group = call.layer.convolution_param.group
    source, outputs, (down, across) = _windows(call, group)
    channels, height, width = source.shape
    weight, bias = _weights(call, (channels, outputs // group, down.kernel, across.kernel))
    return call.graph.add_linear(
        "ConvTranspose",
        source,
        (outputs, down.deconvolved(height), across.deconvolved(width)),
        weight,
        bias,
        # Its weights begin with the channels it reads; those it makes are the third of these axes and the first.
        view=(group, channels // group, outputs // group, down.kernel, across.kernel),
        columns=(group, 1, outputs // group, 1, 1),
        **_attributes(down, across, group),
    )


def inner_product(call: Call) -> Tensor:
    """Caffe's inner_product_layer.cpp: all values from `axis` on, in the order C, H, W, times a matrix."""
    source, setting = call.one(), call.layer.inner_product_param
    axis, outputs = call.axis(setting.axis, source), setting.num_output
    kept, values = source.shape[: axis - 1], math.prod(source.shape[axis - 1 :])
    if not outputs:
        raise CaffeError(f"{call.where} has no num_output")
    shape = (values, outputs) if setting.transpose else (outputs, values)
    weight, *bias = call.blobs(shape, *[(outputs,)] * setting.bias_term)
    straight = weight.T if setting.transpose else weight
    flat = call.graph.reshape(source, (*kept, values))
    if not kept:
        return call.graph.add_linear(
            "Gemm", flat, (outputs,), np.ascontiguousarray(straight), bias[0] if bias else None, transB=1
        )
    result = call.graph.add("MatMul", [flat, call.graph.constant(straight.T)], (*kept, outputs))
    return call.graph.scale(result, np.ones(()), bias[0].astype(np.float64), fold=False) if bias else result


def _windows(call: Call, group: int) -> tuple[Tensor, int, tuple[Slide, Slide]]:
    """The map that is read, the number of channels to make of it, and the kernel down and across."""
    source, setting = call.map(), call.layer.convolution_param
    if call.axis(setting.axis, source) != 1:
        raise UnsupportedLayerError(
            f"{call.where} has axis: {setting.axis}; only that of the channels is supported"
        )
    channels, outputs = source.shape[0], setting.num_output
    if not outputs or not group or channels % group or outputs % group:
        raise CaffeError(f"{call.where} cannot make {outputs} from {channels} channels in {group} groups")
    return source, outputs, convolution_slides(setting, call.where)


def _weights(call: Call, shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """A kernel of this shape, and the number to add to each channel where there is one."""
    setting = call.layer.convolution_param
    weight, *bias = call.blobs(shape, *[(setting.num_output,)] * setting.bias_term)
    return weight, bias[0] if bias else None


def _attributes(down: Slide, across: Slide, group: int) -> dict[str, Any]:
    """What ONNX calls them."""
    return {
        "kernel_shape": [down.kernel, across.kernel],
        "strides": [down.stride, across.stride],
        "pads": [down.pad, across.pad] * 2,
        "dilations": [down.dilation, across.dilation],
        "group": group,
    }
