"""What is understood of a network: its scores, labels, size, preprocessing, and how many pictures it takes."""

import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from classifiers import Graph, classifier, frames, network, saved, softmax
from numpy.testing import assert_allclose
from onnx import TensorProto, helper
from PIL import Image

from miles_deep.errors import ModelError, OptionError
from miles_deep.model.onnx_import import Imported, import_onnx
from miles_deep.model.onnx_import.probing import MAX_PIXELS, PHOTOS, count, probes
from miles_deep.model.preprocess import Preprocess
from miles_deep.model.presets import PRESETS

Scores = list[int | str]


def means(type: str = "float32") -> tuple[Graph, str]:
    """A network that begins with the means of the three colours [N, 3, 1, 1], shifted so that they are below 0."""
    graph = Graph(type)
    pooled = graph.add("GlobalAveragePool", "pictures")
    return graph, graph.add("Sub", pooled, graph.constant(np.float32(0.5)))


def imported(graph: Graph, result: str, scores: Scores, path: Path, batch: int | str = "N", **options) -> Imported:
    """The model of a network that takes pictures of 6 x 8 pixels, 0 to 1."""
    made = network(graph, result, [batch, 3, 8, 6], scores)
    return import_onnx(saved(made, path), preprocess=options.pop("preprocess", "unit"), **options)


def colours() -> np.ndarray:
    """Means of the three colours of `frames`, less 0.5, of which the networks above make their scores."""
    return frames().mean(axis=(1, 2)) / 255 - 0.5


def scores_of(one: Imported) -> np.ndarray:
    """Scores of `frames`, in 32 bits; they are scaled, so that means are only near those of the frames."""
    return one.model.on("onnxruntime").classify(frames())


NEAR = 0.02


@pytest.mark.parametrize("shape", [["N", 3, 1, 1], ["N", 1, 1, 3], ["N", 3]], ids=str)
def test_scores_come_in_every_shape(shape: Scores, tmp_path: Path) -> None:
    graph, last = means()
    if shape[1] == 1:
        last = graph.add("Transpose", last, perm=[0, 2, 3, 1])
    if len(shape) == 2:
        last = graph.add("Squeeze", last, graph.constant(np.array([2, 3])))
    one = imported(graph, last, shape, tmp_path, activation="none")
    assert_allclose(scores_of(one), colours(), atol=NEAR)


def test_scores_of_one_picture_without_its_batch(tmp_path: Path) -> None:
    graph, last = means()
    one = imported(graph, graph.add("Squeeze", last), [3], tmp_path, batch=1, activation="none")
    assert_allclose(scores_of(one), colours(), atol=NEAR)


@pytest.mark.parametrize("logit", [True, False], ids=["logit", "sigmoid"])
@pytest.mark.parametrize(
    ("labels", "named"),
    [(None, ("0", "1")), (["nsfw"], ("other", "nsfw")), (["other"], ("not other", "other")), (["no", "yes"],) * 2],
    ids=str,
)
def test_one_score_is_two_labels(logit: bool, labels, named, tmp_path: Path) -> None:
    graph, last = means()
    last = graph.add("ReduceSum", last, graph.constant(np.array([1])))
    last = graph.add("Mul", last, graph.constant(np.float32(4)))
    result = last if logit else graph.add("Sigmoid", last)
    one = imported(graph, result, ["N", 1, 1, 1], tmp_path, labels=labels)
    assert one.model.labels == tuple(named)
    yes = 1 / (1 + np.exp(-4 * colours().sum(axis=1)))
    assert_allclose(scores_of(one), np.stack([1 - yes, yes], axis=1), atol=2 * NEAR)
    assert ("Sigmoid is added" in dict(one.understood)["scores"]) == logit


