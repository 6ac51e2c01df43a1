"""Files that are broken, hostile or no classifiers: each is one line that names the file and what is wrong."""

import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from classifiers import LABELS, Graph, classifier, frames, network, saved
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from miles_deep.errors import ModelError
from miles_deep.model.onnx_import import import_onnx
from miles_deep.model.onnx_import.cleaning import optimize
from miles_deep.model.onnx_import.outputs import keep_one_output

Change = Callable[[onnx.ModelProto], onnx.ModelProto | bytes | None]


def the_one_line(path: Path, **options) -> str:
    """The message of the import's failure: one line, of bearable length, that begins with the file's name."""
    with pytest.raises(ModelError) as caught:
        import_onnx(path, LABELS, "inception", **options)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and message.isprintable() and len(message) < len(str(path)) + 400
    return message


def first(made: onnx.ModelProto) -> onnx.NodeProto:
    return made.graph.node[0]


def foreign(made: onnx.ModelProto) -> None:
    first(made).domain, first(made).op_type = "evil\n" * 99, "Frobnicate"
    made.opset_import.append(helper.make_opsetid(first(made).domain, 1))


def functions(made: onnx.ModelProto) -> None:
    body = helper.make_node("f", ["a"], ["b"], domain="own")
    made.functions.append(helper.make_function("own", "f", ["a"], ["b"], [body], [helper.make_opsetid("own", 1)]))


def branch(made: onnx.ModelProto) -> None:
    inner = helper.make_graph([], "inner", [], [])
    made.graph.node.insert(0, helper.make_node("If", ["pictures"], ["x"], then_branch=inner, else_branch=inner))


def cycle(made: onnx.ModelProto) -> None:
    first(made).input[0] = made.graph.output[0].name


def nested(made: onnx.ModelProto) -> bytes:
    """A thousand graphs in graphs; the parser stops at a hundred."""
    content = b""
    for _ in range(1000):
        for tag in (0x32, 0x2A, 0x0A):  # attribute.g, node.attribute, graph.node
            content = bytes([tag]) + _varint(len(content)) + content
    return b"\x3a" + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    return bytes([number & 127 | 128]) + _varint(number >> 7) if number > 127 else bytes([number])


def sequence(made: onnx.ModelProto) -> None:
    made.graph.input[0].type.CopyFrom(helper.make_sequence_type_proto(made.graph.input[0].type))


def shaped(*shape: int | str | None) -> Change:
    def change(made: onnx.ModelProto) -> None:
        taken = helper.make_tensor_value_info("pictures", TensorProto.FLOAT, shape)
        made.graph.input[0].CopyFrom(taken)

    return change


def weights(value: float) -> Change:
    def change(made: onnx.ModelProto) -> None:
        tensor = made.graph.initializer[0]
        tensor.raw_data = np.full(tensor.dims, value, np.float32).tobytes()

    return change


def opset(version: int) -> Change:
    def change(made: onnx.ModelProto) -> None:
        made.opset_import[0].version = version

    return change


def no_scores(made: onnx.ModelProto) -> None:
    made.graph.output[0].type.tensor_type.elem_type = TensorProto.INT64


def table_of_nothing(made: onnx.ModelProto) -> None:
    made.graph.node.append(helper.make_node("ZipMap", [], ["table"], domain="ai.onnx.ml"))
    made.graph.output[0].name = "table"


def dear(made: onnx.ModelProto) -> None:
    """Seconds for every pixel."""
    wide = helper.make_node("MaxPool", ["pictures"], ["wide"], kernel_shape=[2001, 2001], pads=[1000] * 4)
    made.graph.node.insert(0, wide)
    made.graph.node[1].input[0] = "wide"
    for size, side in zip(made.graph.input[0].type.tensor_type.shape.dim[2:], (900, 900), strict=True):
        size.dim_value = side


def quantized(made: onnx.ModelProto) -> None:
    last = made.graph.node[-1]
    last.op_type, last.domain = "QGemm", "com.microsoft"


def wrong_size(made: onnx.ModelProto) -> None:
    made.graph.initializer[0].dims[0] = 1 << 40


def two_inputs(made: onnx.ModelProto) -> None:
    made.graph.input.append(helper.make_tensor_value_info("second", TensorProto.FLOAT, [1]))


def wide_softmax(made: onnx.ModelProto) -> None:
    made.graph.node.append(helper.make_node("Softmax", [made.graph.output[0].name], ["wrong"], axis=0))
    made.graph.output[0].name = "wrong"


def centred(made: onnx.ModelProto) -> None:
    """Less the average over all pictures, as normalisation does in training."""
    made.graph.node.append(helper.make_node("ReduceMean", [made.graph.output[0].name], ["mean"], axes=[0]))
    made.graph.node.append(helper.make_node("Sub", [made.graph.output[0].name, "mean"], ["centred"]))
    made.graph.output[0].name = "centred"


def by_chance(made: onnx.ModelProto) -> None:
    """More or less, as dropout does in training."""
    made.graph.node.append(helper.make_node("RandomNormalLike", [made.graph.output[0].name], ["noise"]))
    made.graph.node.append(helper.make_node("Add", [made.graph.output[0].name, "noise"], ["noisy"]))
    made.graph.output[0].name = "noisy"


