"""Layers that multiply by numbers and add numbers; where they follow a convolution, they fold into it."""

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import CaffeError, UnsupportedLayerError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.graph import Tensor
from miles_deep.model.caffe.layers.call import Call
from miles_deep.model.quoting import by


def batch_norm(call: Call) -> Tensor:
    """Caffe's batch_norm_layer.cpp with stored statistics: both are sums that the third blob divides."""
    source = call.one()
    setting, phase = call.layer.batch_norm_param, call.layer.phase
    # Without the setting, Caffe decides by the layer's phase, which a TEST network sets where it is missing.
    in_training = call.layer.HasField("phase") and phase == pb.TRAIN
    stored = setting.use_global_stats if setting.HasField("use_global_stats") else not in_training
    if not stored:
        raise UnsupportedLayerError(f"{call.where} has use_global_stats: false; its scores depend on the batch")
    channels = source.shape[0] if source.shape else 1
    mean, variance, total = (blob.astype(np.float64) for blob in call.blobs((channels,), (channels,), (1,)))
    factor = 1 / total[0] if total[0] else 0.0
    with np.errstate(over="ignore", invalid="ignore"):  # what becomes no number is refused below or by the graph
        spread = variance * factor + setting.eps
        if not (spread > 0).all():
            raise CaffeError(f"{call.where} has a variance that is not positive; the caffemodel is damaged")
        scale = 1 / np.sqrt(spread)
        shift = -mean * factor * scale
    ones = (1,) * (len(source.shape) - 1)
    return call.graph.scale(source, scale.reshape(-1, *ones), shift.reshape(-1, *ones), call.foldable)


def scale(call: Call) -> Tensor:
    """Caffe's scale_layer.cpp: by weights of its own, or by another layer's result."""
    setting = call.layer.scale_param
    if len(call.inputs) == 2:
        if setting.bias_term:
            raise UnsupportedLayerError(
                f"{call.where} has weights as well as a second blob, which is not supported"
            )
        return _with_another(call, setting, "Mul")
    source, shape, full = _covered(call, setting)
    factor, *bias = call.blobs(shape, *[shape] * setting.bias_term)
    shift = bias[0] if bias else np.zeros(shape)
    return call.graph.scale(source, _wide(factor, full), _wide(shift, full), call.foldable)


def bias(call: Call) -> Tensor:
    """Caffe's bias_layer.cpp: adds numbers of its own, or another layer's result."""
    setting = call.layer.bias_param
    if len(call.inputs) == 2:
        return _with_another(call, setting, "Add")
    source, shape, full = _covered(call, setting)
    (shift,) = call.blobs(shape)
    return call.graph.scale(source, _wide(np.ones(shape), full), _wide(shift, full), call.foldable)


def _covered(
    call: Call, setting: pb.ScaleParameter | pb.BiasParameter
) -> tuple[Tensor, tuple[int, ...], tuple[int, ...]]:
    """What is read, and the shape of weights for `num_axes` from `axis` on: in the file, and to broadcast."""
    source = call.one()
    axes = len(source.shape) + 1
    first = call.axis(setting.axis, source) if setting.num_axes else 1
    last = axes if setting.num_axes == -1 else first + setting.num_axes
    if not first <= last <= axes:
        raise CaffeError(
            f"{call.where} has axis {setting.axis} and num_axes {setting.num_axes}; "
            f"the blob that it reads has {axes} axes"
        )
    shape = source.shape[first - 1 : last - 1]
    # One number stays one; anything else gets an axis of one pixel for each that it does not cover.
    return source, shape, shape and (1,) * (first - 1) + shape + (1,) * (axes - last)


def _wide(values: NDArray[np.floating], shape: tuple[int, ...]) -> NDArray[np.float64]:
    return values.reshape(shape).astype(np.float64)


def _with_another(call: Call, setting: pb.ScaleParameter | pb.BiasParameter, operator: str) -> Tensor:
    """The first blob with the second, which covers its first axes, that of the batch among them (`axis: 0`)."""
    source, other = call.inputs
    if setting.axis not in (0, -len(source.shape) - 1):
        raise UnsupportedLayerError(
            f"{call.where} has axis: {setting.axis}; with a second blob it must be 0, that of the batch"
        )
    if source.shape[: len(other.shape)] != other.shape:
        raise CaffeError(
            f"{call.where} reads {by(source.shape)} and {by(other.shape)} values; "
            "the second must have the first axes of the first"
        )
    ones = (1,) * (len(source.shape) - len(other.shape))
    return call.graph.add(operator, [source, call.graph.reshape(other, other.shape + ones)], source.shape)