def test_each_label_by_itself_stays_so(tmp_path: Path) -> None:
    graph, last = means()
    one = imported(graph, graph.add("Sigmoid", last), ["N", 3, 1, 1], tmp_path)
    assert_allclose(scores_of(one), 1 / (1 + np.exp(-colours())), atol=NEAR)
    assert "by itself" in dict(one.understood)["scores"]
    assert one.model.rules == {"method": "each"}, "so that a second can have several"


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "none"])
def test_who_knows_better_says_so(activation, tmp_path: Path) -> None:
    graph, last = means()
    one = imported(graph, last, ["N", 3, 1, 1], tmp_path, activation=activation)
    right = {"softmax": softmax, "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "none": lambda x: x}[activation]
    assert_allclose(scores_of(one), right(colours()), atol=NEAR)


def test_there_are_three_ways_to_probabilities(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no activation 'tanh'; there are: softmax, sigmoid, none"):
        import_onnx(tmp_path / "net.onnx", activation="tanh")  # type: ignore[arg-type]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("labels", [2, 1])
def test_logits_between_0_and_1_are_logits_all_the_same(bias: bool, labels: int, tmp_path: Path) -> None:
    graph = Graph("float32")
    last = graph.add("Flatten", graph.add("GlobalAveragePool", "pictures"))
    weights = np.array([[0.3, 0.1], [0.1, 0.1], [0.1, 0.3]], np.float32)[:, :labels]
    last = graph.add("MatMul", last, graph.constant(weights))
    if bias:
        last = graph.add("Add", last, graph.constant(np.full(labels, 0.1, np.float32)))
    one = imported(graph, last, ["N", labels], tmp_path)
    logits = (colours() + 0.5) @ weights + 0.1 * bias
    if labels == 1:
        logits = np.pad(logits, ((0, 0), (1, 0)))  # a sigmoid is a softmax of 0 and it
    assert_allclose(scores_of(one), softmax(logits), atol=NEAR)
    assert dict(one.understood)["scores"].startswith(f"{labels}: logits (")
    assert one.model.rules == {}, "a picture has one label"


def test_what_was_made_to_lie_between_0_and_1_is_left_as_it_is(tmp_path: Path) -> None:
    graph, last = means()
    half = graph.constant(np.float32(0.5))
    last = graph.add("Add", graph.add("Mul", graph.add("Tanh", last), half), half)
    one = imported(graph, last, ["N", 3, 1, 1], tmp_path)
    assert_allclose(scores_of(one), np.tanh(colours()) / 2 + 0.5, atol=NEAR)
    assert "left as they are" in dict(one.understood)["scores"]


def test_logarithms_become_probabilities(tmp_path: Path) -> None:
    graph, last = means()
    one = imported(graph, graph.add("LogSoftmax", last, axis=1), ["N", 3, 1, 1], tmp_path)
    assert_allclose(scores_of(one), softmax(colours()), atol=NEAR)


def test_a_batch_that_is_part_of_the_graph_stays(tmp_path: Path) -> None:
    """As in a Vision Transformer whose class token was written out for two pictures."""
    graph, last = means()
    token = graph.constant(np.zeros((2, 1, 1, 1), np.float32))
    last = graph.add("Concat", token, last, axis=1)
    one = imported(graph, last, [2, 4, 1, 1], tmp_path, batch=2, activation="none")
    assert dict(one.understood)["batch"] == "2, which could not be made free"
    for device in ("cpu", "onnxruntime"):
        scores = one.model.on(device, "f32").classify(frames())
        assert_allclose(scores, np.pad(colours(), ((0, 0), (1, 0))), atol=NEAR)


def test_a_batch_is_taken_out_of_reshapes(tmp_path: Path) -> None:
    """As attention joins pictures and heads, and parts them again."""
    graph, last = means()
    last = graph.add("Reshape", last, graph.constant(np.array([6, 1, 1])))
    last = graph.add("Mul", last, graph.constant(np.float32(2)))
    last = graph.add("Reshape", last, graph.constant(np.array([6, -1])))
    last = graph.add("Reshape", last, graph.constant(np.array([2, 3, 1, 1])))
    last = graph.add("Reshape", last, graph.constant(np.array([2, -1])))
    one = imported(graph, last, [2, 3], tmp_path, batch=2, activation="none")
    assert dict(one.understood)["batch"] == "2, made free"
    assert "batch of 2 made free (Reshape: 4)" in one.changes
    assert_allclose(scores_of(one), 2 * colours(), atol=2 * NEAR)


def test_a_batch_that_only_seems_free_is_made_so(tmp_path: Path) -> None:
    graph, last = means()
    last = graph.add("Reshape", last, graph.constant(np.array([1, -1])))
    one = imported(graph, last, ["N", 3], tmp_path, activation="none")
    assert dict(one.understood)["batch"] == "1, made free"
    assert_allclose(scores_of(one), colours(), atol=NEAR)


def test_a_size_that_is_free_is_the_preset_s_or_the_one_asked_for(tmp_path: Path) -> None:
    graph, last = means()
    path = saved(network(graph, last, ["N", 3, "H", None], ["N", 3, 1, 1]), tmp_path)
    assert import_onnx(path, preprocess="unit").model.card.preprocess.width == 224
    one = import_onnx(path, preprocess="unit", size=(20, 16))
    spec = one.model.card.preprocess
    assert (spec.width, spec.height) == (20, 16)
    assert dict(one.understood)["size"] == "20 x 16, of any that it takes"
    assert one.model.classify(frames()).shape == (7, 3)
    with pytest.raises(OptionError, match="no size of a picture"):
        import_onnx(path, preprocess="unit", size=0)
    with pytest.raises(OptionError, match="12 x 10, which cannot become 20 x 16"):
        import_onnx(saved(classifier(), tmp_path), preprocess="unit", size=(20, 16))


def with_metadata(**entries: str) -> onnx.ModelProto:
    made = classifier()
    helper.set_model_props(made, {key.replace("_dot_", "."): value for key, value in entries.items()})
    return made


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("names", "{0: 'a b', 1: 'c', 2: 'd', 3: 'e'}"),
        ("labels", '["a b", "c", "d", "e"]'),
        ("classes", "a b, c, d, e"),
        ("class_names", "a b\nc\nd\ne\n"),
        ("id2label", '{"0": "a b", "1": "c", "2": "d", "3": "e"}'),
    ],
)
def test_labels_of_the_file_itself(key: str, value: str, tmp_path: Path) -> None:
    one = import_onnx(saved(with_metadata(**{key: value}), tmp_path), preprocess="imagenet")
    assert one.model.labels == ("a b", "c", "d", "e")
    assert dict(one.understood)["labels"] == f"4, of its metadata ({key}): a b, c, d, e"


