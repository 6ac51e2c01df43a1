"""Networks that need more memory than there is."""

import numpy as np
import onnx
import pytest
from networks import mean_of_channels, network
from onnx import TensorProto, helper, numpy_helper

from miles_deep.errors import ModelError
from miles_deep.machine import free_memory
from miles_deep.model.memory import check_memory, is_out_of_memory
from miles_deep.model.network import FRAMES, Network
from miles_deep.model.runtime import start
from miles_deep.model.shapes import inferred


def test_a_network_is_refused_by_its_largest_result() -> None:
    check_memory(mean_of_channels(), 4)
    free = free_memory()
    if free is not None:
        large = mean_of_channels(1 << 14, 1 << 14)
        large.graph.node[0].op_type = "Relu"
        with pytest.raises(ModelError, match=r"needs more memory than there is: about [\d,.]+ GB, and [\d,.]+ GB"):
            check_memory(large, free // (3 << 28))


def test_shapes_are_found_without_the_weights() -> None:
    """ONNX's inference would copy them four times, and take none above 2 GB."""
    nodes = [
        helper.make_node("Constant", [], ["w2"], value=numpy_helper.from_array(np.zeros((40, 50), np.float32))),
        helper.make_node("Reshape", ["data", "rows"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["a"]),
        helper.make_node("MatMul", ["a", "w2"], ["b"]),
        helper.make_node("Relu", ["b"], ["scores"]),
    ]
    graph = network(nodes, [1, 3, 8, 8], 50, {"rows": np.array([-1, 64]), "w": np.zeros((64, 40), np.float32)})
    found = inferred(graph)
    assert found.ByteSize() < 1000
    shapes = {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in found.value_info
    }
    assert [shapes[name] for name in ("flat", "a", "b")] == [[3, 64], [3, 40], [3, 50]]


def test_a_network_is_refused_by_its_pictures() -> None:
    """Before any is made: a few bytes may ask for pictures of any size."""
    free = free_memory()
    if free is not None:
        with pytest.raises(ModelError, match="needs more memory than there is"):
            check_memory(mean_of_channels(1 << 13, 1 << 13), 2 * free // (3 << 28))


def test_constants_larger_than_a_file_are_refused_by_their_shape() -> None:
    graph = mean_of_channels()
    graph.graph.initializer.add(name="w", data_type=TensorProto.FLOAT, dims=[1 << 15, 1 << 15])
    with pytest.raises(ModelError, match=r"its constants are about 4\.3 GB; 2\.1 GB are most"):
        check_memory(graph, 1)


@pytest.mark.parametrize("device", ["cpu", "onnxruntime"])
def test_a_backend_that_runs_out_of_memory_says_so(device: str) -> None:
    graph = as_large_as_a_picture_says()
    graph.graph.input[0].CopyFrom(helper.make_tensor_value_info(FRAMES, TensorProto.UINT8, [1, 1, 1, 3]))
    graph.graph.node.insert(0, helper.make_node("Transpose", ["floats"], ["data"], perm=[0, 3, 1, 2]))
    graph.graph.node.insert(0, helper.make_node("Cast", [FRAMES], ["floats"], to=TensorProto.FLOAT))
    with pytest.raises(ModelError, match="it needs more memory than there is"):
        start(Network("x", "0" * 64, graph.SerializeToString), device).infer(np.zeros((1, 1, 1, 3), np.uint8))


def test_what_would_be_as_large_as_a_picture_says_is_refused() -> None:
    """Nothing tells beforehand how large that is."""
    with pytest.raises(ModelError, match="its Expand makes something as large as the numbers in a picture say"):
        check_memory(as_large_as_a_picture_says(), 1)


def test_what_is_as_large_as_the_pictures_is_not_refused() -> None:
    """As a class token is brought to every picture."""
    nodes = [
        helper.make_node("Shape", ["data"], ["shape"], start=0, end=1),
        helper.make_node("Concat", ["shape", "rest"], ["wide"], axis=0),
        helper.make_node("Expand", ["zeros", "wide"], ["scores"]),
    ]
    check_memory(network(nodes, ["n", 3, 8, 8], 5, {"rest": np.array([5]), "zeros": np.zeros(5, np.float32)}), 1)


def test_a_constant_of_untold_size_is_refused() -> None:
    """Backends make it before the first picture."""
    nodes = [
        helper.make_node("Cast", ["count"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Range", ["zero", "whole", "one"], ["long"]),
        helper.make_node("Cast", ["long"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["floats"], ["sum"]),
        helper.make_node("GlobalAveragePool", ["data"], ["means"]),
        helper.make_node("Add", ["means", "sum"], ["scores"]),
    ]
    weights = {"count": np.float32(1.5e9), "zero": np.int64(0), "one": np.int64(1)}
    with pytest.raises(ModelError, match="its Range makes a constant, and how large it is cannot be told"):
        check_memory(network(nodes, ["n", 3, 8, 8], 3, weights), 1)


@pytest.mark.parametrize("operator", ["NonZero", "Unique", "Compress", "NonMaxSuppression"])
def test_what_is_as_large_as_the_pixels_that_are_not_black_is_refused(operator: str) -> None:
    """Its product with itself would be as large as the square of that, and counts as one number."""
    nodes = [
        helper.make_node(operator, ["data"] * (1 + (operator not in ("NonZero", "Unique"))), ["places"]),
        helper.make_node("Cast", ["places"], ["n4"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["n4"], ["4n"], perm=[1, 0]),
        helper.make_node("MatMul", ["4n", "n4"], ["scores"]),
    ]
    with pytest.raises(ModelError, match=f"its {operator} makes something whose size cannot be told beforehand"):
        check_memory(network(nodes, [1, 3, 8, 8], 3), 1)


def test_what_is_arranged_as_the_numbers_in_a_picture_say_is_refused() -> None:
    nodes = [
        helper.make_node("ReduceMax", ["data"], ["most"], axes=[0, 1, 2], keepdims=0),
        helper.make_node("Cast", ["most"], ["rows"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["data", "rows"], ["scores"]),
    ]
    with pytest.raises(ModelError, match="its Reshape makes something as large as the numbers in a picture say"):
        check_memory(network(nodes, [1, 3, 8, 2], 3), 1)


def as_large_as_a_picture_says() -> onnx.ModelProto:
    nodes = [
        helper.make_node("ReduceMax", ["data"], ["most"], axes=[2, 3], keepdims=0),
        helper.make_node("Cast", ["most"], ["zeros"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["zeros", "flat"], ["none"]),
        helper.make_node("Concat", ["none", "zero"], ["nothing"], axis=0),
        helper.make_node("Add", ["nothing", "huge"], ["shape"]),
        helper.make_node("Expand", ["data", "shape"], ["large"]),
        helper.make_node("GlobalAveragePool", ["large"], ["means"]),
        helper.make_node("Flatten", ["means"], ["scores"]),
    ]
    weights = {"huge": np.array([1, 3, 1 << 22, 1 << 22]), "flat": np.array([3]), "zero": np.array([0])}
    return network(nodes, [1, 3, 1, 1], 3, weights)


def test_what_backends_say_of_memory_is_told_apart() -> None:
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("Exception from src/x.cpp:1:\nstd::bad_alloc"))
    assert is_out_of_memory(RuntimeError("Failed to allocate memory for requested buffer of size 4398046511104"))
    assert not is_out_of_memory(RuntimeError("Shape mismatch"))