def rows(made: onnx.ModelProto) -> None:
    made.graph.initializer.append(numpy_helper.from_array(np.array([7, -1]), "rows"))
    made.graph.node.append(helper.make_node("Reshape", [made.graph.output[0].name, "rows"], ["wrong"]))
    made.graph.output[0].CopyFrom(helper.make_tensor_value_info("wrong", TensorProto.FLOAT, [7, 8]))


def blind(made: onnx.ModelProto) -> None:
    made.graph.initializer.append(numpy_helper.from_array(np.array([1, 4]), "sizes"))
    made.graph.node.append(helper.make_node("ConstantOfShape", ["sizes"], ["nothing"]))
    made.graph.output[0].name = "nothing"


def every_place(made: onnx.ModelProto) -> None:
    shape = ["N", 5, 10, 12]
    made.graph.output[0].CopyFrom(helper.make_tensor_value_info(first(made).output[0], TensorProto.FLOAT, shape))


CASES: dict[str, tuple[Change, str]] = {
    "empty": (lambda made: b"", "not an ONNX network"),
    "prose": (lambda made: b"This is a letter, not a network.", "not an ONNX network"),
    "cut short": (lambda made: made.SerializeToString()[:-9], "cut short or damaged"),
    "no operators": (lambda made: made.graph.ClearField("node"), "without operators"),
    "no version": (lambda made: made.ClearField("opset_import"), "does not say of which version"),
    "too old": (opset(6), "opset 6 is too old; export it with opset 7"),
    "too new": (opset(9999), "opset 9999 is newer than"),
    "foreign operators": (foreign, "not ONNX's own: 'Frobnicate' of 'evil"),
    "quantized for one runtime": (quantized, "'QGemm' of 'com.microsoft'; quantize it with QuantFormat"),
    "unknown operator": (lambda made: setattr(first(made), "op_type", "Frobnicate"), "No Op registered for"),
    "functions that call themselves": (functions, "functions of its own: 'f'"),
    "branches": (branch, "branches or loops: 'If'"),
    "cycle": (cycle, "not a valid ONNX network"),
    "graphs in graphs": (nested, "cut short or damaged"),
    "sequence of pictures": (sequence, "its input 'pictures' does not take numbers"),
    "no input": (lambda made: made.graph.ClearField("input"), "this network has 0"),
    "two inputs": (two_inputs, "this network has 2: 'pictures', 'second'"),
    "no output": (lambda made: made.graph.ClearField("output"), "it has none"),
    "whole numbers as scores": (no_scores, "none of its outputs"),
    "no shape": (shaped(), "the shape one number"),
    "flat pictures": (shaped("N", 360), "the shape ?x360; pictures come as"),
    "pictures of two colours": (shaped("N", 2, 10, 12), "2 channels, where colours have 3 and grey has 1"),
    "grey twice": (shaped("N", 1, 10, 1), "which dimension the colours are is open"),
    "colours anywhere": (shaped("N", None, None, None), "does not say where the colours are"),
    "colours twice": (shaped("N", 3, 10, 3), "which dimension the colours are is open"),
    "a batch of the size of the world": (shaped(1 << 31, 3, 10, 12), "256 are most"),
    "scores that hang on the batch": (centred, "other scores beside other pictures"),
    "scores by chance": (by_chance, "other scores each time: it has 'RandomNormalLike'"),
    "another number of rows than pictures": (rows, "gives 7x8 scores for 14 pictures"),
    "pictures of the size of the world": (shaped(1, 3, 10, 1 << 40), "8192 a side are most"),
    "not a number": (weights(np.nan), "scores that are not numbers"),
    "infinite": (weights(np.inf), "scores that are not numbers"),
    "a weight of another size": (wrong_size, "net.onnx: "),
    "a Softmax over pictures": (wide_softmax, "Softmax does not run over the labels"),
    "a score for every place": (every_place, "gives 5x10x12 scores for a picture"),
    "scores of no picture": (blind, "gives the same scores whatever the picture"),
    "a table of nothing": (table_of_nothing, "its ZipMap makes a table of nothing"),
    "more work than a picture is worth": (dear, "multiply-adds for a picture; 1e+12 are most"),
    "a model of ours": (
        lambda made: helper.set_model_props(made, {"miles_deep": "{}"}),
        "a model of Miles Deep already",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_files_that_cannot_be_imported(name: str, tmp_path: Path) -> None:
    change, words = CASES[name]
    made = classifier()
    result = change(made)
    path = tmp_path / "net.onnx"
    path.write_bytes(result if isinstance(result, bytes) else made.SerializeToString())
    assert words in the_one_line(path)


def test_a_detector_is_told_before_preprocessing_is_asked_for(tmp_path: Path) -> None:
    made = classifier()
    every_place(made)
    for size, name in zip(made.graph.output[0].type.tensor_type.shape.dim, ("N", "a", "b", "c"), strict=True):
        size.dim_param = name
    with pytest.raises(ModelError, match=r"gives 5x10x12 scores .* not one for each label; is it a detector\?$"):
        import_onnx(saved(made, tmp_path))


def test_what_cleaning_leaves_nothing_of_is_a_network_all_the_same() -> None:
    made = classifier()
    blind(made)
    keep_one_output(made, None)
    optimize(made)
    assert not made.graph.node and [opset.version for opset in made.opset_import] == [17]


def test_what_is_no_file(tmp_path: Path) -> None:
    assert "cannot be read (No such file" in the_one_line(tmp_path / "none.onnx")
    assert "not a file" in the_one_line(tmp_path)
    (tmp_path / "large.onnx").touch()
    os.truncate(tmp_path / "large.onnx", 1 << 31)  # sparse: takes no room
    assert "larger than" in the_one_line(tmp_path / "large.onnx")


def test_labels_that_do_not_fit(tmp_path: Path) -> None:
    path = saved(classifier(), tmp_path)
    with pytest.raises(ModelError, match=r"2 labels as given for the 4 scores it gives$"):
        import_onnx(path, ["a", "b"], "inception")
    (tmp_path / "three.txt").write_text("a\nb\nc\n")
    with pytest.raises(
        ModelError, match=r"3 labels of .*three.txt .* 4 scores .*have one more, background, at the front"
    ):
        import_onnx(path, tmp_path / "three.txt", "inception")


def test_a_few_bytes_do_not_become_constants_of_any_size(tmp_path: Path) -> None:
    graph = Graph("float32")
    large = graph.add("ConstantOfShape", graph.constant(np.array([1 << 20, 1 << 20])))
    mean = graph.add("ReduceMean", large, keepdims=0)
    last = graph.add("Add", graph.add("GlobalAveragePool", "pictures"), mean)
    path = saved(network(graph, last, ["N", 3, 10, 12], ["N", 3, 1, 1]), tmp_path)
    assert "its constants are about 4,398.0 GB; 2.1 GB are most" in the_one_line(path)


def outside(made: onnx.ModelProto, location: str, **more: str) -> None:
    """Let the first weight be in another file."""
    tensor = made.graph.initializer[0]
    size = len(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "length": str(size), **more}.items():
        tensor.external_data.add(key=key, value=value)


@pytest.mark.parametrize(
    "location",
    ["/etc/passwd", "../secret.bin", "below/../../x", "C:\\secret.bin", "..\\secret.bin", "\\\\host\\x", ""],
    ids=str,
)
def test_weights_are_not_read_from_elsewhere(location: str, tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(9999))
    (tmp_path / "model" / "below").mkdir(parents=True)
    made = classifier()
    outside(made, location)
    assert "which is not in its own folder" in the_one_line(saved(made, tmp_path / "model"))


def test_weights_are_not_read_through_links_or_from_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(9999))
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    cases = {"link.bin": "leads out of its own folder", "sub": "is not a file", "none.bin": "No such file"}
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe")
        cases["pipe"] = "is not a file"
    for location, words in cases.items():
        made = classifier()
        outside(made, location)
        assert words in the_one_line(saved(made, folder))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"offset": "9999"}, "is too short"),
        ({"offset": "-4"}, "lies before the beginning of 'weights.bin'"),
        ({"length": str(1 << 62)}, "bytes, not"),
        ({"offset": "one"}, "does not say where"),
        ({"offset": str(1 << 70)}, "cannot be read"),
    ],
    ids=str,
)
def test_weights_are_where_the_file_says(more: dict[str, str], words: str, tmp_path: Path) -> None:
    made = classifier()
    (tmp_path / "weights.bin").write_bytes(made.graph.initializer[0].raw_data)
    outside(made, "weights.bin", **more)
    assert words in the_one_line(saved(made, tmp_path))


