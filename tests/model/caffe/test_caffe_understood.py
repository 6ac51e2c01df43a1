"""What an import of Caffe's files finds out, is told, and refuses, besides the conversion."""

from dataclasses import replace

import numpy as np
import pytest
from caffe_network import Files, dense, layer, numbers, picture, write
from PIL import Image

from miles_deep.errors import CaffeError, OptionError
from miles_deep.model.caffe import import_caffe
from miles_deep.model.caffe.asked import read
from miles_deep.model.caffe.importing import import_files
from miles_deep.model.precise import STRAY
from miles_deep.model.preprocess import Preprocess
from miles_deep.model.presets import PRESETS

SMALL = layer("Scale", "small", "data", "data", [[0.01] * 3])
"""Brings pixels to the size of one."""

RAW = [picture(), SMALL, dense("fc", "data", 3 * 9 * 11)]


@pytest.fixture
def raw(tmp_path) -> Files:
    return write(tmp_path, *RAW)


FRAMES = np.random.default_rng(4).integers(0, 256, (3, 9, 11, 3), np.uint8)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("l.json", '{"0": "cat", "1": "dog",\n"2": "crane", "3": "owl",\n"4": "crane"}'),
        ("l.csv", "index,label\n0,cat\n1,dog\n2,crane\n3,owl\n4,crane\n"),
        ("l.txt", "cat\ndog\ncrane\nowl\ncrane\n"),
    ],
)
def test_labels_in_every_form(raw, tmp_path, name, text):
    """And ImageNet's two cranes are two labels."""
    (tmp_path / name).write_text(text)
    model = import_caffe(raw.prototxt, raw.weights, labels=tmp_path / name)
    assert model.labels == ("cat", "dog", "crane", "owl", "crane (4)")


def test_preprocessing_in_place_of_a_mean(raw, tmp_path):
    """MobileNet's, which its authors publish with a scale of 0.017."""
    (tmp_path / "p.toml").write_text(
        'mean = [103.94, 116.78, 123.68]\nstd = 58.8235294\nchannels = "bgr"\ncrop = 0.875\n'
    )
    model = import_caffe(raw.prototxt, raw.weights, preprocess=tmp_path / "p.toml", precision="f32")
    spec = model.card.preprocess
    assert (spec.width, spec.height, spec.resize_width, spec.resize_height) == (11, 9, 12, 10)
    assert spec.mean == (103.94, 116.78, 123.68) and spec.scale == pytest.approx((0.017,) * 3)
    blob = (FRAMES[..., ::-1] - np.array(spec.mean)) * 0.017
    raw_scores = np.exp(raw.ours(blob.transpose(0, 3, 1, 2).astype(np.float32)))
    np.testing.assert_allclose(model.infer(FRAMES), raw_scores / raw_scores.sum(axis=1, keepdims=True), atol=1e-5)


def test_presets_by_name_and_whole(raw):
    by_name = import_caffe(raw.prototxt, raw.weights, preprocess="imagenet")
    preset = import_caffe(raw.prototxt, raw.weights, preprocess=PRESETS["imagenet"])
    assert by_name.card == preset.card and by_name.card.preprocess.channels == "rgb"
    whole = Preprocess(11, 9, scale=(0.5,) * 3, layout="nhwc")
    assert import_caffe(raw.prototxt, raw.weights, preprocess=whole).card.preprocess.layout == "nchw"
    for wrong, said in (
        (dict(preprocess="imagenet", mean=(1, 2, 3)), "give one of them"),
        (dict(preprocess="nosuch"), "no preprocessing 'nosuch'"),
        (dict(preprocess=Preprocess(8, 8)), f"{raw.prototxt}: preprocessing is for 8 x 8"),
        (dict(activation="tanh"), "no activation 'tanh'"),
    ):
        with pytest.raises(OptionError, match=said):
            import_caffe(raw.prototxt, raw.weights, **wrong)


def test_a_mean_is_as_given(raw):
    mean = (104.00698793, 116.66876762, 122.67891434)
    assert import_caffe(raw.prototxt, raw.weights, mean=mean).card.preprocess.mean == mean


@pytest.mark.parametrize(("activation", "sums"), [("softmax", True), ("sigmoid", False), (None, True)])
def test_activations(raw, activation, sums):
    model = import_caffe(raw.prototxt, raw.weights, activation=activation)
    scores = model.infer(FRAMES)
    assert scores.min() > 0 and scores.max() < 1
    assert np.allclose(scores.sum(axis=1), 1, atol=0.01) == sums
    assert model.rules == ({} if sums else {"method": "each"})


