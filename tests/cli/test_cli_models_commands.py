"""`miles-deep models`: list, show, import, remove and check."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from cli_media import COLOURS, LABELS, colour_model
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from miles_deep import Model, ModelCard, Preprocess, load_model
from miles_deep.classify.pictures.parity import Parity
from miles_deep.cli.models.parity_report import Checked, as_text


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    """A shelf of its own for every test."""
    monkeypatch.setenv("MILES_DEEP_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "models"


SPEC = Preprocess(8, 8, scale=(1 / 255,) * 3)


def network(nodes, weights):
    """A network of pictures of 8 x 8, which gives three scores."""
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 3, 8, 8])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 3])
    tensors = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "net", [picture], [scores], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return model.SerializeToString()


@pytest.fixture
def net(place):
    """A network without a card, whose scores are the means of the channels."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["picture"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights"], ["sure"]),
        helper.make_node("Softmax", ["sure"], ["scores"], axis=1),
    ]
    (place / "my net.onnx").write_bytes(network(nodes, {"weights": np.eye(3, dtype=np.float32) * 10}))
    (place / "labels.txt").write_text("\n".join(LABELS))
    return place / "my net.onnx"


@pytest.fixture
def flags(net):
    """Without which `net` is not understood."""
    return ["--labels", net.with_name("labels.txt"), "--preprocess", "unit"]


def told(result, code=0):
    """What was printed, of a run that ended with this code."""
    assert (result.returncode, result.stderr.count("\n")) == (code, bool(code)), result.stderr
    return result.stdout


def refused(result, code, said):
    """One line, and nothing else."""
    assert (result.returncode, result.stdout) == (code, "")
    assert result.stderr.startswith("miles-deep: ") and result.stderr.count("\n") == 1 and said in result.stderr


def test_list(here, model, shelf):
    """What is here, and how to get what is not."""
    rows = {row["name"]: row for row in json.loads(told(here("models", "list", "--json")))["models"]}
    assert rows["open_nsfw"]["here"] and rows["open_nsfw"]["labels"] == 2 and rows["open_nsfw"]["get"] is None
    assert not rows["miles-deep"]["here"] and "miles-deep models fetch miles-deep" in rows["miles-deep"]["get"]
    shelf.mkdir(parents=True)
    shutil.copy(model, shelf / "colours.onnx")
    shutil.copy(model, shelf / "imagenet.onnx")  # nothing finds it by that name
    (shelf / "folder.onnx").mkdir()
    (shelf / "broken.onnx").write_bytes(b"no network")
    lines = told(here("models", "list")).splitlines()
    about = "six categories of adult film (the first Miles Deep, 2016)"
    assert f"miles-deep  --    {about}; GPL-3.0; was not fetched yet: miles-deep models fetch miles-deep" in lines
    assert "colours     here  imported; 3 labels;" in "\n".join(lines) and "; Apache-2.0" in "\n".join(lines)
    [broken] = [line for line in lines if line.startswith("broken")]
    assert "not an ONNX network; miles-deep models remove broken" in broken
    assert not any(line.startswith("folder") for line in lines)
    rows = {row["name"]: row for row in json.loads(told(here("models", "list", "--json")))["models"]}
    assert rows["imagenet"]["path"] is None and rows["colours"]["path"] == str(shelf / "colours.onnx")


def test_show(here, model):
    said = told(here("models", "show", model, "--all-labels", "--device", "onnxruntime"))
    rows = dict(line.strip().split("  ", 1) for line in said.splitlines()[1:-3])
    assert said.splitlines()[-3:] == list(LABELS)
    rows = {word: text.strip() for word, text in rows.items()}
    assert rows["labels"] == "3: red, green, blue" and rows["background"] == "blue"
    assert rows["groups"] == "warm (2)" and rows["input"] == "8 x 8"
    assert rows["preprocessing"] == "stretched to 8 x 8 (bilinear), RGB, 0 to 255 / 255"
    assert (rows["parameters"], rows["multiply-adds"]) == ("0", "0 a picture")
    assert rows["speed here"].endswith("pictures a second (ONNX Runtime, CPUExecutionProvider)")
    assert (rows["licence"], rows["source"]) == ("Apache-2.0", "made by the tests")
    assert rows["digest"] == load_model(model).digest and rows["file"] == str(model)


def test_show_as_json(here, model):
    said = json.loads(told(here("models", "show", model, "--no-speed", "--json")))
    assert said["labels"] == list(LABELS) and said["groups"] == {"warm": ["red", "green"]}
    assert said["speed"] is None and said["digest"] == load_model(model).digest


def test_show_with_rules(here, model, place):
    read = load_model(model)
    card = replace(read.card, rules={"method": "each", "min_score": 0.1}, precision="f32")
    Model(card, read.network).save(path := place / "each.onnx")
    said = told(here("models", "show", path, "--no-speed"))
    assert "rules          method each, min_score 0.1\n" in said and "precision      32-bit floats" in said
    said = json.loads(told(here("models", "show", path, "--no-speed", "--json")))
    assert said["rules"] == {"method": "each", "min_score": 0.1} and said["precision"] == "f32"


