"""Caffe's pooling rule, against a transcription of it."""

import itertools
import math

import numpy as np
import pytest
from caffe_network import layer, picture, pictures, write

from miles_deep.errors import UnsupportedLayerError


def caffe_pooling(maps, method, kernel, stride, pad, floor=False):
    """Window by window as Caffe's pooling_layer.cpp has it; maps float32 [N, C, H, W]."""
    counts, spans = [], []
    for side in (0, 1):
        size = maps.shape[2 + side]
        rounded = (math.floor if floor else math.ceil)((size + 2 * pad[side] - kernel[side]) / stride[side])
        count = rounded + 1
        if any(pad) and (count - 1) * stride[side] >= size + pad[side]:
            count -= 1
        starts = [index * stride[side] - pad[side] for index in range(count)]
        counts.append(count)
        spans.append([(start, min(start + kernel[side], size + pad[side])) for start in starts])
    result = np.zeros((*maps.shape[:2], *counts), np.float32)
    for (row, (top, bottom)), (column, (left, right)) in itertools.product(*map(enumerate, spans)):
        window = maps[:, :, max(top, 0) : bottom, max(left, 0) : right]
        if method == "MAX":
            result[:, :, row, column] = window.max(axis=(2, 3))
        else:
            # The divisor counts padding, but nothing beyond it; the slice above ends with the map.
            result[:, :, row, column] = window.sum(axis=(2, 3)) / ((bottom - top) * (right - left))
    return result


def pooled(folder, blob, backend, **setting):
    """Our pooling of a picture, flat: the InnerProduct after it is the identity."""
    height, width = blob.shape[2:]
    count = setting.pop("count")
    identity = np.eye(count, dtype=np.float32)
    files = write(
        folder,
        picture(height, width),
        layer("Pooling", "pool", "data", pooling_param=setting),
        layer(
            *("InnerProduct", "all", "pool", "", [identity]),
            inner_product_param={"num_output": count, "bias_term": False},
        ),
    )
    return files.ours(blob, backend), files


CASES = [
    (size, kernel, stride, pad)
    for size, kernel, stride, pad in itertools.product((5, 6, 7, 8), (1, 2, 3, 5), (1, 2, 3), (0, 1, 2))
    # A stride beyond the kernel can leave the last window empty where there is no padding, see below.
    if pad < kernel and (stride <= kernel or pad)
]


@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize("floor", [False, True], ids=["ceil", "floor"])
def test_every_size_stride_and_padding(tmp_path, method, floor):
    for size, kernel, stride, pad in CASES:
        blob = pictures(size, size + 1)
        expected = caffe_pooling(blob, method, (kernel,) * 2, (stride,) * 2, (pad,) * 2, floor)
        found, _ = pooled(
            *(tmp_path, blob, "onnxruntime"),
            count=expected[0].size,
            pool=method,
            kernel_size=kernel,
            stride=stride,
            pad=pad,
            round_mode="FLOOR" if floor else "CEIL",
        )
        message = f"size {size} kernel {kernel} stride {stride} pad {pad}"
        np.testing.assert_allclose(found, expected.reshape(2, -1), atol=1e-5, err_msg=message)


@pytest.mark.parametrize("method", ["MAX", "AVE"])
def test_the_same_on_openvino(tmp_path, method):
    for size, kernel, stride, pad in CASES[::4]:
        blob = pictures(size, size + 1)
        expected = caffe_pooling(blob, method, (kernel,) * 2, (stride,) * 2, (pad,) * 2)
        setting = dict(pool=method, kernel_size=kernel, stride=stride, pad=pad, count=expected[0].size)
        found, _ = pooled(tmp_path, blob, "openvino", **setting)
        message = f"size {size} kernel {kernel} stride {stride} pad {pad}"
        np.testing.assert_allclose(found, expected.reshape(2, -1), atol=1e-5, err_msg=message)


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("method", ["MAX", "AVE"])
def test_unequal_sides(tmp_path, method, backend):
    blob = pictures(8, 9)
    expected = caffe_pooling(blob, method, (3, 5), (2, 3), (1, 2))
    sides = dict(kernel_h=3, kernel_w=5, stride_h=2, stride_w=3, pad_h=1, pad_w=2)
    found, _ = pooled(tmp_path, blob, backend, pool=method, count=expected[0].size, **sides)
    np.testing.assert_allclose(found, expected.reshape(2, -1), atol=1e-5)


def test_padding_on_one_side_drops_the_empty_window_on_the_other(tmp_path):
    """Caffe asks whether either side is padded; across, windows would start at 0, 3 and 6 of 6."""
    blob = pictures(6, 6)
    sides = dict(kernel_h=2, kernel_w=2, stride_h=1, stride_w=3, pad_h=1, pad_w=0)
    expected = caffe_pooling(blob, "AVE", (2, 2), (1, 3), (1, 0))
    found, _ = pooled(tmp_path, blob, "onnxruntime", pool="AVE", count=expected[0].size, **sides)
    np.testing.assert_allclose(found, expected.reshape(2, -1), atol=1e-5)


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize(
    "setting", [dict(global_pooling=True), dict(kernel_h=6, kernel_w=7)], ids=["global", "whole"]
)
def test_the_whole_map(tmp_path, method, setting, backend):
    blob = pictures(6, 7)
    expected = caffe_pooling(blob, method, (6, 7), (1, 1), (0, 0))
    found, files = pooled(tmp_path, blob, backend, pool=method, count=3, **setting)
    np.testing.assert_allclose(found, expected.reshape(2, -1), atol=1e-5)
    np.testing.assert_allclose(found, files.opencv(blob).reshape(2, -1), atol=1e-5)


@pytest.mark.parametrize("method", ["MAX", "AVE"])
def test_opencv_agrees(tmp_path, method):
    """So that the transcription is not the only witness."""
    for size, kernel, stride, pad in CASES[::2]:
        blob = pictures(size, size + 1)
        expected = caffe_pooling(blob, method, (kernel,) * 2, (stride,) * 2, (pad,) * 2)
        setting = dict(pool=method, kernel_size=kernel, stride=stride, pad=pad, count=expected[0].size)
        found, files = pooled(tmp_path, blob, "onnxruntime", **setting)
        np.testing.assert_allclose(found, files.opencv(blob), atol=1e-5)


def test_an_empty_window_is_refused(tmp_path):
    """Caffe itself divides by zero there, or gives the smallest float."""
    with pytest.raises(UnsupportedLayerError, match=r"layer 'pool' \(Pooling\) has a stride of 3 .* empty"):
        pooled(tmp_path, pictures(5, 5), "onnxruntime", pool="AVE", kernel_size=1, stride=3, count=9)
