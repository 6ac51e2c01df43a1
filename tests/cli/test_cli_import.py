"""`miles-deep models import`: Caffe's files, background labels, and what is left of an import that failed."""

import json

import numpy as np
import pytest
from cli_media import LABELS
from google.protobuf import text_format
from onnx import TensorProto, helper, numpy_helper

from miles_deep import load_model
from miles_deep.cli.models.kinds import Source, _exported
from miles_deep.errors import OptionError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.preprocess import Preprocess
from miles_deep.train import Exported

TABBY, TIGER = "n02123045 tabby, tabby cat", "n02123159 tiger cat"


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    """A shelf of its own for every test."""
    monkeypatch.setenv("MILES_DEEP_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "models"


@pytest.fixture
def pair(place):
    """A Caffe classifier of three labels, which ends in raw numbers: the means of blue, green, red."""
    network = pb.NetParameter(name="small")
    network.layer.add(name="data", type="Input", top=["data"]).input_param.shape.add(dim=[4, 3, 8, 8])
    pool = network.layer.add(name="pool", type="Pooling", bottom=["data"], top=["pool"])
    pool.pooling_param.pool, pool.pooling_param.global_pooling = pb.PoolingParameter.AVE, True
    dense = network.layer.add(name="dense", type="InnerProduct", bottom=["pool"], top=["dense"])
    dense.inner_product_param.num_output, dense.inner_product_param.bias_term = 3, False
    (place / "net.prototxt").write_text(text_format.MessageToString(network))
    dense.blobs.add(shape={"dim": [3, 3]}, data=(np.eye(3)[::-1] * 0.1).ravel())
    (place / "net.caffemodel").write_bytes(network.SerializeToString())
    (place / "labels.json").write_text(json.dumps({"0": TABBY, "1": TIGER, "2": "owl"}))
    return [place / "net.prototxt", "-w", place / "net.caffemodel", "--labels", place / "labels.json"]


def done(result) -> str:
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_caffe_is_told_like_any_other(here, pair, shelf, cache):
    said = " ".join(done(here("models", "import", *pair, "-m", "1,2,3")).split())
    assert "batch 4, made free" in said and "raw numbers (InnerProduct is last); Softmax is added" in said
    assert f"3, of {pair[-1]}: n02123045 tabby" in said
    assert "mean 1,2,3: stretched to 8 x 8 (bilinear), BGR, 0 to 255 - (1, 2, 3)" in said
    assert "differ from NET's" not in said
    assert load_model("net").labels == (TABBY, TIGER, "owl")
    assert [path.name for path in shelf.iterdir()] == ["net.onnx"]
    assert not list(cache.rglob("*.onnx")), "what lies on the shelf is kept nowhere else"


def test_caffe_with_a_preset_and_an_activation(here, pair, place):
    (place / "p.toml").write_text('mean = 120\nstd = 58.8\nchannels = "bgr"\n')
    flags = ["--preprocess", place / "p.toml", "--activation", "sigmoid"]
    said = json.loads(done(here("models", "import", *pair, *flags, "--json")))
    assert said["preprocess"]["scale"] == pytest.approx([1 / 58.8] * 3)
    assert said["understood"]["scores"] == "3: Sigmoid, as asked for"
    assert load_model("net").rules == {"method": "each"}
    wrong = here("models", "import", *pair, *flags, "-m", "1,2,3", "--name", "x")
    assert wrong.returncode == 2 and "give one of them" in wrong.stderr
    wrong = here("models", "import", *pair, "--head", "prob", "--name", "x")
    assert wrong.stderr == "miles-deep: --head: the files of a Caffe model say that themselves\n"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (TABBY, [TABBY]),
        ("tabby", [TABBY]),
        ("n02123159, owl", [TIGER, "owl"]),
        ("tabby, tabby cat", [TABBY]),
        ("", []),
    ],
)
def test_background_by_whatever_it_is_called(here, pair, text, meant):
    said = json.loads(done(here("models", "import", *pair, "--background", text, "--json")))
    assert said["background"] == meant


def test_what_fails_leaves_nothing(here, pair, shelf):
    result = here("models", "import", *pair, "--background", "cow")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("miles-deep: --background: no label 'cow' in the model; did you mean ")
    assert not shelf.exists()


def test_errors_name_what_was_given():
    """PyTorch's networks become an ONNX file on the way, of which the user knows nothing."""
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 3, 8, 8])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 3])
    nodes = [
        helper.make_node("GlobalAveragePool", ["picture"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights"], ["scores"]),
    ]
    weights = numpy_helper.from_array(np.eye(3, dtype=np.float32), "weights")
    graph = helper.make_graph(nodes, "net", [picture], [scores], [weights])
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    source = Source(None, "resnet50", *[None] * 9)
    with pytest.raises(OptionError, match=r"^--timm resnet50: nothing in it says what its pictures"):
        _exported(source, Exported(network.SerializeToString(), labels=LABELS))
    told = dict(_exported(source, Exported(network.SerializeToString(), Preprocess(8, 8), LABELS)).understood)
    assert told["labels"].startswith(f"{len(LABELS)}, of timm: "), "not as given: nobody gave any"
    assert told["preprocessing"].startswith("of timm: stretched to 8 x 8")


def test_what_a_model_is_called(here, pair, shelf, place):
    done(here("models", "import", *pair, "--name", "mine.onnx"))
    assert [path.name for path in shelf.iterdir()] == ["mine.onnx"]
    again = here("models", "import", *pair, "--name", "mine")
    assert again.returncode == 1 and again.stderr == (
        "miles-deep: mine: a model of that name is there already; "
        "--name gives it another name, --force overwrites it\n"
    )
    done(here("models", "import", *pair, "--name", "mine", "--force"))
    nameless = pair[0].rename(place / "\u65e5\u672c \u8a9e.prototxt")
    result = here("models", "import", nameless, *pair[1:])
    assert result.returncode == 2 and result.stderr.endswith(
        "no name for a model can be made of this; give it a --name\n"
    )