def test_declared_weights_of_an_endless_size_are_not_allocated(tmp_path: Path) -> None:
    made = classifier()
    outside(made, "weights.bin", length=str(4 << 60))
    made.graph.initializer[0].dims[:] = [1 << 60]
    (tmp_path / "weights.bin").write_bytes(bytes(99))
    assert "more than the" in the_one_line(saved(made, tmp_path))


def test_a_constant_from_elsewhere_is_refused_like_a_weight(tmp_path: Path) -> None:
    made = classifier()
    tensor = numpy_helper.from_array(np.zeros(4, np.float32), "c")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    node = helper.make_node("Constant", [], ["constant"])
    node.attribute.append(AttributeProto(name="value", type=AttributeProto.TENSOR, t=tensor))
    made.graph.node.insert(0, node)
    assert "not in its own folder" in the_one_line(saved(made, tmp_path))


def test_weights_in_files_of_its_folder_are_brought_in(tmp_path: Path) -> None:
    made = classifier()
    right = import_onnx(saved(made, tmp_path), LABELS, "inception").model.classify(frames())
    weight = made.graph.initializer[0].raw_data
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "weights.bin").write_bytes(struct.pack("<q", 7) + weight)
    outside(made, "data/weights.bin", offset="8")
    model = import_onnx(saved(made, tmp_path), LABELS, "inception").model
    assert np.array_equal(model.classify(frames()), right)
