"""Files of 2013 and 2014: the same scores as of today's format, and as OpenCV reads them."""

import numpy as np
import pytest
from caffe_network import Files, conv, dense, layer, numbers, picture, pictures, write
from google.protobuf import text_format

from miles_deep.errors import CaffeError, UnsupportedLayerError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe import import_caffe
from miles_deep.model.caffe.files import parse_prototxt
from miles_deep.model.caffe.legacy import TYPES_OF_2013

KERNEL = numbers(6, 1, 3, 3)
NETWORK = [
    conv("c", "data", 3, 6, pad=[1]),
    layer("ReLU", "re", "c", "c", relu_param={"negative_slope": 0.1}),
    layer("LRN", "lrn", "c", lrn_param={"local_size": 3, "alpha": 0.5}),
    layer("Pooling", "pool", "lrn", pooling_param={"kernel_size": 3, "stride": 2}),
    layer("Slice", "parts", "pool", slice_param={"slice_point": [2]}),
    layer("Power", "low", "first", power_param={"scale": 0.5, "shift": 1}),
    layer("Concat", "both", ["second", "low"], concat_param={"concat_dim": 1}),
    layer("AbsVal", "size", "both"),
    layer("TanH", "tanh", "both"),
    layer("Sigmoid", "sigmoid", "both"),
    layer("Eltwise", "sum", ["size", "tanh", "sigmoid"], eltwise_param={"coeff": [1, -1, 2]}),
    layer("Flatten", "flat", "sum"),
    dense("fc", "flat", 6 * 4 * 5),
    layer("Dropout", "drop", "fc", "fc"),
    layer(
        "InnerProduct", "fc2", "fc", "", [numbers(4, 5)], inner_product_param={"num_output": 4, "bias_term": False}
    ),
    layer("Softmax", "prob", "fc2"),
]
NETWORK[4].top[:] = ["first", "second"]
INPUT = {"input": ["data"], "input_dim": [1, 3, 9, 11]}

NAMES = {
    **{"Convolution": "CONVOLUTION", "ReLU": "RELU", "LRN": "LRN", "Pooling": "POOLING", "Slice": "SLICE"},
    **{"Power": "POWER", "Concat": "CONCAT", "AbsVal": "ABSVAL", "TanH": "TANH", "Sigmoid": "SIGMOID"},
    **{"Eltwise": "ELTWISE", "Flatten": "FLATTEN", "InnerProduct": "INNER_PRODUCT", "Dropout": "DROPOUT"},
    "Softmax": "SOFTMAX",
}


def old_blob(blob: pb.BlobProto) -> pb.BlobProto:
    """Four numbers for a shape."""
    number, channels, height, width = [1, 1, 1, *blob.shape.dim][-4:]
    return pb.BlobProto(num=number, channels=channels, height=height, width=width, data=blob.data)


def of_2014(layers) -> pb.NetParameter:
    """The network as Caffe wrote it in 2014, weights and all."""
    network = pb.NetParameter(name="old", **INPUT)
    for one in layers:
        old = network.layers.add(name=one.name, type=NAMES[one.type], bottom=one.bottom, top=one.top)
        old.blobs.extend(map(old_blob, one.blobs))
        for field, value in one.ListFields():
            if field.name.endswith("_param"):
                getattr(old, field.name).CopyFrom(value)
    return network


def written(folder, network: pb.NetParameter) -> Files:
    files = Files(folder / "old.prototxt", folder / "old.caffemodel")
    files.weights.write_bytes(network.SerializeToString())
    for one in network.layers:
        one.ClearField("blobs")
        one.layer.ClearField("blobs") if one.HasField("layer") else None
    setting, training = "convolution_param {", "blobs_lr: 1 weight_decay: 0"
    files.prototxt.write_text(text_format.MessageToString(network).replace(setting, f"{training} {setting}"))
    return files


@pytest.fixture
def today(tmp_path) -> Files:
    (tmp_path / "today").mkdir()
    return write(tmp_path / "today", picture(), *NETWORK)


def test_2014(tmp_path, today):
    old = written(tmp_path, of_2014(NETWORK))
    assert "layers {" in old.prototxt.read_text() and "type: INNER_PRODUCT" in old.prototxt.read_text()
    blob = pictures()
    np.testing.assert_array_equal(old.ours(blob), today.ours(blob))
    np.testing.assert_allclose(old.ours(blob), old.opencv(blob), atol=1e-5)


def test_each_year_fits_the_other(tmp_path, today):
    """Weights go by name: a prototxt that was upgraded reads the old caffemodel, and the other way round."""
    old = written(tmp_path, of_2014(NETWORK))
    blob = pictures()
    expected = today.ours(blob)
    np.testing.assert_array_equal(Files(today.prototxt, old.weights).ours(blob), expected)
    np.testing.assert_array_equal(Files(old.prototxt, today.weights).ours(blob), expected)


def test_rules_of_2014(tmp_path):
    """Layers of training go, and a number stands for a type as well as its name."""
    network = of_2014([NETWORK[0], dense("fc", "c", 6 * 9 * 11), NETWORK[-1]])
    network.layers[2].bottom[:] = ["fc"]
    files = written(tmp_path, network)
    expected = files.ours(pictures(count=1))
    text = files.prototxt.read_text().replace("type: SOFTMAX", "type: 20 include { phase: TEST }")
    training = 'layers { name: "loss" type: SOFTMAX_LOSS bottom: "fc" bottom: "label" include: { phase: TRAIN } }'
    files.prototxt.write_text(text + training)
    assert files.ours(pictures(count=1)).shape == expected.shape
    files.prototxt.write_text(text + training.replace("TRAIN", "TEST"))
    with pytest.raises(UnsupportedLayerError, match=r"'loss' \(SoftmaxWithLoss\).*the one for training"):
        import_caffe(files.prototxt, files.weights)


