"""What a network holds and does, counted by hand on small ones."""

import numpy as np
import pytest
from networks import model_of, network
from onnx import helper, numpy_helper

from miles_deep.errors import ModelError
from miles_deep.model import Preprocess, load_model
from miles_deep.model.size import Size, size_of

SPEC = Preprocess(8, 6)
SHAPE = ["batch", 3, 6, 8]


def ones(*shape):
    return np.ones(shape, np.float32)


def size(nodes, weights, shape=SHAPE, spec=SPEC, **how):
    return size_of(model_of(network(nodes, shape, weights=weights, **how), spec))


def head(name, wide, outputs=3):
    """Average, then a fully connected layer of `outputs`: nodes and weights."""
    nodes = [
        helper.make_node("GlobalAveragePool", [name], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "fc", "fc_bias"], ["scores"], transB=1),
    ]
    return nodes, {"fc": ones(outputs, wide), "fc_bias": ones(outputs)}


def test_convolutions_and_what_follows():
    nodes, weights = head("b", 4)
    found = size(
        [
            helper.make_node("Conv", ["data", "w", "b1"], ["a"], pads=[1] * 4),
            helper.make_node("Conv", ["a", "w2"], ["b"], group=2, strides=[2, 2]),
            *nodes,
        ],
        {"w": ones(4, 3, 3, 3), "b1": ones(4), "w2": ones(4, 2, 1, 1), **weights},
    )
    assert found.parameters == 4 * 27 + 4 + 4 * 2 + 3 * 4 + 3
    assert found.multiply_adds == 6 * 8 * 4 * 27 + 3 * 4 * 4 * 2 + 3 * 4


def test_a_fixed_batch_is_counted_per_picture():
    nodes, weights = head("a", 4)
    conv = helper.make_node("Conv", ["data", "w"], ["a"])
    every = {"w": ones(4, 3, 1, 1), **weights}
    assert size([conv, *nodes], every, [5, 3, 6, 8]).multiply_adds == 48 * 12 + 12


def test_transposed_convolutions():
    nodes, weights = head("a", 2)
    conv = helper.make_node("ConvTranspose", ["data", "w"], ["a"], strides=[2, 2])
    found = size([conv, *nodes], {"w": ones(3, 2, 2, 2), **weights})
    # Each of 3 x 6 x 8 values is spread over 2 channels of 2 x 2.
    assert (found.parameters, found.multiply_adds) == (24 + 6 + 3, 3 * 6 * 8 * 8 + 6)


def test_attention_multiplies_without_weights():
    """A matrix product of two things that depend on the picture costs, and holds nothing."""
    flat = numpy_helper.from_array(np.array([0, 3, 48]), "rows")
    found = size(
        [
            helper.make_node("Constant", [], ["rows"], value=flat),
            helper.make_node("Reshape", ["data", "rows"], ["x"]),
            helper.make_node("Transpose", ["x"], ["y"], perm=[0, 2, 1]),
            helper.make_node("MatMul", ["x", "y"], ["xy"]),
            helper.make_node("Flatten", ["xy"], ["flat"]),
            helper.make_node("MatMul", ["flat", "w"], ["scores"]),
        ],
        {"w": ones(9, 3)},
    )
    assert (found.parameters, found.multiply_adds) == (27, 3 * 3 * 48 + 27)


def test_what_is_no_weight():
    """Normalisation before the first layer, running means, single numbers; a weight used twice is one."""
    nodes, weights = head("d", 3)
    found = size(
        [
            helper.make_node("Sub", ["data", "mean_of_pictures"], ["a"]),
            helper.make_node("Conv", ["a", "w"], ["b"]),
            helper.make_node("BatchNormalization", ["b", "scale", "shift", "average", "variance"], ["c"]),
            helper.make_node("Conv", ["c", "w"], ["c2"]),
            helper.make_node("Add", ["c2", "epsilon"], ["d"]),
            *nodes,
        ],
        {
            "mean_of_pictures": ones(3, 1, 1),
            "w": ones(3, 3, 1, 1),
            **{name: ones(3) for name in ("scale", "shift", "average", "variance")},
            "epsilon": ones(1),
            **weights,
        },
    )
    assert found.parameters == 9 + 6 + 9 + 3
    assert found.multiply_adds == 2 * 9 * 48 + 9


def test_weights_that_are_written_out():
    """As `value_floats` of a Constant, and not as a tensor."""
    nodes, weights = head("data", 3)
    bias = helper.make_node("Constant", [], ["fc_bias"], value_floats=[1.0, 2.0, 3.0])
    del weights["fc_bias"]
    assert size([bias, *nodes], weights).parameters == 9 + 3


def test_preprocessing_in_its_own_layout_and_size():
    """The graph says nothing of its input's size; the card does."""
    transpose = helper.make_node("Transpose", ["data"], ["t"], perm=[0, 3, 1, 2])
    conv = helper.make_node("Conv", ["t", "w"], ["a"])
    nodes, weights = head("a", 4)
    found = size(
        [transpose, conv, *nodes],
        {"w": ones(4, 3, 1, 1), **weights},
        ["n", "h", "w", 3],
        Preprocess(8, 6, layout="nhwc"),
    )
    assert found.multiply_adds == 6 * 8 * 12 + 12


def test_sizes_computed_on_the_way():
    """As exporters write them for batches of any size: inference of shapes loses its way here."""
    found = size(
        [
            helper.make_node("Shape", ["data"], ["sizes"]),
            helper.make_node("Gather", ["sizes", "first"], ["n"]),
            helper.make_node("Concat", ["n", "rest"], ["target"], axis=0),
            helper.make_node("Reshape", ["data", "target"], ["flat"]),
            helper.make_node("MatMul", ["flat", "w"], ["scores"]),
        ],
        {"first": np.array([0]), "rest": np.array([-1]), "w": ones(144, 3)},
    )
    assert (found.parameters, found.multiply_adds) == (432, 432)


def test_weights_among_the_inputs():
    """As files before ONNX's IR version 4 have them."""
    nodes, weights = head("a", 4)
    graph = network(
        [helper.make_node("Conv", ["data", "w"], ["a"]), *nodes], SHAPE, weights={"w": ones(4, 3, 1, 1), **weights}
    )
    tensors = [helper.make_tensor_value_info(one.name, one.data_type, one.dims) for one in graph.graph.initializer]
    frames = list(graph.graph.input)
    del graph.graph.input[:]
    graph.graph.input.extend([*tensors, *frames])
    assert size_of(model_of(graph, SPEC)).multiply_adds == 48 * 12 + 12


def test_the_default_model():
    model = load_model("open_nsfw")
    assert size_of(model) == Size(5_891_266, 1_068_550_144, len(model.network))


def test_a_network_without_an_input():
    with pytest.raises(ModelError, match="one input"):
        size([helper.make_node("Relu", ["w"], ["scores"])], {"w": ones(1, 3)}, inputs=())


def test_a_network_that_cannot_be_run():
    nodes, weights = head("data", 4)
    with pytest.raises(ModelError, match="ONNX Runtime cannot run it") as raised:
        size(nodes, weights)
    assert "\n" not in str(raised.value)