def test_label_lists_of_any_length_are_not_read(tmp_path: Path) -> None:
    long = "[" + "1," * 500_000 + "'a']"
    entries = {key: long for key in ("names", "labels", "classes")} | {"categories": "a,b,c,d"}
    one = import_onnx(saved(with_metadata(**entries), tmp_path), preprocess="imagenet")
    assert one.model.labels == ("0", "1", "2", "3")


def test_without_labels_they_are_numbers(tmp_path: Path) -> None:
    one = import_onnx(saved(with_metadata(labels="a,b"), tmp_path), preprocess="imagenet")
    assert one.model.labels == ("0", "1", "2", "3")
    words = "4, numbers, since its metadata (labels) are no list of 4 labels: 0, 1, 2"
    assert dict(one.understood)["labels"].startswith(words)
    bare = import_onnx(saved(classifier(), tmp_path), preprocess="imagenet")
    assert dict(bare.understood)["labels"].startswith("4, numbers, since its file has none: 0, 1, 2")


def test_labels_of_a_file_and_what_belongs_to_them(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("cat\ndog\nbird\nother\n")
    path = saved(classifier(), tmp_path)
    card = import_onnx(path, tmp_path / "labels.txt", "imagenet", name="mine", licence="MIT").model.card
    assert (card.name, card.licence, card.background, card.groups) == ("mine", "MIT", ("other",), {})
    assert card.source.startswith("net.onnx (sha256 ")
    with pytest.raises(ModelError, match=r"net.onnx: .*'fish', which is no label"):
        import_onnx(path, tmp_path / "labels.txt", "imagenet", background=["fish"])


def test_labels_behind_the_output(tmp_path: Path) -> None:
    """Networks for Windows and of CoreML: a table from label to score, and the best label as text."""
    graph, last = means()
    made = network(graph, graph.add("Flatten", last), ["N", 3, 8, 6], ["N", 3])
    table = helper.make_node("ZipMap", [graph.nodes[-1].output[0]], ["loss"], domain="ai.onnx.ml")
    table.attribute.append(helper.make_attribute("classlabels_strings", ["red", "green", "blue"]))
    best = helper.make_node("ArgMax", [graph.nodes[-1].output[0]], ["best"], axis=1)
    made.graph.node.extend([table, best])
    del made.graph.output[:]
    scores = helper.make_sequence_type_proto(
        helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, []))
    )
    made.graph.output.append(helper.make_value_info("loss", scores))
    made.graph.output.append(helper.make_tensor_value_info("best", TensorProto.INT64, ["N", 1]))
    made.opset_import.append(helper.make_opsetid("ai.onnx.ml", 1))
    one = import_onnx(saved(made, tmp_path), preprocess="unit")
    assert one.model.labels == ("red", "green", "blue")
    assert_allclose(scores_of(one), softmax(colours()), atol=NEAR)


