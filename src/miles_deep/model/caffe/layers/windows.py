"""Layers that look at a neighbourhood: pooling, and normalisation by what is around."""

import numpy as np

from miles_deep.errors import CaffeError, UnsupportedLayerError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.graph import Tensor
from miles_deep.model.caffe.layers.call import Call
from miles_deep.model.caffe.window import MAX_LENGTH, pooled_size, pooling_slides

LEAST, MOST = 1e-9, 1e9
"""Of an LRN's numbers: far beyond AlexNet's 0.0001, 0.75 and 1 either way, and what both backends can take."""


def pooling(call: Call) -> Tensor:
    """Caffe's pooling_layer.cpp: lengths rounded up, and averages over windows cut at the padding's end.

    The windows are spelled out as padding rather than left to ONNX's `ceil_mode`, whose rule differs and
    which backends have got wrong.
    """
    source = call.map()
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


def lrn(call: Call) -> Tensor:
    """Caffe's lrn_layer.cpp: x / (k + alpha · mean of the squares of the channels around)^beta.

    WITHIN_CHANNEL takes the square of pixels around instead, with zeros beyond the edge, and always 1 for k.
    """
    source, setting, graph = call.map(), call.layer.lrn_param, call.graph
    alpha, beta, k = call.finite(setting, "alpha", "beta", "k")
    size = setting.local_size
    if not (size % 2 and size <= MAX_LENGTH):
        raise CaffeError(f"{call.where} has local_size: {size}; it must be odd and at most {MAX_LENGTH}")
    if not all(LEAST <= one <= MOST for one in (alpha, beta, k)):
        raise CaffeError(f"{call.where} has alpha {alpha:g}, beta {beta:g}, k {k:g}; they must be above 0")
    if setting.norm_region == pb.LRNParameter.ACROSS_CHANNELS:
        return graph.add("LRN", [source], source.shape, size=size, alpha=alpha, beta=beta, bias=k)
    shape, pad = source.shape, size // 2
    window = {"kernel_shape": [size] * 2, "pads": [pad] * 4, "count_include_pad": 1}
    mean = graph.add("AveragePool", [graph.add("Mul", [source, source], shape)], shape, **window)
    spread = graph.scale(mean, np.array(alpha), np.ones(()), fold=False)
    divisor = graph.add("Pow", [spread, graph.constant(np.array(beta))], shape)
    return graph.add("Div", [source, divisor], shape)
