"""Networks of every form that exporters write: what was asked of the file is what the model gives."""

from dataclasses import replace
from itertools import product

import numpy as np
import onnx
import pytest
from classifiers import LABELS, classifier, expected, frames, saved
from numpy.testing import assert_allclose
from onnx import helper

from miles_deep.model import load_model
from miles_deep.model.onnx_import import import_onnx
from miles_deep.model.presets import PRESETS

LAYOUTS, TYPES = ("nchw", "nhwc"), ("float32", "uint8", "float16", "float64")
BATCHES, OUTPUTS = (None, 1, 3), (0, 1)
OPSETS = (7, 9, 11, 13, 17, 21)

GRID = list(product(LAYOUTS, TYPES, BATCHES, OUTPUTS, OPSETS))
FEW = GRID[::13]
"""Thirteen is prime to the length of every axis, so that each value of one meets the others' in turn."""


def test_weights_that_are_inputs_too_are_folded_all_the_same(tmp_path) -> None:
    """As networks were written before 2019."""
    network = classifier(opset=7)
    network.ir_version = 3
    weights = network.graph.initializer
    network.graph.input.extend(helper.make_tensor_value_info(one.name, one.data_type, one.dims) for one in weights)
    imported = import_onnx(saved(network, tmp_path), LABELS, "inception")
    right = expected(classifier(), frames(), "nchw", None)
    assert_allclose(imported.model.on("cpu", "f32").classify(frames()), right, atol=1e-4)
    graph = onnx.load_from_string(imported.model.network).graph
    assert "BatchNormalization" not in [node.op_type for node in graph.node]
    assert [value.name for value in graph.input] == ["pictures"]


@pytest.mark.parametrize(
    ("layout", "type", "batch", "probabilities", "opset"),
    [pytest.param(*case, marks=[] if case in FEW else pytest.mark.slow) for case in GRID],
)
def test_scores_are_those_of_the_file(layout, type, batch, probabilities, opset, tmp_path) -> None:
    network = classifier(layout, type, batch, bool(probabilities), opset)
    spec = PRESETS["inception"]
    if type == "uint8":
        spec = replace(PRESETS["raw"], resize=spec.resize, crop=spec.crop)
    imported = import_onnx(saved(network, tmp_path), LABELS, spec)
    imported.model.save(tmp_path / "ours.onnx")
    model = load_model(tmp_path / "ours.onnx", precision="f32")

    # ONNX Runtime has no convolution of 64-bit floats: the same network in 32 bits tells what should come out.
    original = classifier(layout, "float32" if type == "float64" else type, batch, bool(probabilities), opset)
    right = expected(original, frames(), layout, batch)
    tolerance = 1e-2 if type == "float16" else 1e-4
    assert np.ptp(right, axis=0).max() > 10 * tolerance, "scores that are all alike prove nothing"
    for device in ("cpu", "onnxruntime"):
        assert_allclose(model.on(device, "f32").classify(frames()), right, atol=tolerance)
    assert imported.difference <= tolerance

    words = dict(imported.understood)
    assert (words["layout"], words["numbers"], words["opset"]) == (layout.upper(), type, str(opset))
    assert words["size"] == "12 x 10"
    assert words["batch"] == ("any" if batch is None else f"{batch}, made free")
    assert ("probabilities" if probabilities else "logits") in words["scores"]
    operators = [node.op_type for node in onnx.load_from_string(imported.model.network).graph.node]
    assert not {"BatchNormalization", "Identity", "Sub", "Div"} & set(operators[2 * (type == "uint8") :])
    assert operators.count("Transpose") <= (2 if layout == "nhwc" else 0)
    assert operators.count("Softmax") == 1