def test_of_several_outputs_one_is_chosen(tmp_path: Path) -> None:
    graph, last = means()
    other = graph.add("Mul", last, graph.constant(np.float32(2)))
    path = saved(network(graph, [last, other], ["N", 3, 8, 6], ["N", 3, 1, 1]), tmp_path)
    both = f"'{last}' (?x3x1x1), '{other}' (?x3x1x1); choose one: --head NAME (in Python output=)"
    with pytest.raises(ModelError, match=re.escape(f"has 2 outputs with numbers: {both}")):
        import_onnx(path, preprocess="unit")
    with pytest.raises(OptionError, match="no output 'x'; there are"):
        import_onnx(path, preprocess="unit", output="x")
    one = import_onnx(path, preprocess="unit", output=other, activation="none")
    assert_allclose(scores_of(one), 2 * colours(), atol=2 * NEAR)


@pytest.mark.parametrize("opset", [11, 17, 18])
def test_what_openvino_computes_in_another_way_is_rewritten(opset: int, tmp_path: Path) -> None:
    graph = Graph("float32")
    last = graph.add("LRN", "pictures", size=3, alpha=2.0, beta=0.5, bias=0.5)
    last = graph.add("Sub", last, graph.constant(np.float32(0.2)))
    if opset < 18:
        last = graph.add("ReduceL1", last, axes=[2, 3], keepdims=0)
    else:
        last = graph.add("ReduceL1", last, graph.constant(np.array([2, 3])), keepdims=0)
    last = graph.add("Div", last, graph.constant(np.float32(48)))
    made = network(graph, last, ["N", 3, 8, 6], ["N", 3], opset)
    one = import_onnx(saved(made, tmp_path), preprocess="unit", activation="none")
    pictures = frames()[:, :8, :6]
    values = pictures.transpose(0, 3, 1, 2).astype(np.float64) / 255
    squares = np.pad(values**2, ((0, 0), (1, 1), (0, 0), (0, 0)))
    normal = values / np.sqrt(0.5 + 2 / 3 * (squares[:, :-2] + squares[:, 1:-1] + squares[:, 2:]))
    right = np.abs(normal - 0.2).mean(axis=(2, 3))
    for device in ("cpu", "onnxruntime"):
        assert_allclose(one.model.on(device, "f32").infer(pictures), right, atol=1e-5)
    assert "LRN and ReduceL1 rewritten, which OpenVINO computes in another way" in one.changes
    assert dict(one.understood)["here"].startswith("OpenVINO on the CPU: scores differ by at most ")


def test_what_the_file_says_of_its_pictures(tmp_path: Path) -> None:
    def spec(made: onnx.ModelProto) -> Preprocess:
        return import_onnx(saved(made, tmp_path)).model.card.preprocess

    assert spec(classifier("nhwc", "uint8")) == PRESETS["raw"].fitted(12, 10, "nhwc")
    told = with_metadata(Image_dot_NominalPixelRange="NominalRange_0_255", Image_dot_BitmapPixelFormat="Bgr8")
    assert spec(told) == PRESETS["raw-bgr"].fitted(12, 10, "nchw")
    yolo = with_metadata(task="classify", author="Ultralytics")
    assert spec(yolo) == PRESETS["ultralytics"].fitted(12, 10, "nchw")
    graph = Graph("float32")
    last = graph.add("Div", "pictures", graph.constant(np.float32(255)))
    own = network(graph, graph.add("GlobalAveragePool", last), ["N", 3, 10, 12], ["N", 3, 1, 1])
    assert spec(own) == PRESETS["raw"].fitted(12, 10, "nchw")


