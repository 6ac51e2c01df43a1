# ruff: noqa: E501 (a case a line reads better than a case in three)
"""Every layer type that OpenCV reads otherwise than Caffe, or not at all, against Caffe's own formula in NumPy.

Each reference was written from the C++ file of that layer in BVLC's Caffe.
"""

import math
from itertools import pairwise

import numpy as np
import pytest
from caffe_network import conv, dense, layer, numbers, picture, pictures, write

from miles_deep.errors import CaffeError, UnsupportedLayerError
from miles_deep.model.caffe import import_caffe
from miles_deep.model.caffe.layers import LAYERS

SHAPE = (3, 5, 6)
BLOB = pictures(*SHAPE[1:])
POSITIVE = abs(BLOB) + np.float32(0.5)


def flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1)


def checked(folder, layers, expected, blob=BLOB, top="", both=True, **tolerance) -> None:
    """Our network of these layers gives `expected` [N, ...], on both backends."""
    top = top or layers[-1].top[0]
    # A caffemodel without any weights is refused, and few of these layers have some.
    unit = layer("Scale", "unit", "data", "data", [[1.0] * 3])
    files = write(folder, picture(*blob.shape[2:]), unit, *layers, layer("Flatten", "flat", top))
    tolerance = {"rtol": 1e-5, "atol": 1e-5, **tolerance}
    for backend in ("onnxruntime", "openvino") if both else ("onnxruntime",):
        np.testing.assert_allclose(files.ours(blob, backend), flat(expected), err_msg=backend, **tolerance)


def one(kind: str, blobs=(), **setting) -> list:
    """One layer of this type, which reads the picture."""
    return [layer(kind, "it", "data", "", blobs, **setting)]