def test_no_activation(raw):
    """Numbers of any size, where they are asked for."""
    assert import_caffe(raw.prototxt, raw.weights, activation="none").infer(FRAMES).min() < 0


def test_a_network_that_ends_in_a_sigmoid_has_labels_each_by_itself(tmp_path):
    several = write(tmp_path, *RAW, layer("Sigmoid", "s", "fc"), layer("Flatten", "f", "s"))
    assert import_caffe(several.prototxt, several.weights).rules == {"method": "each"}
    one = write(tmp_path, *RAW[:2], dense("fc", "data", 3 * 9 * 11, 1), layer("Sigmoid", "s", "fc"))
    assert import_caffe(one.prototxt, one.weights).rules == {}


def test_scores_that_are_no_numbers_are_refused(tmp_path, model_cache):
    files = write(tmp_path, *RAW, layer("Log", "l", "fc", log_param={"shift": -99}))
    with pytest.raises(CaffeError, match="gives scores that are not numbers") as caught:
        import_caffe(files.prototxt, files.weights, activation="none")
    assert str(caught.value).startswith(f"{files.prototxt}: ")
    assert not list(model_cache.rglob("*.onnx"))


def test_scores_beyond_one_are_refused(tmp_path):
    files = write(tmp_path, *RAW, layer("Power", "p", "fc", power_param={"scale": 9}))
    with pytest.raises(CaffeError, match=r"scores of -.* not 0 to 1; the activation softmax or sigmoid"):
        import_caffe(files.prototxt, files.weights)
    assert import_caffe(files.prototxt, files.weights, activation="sigmoid").infer(FRAMES).max() <= 1


def test_a_network_that_few_bits_lead_astray_asks_for_more(tmp_path):
    """What tells its labels apart is a hundredth of its weights: in 16 bits there is little left of it."""
    weights = numbers(1, 3 * 9 * 11) * 100 + numbers(5, 3 * 9 * 11) / 3
    setting = {"num_output": 5, "bias_term": False}
    files = write(
        tmp_path, *RAW[:2], layer("InnerProduct", "fc", "data", "", [weights], inner_product_param=setting)
    )
    imported = import_files(read(files.prototxt, files.weights))
    model = imported.model
    plain = replace(model, card=replace(model.card, precision="auto"))
    exact = model.on("auto", "f32").infer(FRAMES)
    if abs(plain.infer(FRAMES) - exact).max() > STRAY:  # a machine that computes in 16 bits where it may
        assert model.card.precision == "f32" and "32-bit floats asked for" in imported.changes[-1]
    assert (model.infer(FRAMES) == exact).all()


TWICE = [*RAW, layer("ReLU", "re", "fc", "fc"), layer("ReLU", "re", "fc", "fc")]


def test_two_layers_of_one_name(tmp_path):
    """Caffe tells layers apart by their tops; by their names only where they have weights."""
    files = write(tmp_path, *TWICE)
    assert len(import_caffe(files.prototxt, files.weights).labels) == 5


def test_layers_of_2014_without_names(raw):
    """Networks that were written by hand have such."""
    old = 'layers { type: %s bottom: "fc" top: "fc" }\n'
    setting = "inner_product_param { num_output: 5 }"
    fc = f'layers {{ name: "fc" type: INNER_PRODUCT bottom: "data" top: "fc" {setting} }}\n'
    raw.prototxt.write_text(
        'input: "data" input_dim: [1, 3, 9, 11]\n' + fc + old % "RELU" + old % "TANH" + old % "SOFTMAX"
    )
    assert len(import_caffe(raw.prototxt, raw.weights).labels) == 5


def test_what_was_understood(tmp_path):
    layers = [picture(), SMALL, dense("fc", "data", 3 * 9 * 11), layer("Dropout", "d", "fc", "fc")]
    files = write(tmp_path, *layers, layer("Scale", "s", "fc", "fc", [[2.0] * 5]))
    imported = import_files(read(files.prototxt, files.weights, (1, 2, 3), list("abcde")))
    told = dict(imported.understood)
    assert told["layers"] == "2 Scale, 1 Input, 1 InnerProduct, 1 Dropout"
    assert told["size"] == "11 x 9" and told["batch"] == "1, made free"
    assert told["scores"].startswith("5: raw numbers (") and told["scores"].endswith("; Softmax is added")
    assert (told["input"], told["layout"], told["output"]) == ("data", "NCHW", "fc")
    assert told["labels"] == "5, as given: a, b, c and 2 more"
    assert told["preprocessing"] == "mean as given: stretched to 11 x 9 (bilinear), BGR, 0 to 255 - (1, 2, 3)"
    assert "scores differ by at most" in told["here"]
    assert imported.changes[0] == "left out: 1 Dropout"
    assert imported.changes[1] == "folded into the weights before them: 1 of BatchNorm, Scale and the like"


