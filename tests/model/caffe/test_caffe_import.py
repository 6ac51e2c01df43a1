# ruff: noqa: E501 (a case a line reads better than a case in three)
"""What `import_caffe` does around the conversion: card, labels, mean, rules of the prototxt, cache."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from caffe_network import Files, conv, dense, layer, picture, pictures, write
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st

from miles_deep.errors import ModelError, UnsupportedLayerError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe import import_caffe
from miles_deep.model.caffe.settings import unknown_settings
from miles_deep.model.model import read_model

NETWORK = [picture(), conv("c", "data", 3, 4), dense("fc", "c", 4 * 7 * 9), layer("Softmax", "prob", "fc")]


@pytest.fixture
def files(tmp_path) -> Files:
    return write(tmp_path, *NETWORK)


def test_labels_from_a_file(files, tmp_path):
    """A line is a label as a whole; a byte order mark, blank lines at the end and CRLF are no part of it."""
    path = tmp_path / "labels.txt"
    path.write_bytes(
        "\ufeffn02123045 tabby, tabby cat\r\ntiger cat\r\nother\r\nfuchs\u00e4hnlich\r\nsfw\r\n\r\n".encode()
    )
    model = import_caffe(files.prototxt, files.weights, labels=path)
    assert model.labels == ("n02123045 tabby, tabby cat", "tiger cat", "other", "fuchs\u00e4hnlich", "sfw")
    assert model.background == ("other", "sfw")


def test_background_is_as_given(files):
    labels = ["a", "b", "c", "d", "other"]
    assert import_caffe(files.prototxt, files.weights, labels=labels, background=["a"]).background == ("a",)
    assert import_caffe(files.prototxt, files.weights, labels=labels, background=[]).background == ()
    with pytest.raises(ModelError, match="'z'"):
        import_caffe(files.prototxt, files.weights, labels=labels, background=["z"])


def test_without_labels_scores_are_numbered(files):
    model = import_caffe(files.prototxt, files.weights)
    assert model.labels == ("0", "1", "2", "3", "4") and model.background == ()
    assert model.card.preprocess.mean == (0, 0, 0)
    assert (model.card.preprocess.width, model.card.preprocess.height) == (11, 9)


def test_preprocessing_is_that_of_the_first_program(files):
    """Stretched to the input, BGR, minus the mean: the same scores as OpenCV gives for that."""
    frame = np.random.default_rng(4).integers(0, 256, (9, 11, 3), np.uint8)
    mean = (100.0, 120.0, 140.0)
    blob = (frame[None, :, :, ::-1].transpose(0, 3, 1, 2) - np.array(mean)[None, :, None, None]).astype(np.float32)
    small = write(files.prototxt.parent, NETWORK[0], scaled_down(), *NETWORK[1:])
    for device in ("cpu", "onnxruntime"):
        model = import_caffe(small.prototxt, small.weights, mean=mean, device=device, precision="f32")
        np.testing.assert_allclose(model.classify(frame[None]), small.opencv(blob), atol=1e-4)


def scaled_down() -> pb.LayerParameter:
    """Brings pixels to the size of one, so that the Softmax has something to choose from."""
    return layer("Scale", "small", "data", "data", [[0.01] * 3])


def reworded(files: Files, old: str, new: str) -> Files:
    text = files.prototxt.read_text()
    assert old in text
    files.prototxt.write_text(text.replace(old, new))
    return files


INPUTS = {
    "input_dim": 'input: "data" input_dim: 1 input_dim: 3 input_dim: 9 input_dim: 11',
    "input_dim, short": 'input: "data" input_dim: [10, 3, 9, 11]',
    "input_shape": 'input: "data" input_shape { dim: 1 dim: 3 dim: 9 dim: 11 }',
}


@pytest.mark.parametrize("case", INPUTS)
def test_inputs_of_the_time_before_input_layers(files, case):
    blob = pictures()
    expected = files.ours(blob)
    text = files.prototxt.read_text()
    files.prototxt.write_text(INPUTS[case] + "\n" + text[text.index('layer {\n  name: "c"') :])
    assert "Input" not in files.prototxt.read_text()
    np.testing.assert_array_equal(files.ours(blob), expected)


RULES = {
    "include TRAIN": ("include { phase: TRAIN }", False),
    "include TEST": ("include { phase: TEST }", True),
    "include either": ("include { phase: TRAIN } include { phase: TEST }", True),
    "exclude TEST": ("exclude { phase: TEST }", False),
    "exclude TRAIN": ("exclude { phase: TRAIN }", True),
    "include a level above": ("include { min_level: 1 }", False),
    "include up to a level": ("include { max_level: 0 }", True),
    "include a stage": ("include { stage: 'deploy' }", False),
    "exclude but for a stage": ("exclude { not_stage: 'deploy' }", False),
}


@pytest.mark.parametrize("case", RULES)
def test_include_and_exclude(files, case):
    """The layer in question is of a type that is not supported, which shows whether it is there."""
    rule, stays = RULES[case]
    dropout = (
        f'layer {{ name: "drop" type: "DropOut2" bottom: "fc" top: "fc" {rule} dropout_param {{ seed: 1 }} }}'
    )
    reworded(files, 'layer {\n  name: "prob"', dropout + 'layer {\n  name: "prob"')
    if stays:
        with pytest.raises(UnsupportedLayerError, match=r"'drop' \(DropOut2\)"):
            import_caffe(files.prototxt, files.weights)
    else:
        assert len(import_caffe(files.prototxt, files.weights).labels) == 5


def test_stages_of_the_file_count(files):
    reworded(files, 'name: "small"', 'name: "small" state { phase: TRAIN stage: "deploy" level: 2 }')
    reworded(files, 'type: "Softmax"', 'type: "Softmax" include { phase: TEST stage: "deploy" min_level: 2 }')
    blob = pictures()
    np.testing.assert_allclose(files.ours(blob).sum(axis=1), 1, atol=1e-5)


def test_settings_of_training_are_passed_over(files):
    blob = pictures()
    expected = files.ours(blob)
    training = "weight_filler { type: 'xavier' std: 0.1 } bias_filler { type: 'constant' } engine: CUDNN"
    reworded(files, "kernel_size: 3", f"{training} kernel_size: 3")
    reworded(files, 'type: "Softmax"', 'type: "Softmax" param { lr_mult: 0 name: "w" } loss_weight: 1')
    reworded(files, 'name: "small"', "force_backward: true # a comment { with: braces")
    np.testing.assert_array_equal(files.ours(blob), expected)


ENDINGS = {
    "inner product": ([], "Softmax"),
    "dropout and shape": ([layer("Dropout", "d", "fc"), layer("Reshape", "r", "d", reshape_param={"shape": {"dim": [0, 5]}})], "Softmax"),
    "rectified": ([layer("ReLU", "re", "fc", "fc")], "Softmax"),
    "scaled": ([layer("Scale", "sc", "fc", "fc", [[2.0] * 5])], "Softmax"),
    "one score": ([dense("last", "fc", 5, 1)], "Sigmoid"),
    "softmax": ([layer("Softmax", "p", "fc")], ""),
    "softmax and shape": ([layer("Softmax", "p", "fc"), layer("Flatten", "f", "p")], ""),
    "sigmoid": ([layer("Sigmoid", "p", "fc")], ""),
    "whatever the author wanted": ([layer("Power", "p", "fc")], ""),
    "joined": ([layer("Concat", "p", ["fc", "fc"])], ""),
}  # fmt: skip


@pytest.mark.parametrize("case", ENDINGS)
def test_what_ends_in_raw_numbers_gets_a_softmax(tmp_path, case):
    """The rule that finds segments wants scores of 0…1; what the author's last layer gives is changed no further,
    and where that is something else, it has to be asked for."""
    layers, ending = ENDINGS[case]
    files = write(tmp_path, *NETWORK[:-1], *layers)
    blob = pictures()
    raw = files.ours(blob)
    asked = {"activation": "none"} if case in ("whatever the author wanted", "joined") else {}
    model = import_caffe(files.prototxt, files.weights, **asked)
    scores = onnxruntime.InferenceSession(model.network).run(None, {"data": blob})[0]
    power, one = np.exp(raw), np.exp(np.hstack([0 * raw[:, -1:], raw[:, -1:]]))
    made = {
        "Softmax": power / power.sum(axis=1, keepdims=True),
        "Sigmoid": one / one.sum(axis=1, keepdims=True),
        "": raw,
    }
    np.testing.assert_allclose(scores, made[ending], rtol=1e-5)
    assert model.card.source.endswith(f"; {ending} added to what its last layer gives" if ending else ")")


def test_a_network_without_a_name_has_that_of_its_weights(files):
    reworded(files, 'name: "small"\n', "")
    assert import_caffe(files.prototxt, files.weights).card.name == "net"


def test_layers_of_the_caffemodel_that_the_prototxt_lacks_do_not_matter(files):
    network = pb.NetParameter.FromString(files.weights.read_bytes())
    network.layer.append(dense("loss3/classifier", "c", 10))
    blob, expected = pictures(), files.ours(pictures(count=1)).shape
    files.weights.write_bytes(network.SerializeToString())
    assert files.ours(blob).shape[1:] == expected[1:]


def test_the_first_programs_own_network(original, tmp_path):
    """Its prototxt with random weights: the published weights are not needed to see that it is understood."""
    random = np.random.default_rng(6)
    described = text_format.Parse(original.read_text(), pb.NetParameter(), allow_unknown_field=True)
    found = pb.NetParameter()
    channels = {"data": 3}
    for one in described.layer:
        inputs = channels.get(one.bottom[0], 0) if one.bottom else 0
        shapes = {
            "Convolution": [
                (one.convolution_param.num_output, inputs, *list(one.convolution_param.kernel_size) * 2)
            ],
            "InnerProduct": [(one.inner_product_param.num_output, inputs)],
            "BatchNorm": [(inputs,), (inputs,), (1,)],
            "Scale": [(inputs,), (inputs,)],
        }.get(one.type, [])
        if one.type in ("Convolution", "InnerProduct"):
            shapes.append(shapes[0][:1])
            inputs = shapes[0][0]
        for shape in shapes:
            # Positive, so that no stored variance is below zero, but for what is multiplied with pictures.
            low = -1 if len(shape) > 1 else 0.5
            values = random.uniform(low, 1, shape) / np.sqrt(np.prod(shape[1:]))
            one.blobs.add(shape={"dim": shape}, data=values.ravel())
        channels[one.top[0]] = inputs or 3
        found.layer.append(one)
    weights = tmp_path / "random.caffemodel"
    weights.write_bytes(found.SerializeToString())
    labels = ["one", "two", "other", "four", "five", "six"]
    model = import_caffe(original, weights, mean=(113, 123, 148), labels=labels)
    assert model.card.name == "Miles_Deep" and model.background == ("other",)
    scores = model.classify(random.integers(0, 256, (2, 90, 160, 3), np.uint8))
    assert scores.shape == (2, 6)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=0.01)


def kept(model_cache) -> list:
    return sorted((model_cache / "models").glob("*.onnx"))


def test_the_cache_goes_by_content(files, model_cache, tmp_path):
    first = import_caffe(files.prototxt, files.weights, labels=list("abcde"))
    assert len(kept(model_cache)) == 1
    elsewhere = tmp_path / "copy.prototxt"
    elsewhere.write_bytes(files.prototxt.read_bytes())
    same = import_caffe(elsewhere, files.weights, labels=list("abcde"))
    assert same.digest == first.digest and same.network == first.network
    assert len(kept(model_cache)) == 1
    variants = [
        dict(labels=list("edcba")),
        dict(labels=list("abcde"), background=["a"]),
        dict(labels=list("abcde"), mean=[1, 2, 3]),
    ]
    digests = {import_caffe(files.prototxt, files.weights, **variant).digest for variant in variants}
    assert len(digests | {first.digest}) == 4 and len(kept(model_cache)) == 4
    reworded(files, 'name: "small"', 'name: "other"')
    assert import_caffe(files.prototxt, files.weights, labels=list("abcde")).card.name == "other"
    assert len(kept(model_cache)) == 5


def test_what_is_kept_is_used(files, model_cache):
    """The second import reads the kept file: a mark in it comes back."""
    import_caffe(files.prototxt, files.weights)
    (path,) = kept(model_cache)
    model = read_model(path)
    replace(model, card=replace(model.card, licence="a mark")).save(path)
    assert import_caffe(files.prototxt, files.weights).card.licence == "a mark"


@pytest.mark.parametrize("damage", [b"", b"no network", bytes(100)])
def test_a_damaged_cache_is_made_anew(files, model_cache, damage):
    first = import_caffe(files.prototxt, files.weights)
    (path,) = kept(model_cache)
    good = path.read_bytes()
    path.write_bytes(damage)
    assert import_caffe(files.prototxt, files.weights).digest == first.digest
    assert path.read_bytes() == good


def test_a_cache_that_cannot_be_written_costs_only_time(files, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("a file where the folder should be")
    expected = import_caffe(files.prototxt, files.weights)
    monkeypatch.setenv("MILES_DEEP_CACHE", str(tmp_path / "file"))
    assert import_caffe(files.prototxt, files.weights).digest == expected.digest


def test_device_and_precision_are_handed_on(files):
    for _ in range(2):  # converted, then from the cache
        model = import_caffe(files.prototxt, files.weights, device="onnxruntime", precision="f32")
        assert (model.device, model.precision) == ("onnxruntime", "f32")


def test_importing_the_module_loads_no_backend():
    code = "import sys, miles_deep.model.caffe; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "miles_deep.model.caffe" in loaded.split()
    assert not {"onnx", "openvino", "onnxruntime", "torch", "cv2"} & set(loaded.split())


SETTINGS = {
    "known only": ("layer { name: 'a' pooling_param { pool: MAX pad: 1 } }", (), ((),)),
    "in a layer": ("layer { name: 'a' foo: 1 } layer { b { c: 1 } name: 'x' }", (), (("foo",), ("b",))),
    "in a block": ("layer { pooling_param { ceil_mode: true pad: 1 } }", (), (("pooling_param.ceil_mode",),)),
    "outside": ("foo: 1 bar { name: 'x' layer { y: 1 } } layer {}", ("foo", "bar"), ((),)),
    "in strings": ('layer { name: \'foo: 1 { } # bar\' top: "a \\" b: 1" }', (), ((),)),
    "in comments": ("layer { # foo: 1 }\n name: 'a' }", (), ((),)),
    "angles": ("layer < pooling_param: < ceil_mode: true > >", (), (("pooling_param.ceil_mode",),)),
    "lists": (
        "layer: [{ name: 'a' foo: [1, 2] }, { top: ['a', 'b'] bar: [MAX, AVE] }]",
        (),
        (("foo",), ("bar",)),
    ),
    "values that are words": ("layer { phase: TEST relu_param { negative_slope: -inf } }", (), ((),)),
    "separators": ("layer { name: 'a', foo: 1; top: 'b' }", (), (("foo",),)),
    "numbers with letters": (
        "layer { scale_param { axis: 0x1 } eltwise_param { coeff: 1.5e3f } }",
        (),
        ((),),
    ),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_unknown_settings_are_found(case):
    text, outside, of_layer = SETTINGS[case]
    text_format.Parse(text, pb.NetParameter(), allow_unknown_field=True)
    assert unknown_settings(text) == (outside, of_layer)


@given(st.lists(st.tuples(st.text(max_size=8), st.booleans()), max_size=6), st.booleans(), st.booleans())
def test_settings_are_counted_layer_by_layer(layers, one_line, angles):
    """Whatever a layer is called, its settings are its own."""
    network = pb.NetParameter()
    for name, marked in layers:
        one = network.layer.add(name=name, top=[name, name])
        if marked:
            one.pooling_param.kernel_size = 77
    text = text_format.MessageToString(network, as_one_line=one_line, pointy_brackets=angles)
    text = text.replace("kernel_size: 77", "unheard_of: 77")
    expected = tuple(("pooling_param.unheard_of",) if marked else () for _, marked in layers)
    assert unknown_settings(text) == ((), expected)