def lrn_across(x, size, alpha, beta, k):
    """CrossChannelForward_cpu of lrn_layer.cpp."""
    padded = np.pad(x**2, ((0, 0), (size // 2,) * 2, (0, 0), (0, 0)))
    total = sum(padded[:, index : index + x.shape[1]] for index in range(size))
    return x * (k + alpha / size * total) ** -beta


def lrn_within(x, size, alpha, beta):
    """WithinChannelForward: the product of x with Power(-beta) of 1 + alpha times an AVE Pooling of the squares."""
    padded = np.pad(x**2, ((0, 0), (0, 0), (size // 2,) * 2, (size // 2,) * 2))
    rows, columns = x.shape[2:]
    total = sum(padded[:, :, i : i + rows, j : j + columns] for i in range(size) for j in range(size))
    return x * (1 + alpha * total / size**2) ** -beta


SLOPES = numbers(3)
FORMULAS = {
    "ELU": (one("ELU", elu_param={"alpha": 1.5}), np.where(BLOB > 0, BLOB, 1.5 * np.expm1(BLOB))),
    "ELU, default": (one("ELU"), np.where(BLOB > 0, BLOB, np.expm1(BLOB))),
    "PReLU": (one("PReLU", [SLOPES]), np.where(BLOB > 0, BLOB, SLOPES[:, None, None] * BLOB)),
    "PReLU, shared": (
        one("PReLU", [np.float32(0.3)], prelu_param={"channel_shared": True}),
        np.where(BLOB > 0, BLOB, np.float32(0.3) * BLOB),
    ),
    "Sigmoid": (one("Sigmoid"), 1 / (1 + np.exp(-BLOB))),
    "TanH": (one("TanH"), np.tanh(BLOB)),
    "AbsVal": (one("AbsVal"), abs(BLOB)),
    "Power": (one("Power", power_param={"power": 3, "scale": 0.5, "shift": -0.25}), (0.5 * BLOB - 0.25) ** 3),
    "Power, square": (one("Power", power_param={"power": 2}), BLOB**2),
    "Power, nothing": (one("Power", power_param={"power": 0}), BLOB**0),
    "Power, a line": (one("Power", power_param={"scale": 0.017, "shift": 3}), 0.017 * BLOB + 3),
    "Exp": (one("Exp"), np.exp(BLOB)),
    "Exp, base 2": (one("Exp", exp_param={"base": 2, "scale": 0.5, "shift": 1}), 2 ** (1 + 0.5 * BLOB)),
    "Dropout": (one("Dropout", dropout_param={"dropout_ratio": 0.4}), BLOB),
    "Dropout, not scaled in training": (
        one("Dropout", dropout_param={"dropout_ratio": 0.4, "scale_train": False}),
        BLOB * 0.6,
    ),
    "Bias": (one("Bias", [SLOPES]), BLOB + SLOPES[:, None, None]),
    "LRN": (one("LRN", lrn_param={"local_size": 3, "alpha": 2.0, "beta": 0.6, "k": 1.5}), lrn_across(BLOB, 3, 2, 0.6, 1.5)),
    "LRN, wider than the channels": (one("LRN", lrn_param={"local_size": 7}), lrn_across(BLOB, 7, 1, 0.75, 1)),
    "LRN, within": (
        one("LRN", lrn_param={"norm_region": "WITHIN_CHANNEL", "local_size": 3, "alpha": 2.0, "k": 9}),
        lrn_within(BLOB, 3, 2, 0.75),
    ),
    "LRN, within, wider than the map": (
        one("LRN", lrn_param={"norm_region": "WITHIN_CHANNEL", "local_size": 13}),
        lrn_within(BLOB, 13, 1, 0.75),
    ),
    "Softmax": (one("Softmax"), np.exp(BLOB) / np.exp(BLOB).sum(1, keepdims=True)),
    "Softmax, columns": (one("Softmax", softmax_param={"axis": -1}), np.exp(BLOB) / np.exp(BLOB).sum(3, keepdims=True)),
    "Reduction, SUM": (one("Reduction", reduction_param={"axis": 2}), BLOB.sum((2, 3))),
    "Reduction, ASUM": (one("Reduction", reduction_param={"axis": -2, "operation": "ASUM"}), abs(BLOB).sum((2, 3))),
    "Reduction, SUMSQ": (one("Reduction", reduction_param={"axis": 3, "operation": "SUMSQ"}), (BLOB**2).sum(3)),
    "Reduction, MEAN": (
        one("Reduction", reduction_param={"axis": 2, "operation": "MEAN", "coeff": -2.5}),
        -2.5 * BLOB.mean((2, 3)),
    ),
    "ReLU6": (one("ReLU6"), np.clip(BLOB, 0, 6)),
    "Clip": (one("Clip", clip_param={"min": -0.5, "max": 0.75}), np.clip(BLOB, -0.5, 0.75)),
    "Swish": (one("Swish"), BLOB / (1 + np.exp(-BLOB))),
    "Swish, steeper": (one("Swish", swish_param={"beta": 3}), BLOB / (1 + np.exp(-3 * BLOB))),
    "Permute": (one("Permute", permute_param={"order": [0, 2, 3, 1]}), BLOB.transpose(0, 2, 3, 1)),
    "Permute, the first named": (one("Permute", permute_param={"order": [0, 3]}), BLOB.transpose(0, 3, 1, 2)),
    "Permute, as it was": (one("Permute"), BLOB),
}  # fmt: skip


@pytest.mark.parametrize("case", FORMULAS)
def test_formula(tmp_path, case):
    checked(tmp_path, *FORMULAS[case])


def test_relu6_ends_at_six(tmp_path):
    checked(tmp_path, one("ReLU6"), np.clip(BLOB * 5, 0, 6), BLOB * 5)


@pytest.mark.parametrize("kind", ["ConvolutionDepthwise", "DepthwiseConvolution"])
def test_a_kernel_for_each_channel_alone(tmp_path, kind):
    """As a Convolution with as many groups as channels, whose reference is OpenCV elsewhere."""
    group = {} if kind == "ConvolutionDepthwise" else {"group": 3}
    setting = {"num_output": 3, "kernel_size": [3], "pad": [1], **group}
    blobs = [numbers(3, 1, 3, 3), numbers(3)]
    layers = [layer(kind, "it", "data", "", blobs, convolution_param=setting)]
    padded = np.pad(BLOB, ((0, 0), (0, 0), (1, 1), (1, 1)))
    parts = [padded[:, :, i : i + 5, j : j + 6] * blobs[0][:, 0, i, j, None, None] for i, j in np.ndindex(3, 3)]
    checked(tmp_path, layers, sum(parts) + blobs[1][:, None, None])


def test_shuffled_channels(tmp_path):
    layers = [
        layer("AbsVal", "a", "data"),
        layer("Concat", "six", ["data", "a"]),
        layer("ShuffleChannel", "it", "six", shuffle_channel_param={"group": 2}),
    ]
    six = np.concatenate([BLOB, abs(BLOB)], axis=1)
    checked(tmp_path, layers, six[:, [0, 3, 1, 4, 2, 5]])


def test_axpy(tmp_path):
    layers = [
        layer("Pooling", "mean", "data", pooling_param={"pool": "AVE", "global_pooling": True}),
        layer("Sigmoid", "other", "data"),
        layer("Axpy", "it", ["mean", "other", "data"]),
    ]
    checked(tmp_path, layers, BLOB.mean((2, 3), keepdims=True) / (1 + np.exp(-BLOB)) + BLOB)


@pytest.mark.parametrize("base", [-1, 2, 10])
def test_log(tmp_path, base):
    layers = one("Log", log_param={"base": base, "scale": 2, "shift": 0.5})
    divisor = 1 if base == -1 else math.log(base)
    checked(tmp_path, layers, np.log(0.5 + 2 * POSITIVE) / divisor, POSITIVE)


def deconvolved(x, weight, bias, stride, pad, dilation, group):
    """Each pixel of the map times the kernel, added where it falls (deconv_layer.cpp: the convolution's gradient)."""
    count, channels, rows, columns = x.shape
    outputs, kernel = weight.shape[1] * group, weight.shape[2:]
    reach = [dilation * (side - 1) + 1 for side in kernel]
    room = np.zeros((count, outputs, stride * (rows - 1) + reach[0], stride * (columns - 1) + reach[1]))
    for source in range(channels):
        part = source // (channels // group) * weight.shape[1]
        for target in range(weight.shape[1]):
            for i, j in np.ndindex(*kernel):
                top, left = i * dilation, j * dilation
                rest = slice(top, top + stride * rows, stride), slice(left, left + stride * columns, stride)
                fits = room[(slice(None), part + target, *rest)]
                fits += x[:, source, : fits.shape[1], : fits.shape[2]] * weight[source, target, i, j]
    inside = room[:, :, pad : room.shape[2] - pad, pad : room.shape[3] - pad]
    return inside + bias[:, None, None]


@pytest.mark.parametrize("scaled", [False, True], ids=["alone", "with BatchNorm and Scale folded in"])
@pytest.mark.parametrize("group", [1, 3])
@pytest.mark.parametrize(("stride", "pad", "dilation"), [(1, 0, 1), (2, 1, 1), (2, 2, 2)])
def test_deconvolution(tmp_path, stride, pad, dilation, group, scaled):
    weight, bias = numbers(3, 6 // group, 3, 3), numbers(6)
    setting = dict(num_output=6, kernel_size=[3], stride=[stride], pad=[pad], dilation=[dilation], group=group)
    layers = [layer("Deconvolution", "it", "data", "", [weight, bias], convolution_param=setting)]
    expected = deconvolved(BLOB, weight, bias, stride, pad, dilation, group)
    if scaled:
        factor, shift = numbers(6), numbers(6)
        layers.append(layer("Scale", "sc", "it", "it", [factor, shift], scale_param={"bias_term": True}))
        expected = expected * factor[:, None, None] + shift[:, None, None]
    files = write(tmp_path, picture(*SHAPE[1:]), *layers, layer("Flatten", "flat", "it"))
    kinds = [node.op_type for node in files.converted().network("none")[0].graph.node]
    assert kinds == ["ConvTranspose", "Flatten"]
    checked(tmp_path, layers, expected, atol=1e-4)


@pytest.mark.parametrize(("axis", "shape"), [(2, (5,)), (-1, (6,)), (1, (3, 5))])
def test_bias_axes(tmp_path, axis, shape):
    values = numbers(*shape)
    layers = one("Bias", [values], bias_param={"axis": axis, "num_axes": len(shape)})
    first = axis % 4 - 1
    full = (1,) * first + shape + (1,) * (3 - first - len(shape))
    checked(tmp_path, layers, BLOB + values.reshape(full), both=False)


@pytest.mark.parametrize("kind", ["Scale", "Bias"])
def test_by_another_blob(tmp_path, kind):
    """As squeeze-and-excitation has it: a number a channel that another branch makes from the picture."""
    squeezed = layer("Pooling", "squeezed", "data", pooling_param={"pool": "AVE", "global_pooling": True})
    layers = [
        squeezed,
        layer("Flatten", "numbers", "squeezed"),
        layer(kind, "it", ["data", "numbers"], **{f"{kind.lower()}_param": {"axis": 0}}),
    ]
    mean = BLOB.mean((2, 3), keepdims=True)
    checked(tmp_path, layers, BLOB * mean if kind == "Scale" else BLOB + mean)


@pytest.mark.parametrize("axis", [2, -2, 3])
def test_inner_product_along_an_axis(tmp_path, axis):
    values = 30 if axis % 4 == 2 else 6
    weight, bias = numbers(4, values), numbers(4)
    setting = {"num_output": 4, "axis": axis}
    layers = [layer("InnerProduct", "it", "data", "", [weight, bias], inner_product_param=setting)]
    expected = BLOB.reshape(2, -1, values) @ weight.T + bias
    checked(tmp_path, layers, expected)


@pytest.mark.parametrize("setting", [{}, {"axis": 1}, {"concat_dim": 1}, {"axis": -3}], ids=str)
def test_concat_of_channels(tmp_path, setting):
    layers = [
        layer("AbsVal", "a", "data"),
        layer("Sigmoid", "b", "data"),
        layer("Concat", "it", ["a", "data", "b"], concat_param=setting),
    ]
    checked(tmp_path, layers, np.concatenate([abs(BLOB), BLOB, 1 / (1 + np.exp(-BLOB))], axis=1), both=False)


def test_concat_of_rows_and_of_one(tmp_path):
    layers = [
        layer("AbsVal", "a", "data"),
        layer("Concat", "alone", "a"),
        layer("Concat", "it", ["alone", "data"], concat_param={"axis": 2}),
    ]
    checked(tmp_path, layers, np.concatenate([abs(BLOB), BLOB], axis=2))


SLICES = {
    "equal": ({}, ["a", "b", "c"], [0, 1, 2, 3], 1),
    "at points": ({"slice_point": [2]}, ["a", "b"], [0, 2, 3], 1),
    "rows": ({"axis": 2, "slice_point": [1, 4]}, ["a", "b", "c"], [0, 1, 4, 5], 2),
    "columns, the old way": ({"slice_dim": 3}, ["a", "b"], [0, 3, 6], 3),
}


@pytest.mark.parametrize("case", SLICES)
def test_slice(tmp_path, case):
    """The parts come back in reverse, so that each is where only it can be."""
    setting, tops, edges, axis = SLICES[case]
    parted = layer("Slice", "parted", "data", slice_param=setting)
    parted.top[:] = tops
    joined = layer("Concat", "it", tops[::-1], concat_param={"axis": axis})
    pieces = [BLOB.take(range(start, end), axis) for start, end in pairwise(edges)]
    checked(tmp_path, [parted, joined], np.concatenate(pieces[::-1], axis))


def test_slice_in_place_and_silence(tmp_path):
    """A top with the bottom's name is a new blob; what nobody wants goes to Silence."""
    parted = layer("Slice", "parted", "data")
    parted.top[:] = ["data", "second", "third"]
    silence = layer("Silence", "quiet", ["second", "third"])
    del silence.top[:]
    checked(tmp_path, [parted, silence], BLOB[:, :1], top="data", both=False)


def test_a_split_blob_is_not_changed_under_its_other_name(tmp_path):
    """A Scale after one of them must not fold into the convolution that both come from."""
    parted = layer("Split", "parted", "c")
    parted.top[:] = ["one", "two"]
    convolution = conv("c", "data", 3, 4)
    layers = [
        convolution,
        parted,
        layer("Scale", "scaled", "one", "", [[3.0] * 4]),
        layer("Eltwise", "it", ["scaled", "two"]),
    ]
    (tmp_path / "bare").mkdir()
    bare = write(tmp_path / "bare", picture(*SHAPE[1:]), convolution, layer("Flatten", "flat", "c")).ours(BLOB)
    checked(tmp_path, layers, bare * 4, both=False)


def test_what_a_dropout_hands_on_is_not_changed_for_others(tmp_path):
    convolution = conv("c", "data", 3, 4)
    layers = [
        convolution,
        layer("Dropout", "dropped", "c"),
        layer("Scale", "scaled", "dropped", "", [[3.0] * 4]),
        layer("Eltwise", "it", ["scaled", "c"]),
    ]
    (tmp_path / "bare").mkdir()
    bare = write(tmp_path / "bare", picture(*SHAPE[1:]), convolution, layer("Flatten", "flat", "c")).ours(BLOB)
    checked(tmp_path, layers, bare * 4, both=False)


def test_a_scale_folds_through_a_dropout(tmp_path):
    files = write(
        tmp_path,
        picture(),
        dense("fc", "data", 3 * 9 * 11, 4),
        layer("Dropout", "drop", "fc", "fc"),
        layer("Scale", "sc", "fc", "fc", [[3.0] * 4]),
        layer("Power", "half", "fc", "fc", power_param={"scale": 0.5}),
    )
    kinds = [node.op_type for node in files.converted().network("none")[0].graph.node]
    assert kinds == ["Flatten", "Gemm"]
    blob = pictures()
    np.testing.assert_allclose(files.ours(blob), files.opencv(blob), rtol=1e-4, atol=1e-4)


FLATTENED = {
    "all": ({}, (90,)),
    "from rows on": ({"axis": 2}, (3, 30)),
    "channels and rows": ({"end_axis": 2}, (15, 6)),
    "columns alone": ({"axis": -1}, (3, 5, 6)),
    "to the second from the end": ({"axis": 1, "end_axis": -2}, (15, 6)),
}
RESHAPED = {
    "copied, inferred": ({"shape": {"dim": [0, -1]}}, (90,)),
    "the batch inferred": ({"shape": {"dim": [-1, 15, 6]}}, (15, 6)),
    "the batch as declared": ({"shape": {"dim": [1, 6, 15]}}, (6, 15)),
    "from an axis on": ({"shape": {"dim": [30, -1]}, "axis": 1}, (30, 3)),
    "one axis": ({"shape": {"dim": [2, 3]}, "axis": 3, "num_axes": 1}, (3, 5, 2, 3)),
    "an axis put in": ({"shape": {"dim": [1]}, "axis": 2, "num_axes": 0}, (3, 1, 5, 6)),
    "an axis at the end": ({"shape": {"dim": [1]}, "axis": -1, "num_axes": 0}, (3, 5, 6, 1)),
    "copied from where it stands": ({"shape": {"dim": [0, -1]}, "axis": 2}, (3, 5, 6)),
}


@pytest.mark.parametrize(
    ("kind", "case"), [("Flatten", case) for case in FLATTENED] + [("Reshape", case) for case in RESHAPED]
)
def test_shapes(tmp_path, kind, case):
    """A Softmax along the last axis shows what shape there is."""
    setting, shape = (FLATTENED if kind == "Flatten" else RESHAPED)[case]
    layers = [
        layer(kind, "shaped", "data", **{f"{kind.lower()}_param": setting}),
        layer("Softmax", "it", "shaped", softmax_param={"axis": -1}),
    ]
    power = np.exp(BLOB.reshape(2, *shape))
    checked(tmp_path, layers, power / power.sum(-1, keepdims=True), both=False)


@pytest.mark.parametrize(
    ("setting", "top", "left"),
    [({}, 0, 0), ({"offset": [2]}, 2, 2), ({"offset": [1, 2]}, 1, 2), ({"axis": -1, "offset": [2]}, None, 2)],
    ids=str,
)
def test_crop(tmp_path, setting, top, left):
    kernel = [3, 3] if top is not None else [1, 3]
    pooled = layer("Pooling", "like", "data", pooling_param={"kernel_h": kernel[0], "kernel_w": kernel[1]})
    silence = layer("Silence", "quiet", "like")
    del silence.top[:]
    layers = [pooled, layer("Crop", "it", ["data", "like"], crop_param=setting), silence]
    rows = slice(None) if top is None else slice(top, top + 3)
    checked(tmp_path, layers, BLOB[:, :, rows, left : left + 4], top="it")


def test_every_type_is_tested_somewhere(request):
    """A type added to the dict without a test is found here."""
    texts = "".join(path.read_text() for path in request.path.parent.glob("test_caffe_*.py"))
    assert [kind for kind in LAYERS if f'"{kind}"' not in texts] == []


REFUSED = {
    "a batch joined": (one("Concat", concat_param={"axis": 0}), "mixes the pictures of a batch"),
    "a batch cut": (one("Slice", slice_param={"axis": -4}), "mixes the pictures of a batch"),
    "a batch turned": (one("Permute", permute_param={"order": [1, 0]}), "mixes the pictures of a batch"),
    "a batch flattened": (one("Flatten", flatten_param={"axis": 0}), "mixes the pictures of a batch"),
    "a batch reshaped": (one("Reshape", reshape_param={"shape": {"dim": [3, 30]}}), "mixes the pictures of a batch"),
    "a batch added up": (one("Reduction"), "mixes the pictures of a batch"),
    "a batch compared": (one("Softmax", softmax_param={"axis": 0}), "mixes the pictures of a batch"),
    "a channel of a number a picture": (one("Scale", scale_param={"axis": 0}), "mixes the pictures of a batch"),
    "chance": (one("Dropout", phase="TRAIN"), "random"),
    "a convolution of rows": (one("Convolution", convolution_param={"axis": 2}), "axis: 2"),
    "an index": (one("ArgMax"), "the number of the best label, and scores of all are needed"),
}  # fmt: skip
BROKEN = {
    "no such axis": (one("Softmax", softmax_param={"axis": 4}), "axis: 4; the blob that it reads has 4 axes"),
    "no such axis from the end": (one("Flatten", flatten_param={"end_axis": -5}), "end_axis: -5"),
    "axes in the wrong order": (one("Flatten", flatten_param={"axis": 3, "end_axis": 2}), "axis: 3 after end_axis: 2"),
    "two names of an axis": (one("Concat", concat_param={"axis": 1, "concat_dim": 1}), "axis and concat_dim"),
    "other sizes": (
        [layer("Reduction", "r", "data", reduction_param={"axis": 3}), layer("Concat", "it", ["r", "data"])],
        "3x5 and 3x5x6",
    ),
    "unequal parts": (one("Slice", slice_param={"axis": 2, "slice_point": [5]}), "1 slice_point for 1 parts"),
    "parts in the wrong order": (one("Slice", slice_param={"slice_point": [2, 1]}), "2 slice_point for 1 parts"),
    "a shape of other size": (one("Reshape", reshape_param={"shape": {"dim": [0, 7]}}), "cannot make 1x7 of 1x3x5x6"),
    "a shape that does not divide": (one("Reshape", reshape_param={"shape": {"dim": [0, 7, -1]}}), "cannot make"),
    "two inferred": (one("Reshape", reshape_param={"shape": {"dim": [0, -1, -1]}}), "cannot make"),
    "a shape below zero": (one("Reshape", reshape_param={"shape": {"dim": [0, -90]}}), "cannot make"),
    "nothing to copy": (one("Reshape", reshape_param={"shape": {"dim": [0, 90, 1, 1, 0]}}), "no axis to copy"),
    "a reshape beyond the axes": (one("Reshape", reshape_param={"axis": 3, "num_axes": 2}), "num_axes 2"),
    "a reshape from before": (one("Reshape", reshape_param={"axis": -7}), "axis -7"),
    "order of axes that are not": (one("Permute", permute_param={"order": [0, 4]}), "none of 4 axes"),
    "order that repeats": (one("Permute", permute_param={"order": [0, 1, 1]}), "none of 4 axes"),
    "an even neighbourhood": (one("LRN", lrn_param={"local_size": 4}), "local_size: 4"),
    "a neighbourhood of billions": (one("LRN", lrn_param={"local_size": 4294967295}), "local_size: 4294967295"),
    "no neighbourhood": (one("LRN", lrn_param={"local_size": 0}), "local_size: 0"),
    "an alpha that is no number": (one("LRN", lrn_param={"alpha": math.nan}), "alpha that is not a number"),
    "an alpha of nothing": (one("LRN", lrn_param={"alpha": 0}), "alpha 0, beta 0.75, k 1; they must be above 0"),
    "a beta below zero": (one("LRN", lrn_param={"beta": -1}), "beta -1"),
    "a k of nothing": (one("LRN", lrn_param={"k": 0}), "k 0"),
    "a power that is no number": (one("Power", power_param={"power": math.inf}), "power that is not a number"),
    "a base below zero": (one("Exp", exp_param={"base": -3}), "base: -3"),
    "a base of one": (one("Log", log_param={"base": 1}), "base: 1"),
    "a base of nothing": (one("Log", log_param={"base": 0}), "base: 0"),
    "limits the wrong way round": (one("Clip", clip_param={"min": 1, "max": 0}), "min: 1 above max: 0"),
    "groups that do not divide": (one("ShuffleChannel", shuffle_channel_param={"group": 2}), "3 channels into 2"),
    "no groups": (one("ShuffleChannel", shuffle_channel_param={"group": 0}), "3 channels into 0"),
    "a factor a pixel": ([layer("Axpy", "it", ["data", "data", "data"])], "3x5x6 and 3x5x6 and 3x5x6"),
    "a crop beyond": ([layer("Crop", "it", ["data", "data"], crop_param={"offset": [1]})], "cannot crop"),
    "offsets of another number": ([layer("Crop", "it", ["data", "data"], crop_param={"offset": [0] * 3})], "3 offset"),
    "a crop of one blob": (one("Crop"), "reads 1 blobs, not 2"),
    "slopes of another number": (one("PReLU", [numbers(4)]), "of shape 4, "),
    "scale by what does not fit": (
        [layer("Reduction", "r", "data", reduction_param={"axis": 3}),
         layer("AbsVal", "a", "data"),
         layer("Scale", "it", ["r", "a"], scale_param={"axis": 0})],
        "3x5 and 3x5x6",
    ),
    "a kernel too large to go back": (
        one("Deconvolution", [numbers(3, 2, 1, 1)], convolution_param={"num_output": 2, "kernel_size": [1], "pad": [9], "bias_term": False}),
        "empty result",
    ),
    "a deconvolution as large as the world": (
        one("Deconvolution", [numbers(3, 2, 1, 1)], convolution_param={"num_output": 2, "kernel_size": [1], "stride": [8192], "bias_term": False}),
        "too many",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", [*REFUSED, *BROKEN])
def test_what_cannot_be_is_said(tmp_path, case):
    layers, cause = {**REFUSED, **BROKEN}[case]
    files = write(tmp_path, picture(*SHAPE[1:]), *layers, dense("unused", "it", 1))
    with pytest.raises(CaffeError) as caught:
        import_caffe(files.prototxt, files.weights)
    assert cause in str(caught.value) and str(caught.value).isprintable()
    assert isinstance(caught.value, UnsupportedLayerError) or case in BROKEN
