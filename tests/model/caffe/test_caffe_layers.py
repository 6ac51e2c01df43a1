"""Each layer type and setting in a small network, against OpenCV's own Caffe reader."""

import numpy as np
import onnx
import pytest
from caffe_network import batch_norm, conv, dense, layer, numbers, picture, pictures, scale, write

from miles_deep.model.caffe import import_caffe

BACKENDS = ["onnxruntime", "openvino"]


def check(files, backend="onnxruntime", blob=None):
    """Equal to what OpenCV says, and not all the same."""
    blob = pictures() if blob is None else blob
    expected = files.opencv(blob)
    assert np.ptp(expected) > 1e-3
    np.testing.assert_allclose(files.ours(blob, backend), expected, rtol=1e-4, atol=1e-4)


def kinds(files) -> list[str]:
    """The operators of our network, in order."""
    return [node.op_type for node in files.converted().network("none")[0].graph.node]


CONVOLUTIONS = {
    "plain": (dict(), (7, 9)),
    "stride": (dict(stride=[2]), (4, 5)),
    "pad": (dict(pad=[1]), (9, 11)),
    "pad and stride": (dict(pad=[2], stride=[3]), (4, 5)),
    "dilation": (dict(dilation=[2]), (5, 7)),
    "dilation, pad": (dict(dilation=[2], pad=[2]), (9, 11)),
    "stride_h, stride_w": (dict(stride_h=2, stride_w=3), (4, 3)),
    "pad_h, pad_w": (dict(pad_h=2, pad_w=1), (11, 11)),
    "force_nd_im2col": (dict(force_nd_im2col=True), (7, 9)),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolution(tmp_path, case, backend):
    setting, (height, width) = CONVOLUTIONS[case]
    files = write(tmp_path, picture(), conv("c", "data", 3, 4, **setting), dense("fc", "c", 4 * height * width))
    check(files, backend)


def test_convolution_of_unequal_sides(tmp_path):
    """Two values of a repeated setting are height, then width; so are kernel_h and kernel_w."""
    twice = dict(num_output=4, kernel_size=[3, 2], stride=[2, 1], pad=[0, 1], bias_term=False)
    sides = dict(num_output=4, kernel_h=1, kernel_w=5, bias_term=False)
    files = write(
        tmp_path,
        picture(),
        layer("Convolution", "a", "data", "", [numbers(4, 3, 3, 2)], convolution_param=twice),
        layer("Convolution", "b", "a", "", [numbers(4, 4, 1, 5)], convolution_param=sides),
        dense("fc", "b", 4 * 4 * 8),
    )
    check(files)


@pytest.mark.parametrize("backend", BACKENDS)
def test_convolution_in_groups(tmp_path, backend):
    setting = dict(num_output=6, kernel_size=[3], group=3)
    files = write(
        tmp_path,
        picture(),
        layer("Convolution", "c", "data", "", [numbers(6, 1, 3, 3), numbers(6)], convolution_param=setting),
        batch_norm("bn", "c", 6, top="c"),
        dense("fc", "c", 6 * 7 * 9),
    )
    check(files, backend)


def test_inner_product_settings(tmp_path):
    matrix = numbers(6, 4)
    setting = dict(num_output=4, bias_term=False, transpose=True, axis=-1)
    files = write(
        tmp_path,
        picture(4, 4),
        dense("a", "data", 48, 6, axis=-3),
        layer("InnerProduct", "b", "a", "", [matrix], inner_product_param=setting),
    )
    blob = pictures(4, 4)
    # OpenCV does not read `transpose`, so it gets the same matrix the other way round.
    (tmp_path / "straight").mkdir()
    straight = dict(num_output=4, bias_term=False)
    network = [picture(4, 4), dense("a", "data", 48, 6)]
    network.append(layer("InnerProduct", "b", "a", "", [matrix.T], inner_product_param=straight))
    reference = write(tmp_path / "straight", *network)
    both = [import_caffe(one.prototxt, one.weights).network for one in (files, reference)]
    weights = [onnx.numpy_helper.to_array(onnx.load_from_string(one).graph.initializer[2]) for one in both]
    assert (weights[0] == weights[1]).all()
    check(reference, blob=blob)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("total", [1.0, 0.0, 250.0])
def test_batch_norm_and_scale_fold_into_a_convolution(tmp_path, total, in_place, backend):
    normal, scaled, rectified = ["c"] * 3 if in_place else ["bn", "sc", "re"]
    files = write(
        tmp_path,
        picture(),
        conv("c", "data", 3, 4),
        batch_norm("bn", "c", 4, top=normal, total=total, eps=0.01),
        scale("sc", normal, 4, top=scaled),
        layer("ReLU", "re", scaled, rectified),
        dense("fc", rectified, 4 * 7 * 9),
    )
    assert kinds(files) == ["Conv", "Relu", "Flatten", "Gemm"]
    check(files, backend)


def test_statistics_of_nothing_count_as_zero(tmp_path):
    """A sum of weights of 0 is that of a network never trained; Caffe divides by it nowhere."""
    normal = batch_norm("bn", "c", 4, total=0.0, eps=0.25)
    convolution, last = conv("c", "data", 3, 4), dense("fc", "bn", 4 * 7 * 9)
    files = write(tmp_path, picture(), convolution, normal, last)
    blob = pictures()
    found = files.ours(blob)
    doubled = layer("Scale", "bn", "c", "", [[2.0] * 4])  # (x - 0) / sqrt(0 + 0.25)
    np.testing.assert_allclose(found, write(tmp_path, picture(), convolution, doubled, last).ours(blob), rtol=1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_two_layers_read_is_not_folded(tmp_path, backend):
    """`c` is also added as it is; scaled in place it would be added scaled."""
    files = write(
        tmp_path,
        picture(),
        conv("c", "data", 3, 4),
        batch_norm("bn", "c", 4),
        scale("sc", "bn", 4),
        layer("Eltwise", "sum", ["c", "sc"]),
        dense("fc", "sum", 4 * 7 * 9),
    )
    assert kinds(files) == ["Conv", "Mul", "Add", "Mul", "Add", "Add", "Flatten", "Gemm"]
    check(files, backend)


def test_a_scale_whose_input_is_read_again_stays(tmp_path):
    """BatchNorm folds, since only it reads `c`; the Scale after it must not change what the sum reads."""
    files = write(
        tmp_path,
        picture(),
        conv("c", "data", 3, 4),
        batch_norm("bn", "c", 4),
        scale("sc", "bn", 4),
        layer("Eltwise", "sum", ["bn", "sc"]),
        dense("fc", "sum", 4 * 7 * 9),
    )
    assert kinds(files) == ["Conv", "Mul", "Add", "Add", "Flatten", "Gemm"]
    check(files)


def test_batch_norm_and_scale_of_what_is_no_convolution(tmp_path):
    files = write(
        tmp_path,
        picture(),
        batch_norm("bn", "data", 3, total=3.0),
        layer("ReLU", "re", "bn", "bn"),
        scale("sc", "bn", 3, top="bn"),
        dense("fc", "bn", 3 * 9 * 11),
    )
    check(files)


def test_they_fold_into_an_inner_product_too(tmp_path):
    files = write(
        tmp_path,
        picture(),
        dense("fc", "data", 3 * 9 * 11, 8),
        batch_norm("bn", "fc", 8, top="fc"),
        scale("sc", "fc", 8, top="fc"),
        layer("Softmax", "prob", "fc"),
    )
    assert kinds(files) == ["Flatten", "Gemm", "Softmax"]
    check(files)


SCALES = {
    "a number a channel": (dict(), (4,), (4, 1, 1)),
    "channel axis from the end": (dict(axis=-3), (4,), (4, 1, 1)),
    "all axes": (dict(num_axes=-1), (4, 7, 9), (4, 7, 9)),
    "channels and rows": (dict(num_axes=2), (4, 7), (4, 7, 1)),
    "columns": (dict(axis=3), (9,), (1, 1, 9)),
    "one number": (dict(num_axes=0), (), ()),
}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("case", SCALES)
def test_scale_axes(tmp_path, case, bias):
    """Against numpy: OpenCV knows only some of these."""
    setting, shape, broadcast = SCALES[case]
    factor, shift = numbers(*shape), numbers(*shape)
    blobs = [factor, shift] if bias else [factor]
    convolution, last = conv("c", "data", 3, 4), dense("fc", "sc", 4 * 7 * 9)
    scaled = layer("Scale", "sc", "c", "", blobs, scale_param={"bias_term": bias, **setting})
    files = write(tmp_path, picture(), convolution, scaled, last)
    blob = pictures()
    (tmp_path / "bare").mkdir()
    identity = layer(
        *("InnerProduct", "all", "c", ""),
        [np.eye(252, dtype=np.float32)],
        inner_product_param={"num_output": 252, "bias_term": False},
    )
    mapped = write(tmp_path / "bare", picture(), convolution, identity).ours(blob).reshape(-1, 4, 7, 9)
    mapped = mapped * factor.reshape(broadcast) + (shift.reshape(broadcast) if bias else 0)
    weight, constant = (np.float32(one.data).reshape(one.shape.dim) for one in last.blobs)
    np.testing.assert_allclose(files.ours(blob), mapped.reshape(2, -1) @ weight.T + constant, rtol=1e-4, atol=1e-4)


ELTWISE = {
    "sum": dict(),
    "sum with factors": dict(operation="SUM", coeff=[0.5, -1, 2]),
    "factors of one": dict(coeff=[1, 1, 1]),
    "product": dict(operation="PROD"),
    "maximum": dict(operation="MAX"),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", ELTWISE)
def test_eltwise(tmp_path, case, backend):
    files = write(
        tmp_path,
        picture(),
        *(conv(name, "data", 3, 4) for name in "abc"),
        layer("Eltwise", "e", ["a", "b", "c"], eltwise_param=ELTWISE[case]),
        dense("fc", "e", 4 * 7 * 9),
    )
    check(files, backend)


@pytest.mark.parametrize("slope", [0.0, 0.1, -0.5])
def test_relu(tmp_path, slope):
    files = write(
        tmp_path,
        picture(),
        conv("c", "data", 3, 4),
        layer("ReLU", "re", "c", "c", relu_param={"negative_slope": slope}),
        dense("fc", "c", 4 * 7 * 9),
    )
    check(files)


@pytest.mark.parametrize("backend", BACKENDS)
def test_softmax_of_a_map_of_one_pixel(tmp_path, backend):
    """The fully convolutional form: scores come as [N, K, 1, 1] and are handed on as [N, K]."""
    files = write(
        tmp_path,
        picture(),
        conv("c", "data", 3, 4),
        layer("Pooling", "pool", "c", pooling_param={"pool": "AVE", "global_pooling": True}),
        layer("Softmax", "prob", "pool", softmax_param={"axis": -3}),
    )
    blob = pictures()
    ours = files.ours(blob, backend)
    assert ours.shape == (2, 4)
    np.testing.assert_allclose(ours, files.opencv(blob).reshape(2, 4), atol=1e-5)


def test_any_batch_size(tmp_path):
    files = write(tmp_path, picture(), conv("c", "data", 3, 4), dense("fc", "c", 4 * 7 * 9))
    blob = pictures(count=5)
    every = files.ours(blob)
    for index in range(5):
        np.testing.assert_allclose(files.ours(blob[index : index + 1])[0], every[index], rtol=1e-5, atol=1e-5)


def test_old_blob_shapes_and_doubles(tmp_path):
    """Files of 2014-15 have four numbers and no shape; `double_data` is of networks in doubles."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir(), new.mkdir()
    layers = [
        picture(),
        conv("c", "data", 3, 4),
        batch_norm("bn", "c", 4, top="c"),
        dense("fc", "c", 4 * 7 * 9),
    ]
    blob = pictures()
    expected = write(new, *layers).ours(blob)
    for one in layers:
        for found in one.blobs:
            dims = [1, 1, 1, *found.shape.dim][-4:]
            found.ClearField("shape")
            found.num, found.channels, found.height, found.width = dims
    layers[1].blobs[0].double_data.extend(layers[1].blobs[0].data)
    layers[1].blobs[0].ClearField("data")
    np.testing.assert_array_equal(write(old, *layers).ours(blob), expected)
