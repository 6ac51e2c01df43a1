"""Networks whose input is not 32-bit floats."""

import numpy as np
import pytest
from networks import model_of, network
from onnx import TensorProto, helper

from miles_deep.model import Preprocess


@pytest.mark.parametrize("device", ["cpu", "onnxruntime"])
@pytest.mark.parametrize(
    "type", [TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.UINT8], ids=TensorProto.DataType.Name
)
def test_an_input_of_any_type_gets_its_numbers(type: int, device: str) -> None:
    nodes = [
        helper.make_node("Cast", ["data"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["floats"], ["scores"]),
    ]
    graph = network(nodes, ["batch", 6, 8, 3], 144)
    graph.graph.input[0].type.tensor_type.elem_type = type
    spec = Preprocess(8, 6, mean=(0, 0, 0) if type == TensorProto.UINT8 else (1, 2, 3), layout="nhwc")
    frames = np.random.default_rng(1).integers(0, 256, (5, 6, 8, 3), np.uint8)
    scores = model_of(graph, spec, 144, device).infer(frames)
    assert np.array_equal(scores, (frames.astype(np.float32) - spec.mean).reshape(5, 144))