@pytest.mark.parametrize(
    "form", [{"value_float": 255.0}, {"value_int": 255}, {"value_floats": [255.0] * 6}], ids=str
)
def test_a_constant_may_be_written_in_every_way(form: dict, tmp_path: Path) -> None:
    graph = Graph("float32")
    white = graph.add("Constant", **form)
    if "value_int" in form:
        white = graph.add("Cast", white, to=TensorProto.FLOAT)
    last = graph.add("GlobalAveragePool", graph.add("Div", "pictures", white))
    last = graph.add("Reshape", last, graph.add("Constant", value_ints=[2, 3]))
    path = saved(network(graph, last, [2, 3, 8, 6], [2, 3]), tmp_path)
    one = import_onnx(path, preprocess="raw" if "value_int" in form else None, activation="none")
    assert_allclose(scores_of(one), colours() + 0.5, atol=NEAR)
    assert dict(one.understood)["batch"] == "2, made free"


def test_the_pictures_that_both_networks_are_shown() -> None:
    shown = probes(256, 256)
    assert shown.shape == (14, 256, 256, 3) and shown.dtype == np.uint8
    for picture, path in zip(shown, PHOTOS, strict=False):
        assert np.array_equal(picture, np.asarray(Image.open(path))), "a real one"
    assert all(np.ptp(picture) > 100 for picture in probes(12, 10)[4:]), "what is flat tells little"
    assert len({picture.tobytes() for picture in shown}) == len(shown)


def test_what_nothing_says_is_asked_for(tmp_path: Path) -> None:
    path = saved(classifier(), tmp_path)
    with pytest.raises(OptionError, match=r"--preprocess NAME .*preprocess=\), one of imagenet, .* a .toml file"):
        import_onnx(path)
    with pytest.raises(OptionError, match="no preprocessing 'imagnet'; there are: imagenet,"):
        import_onnx(path, preprocess="imagnet")
    with pytest.raises(OptionError, match=r"must be raw or raw-bgr, or a \.toml file with resize and crop"):
        import_onnx(saved(classifier(type="uint8"), tmp_path), preprocess="imagenet")
    path = saved(classifier(), tmp_path)
    with pytest.raises(OptionError, match="preprocessing is for 9 x 9, its input is 12 x 10"):
        import_onnx(path, preprocess=Preprocess(9, 9))
    with pytest.raises(OptionError, match="0 x 0 is no size of a picture"):
        import_onnx(path, preprocess="imagenet", size=0)


def test_cleaning_that_would_move_scores_is_left_out(tmp_path: Path) -> None:
    """A division by numbers so small that multiplying by their inverse is no longer the same."""
    graph, last = means()
    tiny = graph.constant(np.full(1, 1.0000001e-38, np.float32))
    last = graph.add("Div", graph.add("Mul", last, tiny), tiny)
    one = imported(graph, last, ["N", 3, 1, 1], tmp_path, activation="none")
    assert_allclose(scores_of(one), colours(), atol=NEAR)
    assert one.difference <= 1e-4


def means_of(first: list[tuple[str, np.ndarray]], tmp_path: Path) -> Path:
    """A network of some arithmetic, then means."""
    graph, current = Graph("float32"), "pictures"
    for operator, number in first:
        current = graph.add(operator, current, graph.constant(np.asarray(number, np.float32)))
    return saved(network(graph, graph.add("GlobalAveragePool", current), ["N", 3, 8, 6], ["N", 3, 1, 1]), tmp_path)


MEAN = np.array([123.7, 116.8, 103.9]).reshape(1, 3, 1, 1)


@pytest.mark.parametrize(
    "steps",
    [
        [("Sub", MEAN)],
        [("Add", -MEAN)],
        [("Div", 255)],
        [("Mul", 1 / 255), ("Sub", MEAN / 255), ("Div", [[[0.229]], [[0.224]], [[0.225]]])],
        [("Sub", 127.5), ("Mul", 1 / 127.5)],
    ],
    ids=["mean", "added", "unit", "imagenet", "inception"],
)
def test_a_network_that_normalises_0_to_255_takes_pictures_as_they_are(steps: list, tmp_path: Path) -> None:
    told = dict(import_onnx(means_of(steps, tmp_path), activation="softmax").understood)
    assert told["preprocessing"].startswith("raw, since the network subtracts or divides by itself")


