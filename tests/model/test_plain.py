"""Networks that carry a card and come from anywhere: what they may not hold, and may not cost."""

import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from networks import model_of, network
from onnx import TensorProto, helper

from miles_deep.errors import ModelError
from miles_deep.model import Preprocess, load_model

MEANS = [
    helper.make_node("GlobalAveragePool", ["data"], ["means"]),
    helper.make_node("Flatten", ["means"], ["flat"]),
]


def with_a_last(node: onnx.NodeProto, **weights: np.ndarray) -> onnx.ModelProto:
    return network([*MEANS, node], ["n", 3, 8, 8], 3, weights)


def endless() -> onnx.ModelProto:
    """A loop without a count whose condition always holds."""
    whole, truth = TensorProto.INT64, TensorProto.BOOL
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["still"]), helper.make_node("Identity", ["x"], ["y"])],
        "body",
        [
            helper.make_tensor_value_info("i", whole, []),
            helper.make_tensor_value_info("on", truth, []),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("still", truth, []),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, None),
        ],
    )
    return with_a_last(helper.make_node("Loop", ["", "true", "flat"], ["scores"], body=body), true=np.array(True))


def foreign() -> onnx.ModelProto:
    made = with_a_last(helper.make_node("Frob", ["flat"], ["scores"], domain="evil"))
    made.opset_import.append(helper.make_opsetid("evil", 1))
    return made


def of_a_function() -> onnx.ModelProto:
    made = with_a_last(helper.make_node("f", ["flat"], ["scores"], domain="own"))
    body = helper.make_node("Identity", ["a"], ["b"])
    made.functions.append(helper.make_function("own", "f", ["a"], ["b"], [body], [helper.make_opsetid("", 17)]))
    made.opset_import.append(helper.make_opsetid("own", 1))
    return made


def from_elsewhere() -> onnx.ModelProto:
    """A Constant whose numbers lie in the folder that the user happens to be in."""
    made = with_a_last(helper.make_node("Add", ["flat", "outside"], ["scores"]))
    numbers = TensorProto(data_type=TensorProto.FLOAT, dims=[3], data_location=TensorProto.EXTERNAL)
    numbers.external_data.add(key="location", value="secret.bin")
    made.graph.node.insert(0, helper.make_node("Constant", [], ["outside"], value=numbers))
    return made


def pooled(operator: str, side: int, **window: object) -> onnx.ModelProto:
    first = helper.make_node(operator, ["data"], ["pooled"], **window)
    rest = [helper.make_node("GlobalAveragePool", ["pooled"], ["means"]), MEANS[1]]
    return network([first, *rest], ["n", 3, side, side], 3, results=["flat"])


def lying(made: onnx.ModelProto) -> onnx.ModelProto:
    """It says that the maxima are one pixel; and has an operator that nobody reads, of less than no work."""
    made.graph.value_info.append(helper.make_tensor_value_info("pooled", TensorProto.FLOAT, [1, 3, 1, 1]))
    made.graph.node.append(helper.make_node("LRN", ["data"], ["unread"], size=-(10**15)))
    return made


NETWORKS = {
    "a loop": (endless, 8, "has branches or loops: 'Loop'"),
    "another's operators": (foreign, 8, "not ONNX's own: 'Frob' of 'evil'"),
    "functions": (of_a_function, 8, "functions of its own: 'f'"),
    "numbers from a file": (from_elsewhere, 8, "keeps its weights in other files"),
    "maxima of a thousand pixels each": (
        lambda: pooled("MaxPool", 2000, kernel_shape=[1001, 1001], pads=[500] * 4),
        2000,
        r"takes about 1e\+14 multiply-adds for a picture; 1e\+12 are most",
    ),
    "means likewise": (
        lambda: pooled("AveragePool", 1200, kernel_shape=[1001, 1001], pads=[500] * 4),
        1200,
        "multiply-adds for a picture",
    ),
    "the same under shapes that are lies": (
        lambda: lying(pooled("MaxPool", 2000, kernel_shape=[1001, 1001], pads=[500] * 4)),
        2000,
        "multiply-adds for a picture",
    ),
    "many neighbours": (lambda: pooled("LRN", 1200, size=100_001), 1200, "multiply-adds for a picture"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_what_a_model_may_not_be(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, side, words = NETWORKS[name]
    monkeypatch.chdir(tmp_path)
    Path("secret.bin").write_bytes(np.array([0.25, 0.5, 0.25], np.float32).tobytes())
    model_of(make(), Preprocess(side, side)).save("model.onnx")
    for device in ("cpu", "onnxruntime"):
        started = time.process_time()
        with pytest.raises(ModelError, match=words):
            load_model("model.onnx", device).prepare()
        assert time.process_time() - started < 1


def test_what_a_large_classifier_costs_is_not_refused() -> None:
    """As EfficientNet-L2's widest layers."""
    weights = {"w": np.zeros((8, 3, 7, 7), np.float32)}
    nodes = [helper.make_node("Conv", ["data", "w"], ["wide"], pads=[3] * 4, kernel_shape=[7, 7])]
    nodes += [helper.make_node("MaxPool", ["wide"], ["less"], kernel_shape=[31, 31], strides=[2, 2])]
    nodes += [helper.make_node("GlobalAveragePool", ["less"], ["means"]), MEANS[1]]
    large = network(nodes, ["n", 3, 800, 800], 8, weights, results=["flat"])
    model_of(large, Preprocess(800, 800), 8).prepare()