def test_show_many_labels(here, place):
    labels = tuple(f"label {number}" for number in range(1000))
    path = colour_model(place / "many.onnx", labels, ())
    said = told(here("models", "show", path, "--no-speed"))
    assert "1000: label 0, label 1, label 2, …\n" in said and "label 3" not in said


def test_show_with_groups(here, model, place):
    (place / "groups.toml").write_text('[groups]\ncold = ["blue", "green"]\n')
    said = json.loads(
        told(here("models", "show", model, "--groups", place / "groups.toml", "--no-speed", "--json"))
    )
    assert said["groups"] == {"cold": ["green", "blue"]}


def test_import_onto_the_shelf(here, net, flags, shelf):
    before = net.read_bytes()
    said = told(here("models", "import", net, *flags, "--background", "blue", "--licence", "MIT"))
    assert "understood:\n" in said and "by at most" in said
    assert f"wrote {shelf / 'my-net.onnx'}" in said and "  miles-deep MOVIE --model my-net\n" in said
    model = load_model("my-net")
    assert (model.labels, model.background) == (LABELS, ("blue",))
    assert (model.card.name, model.card.licence) == ("my-net", "MIT")
    assert "imported; 3 labels" in told(here("models", "list"))
    refused(here("models", "import", net, *flags), 1, "there already; --name gives it another name, --force")
    told(here("models", "import", net, *flags, "--force", "--name", "other.name"))
    assert f"removed {shelf / 'my-net.onnx'}" in told(here("models", "remove", "my-net"))
    refused(here("models", "remove", "my-net"), 1, "there are: other.name")
    assert net.read_bytes() == before and [path.name for path in shelf.iterdir()] == ["other.name.onnx"]


def test_import_into_a_file(here, net, flags, shelf, place):
    (place / "groups.toml").write_text('other = true\n[groups]\nwarm = ["red", "green"]\n')
    out = place / "out.onnx"
    arguments = [net, *flags, "--groups", place / "groups.toml", "--name", "colours", "-o", out, "--json"]
    said = json.loads(told(here("models", "import", *arguments)))
    assert said["path"] == str(out) and said["difference"] < 1e-5 and said["probes"] > 0
    assert said["groups"] == {"warm": ["red", "green"], "other": ["blue"]} and said["background"] == ["blue"]
    assert load_model(out).digest == said["digest"] and load_model(out).card.name == "colours"
    assert not shelf.exists()


def test_what_is_not_imported(here, net, flags, place):
    (place / "x.txt").write_text("words")
    (place / "bad.onnx").write_bytes(b"no network")
    (place / "x.prototxt").write_text("layer {")
    (place / "x.safetensors").write_bytes(b"")
    cases = [
        ([], 2, "give a file to import, or --timm NAME"),
        ([place / "x.txt"], 2, "there are: .onnx, .prototxt, .pt2"),
        ([place / "nosuch.onnx", *flags], 1, "nosuch.onnx"),
        ([place / "bad.onnx", *flags], 1, "bad.onnx"),
        ([place / "x.prototxt"], 2, "needs its weights too: -w"),
        ([place / "x.prototxt", "-w", net, "--size", "9"], 2, "--size: the files of a Caffe model"),
        ([place / "x.prototxt", "-w", net], 1, "x.prototxt"),
        ([place / "x.safetensors"], 2, "--timm NAME says of which network"),
        ([net, *flags, "--timm", "resnet50"], 2, "no weights of a network of timm"),
        ([net, *flags, "-w", net], 2, "-w is of a Caffe model"),
        ([net, *flags, "--name", "open_nsfw"], 2, "open_nsfw: is a model of the catalogue"),
        ([net, *flags, "--name", "../x"], 2, "is no name for a model"),
        ([net, *flags, "-o", net, "--force"], 2, "is what is imported"),
        ([net, *flags, "-o", place / "x.bin"], 2, "a model is an .onnx file"),
        ([net, *flags, "-o", place / "no" / "x.onnx"], 1, "no such folder"),
        ([net, *flags, "--size", "wide"], 2, "--size 'wide'"),
        ([net, *flags, "--background", "cow"], 2, "cow"),
        ([net, "--labels", place / "x.txt", "--preprocess", "unit"], 1, "label"),
        ([net, "--labels", net.with_name("labels.txt"), "--preprocess", "nosuch"], 2, "no preprocessing 'nosuch'"),
    ]
    for arguments, code, said in cases:
        refused(here("models", "import", *arguments), code, said)


def test_what_is_not_removed_or_shown(here, place):
    refused(here("models", "remove", "open_nsfw"), 1, "open_nsfw: is in the catalogue")
    refused(here("models", "remove", "../x"), 1, "no model '../x'")
    refused(here("models", "show", "nosuch"), 1, "no model 'nosuch'")
    refused(here("models", "show", place), 1, str(place))


@pytest.fixture
def album(place):
    for letter in "rgb":
        Image.new("RGB", (16, 12), COLOURS[letter]).save(place / f"{letter}.png")
    return place


