"""Networks that were exported for pictures one at a time, or three."""

import numpy as np
import pytest
from networks import model_of, network
from onnx import helper

from miles_deep.model import Preprocess


@pytest.mark.parametrize("device", ["cpu", "onnxruntime"])
@pytest.mark.parametrize("shape", [[1, -1], [1, 144], [3, -1], [3, 144]], ids=str)
def test_a_network_for_so_many_pictures_takes_any_number(shape: list[int], device: str) -> None:
    nodes = [helper.make_node("Reshape", ["data", "shape"], ["scores"])]
    graph = network(nodes, [shape[0], 3, 6, 8], 144, {"shape": np.array(shape, np.int64)})
    frames = np.random.default_rng(1).integers(0, 256, (7, 6, 8, 3), np.uint8)
    scores = model_of(graph, Preprocess(8, 6), 144, device).infer(frames)
    assert np.array_equal(scores, frames.transpose(0, 3, 1, 2).reshape(7, 144))


@pytest.mark.parametrize("device", ["cpu", "onnxruntime"])
def test_a_network_that_would_mix_pictures_is_given_one_at_a_time(device: str) -> None:
    """With four, the first Reshape makes rows of them that the second one tears apart, and nothing fails."""
    nodes = [
        helper.make_node("Reshape", ["data", "planes"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["columns"], perm=[1, 0]),
        helper.make_node("Reshape", ["columns", "flat"], ["scores"]),
    ]
    shapes = {"planes": np.array([3, -1]), "flat": np.array([-1, 144])}
    frames = np.random.default_rng(1).integers(0, 256, (7, 6, 8, 3), np.uint8)
    scores = model_of(network(nodes, [1, 3, 6, 8], 144, shapes), Preprocess(8, 6), 144, device).infer(frames)
    assert np.array_equal(scores, frames.reshape(7, 144))
