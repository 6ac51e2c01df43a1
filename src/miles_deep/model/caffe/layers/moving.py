"""Layers that change no number: where pictures come in, and what joins, parts, turns and crops blobs."""

import math
from itertools import pairwise

from miles_deep.errors import CaffeError, UnsupportedLayerError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.graph import Tensor
from miles_deep.model.caffe.layers.call import Call
from miles_deep.model.caffe.window import MAX_LENGTH
from miles_deep.model.onnx_import.pictures import COLOURS
from miles_deep.model.quoting import by


def input_(call: Call) -> Tensor:
    """The picture: one shape of four numbers; the first, the batch, is left free."""
    call.read(0)
    shapes = call.layer.input_param.shape
    if len(shapes) != 1 or len(shapes[0].dim) != 4:
        raise CaffeError(f"{call.where} needs one shape of four numbers (batch, channels, height, width)")
    batch, channels, height, width = tuple(shapes[0].dim)
    if channels not in COLOURS:
        raise CaffeError(f"{call.where} wants {channels} channels; pictures have 3, or 1 where they are grey")
    if not (1 <= height <= MAX_LENGTH and 1 <= width <= MAX_LENGTH):
        raise CaffeError(f"{call.where} wants pictures of {width}x{height}; a side must be 1 to {MAX_LENGTH}")
    return call.graph.add_input((channels, height, width), batch)


def concat(call: Call) -> Tensor:
    """Caffe's concat_layer.cpp: blobs one after the other along an axis, called `concat_dim` before 2015."""
    inputs = call.inputs
    if not inputs:
        raise CaffeError(f"{call.where} reads nothing")
    axis = _axis(call, call.layer.concat_param, "concat_dim")
    before, after = inputs[0].shape[: axis - 1], inputs[0].shape[axis:]
    if any((one.shape[: axis - 1], one.shape[axis:]) != (before, after) for one in inputs):
        shapes = " and ".join(by(one.shape) for one in inputs[:8])
        raise CaffeError(f"{call.where} reads {shapes}; along axes other than {axis} they must be equal")
    if len(inputs) == 1:
        return inputs[0]
    length = sum(one.shape[axis - 1] for one in inputs)
    return call.graph.add("Concat", inputs, (*before, length, *after), axis=axis)


