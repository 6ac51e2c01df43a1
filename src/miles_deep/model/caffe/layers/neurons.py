"""Layers that treat every number alike, whatever stands beside it."""

import math

import numpy as np

from miles_deep.errors import CaffeError, UnsupportedLayerError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.graph import Tensor
from miles_deep.model.caffe.layers.call import Call


def relu(call: Call) -> Tensor:
    """max(x, 0) + negative_slope · min(x, 0)."""
    source = call.one()
    (slope,) = call.finite(call.layer.relu_param, "negative_slope")
    if slope:
        return call.graph.add("LeakyRelu", [source], source.shape, alpha=slope)
    return call.graph.add("Relu", [source], source.shape)


def prelu(call: Call) -> Tensor:
    """Caffe's prelu_layer.cpp: a ReLU whose slopes below zero were learned, one a channel or one for all."""
    source = call.one()
    shape = () if call.layer.prelu_param.channel_shared or not source.shape else source.shape[:1]
    (slope,) = call.blobs(shape)
    ones = (1,) * (len(source.shape) - 1)
    slopes = call.graph.constant(slope.reshape(*shape, *ones) if shape else slope)
    return call.graph.add("PRelu", [source, slopes], source.shape)


def elu(call: Call) -> Tensor:
    """max(x, 0) + alpha · (e^min(x, 0) - 1)."""
    source = call.one()
    (alpha,) = call.finite(call.layer.elu_param, "alpha")
    return call.graph.add("Elu", [source], source.shape, alpha=alpha)


def relu6(call: Call) -> Tensor:
    """MobileNet's min(max(x, 0), 6)."""
    return _clipped(call, 0.0, 6.0)


def clip(call: Call) -> Tensor:
    """min(max(x, min), max)."""
    low, high = call.finite(call.layer.clip_param, "min", "max")
    if low > high:
        raise CaffeError(f"{call.where} has min: {low:g} above max: {high:g}")
    return _clipped(call, low, high)


def swish(call: Call) -> Tensor:
    """x / (1 + e^(-beta · x))."""
    source = call.one()
    (beta,) = call.finite(call.layer.swish_param, "beta")
    inner = call.graph.scale(source, np.array(beta), np.zeros(()), fold=False)
    gate = call.graph.add("Sigmoid", [inner], source.shape)
    return call.graph.add("Mul", [source, gate], source.shape)


def sigmoid(call: Call) -> Tensor:
    """1 / (1 + e^-x)."""
    return call.graph.add("Sigmoid", [call.one()], call.one().shape)


def tanh(call: Call) -> Tensor:
    """The hyperbolic tangent."""
    return call.graph.add("Tanh", [call.one()], call.one().shape)


def absval(call: Call) -> Tensor:
    """|x|."""
    return call.graph.add("Abs", [call.one()], call.one().shape)


def power(call: Call) -> Tensor:
    """(shift + scale · x) ^ power."""
    source = call.one()
    exponent, scale, shift = call.finite(call.layer.power_param, "power", "scale", "shift")
    inner = _line(call, source, scale, shift)
    if exponent == 1:
        return inner
    return call.graph.add("Pow", [inner, call.graph.constant(np.array(exponent))], source.shape)


def exp(call: Call) -> Tensor:
    """base ^ (shift + scale · x)."""
    source = call.one()
    scale, shift = call.finite(call.layer.exp_param, "scale", "shift")
    log = _log_of_base(call, call.layer.exp_param)
    return call.graph.add("Exp", [_line(call, source, scale * log, shift * log)], source.shape)


def log(call: Call) -> Tensor:
    """The logarithm to `base` of shift + scale · x."""
    source = call.one()
    scale, shift = call.finite(call.layer.log_param, "scale", "shift")
    log = _log_of_base(call, call.layer.log_param)
    if not log:
        raise CaffeError(f"{call.where} has base: 1, to which there are no logarithms")
    result = call.graph.add("Log", [_line(call, source, scale, shift)], source.shape)
    return call.graph.scale(result, np.array(1 / log), np.zeros(()), fold=False)


def dropout(call: Call) -> Tensor:
    """Nothing, outside training; but for networks trained without `scale_train`, which are made smaller here."""
    source, setting = call.one(), call.layer.dropout_param
    if call.layer.HasField("phase") and call.layer.phase == pb.TRAIN:
        raise UnsupportedLayerError(f"{call.where} has phase: TRAIN; its scores would be random")
    if setting.scale_train:
        return source
    (ratio,) = call.finite(setting, "dropout_ratio")
    return call.graph.scale(source, np.array(1 - ratio), np.zeros(()), call.foldable)


def _clipped(call: Call, low: float, high: float) -> Tensor:
    """No less than `low`, no more than `high`."""
    bounds = [call.graph.constant(np.array(one)) for one in (low, high)]
    return call.graph.add("Clip", [call.one(), *bounds], call.one().shape)


def _line(call: Call, source: Tensor, scale: float, shift: float) -> Tensor:
    """shift + scale · x."""
    return call.graph.scale(source, np.array(scale), np.array(shift), call.foldable)


def _log_of_base(call: Call, setting: pb.ExpParameter | pb.LogParameter) -> float:
    """The natural logarithm of `base`, where -1 stands for e. Raises CaffeError where it has none."""
    (base,) = call.finite(setting, "base")
    if base == -1:
        return 1.0
    if base <= 0:
        raise CaffeError(f"{call.where} has base: {base:g}; it must be above 0")
    return math.log(base)
