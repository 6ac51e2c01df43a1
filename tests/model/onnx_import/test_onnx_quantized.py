"""Networks that ONNX Runtime's `quantize_dynamic` made smaller."""

from pathlib import Path

import numpy as np
import onnx
from classifiers import Graph, expected, frames, network, saved
from numpy.testing import assert_allclose

from miles_deep.model.onnx_import import import_onnx


def test_a_picture_has_its_scores_in_any_company(tmp_path: Path) -> None:
    """The range that numbers are rounded to is that of a whole batch, so one picture at a time is looked at."""
    made = dynamic()
    one = import_onnx(saved(made, tmp_path), preprocess="inception")
    assert one.changes[0].startswith("one picture at a time: its DynamicQuantizeLinear")
    assert dict(one.understood)["batch"] == "1, which could not be made free"
    pictures = frames()
    assert_allclose(one.model.on("onnxruntime").classify(pictures), expected(made, pictures, "nchw", 1), atol=1e-4)
    apart = expected(made, pictures, "nchw", None) - expected(made, pictures, "nchw", 1)
    assert np.abs(apart).max() > 1e-3, "or this shows nothing"


def dynamic() -> onnx.ModelProto:
    """Means of colours, rounded to the range of all of them, and weighed in whole numbers."""
    graph = Graph("float32")
    last = graph.add("Reshape", graph.add("GlobalAveragePool", "pictures"), graph.constant(np.array([-1, 3])))
    weights = graph.constant(graph.random.integers(-99, 99, (3, 4)).astype(np.int8))
    graph.nodes.append(onnx.helper.make_node("DynamicQuantizeLinear", [last], ["whole", "step", "zero"]))
    last = graph.add("MatMulInteger", "whole", weights, "zero")
    last = graph.add("Mul", graph.add("Cast", last, to=onnx.TensorProto.FLOAT), "step")
    last = graph.add("Mul", last, graph.constant(np.float32(0.1)))
    return network(graph, last, ["N", 3, 10, 12], ["N", 4])
