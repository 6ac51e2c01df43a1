"""The same pictures by two backends."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from picture_files import BLUE, GREEN, RED, animation, flat

from miles_deep import Model, ModelCard, Preprocess
from miles_deep.classify.pictures.parity import compare_backends
from miles_deep.errors import FormatError, ModelError


def small(nodes, labels=("red", "green", "blue"), device="auto", **weights):
    """A model of some nodes between `picture` and `scores`, of 8 x 8 pixels."""
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 3, 8, 8])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 3])
    tensors = [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "small", [picture], [scores], tensors)
    network: onnx.ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    spec = Preprocess(8, 8, scale=(1 / 255,) * 3)
    return Model(ModelCard("small", labels, spec), network.SerializeToString(), device)


MEANS = [
    helper.make_node("GlobalAveragePool", ["picture"], ["means"]),
    helper.make_node("Flatten", ["means"], ["flat"]),
]

SOFTMAX = helper.make_node("Softmax", ["flat"], ["scores"])


@pytest.fixture
def pictures(tmp_path):
    flat(RED).save(tmp_path / "a.png")
    animation(tmp_path / "b.gif", [GREEN, BLUE], [500, 250])
    flat(BLUE).save(tmp_path / "c.jpg")
    return tmp_path


def test_backends_agree(pictures):
    errors: list[FormatError] = []
    others: list[Path] = []
    (pictures / "d.txt").write_text("no picture")
    (pictures / "e.png").write_text("no picture")
    parity = compare_backends(small([*MEANS, SOFTMAX]), [pictures], errors.append, others.append)
    assert [path.name for path in parity.paths] == ["a.png", "b.gif", "c.jpg"]
    assert len(errors) == 1 and others == [pictures / "d.txt"]
    assert parity.differences.max() < 0.01
    assert not parity.changed.any() and not parity.broken.any()
    assert parity.here.argmax(axis=1).tolist() == [0, 1, 2]
    assert "OpenVINO" in parity.backends[0] and "ONNX Runtime" in parity.backends[1]


def test_another_opinion_than_its_own(pictures):
    parity = compare_backends(small([*MEANS, SOFTMAX], device="onnxruntime"), [pictures], lambda error: None)
    assert "ONNX Runtime" in parity.backends[0] and "OpenVINO" in parity.backends[1]


def test_scores_that_are_no_numbers(pictures):
    """Where there is no red, the logarithm of 0 times 0."""
    nodes = [
        *MEANS,
        helper.make_node("Sub", ["flat", "little"], ["less"]),
        helper.make_node("Relu", ["less"], ["none"]),
        helper.make_node("Log", ["none"], ["minus"]),
        helper.make_node("Mul", ["minus", "none"], ["scores"]),
    ]
    parity = compare_backends(small(nodes, device="onnxruntime", little=[0.2]), [pictures], lambda error: None)
    assert parity.broken.all() and not parity.changed.any()


def test_labels_that_do_not_fit(pictures):
    nodes = [*MEANS, SOFTMAX]
    with pytest.raises(ModelError, match="3 scores for 2 labels"):
        compare_backends(small(nodes, ("a", "b"), "onnxruntime"), [pictures], lambda error: None)


def test_no_pictures(tmp_path):
    nodes = [*MEANS, SOFTMAX]
    with pytest.raises(ModelError, match="no picture"):
        compare_backends(small(nodes, device="onnxruntime"), [tmp_path], lambda error: None)
