"""Published architectures with random weights, against OpenCV's own Caffe reader.

Thin and small here, so that each takes a moment; at full width and size under `slow`. The numbers before the
last Softmax are compared as well, since random weights can leave scores of nothing but noughts and ones.
"""

import numpy as np
import pytest
from architectures import ARCHITECTURES, caffenet, write_pair
from caffe_network import Files

from miles_deep.model.caffe import import_caffe

SCORES = 1e-4
"""The largest difference of a score in 32-bit floats that is allowed."""

SMALL = {
    "caffenet": dict(width=1 / 8, size=131),
    "googlenet": dict(width=1 / 4, size=96),
    "vgg16": dict(width=1 / 8, size=64),
    "squeezenet": dict(width=1 / 4, size=97),
    "mobilenet": dict(width=1 / 4, size=96),
    "resnet50": dict(width=1 / 8, size=97),
    "resnet50_1by2": dict(width=1 / 4, size=96),
    "resnet77_1by2": dict(width=1 / 4, size=65),
    "densenet": dict(width=1 / 4, size=64, blocks=(2, 3, 2)),
    "inception": dict(width=1 / 4, size=107),
}


def compared(folder, text: str, size: int, backends=("onnxruntime",)) -> None:
    """Compare scores and what they are made from."""
    blob = np.random.default_rng(0).normal(0, 1, (2, 3, size, size)).astype(np.float32)
    files = Files(*write_pair(folder, text))
    scores = files.opencv(blob).reshape(2, -1)
    for backend in backends:
        assert abs(files.ours(blob, backend) - scores).max() <= SCORES, backend
    *body, last = text.splitlines()
    assert '"Softmax"' in last
    files.prototxt.write_text("\n".join(body))
    raw = files.opencv(blob).reshape(2, -1)
    spread = np.ptp(raw)
    assert spread > 0.1 and abs(raw[0] - raw[1]).max() > 1e-3 * spread
    assert abs(files.ours(blob) - raw).max() <= SCORES * max(1, spread)


@pytest.mark.parametrize("name", SMALL)
def test_scores_are_those_of_opencv(tmp_path, name):
    text = ARCHITECTURES[name](classes=10, **SMALL[name])
    both = ("onnxruntime", "openvino") if name in ("googlenet", "mobilenet") else ("onnxruntime",)
    compared(tmp_path, text, SMALL[name]["size"], both)


def test_alexnet_normalises_before_it_pools(tmp_path):
    text = caffenet(width=1 / 8, size=131, classes=10, alexnet=True)
    compared(tmp_path, text, 131)


def test_without_its_softmax_a_classifier_has_the_same_scores(tmp_path):
    """As networks are published that were trained with SoftmaxWithLoss: what was left out is put back."""
    text = ARCHITECTURES["squeezenet"](classes=10, width=1 / 4, size=97)
    pair = write_pair(tmp_path, text)
    frames = np.random.default_rng(2).integers(0, 256, (2, 97, 97, 3), np.uint8)
    expected = import_caffe(*pair, mean=(104, 117, 123), precision="f32").classify(frames)
    pair[0].write_text(text[: text.index('layer { name: "prob"')])
    model = import_caffe(*pair, mean=(104, 117, 123), precision="f32")
    assert (model.classify(frames) == expected).all()
    assert "Softmax added" in model.card.source


@pytest.mark.slow
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_at_full_width_and_size(tmp_path, name):
    text = ARCHITECTURES[name]()
    compared(tmp_path, text, {"caffenet": 227, "inception": 299}.get(name, 224))