@pytest.mark.parametrize(
    "steps",
    [[("Mul", 255), ("Sub", MEAN)], [("Mul", 0.05)], [("Mul", 2), ("Sub", 1)], [("Sub", 0.5)], [("Div", 5000)]],
    ids=["made 255 first", "a twentieth", "of 0 to 1", "half", "a five thousandth"],
)
def test_a_network_that_may_take_other_values_has_to_be_asked_for(steps: list, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="nothing in it says what its pictures must look like"):
        import_onnx(means_of(steps, tmp_path))


def test_whole_numbers_are_taken_as_they_are_whoever_says_so(tmp_path: Path) -> None:
    path = saved(classifier(type="uint8"), tmp_path)
    for wrong in (Preprocess(12, 10, mean=(123, 117, 104)), Preprocess(12, 10, scale=(1 / 255,) * 3)):
        with pytest.raises(OptionError, match="takes uint8, 0 to 255 as they are"):
            import_onnx(path, preprocess=wrong)
    import_onnx(path, preprocess=Preprocess(12, 10, "shortest_side", resize_height=12))


@pytest.mark.parametrize("last", ["Softmax", "Sigmoid"])
@pytest.mark.parametrize(("operator", "number"), [("Mul", 100), ("Div", 0.01)])
def test_percents_are_made_parts_of_one(last: str, operator: str, number: float, tmp_path: Path) -> None:
    made = classifier()
    made.graph.node.append(helper.make_node(last, [made.graph.output[0].name], ["share"]))
    made.graph.node.append(helper.make_node(operator, ["share", "number"], ["percent"]))
    made.graph.initializer.append(onnx.numpy_helper.from_array(np.float32(number), "number"))
    made.graph.output[0].name = "percent"
    found = import_onnx(saved(made, tmp_path), preprocess="raw")
    right = import_onnx(saved(classifier(), tmp_path), preprocess="raw", activation=last.lower()).model
    assert_allclose(found.model.classify(frames()), right.classify(frames()), atol=NEAR)
    assert dict(found.understood)["scores"].startswith("4: 100 times ")
    assert found.model.rules == ({} if last == "Softmax" else {"method": "each"})


def test_the_output_that_has_a_score_for_each_label_is_chosen(tmp_path: Path) -> None:
    graph, last = means()
    six = graph.add("Flatten", graph.add("Concat", last, last, axis=1))
    made = network(graph, [last, six], ["N", 3, 8, 6], ["N", 3, 1, 1])
    made.graph.output[1].CopyFrom(helper.make_tensor_value_info(six, TensorProto.FLOAT, ["N", 6]))
    assert len(import_onnx(saved(made, tmp_path), list("abcdef"), "unit").model.labels) == 6


def test_what_was_left_out_was_there_and_what_was_rewritten_is_not_left_out(tmp_path: Path) -> None:
    assert not any("Cast" in line for line in import_onnx(saved(classifier(), tmp_path), preprocess="raw").changes)
    made = classifier()
    next(node for node in made.graph.node if node.op_type == "Relu").op_type = "HardSwish"
    changes = import_onnx(saved(made, tmp_path), preprocess="raw").changes
    assert "written with simpler operators: 1 HardSwish" in changes


def test_operators_that_cannot_be_made_newer_stay_and_the_rest_is_cleaned(tmp_path: Path) -> None:
    """ONNX's converter makes another Resize of an Upsample."""
    made = classifier(opset=9)
    first = made.graph.node[0]
    made.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "twice"))
    made.graph.node.insert(0, helper.make_node("Upsample", ["pictures", "twice"], ["large"], mode="linear"))
    first.input[0] = "large"
    imported = import_onnx(saved(made, tmp_path), preprocess="unit")
    assert imported.changes == ("folded or left out: 1 BatchNormalization, 1 Identity",)
    assert imported.difference < 1e-5


def test_of_large_pictures_fewer_are_shown() -> None:
    assert [count(side, side) for side in (224, 1448, 2048, 8192)] == [14, 14, 8, 2]
    assert MAX_PIXELS * 3 * 4 < 500e6
