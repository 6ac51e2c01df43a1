"""The real network, against OpenCV's own Caffe reader."""

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from miles_deep.model.caffe import import_caffe

MEAN = (104.0, 117.0, 123.0)
SCORES = 1e-4
"""The largest difference of a score in 32-bit floats that the issue allows."""


@pytest.fixture(scope="module")
def converted(tmp_path_factory) -> Path:
    """A cache for all tests here, so that the network is converted once for each mean and labels."""
    return tmp_path_factory.mktemp("converted")


@pytest.fixture(autouse=True)
def model_cache(converted, monkeypatch) -> Path:
    monkeypatch.setenv("MILES_DEEP_CACHE", str(converted))
    return converted


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    """Flat, a ramp, a circle, noise, blurred noise; uint8 [N, 224, 224, 3] RGB."""
    random = np.random.default_rng(1)
    noise = random.integers(0, 256, (224, 224, 3), np.uint8)
    ramp = np.broadcast_to(np.linspace(0, 255, 224).astype(np.uint8)[:, None, None], (224, 224, 3))
    circle = cv2.circle(np.full((224, 224, 3), (230, 180, 160), np.uint8), (112, 90), 60, (40, 90, 200), -1)
    flat = np.full((224, 224, 3), (200, 150, 130), np.uint8)
    return np.stack([flat, ramp, circle, noise, cv2.GaussianBlur(noise, (0, 0), 9)])


@pytest.fixture(scope="module")
def expected(nsfw_files, frames) -> np.ndarray:
    network = cv2.dnn.readNetFromCaffe(*map(str, nsfw_files))
    network.setInput(cv2.dnn.blobFromImages(list(frames), 1, (224, 224), MEAN, swapRB=True))
    return network.forward()


@pytest.mark.parametrize("device", ["cpu", "onnxruntime"])
def test_scores_are_those_of_opencv(nsfw_files, frames, expected, device):
    model = import_caffe(*nsfw_files, mean=MEAN, labels=["sfw", "nsfw"], device=device, precision="f32")
    assert abs(model.classify(frames) - expected).max() <= SCORES
    assert expected[:, 1].max() - expected[:, 1].min() > 0.02, "pictures that all score alike prove little"


def test_default_precision_agrees(nsfw_files, frames, expected):
    scores = import_caffe(*nsfw_files, mean=MEAN).classify(frames)
    assert abs(scores - expected).max() <= 0.01
    assert (scores.argmax(axis=1) == expected.argmax(axis=1)).all()


def test_channel_order_and_mean_are_applied(nsfw_files, frames, expected):
    """The comparison above could not pass with either left out."""
    blind = import_caffe(*nsfw_files, precision="f32").classify(frames)
    mirrored = import_caffe(*nsfw_files, mean=MEAN, precision="f32").classify(frames[..., ::-1])
    assert abs(blind - expected).max() > 10 * SCORES
    assert abs(mirrored - expected).max() > 10 * SCORES


def test_the_card_says_what_it_is(nsfw_files):
    model = import_caffe(*nsfw_files, mean=MEAN, labels=["sfw", "nsfw"])
    assert model.card.name == "ResNet_50_1by2_nsfw"
    assert model.labels == ("sfw", "nsfw") and model.background == ("sfw",)
    assert model.card.source.startswith("resnet_50_1by2_nsfw.caffemodel (sha256 74b7c037")
    spec = model.card.preprocess
    assert (spec.width, spec.height, spec.resize, spec.channels, spec.layout) == (
        224,
        224,
        "stretch",
        "bgr",
        "nchw",
    )
    assert spec.mean == MEAN


def test_everything_foldable_is_folded(nsfw_files):
    """53 BatchNorms and 53 Scales, none of which may stay: unfolded, the network is seven times slower."""
    import onnx

    kinds = [node.op_type for node in onnx.load_from_string(import_caffe(*nsfw_files).network).graph.node]
    # Add is Eltwise; a BatchNorm or Scale that stays would be Mul and Add.
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        **{"Conv": 53, "Relu": 49, "Add": 16, "MaxPool": 1, "GlobalAveragePool": 1},
        **{"Flatten": 1, "Gemm": 1, "Softmax": 1},
    }


def test_second_import_starts_at_once(nsfw_files, tmp_path, monkeypatch):
    monkeypatch.setenv("MILES_DEEP_CACHE", str(tmp_path))
    started = time.process_time()
    first = import_caffe(*nsfw_files, mean=MEAN)
    converted = time.process_time()
    second = import_caffe(*nsfw_files, mean=MEAN)
    cached = time.process_time() - converted
    assert cached < 0.5 and cached < converted - started
    assert second.digest == first.digest
