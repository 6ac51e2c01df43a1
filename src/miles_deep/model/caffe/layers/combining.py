"""Layers that make fewer numbers of many: of several blobs, or of all that stands along an axis."""

import math

import numpy as np

from miles_deep.errors import CaffeError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.graph import Tensor
from miles_deep.model.caffe.layers.call import Call
from miles_deep.model.quoting import by


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
    if any(factor != 1 for factor in factors):
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


def axpy(call: Call) -> Tensor:
    """SENet's axpy_layer.cpp: a · x + y, with a number a channel for a."""
    a, x, y = call.read(3)
    if x.shape != y.shape or a.shape != (*x.shape[:1], 1, 1):
        shapes = " and ".join(by(one.shape) for one in call.inputs)
        raise CaffeError(f"{call.where} reads {shapes}; it needs a number a channel and two maps of one shape")
    return call.graph.add("Add", [call.graph.add("Mul", [a, x], x.shape), y], x.shape)


def softmax(call: Call) -> Tensor:
    """Caffe's softmax_layer.cpp: e^x over the sum of those along the axis."""
    source = call.one()
    axis = call.axis(call.layer.softmax_param.axis, source)
    return call.graph.add("Softmax", [source], source.shape, axis=axis)


def reduction(call: Call) -> Tensor:
    """Caffe's reduction_layer.cpp: one number of all from `axis` on; their sum, of their sizes, squares, or mean.

    All four by way of a sum: OpenVINO 2026.4 adds up everything in ONNX's ReduceL1, whatever its axes.
    """
    source, setting, graph = call.one(), call.layer.reduction_param, call.graph
    axis = call.axis(setting.axis, source)
    (factor,) = call.finite(setting, "coeff")
    count = math.prod(source.shape[axis - 1 :])
    flat = graph.reshape(source, (*source.shape[: axis - 1], count))
    if setting.operation == pb.ReductionParameter.ASUM:
        flat = graph.add("Abs", [flat], flat.shape)
    elif setting.operation == pb.ReductionParameter.SUMSQ:
        flat = graph.add("Mul", [flat, flat], flat.shape)
    elif setting.operation == pb.ReductionParameter.MEAN:
        factor /= count
    return graph.scale(graph.total(flat), np.array(factor), np.zeros(()), fold=False)