def test_check(here, model, album):
    out = album / "scores.csv"
    said = told(here("models", "check", model, "--images", album, "-o", out))
    assert "colour, 3 pictures: OpenVINO" in said and "every picture has the same top label" in said
    assert "all scores are numbers" in said and f"wrote {out}" in said
    assert [line.split(",")[0] for line in out.read_text().splitlines()] == ["file", "b.png", "g.png", "r.png"]
    elsewhere = shutil.move(out, album.parent / "scores.csv")
    said = told(here("models", "check", model, "--images", album, "--expect", elsewhere))
    assert "as expected within 0.01: 3 of 3 pictures" in said
    array = album.parent / "scores.npy"
    np.save(array, np.loadtxt(elsewhere, delimiter=",", skiprows=1, usecols=(1, 2, 3)))
    said = told(here("models", "check", model, "--images", album, "--expect", array))
    assert "as expected within 0.01: 3 of 3 pictures" in said
    np.save(array, np.zeros((2, 3)))
    asked = ("models", "check", model, "--images", album, "--expect", array)
    refused(here(*asked), 1, "scores.npy: 2 x 3 values (float64), not 3 x 3 scores: a row a picture")


def test_check_finds_what_is_off(here, model, album):
    expected = album.parent / "scores.csv"
    expected.write_text("file,label,score\nr.png,red,1\ng.png,green,0.5\nz.png,red,1\n")
    result = here("models", "check", model, "--images", album, "--expect", expected)
    assert "1 of 2 pictures" in told(result, 1)
    assert "g.png: green 0.99" in result.stdout
    assert "expected, and not there: z.png" in result.stdout and "1 picture not in the table" in result.stdout
    assert result.stderr == "miles-deep: colour: 1 picture not as expected; 1 picture expected and not there\n"
    expected.write_text("file,label,score\nr.png,red,1\ng.png,green,0.5\n")
    told(here("models", "check", model, "--images", album, "--expect", expected, "--tolerance", "0.51"))
    said = json.loads(told(here("models", "check", model, "--images", album, "--expect", expected, "--json"), 1))
    assert said["expected"]["met"] == 1 and said["expected"]["beyond"][0]["label"] == "green"
    assert said["not_numbers"] == said["changed"] == []


def test_check_finds_backends_that_differ(here, album):
    """By more than the tolerance; where two labels are nearly equal, either may come first."""
    paths = (album / "r.png", album / "g.png", album / "b.png")
    first = np.array([[0.501, 0.499], [0.6, 0.4], [0.9, 0.1]], np.float32)
    second = np.array([[0.499, 0.501], [0.4, 0.6], [0.85, 0.15]], np.float32)
    parity = Parity(paths, ("hot", "cold"), first, second, ("one", "other"))
    assert Checked("m", parity, 0.01, None, 0).faults == ["2 pictures more than 0.01 off between one and other"]
    assert Checked("m", parity, 0.06, None, 0).faults == ["1 picture more than 0.06 off between one and other"]
    assert Checked("m", parity, 0.21, None, 0).faults == []
    assert f"{paths[0]}: one says hot 0.501, other cold 0.501" in "".join(
        as_text(Checked("m", parity, 0, None, 0))
    )


def test_check_finds_scores_that_are_no_numbers(here, album):
    """Where there is little of a colour: the logarithm of 0, times 0."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["picture"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Sub", ["flat", "little"], ["less"]),
        helper.make_node("Relu", ["less"], ["none"]),
        helper.make_node("Log", ["none"], ["minus"]),
        helper.make_node("Mul", ["minus", "none"], ["scores"]),
    ]
    model = Model(ModelCard("odd", LABELS, SPEC), network(nodes, {"little": np.array([0.2], np.float32)}))
    model.save(path := album.parent / "odd.onnx")
    result = here("models", "check", path, "--images", album)
    assert f"not a number: {album / 'b.png'}" in told(result, 1)
    assert result.stderr == "miles-deep: odd: 3 pictures with scores that are not numbers\n"


def test_check_with_what_is_no_picture(here, model, album):
    (album / "words.png").write_text("words")
    result = here("models", "check", model, "--images", album)
    assert "colour, 3 pictures" in told(result, 1) and "words.png: not a picture" in result.stderr


def test_wrong_checks(here, model, place):
    (place / "x.csv").write_text("file,cow\na.png,1\n")
    cases = [
        (["--images", place / "nosuch"], 2, "no such folder"),
        (["--images", model], 2, "not a folder"),
        ([], 2, "--images"),
        (["--images", place, "--tolerance", "nan"], 2, "--tolerance"),
        (["--images", place, "--expect", place / "x.csv"], 1, "no label 'cow'"),
        (["--images", place, "--expect", place / "nosuch.csv"], 1, "nosuch.csv"),
        (
            ["--images", place, "--expect", place / "x.csv", "-o", place / "x.csv", "--force"],
            2,
            "is what is expected",
        ),
    ]
    for arguments, code, said in cases:
        refused(here("models", "check", model, *arguments), code, said)
    (place / "x.csv").unlink()
    refused(here("models", "check", model, "--images", place), 1, "no picture")
