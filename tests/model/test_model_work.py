"""What a picture may cost a network: operators whose definitions multiply more than they give or take."""

import numpy as np
import onnx
import pytest
from networks import network
from onnx import helper

from miles_deep.errors import ModelError
from miles_deep.model.work import COSTS, check_work


def triangles() -> onnx.ModelProto:
    """A trace of three products, one number of a thousand million million."""
    nodes = [
        helper.make_node("Expand", ["data", "wide"], ["square"]),
        helper.make_node("Einsum", ["square"] * 3, ["scores"], equation="...ab,...bc,...ca->"),
    ]
    return network(nodes, [1, 3, 1, 1], 3, {"wide": np.array([1, 3, 100_000, 100_000])})


def recurrent(operator: str, gates: int) -> onnx.ModelProto:
    """Each of 50,000 pixels is a step of 5,000 hidden numbers."""
    nodes = [
        helper.make_node("Reshape", ["data", "sequence"], ["steps"]),
        helper.make_node("ConstantOfShape", ["inner"], ["w"]),
        helper.make_node("ConstantOfShape", ["outer"], ["r"]),
        helper.make_node(operator, ["steps", "w", "r"], ["", "scores"], hidden_size=5000),
    ]
    weights = {"sequence": [50_176, 1, 3], "inner": [1, gates * 5000, 3], "outer": [1, gates * 5000, 5000]}
    return network(nodes, [1, 3, 224, 224], 3, {name: np.array(sizes) for name, sizes in weights.items()})


def transformed() -> onnx.ModelProto:
    """Sines of a million different lengths, each of a million numbers."""
    nodes = [helper.make_node("DFT", ["data"], ["scores"], axis=1)]
    return network(nodes, [1, 1_000_003, 1], 3)


@pytest.mark.parametrize(
    "dear",
    [triangles(), recurrent("LSTM", 4), recurrent("GRU", 3), recurrent("RNN", 1), transformed()],
    ids=["Einsum", "LSTM", "GRU", "RNN", "DFT"],
)
def test_more_than_a_picture_is_worth(dear: onnx.ModelProto) -> None:
    with pytest.raises(ModelError, match="multiply-adds for a picture"):
        check_work(dear)


def test_a_fixed_batch_is_always_computed_whole() -> None:
    weights = {"w": np.zeros((3, 3, 31, 31), np.float32)}
    nodes = [helper.make_node("Conv", ["data", "w"], ["scores"], pads=[15] * 4)]
    check_work(network(nodes, [20, 3, 224, 224], 3, weights))
    with pytest.raises(ModelError, match=r"takes about 4e\+13 multiply-adds for the 100,000 pictures of"):
        check_work(network(nodes, [100_000, 3, 224, 224], 3, weights))


@pytest.mark.parametrize(
    ("equation", "cost"),
    [("ij,jk->ik", 4 * 5 * 6), ("... i j, jk", 2 * 3 * 4 * 5 * 6), ("...,jk->...k", 2 * 3 * 4 * 5 * 5 * 6)],
)
def test_an_equation_costs_every_choice_of_its_letters(equation: str, cost: int) -> None:
    node = helper.make_node("Einsum", ["a", "b"], ["c"], equation=equation)
    left = [4, 5] if equation.startswith("ij") else [2, 3, 4, 5]
    assert COSTS["Einsum"](node, {"a": left, "b": [5, 6]}) == cost
