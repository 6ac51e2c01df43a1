"""Networks that were exported for pictures one at a time."""

import numpy as np
import pytest
from networks import model_of, network
from onnx import helper

from miles_deep.model import Preprocess


@pytest.mark.parametrize("shape", [[1, -1], [1, 144]], ids=str)
def test_a_network_for_one_picture_takes_many(shape: list[int]) -> None:
    nodes = [helper.make_node("Reshape", ["data", "shape"], ["scores"])]
    graph = network(nodes, [1, 3, 6, 8], 144, {"shape": np.array(shape, np.int64)})
    frames = np.random.default_rng(1).integers(0, 256, (7, 6, 8, 3), np.uint8)
    scores = model_of(graph, Preprocess(8, 6), 144).infer(frames)
    assert np.array_equal(scores, frames.transpose(0, 3, 1, 2).reshape(7, 144))