def test_every_type_of_2014_has_a_name_of_today(tmp_path):
    names = [name for name, _ in pb.V1LayerParameter.LayerType.items()]
    text = "".join(f'layers {{ type: {name} name: "{name}" }}' for name in names)
    kinds = [one.type for one in parse_prototxt(text.encode(), "net").network.layer]
    assert len(set(kinds)) == 40
    odd = {"", "BNLL", "Im2col", "HDF5Data", "SoftmaxWithLoss", "WindowData", "SigmoidCrossEntropyLoss"}
    assert odd | set(NAMES) < set(kinds)


def of_2013(padded_apart: bool) -> pb.NetParameter:
    """A small AlexNet of the first year; a padding layer of its own is older still."""
    network = pb.NetParameter(name="oldest", **INPUT)

    def add(kind: str, name: str, bottom: str, blobs=(), **setting) -> None:
        one = network.layers.add(bottom=[bottom], top=[name], layer={"name": name, "type": kind, **setting})
        one.layer.blobs.extend(old_blob(pb.BlobProto(shape={"dim": np.shape(b)}, data=np.ravel(b))) for b in blobs)

    if padded_apart:
        add("padding", "padded", "data", pad=1)
    source, pad = ("padded", {}) if padded_apart else ("data", {"pad": 1})
    add("conv", "c", source, [KERNEL, BIAS], num_output=6, kernelsize=3, group=3, stride=2, biasterm=True, **pad)
    add("relu", "re", "c")
    add("lrn", "n", "re", local_size=3, alpha=0.5, beta=0.75, k=2.0)
    add("pool", "p", "n", kernelsize=3, stride=2, pool="AVE")
    add("dropout", "d", "p", dropout_ratio=0.5)
    add("innerproduct", "fc", "d", [MATRIX], num_output=4, biasterm=False)
    add("softmax", "prob", "fc")
    return network


BIAS, MATRIX = numbers(6), numbers(4, 6 * 2 * 3)
SAME_TODAY = [
    layer(
        *("Convolution", "c", "data", "", [KERNEL, BIAS]),
        convolution_param={"num_output": 6, "kernel_size": [3], "group": 3, "stride": [2], "pad": [1]},
    ),
    layer("ReLU", "re", "c"),
    layer("LRN", "n", "re", lrn_param={"local_size": 3, "alpha": 0.5, "k": 2.0}),
    layer("Pooling", "p", "n", pooling_param={"kernel_size": 3, "stride": 2, "pool": "AVE"}),
    layer("InnerProduct", "fc", "p", "", [MATRIX], inner_product_param={"num_output": 4, "bias_term": False}),
    layer("Softmax", "prob", "fc"),
]


@pytest.mark.parametrize("padded_apart", [False, True])
def test_2013(tmp_path, padded_apart):
    (tmp_path / "today").mkdir()
    today = write(tmp_path / "today", picture(), *SAME_TODAY)
    old = written(tmp_path, of_2013(padded_apart))
    blob = pictures()
    np.testing.assert_array_equal(old.ours(blob), today.ours(blob))
    np.testing.assert_array_equal(Files(today.prototxt, old.weights).ours(blob), today.ours(blob))


def test_every_type_of_2013_that_classifiers_used_is_known():
    assert set(TYPES_OF_2013) - {"padding"} == {
        *("conv", "innerproduct", "pool", "lrn", "dropout", "concat", "flatten"),
        *("relu", "sigmoid", "softmax", "split", "tanh"),
    }


GOOD = 'layers { layer { name: "c" type: "conv" num_output: 2 kernelsize: 1 } bottom: "data" top: "c" } '
WRONG = {
    "two formats": (GOOD + 'layer { name: "x" }', "two formats"),
    "another type's setting": (GOOD.replace("num_output", "dropout_ratio"), "'dropout_ratio'"),
    "an unknown setting": (GOOD.replace("num_output", "num_input"), "'layer.num_input'"),
    "an unknown type": (GOOD.replace('"conv"', '"bnll"'), "'c' (bnll)"),
    "an unknown type of 2014": (GOOD + "layers { type: BATCH_NORM }", "not a Caffe prototxt"),
    "a type of training": (GOOD + 'layers { name: "t" type: BNLL bottom: "c" top: "t" }', "'t' (BNLL)"),
    "padding of nothing": (
        GOOD + 'layers { layer { type: "padding" name: "p" } top: "p" }',
        "one bottom and one top",
    ),
    "padding for what cannot be": (
        GOOD
        + 'layers { layer { type: "padding" name: "p" pad: 1 } bottom: "c" top: "p" }'
        + 'layers { layer { type: "relu" name: "r" } bottom: "p" top: "r" }',
        "only a convolution or pooling can",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said(tmp_path, today, case):
    text, cause = WRONG[case]
    path = tmp_path / "wrong.prototxt"
    path.write_text('input: "data" input_dim: [1, 3, 9, 11] ' + text)
    with pytest.raises(CaffeError) as caught:
        import_caffe(path, today.weights)
    assert cause in str(caught.value) and str(path) in str(caught.value)


def test_a_caffemodel_of_two_formats(today):
    old = of_2014(NETWORK[:1])
    old.layers[0].name = "another"
    today.weights.write_bytes(today.weights.read_bytes() + old.SerializeToString())
    with pytest.raises(CaffeError, match="two formats"):
        import_caffe(today.prototxt, today.weights)