def slice_(call: Call) -> list[Tensor]:
    """Caffe's slice_layer.cpp: parts along an axis (`slice_dim` before 2015), cut at `slice_point` or equal."""
    source, tops = call.one(), len(call.layer.top)
    setting = call.layer.slice_param
    axis = _axis(call, setting, "slice_dim")
    length, points = source.shape[axis - 1], list(setting.slice_point)
    if not points:
        if not tops or length % tops:
            raise CaffeError(f"{call.where} cannot make {tops} equal parts of {length}")
        points = list(range(length // tops, length, length // tops))
    edges = [0, *points, length]
    if len(edges) != tops + 1 or any(start >= end for start, end in pairwise(edges)):
        raise CaffeError(
            f"{call.where} has {len(points)} slice_point for {tops} parts of {length}; they must ascend"
        )
    return [call.graph.cut(source, {axis: (start, end)}) for start, end in pairwise(edges)]


def split(call: Call) -> list[Tensor]:
    """The same blob under several names."""
    return [call.one()] * len(call.layer.top)


def silence(call: Call) -> list[Tensor]:
    """Nothing: it reads what nobody else does, so that Caffe does not take it for a result."""
    del call
    return []


def flatten(call: Call) -> Tensor:
    """Caffe's flatten_layer.cpp: the axes from `axis` to `end_axis` become one."""
    source, setting = call.one(), call.layer.flatten_param
    first, last = call.axis(setting.axis, source), call.axis(setting.end_axis, source, "end_axis")
    if first > last:
        raise CaffeError(f"{call.where} has axis: {setting.axis} after end_axis: {setting.end_axis}")
    shape = source.shape
    return call.graph.reshape(source, (*shape[: first - 1], math.prod(shape[first - 1 : last]), *shape[last:]))


def reshape(call: Call) -> Tensor:
    """Caffe's reshape_layer.cpp: new axes for `num_axes` from `axis` on; 0 copies one, -1 is the rest."""
    source, setting = call.one(), call.layer.reshape_param
    old = (call.graph.batch, *source.shape)
    first = setting.axis + len(old) + 1 if setting.axis < 0 else setting.axis
    last = len(old) if setting.num_axes == -1 else first + setting.num_axes
    if not 0 <= first <= last <= len(old):
        raise CaffeError(
            f"{call.where} has axis {setting.axis} and num_axes {setting.num_axes} for {len(old)} axes"
        )
    dims = list(setting.shape.dim)
    if any(not dim and first + index >= len(old) for index, dim in enumerate(dims)):
        raise CaffeError(f"{call.where} has a 0 in its shape where it reads no axis to copy")
    dims = [dim or old[first + index] for index, dim in enumerate(dims)]
    full = [*old[:first], *dims, *old[last:]]
    if full.count(-1) == 1:
        known = math.prod(dim for dim in full if dim != -1)
        full[full.index(-1)] = math.prod(old) // known if known else 0
    if min(full, default=0) < 1 or math.prod(full) != math.prod(old):
        raise CaffeError(f"{call.where} cannot make {by(full)} of {by(old)} values")
    if full[0] != old[0]:
        raise UnsupportedLayerError(
            f"{call.where} makes {by(full)} of {by(old)}, which mixes the pictures of a batch"
        )
    return call.graph.reshape(source, tuple(full[1:]))


def permute(call: Call) -> Tensor:
    """SSD's permute_layer.cpp: the axes in `order`; those not named follow as they were."""
    source, order = call.one(), list(call.layer.permute_param.order)
    axes = range(len(source.shape) + 1)
    if len(set(order)) != len(order) or not set(order) <= set(axes):
        raise CaffeError(f"{call.where} has order {order[:8]}, which is none of {len(axes)} axes")
    order += [axis for axis in axes if axis not in order]
    if order[0]:
        raise UnsupportedLayerError(f"{call.where} has order {order}, which mixes the pictures of a batch")
    if order == list(axes):
        return source
    shape = tuple(source.shape[axis - 1] for axis in order[1:])
    return call.graph.add("Transpose", [source], shape, perm=order)


def shuffle_channel(call: Call) -> Tensor:
    """ShuffleNet's shuffle_channel_layer.cpp: the first channel of each group, then the second of each, …"""
    source, group = call.map(), call.layer.shuffle_channel_param.group
    channels, *size = source.shape
    if not group or channels % group:
        raise CaffeError(f"{call.where} cannot part {channels} channels into {group} groups")
    parted = call.graph.reshape(source, (group, channels // group, *size))
    turned = call.graph.add("Transpose", [parted], (channels // group, group, *size), perm=[0, 2, 1, 3, 4])
    return call.graph.reshape(turned, source.shape)


def crop(call: Call) -> Tensor:
    """Caffe's crop_layer.cpp: from `offset` on as much as the second blob has, along `axis` and what follows."""
    source, like = call.read(2)
    setting = call.layer.crop_param
    first = call.axis(setting.axis, source)
    axes = range(first, len(source.shape) + 1)
    if len(like.shape) != len(source.shape) or len(setting.offset) not in (0, 1, len(axes)):
        raise CaffeError(
            f"{call.where} cannot crop {by(source.shape)} to {by(like.shape)} with {len(setting.offset)} offset"
        )
    offsets = list(setting.offset) or [0]
    starts = dict(zip(axes, offsets * len(axes) if len(offsets) == 1 else offsets, strict=True))
    spans = {axis: (start, start + like.shape[axis - 1]) for axis, start in starts.items()}
    if any(end > source.shape[axis - 1] for axis, (_, end) in spans.items()):
        raise CaffeError(f"{call.where} cannot crop {by(source.shape)} to {by(like.shape)} from {by(offsets)} on")
    return call.graph.cut(source, spans)


def _axis(call: Call, setting: pb.ConcatParameter | pb.SliceParameter, old: str) -> int:
    """The axis of a Concat or Slice, by its name of today or of before 2015."""
    if not setting.HasField(old):
        return call.axis(setting.axis, call.inputs[0])
    if setting.HasField("axis"):
        raise CaffeError(f"{call.where} has axis and {old}; only one of them can be")
    return call.axis(int(getattr(setting, old)), call.inputs[0], old)