def test_a_single_score_is_one_of_two_labels(tmp_path):
    """As in every import: what is not the one is the other, and not always the one."""
    files = write(tmp_path, picture(), SMALL, dense("fc", "data", 3 * 9 * 11, 1))
    model = import_caffe(files.prototxt, files.weights, labels=["no", "yes"])
    scores = model.classify(np.random.default_rng(1).integers(0, 256, (3, 9, 11, 3), np.uint8))
    assert model.labels == ("no", "yes") and scores.shape == (3, 2) and np.ptp(scores[:, 0])
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    assert import_caffe(files.prototxt, files.weights, labels=["dog"]).labels == ("other", "dog")


def test_a_few_bytes_do_not_keep_a_processor_busy_for_ever(tmp_path):
    """Ninety bytes of weights, and an average of a million pixels around each of four million."""
    around = layer("Pooling", "p", "data", pooling_param={"pool": "AVE", "kernel_size": 1001, "pad": 500})
    whole = layer("Pooling", "all", "p", pooling_param={"pool": "AVE", "global_pooling": True})
    files = write(tmp_path, picture(2000, 2000), around, whole, dense("fc", "all", 3))
    with pytest.raises(CaffeError, match=r"takes about 1e\+14 multiply-adds for a picture; 1e\+12 are most"):
        import_caffe(files.prototxt, files.weights)


def test_what_was_not_given_is_told(raw, model_cache):
    told = dict(import_files(read(raw.prototxt, raw.weights)).understood)
    assert told["labels"].startswith("5, numbers, since its file has none: 0, 1, 2")
    assert told["preprocessing"].startswith("no mean, since none was given (-m): stretched")
    assert not list(model_cache.rglob("*.onnx")), "only `import_caffe` keeps what it converted"


def test_a_normalisation_is_rewritten_for_the_backends(tmp_path):
    """As in every ONNX network: OpenVINO takes the whole part of k only."""
    for k, rewritten in ((1.0, False), (1.5, True)):
        normal = layer("LRN", "n", "data", lrn_param={"local_size": 3, "alpha": 1.0, "k": k})
        files = write(tmp_path, picture(), SMALL, normal, dense("fc", "n", 3 * 9 * 11))
        imported = import_files(read(files.prototxt, files.weights))
        assert any("LRN rewritten" in line for line in imported.changes) == rewritten


def test_a_normalisation_beyond_all_numbers_is_refused(tmp_path):
    normal = layer("LRN", "n", "data", lrn_param={"local_size": 3, "alpha": 1.0, "beta": 1e9, "k": 0.5})
    files = write(tmp_path, picture(), SMALL, normal, dense("fc", "n", 3 * 9 * 11))
    with pytest.raises(CaffeError, match="gives scores that are not numbers"):
        import_caffe(files.prototxt, files.weights)


@pytest.mark.parametrize("mean", ["33.5", [33.5]], ids=str)
def test_grey_pictures(tmp_path, mean):
    """As LeNet's: one channel, one mean."""
    files = write(tmp_path, picture(channels=1), dense("fc", "data", 9 * 11), layer("Softmax", "prob", "fc"))
    model = import_caffe(files.prototxt, files.weights, mean, precision="f32")
    grey = np.stack([np.asarray(Image.fromarray(frame).convert("L")) for frame in FRAMES])
    np.testing.assert_allclose(model.infer(FRAMES), files.ours(grey[:, None] - np.float32(33.5)), atol=1e-5)


def test_grey_pictures_have_one_mean(tmp_path):
    files = write(tmp_path, picture(channels=1), dense("fc", "data", 9 * 11), layer("Softmax", "prob", "fc"))
    with pytest.raises(OptionError, match="mean and std must be one number each, not three"):
        import_caffe(files.prototxt, files.weights, "104,117,123")
