"""Preprocess: what it allows, how it resizes and crops, and that a graph computes what it says."""

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import identity, model_of, network
from onnx import helper

from miles_deep.errors import ModelError
from miles_deep.model import Preprocess
from miles_deep.model.attach import attach

BACKENDS = ["cpu", "onnxruntime"]


@pytest.mark.parametrize(
    "fields",
    [
        {"width": 0},
        {"height": -1},
        {"resize": "fit"},
        {"channels": "rbg"},
        {"layout": "chwn"},
        {"mean": (1.0, 2.0)},
        {"scale": (1.0, 1.0, 1.0, 1.0)},
        {"resize_width": 63},
        {"resize_height": 47},
        {"resize": "shortest_side", "resize_height": 63},
        {"resize": "shortest_side"},
        {"interpolation": "nearest"},
        {"resize_height": 8193},
        {"resize": "shortest_side", "resize_height": 60_000},
        {"width": 8193, "resize_width": 8193},
        {"scale": (1.0, 0.0, 1.0)},
        {"mean": (1.0, float("nan"), 1.0)},
    ],
    ids=str,
)
def test_what_cannot_be(fields: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="cannot be") as caught:
        Preprocess(**{"width": 64, "height": 48, **fields})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "fields, frame, size",
    [
        ({}, (1920, 1080), (64, 48)),
        ({"resize_width": 80, "resize_height": 60}, (100, 1000), (80, 60)),
        ({"resize": "shortest_side", "resize_height": 64}, (1920, 1080), (113, 64)),
        ({"resize": "shortest_side", "resize_height": 64}, (1080, 1920), (64, 113)),
        ({"resize": "shortest_side", "resize_height": 80}, (500, 500), (80, 80)),
        ({"resize": "shortest_side", "resize_height": 64}, (64, 64), (64, 64)),
    ],
)
def test_resized(fields: dict[str, Any], frame: tuple[int, int], size: tuple[int, int]) -> None:
    assert Preprocess(64, 48, **fields).resized(*frame) == size


def test_resized_by_the_shape_shown() -> None:
    """PAL wide screen is stored as 720 x 576 and shown as 1024 x 576; upright on a phone, the other way round."""
    spec = Preprocess(224, 224, "shortest_side", resize_height=256)
    assert spec.resized(720, 576, Fraction(64, 45)) == (455, 256)
    assert spec.resized(576, 720, Fraction(45, 64)) == (256, 455)
    assert spec.resized(720, 576) == (320, 256)
    assert Preprocess(224, 224).resized(720, 576, Fraction(64, 45)) == (224, 224)


@given(
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    aspect=st.fractions(Fraction(1, 4), 4),
    input_size=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    more=st.integers(0, 100),
)
def test_shortest_side_keeps_the_shape_and_can_be_cropped(width, height, aspect, input_size, more) -> None:
    side = max(input_size) + more
    spec = Preprocess(*input_size, "shortest_side", resize_height=side)
    resized = spec.resized(width, height, aspect)
    assert min(resized) == side
    shape = width * aspect / height
    long = max(shape, 1 / shape) * side
    assert 0 <= long - max(resized) < 1
    assert (resized[0] >= resized[1]) == (shape >= 1) or resized[0] == resized[1]
    if max(resized) < 2000:
        crop = spec.crop(np.zeros((resized[1], resized[0], 3), np.uint8))
        assert crop.shape == (input_size[1], input_size[0], 3)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (Preprocess(8, 8), "stretched to 8 x 8 (bilinear), RGB, 0 to 255"),
        (Preprocess(8, 6, scale=(1 / 255,) * 3), "stretched to 8 x 6 (bilinear), RGB, 0 to 255 / 255"),
        (
            Preprocess(224, 224, "stretch", 256, 256, "bgr", (104.0, 117.0, 123.0)),
            "stretched to 256 x 256 (bilinear), middle 224 x 224, BGR, 0 to 255 - (104, 117, 123)",
        ),
        (
            Preprocess(
                224, 224, "shortest_side", None, 224, "rgb", (127.5,) * 3, (1 / 127.5,) * 3, "nchw", "bicubic"
            ),
            "shortest side to 224 (bicubic), middle 224 x 224, RGB, (0 to 255 - 127.5) / 127.5",
        ),
    ],
)
def test_in_words(spec: Preprocess, words: str) -> None:
    assert spec.in_words() == words


def test_crop_takes_the_middle() -> None:
    spec = Preprocess(4, 2, resize_width=8, resize_height=6)
    picture = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    assert np.array_equal(spec.crop(picture), picture[2:4, 2:6])
    assert spec.crop(picture).base is not None  # no copy
    assert np.array_equal(Preprocess(8, 6).crop(picture), picture)


@pytest.mark.parametrize(("width", "left"), [(454, 115), (455, 116), (456, 116), (457, 116), (459, 118)])
def test_an_odd_difference_is_cropped_as_torchvision_crops_it(width: int, left: int) -> None:
    """`torchvision.transforms.CenterCrop(224)` of such pictures; 455 x 256 is what 16:9 becomes."""
    across = np.broadcast_to(np.arange(width)[None, :, None] % 256, (256, width, 3)).astype(np.uint8)
    upright = across.transpose(1, 0, 2)
    spec = Preprocess(224, 224, "shortest_side", resize_height=256)
    assert spec.crop(across)[0, 0, 0] == spec.crop(upright)[0, 0, 0] == left


@pytest.mark.parametrize(("frame", "width"), [((1920, 1080), 455), ((853, 480), 454), ((640, 480), 341)])
def test_the_longer_side_is_as_long_as_torchvisions(frame: tuple[int, int], width: int) -> None:
    """`torchvision.transforms.Resize(256)`; that of 853 x 480 would be 454.9."""
    spec = Preprocess(224, 224, "shortest_side", resize_height=256)
    assert spec.resized(*frame) == (width, 256)
    assert spec.resized(*reversed(frame)) == (256, width)


def test_json_round_trip() -> None:
    spec = Preprocess(224, 112, "shortest_side", None, 256, "bgr", (1.5, 2, 3), (0.1, 1 / 255, 1e-9), "nhwc")
    assert Preprocess.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    assert Preprocess.from_json(Preprocess(1, 1).to_json()) == Preprocess(1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"mean": None},
        {"mean": ["a", 1, 2]},
        {"scale": [1, 2]},
        {"width": "wide"},
        {"width": None},
        {"width": 1.5},
        {"colour": "red"},
    ],
    ids=str,
)
def test_json_that_cannot_be_read(change: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        Preprocess.from_json({**Preprocess(64, 48).to_json(), **change})
    for missing in ("width", "mean"):
        fields = Preprocess(64, 48).to_json()
        del fields[missing]
        with pytest.raises(ModelError):
            Preprocess.from_json(fields)


means = st.tuples(*[st.sampled_from([0.0, 104.0, 0.485, 127.5, -3.25])] * 3)
scales = st.tuples(*[st.sampled_from([1.0, 1 / 255, 0.017, -2.0])] * 3)


@settings(max_examples=25, deadline=None)
@given(
    spec=st.builds(
        Preprocess,
        st.integers(1, 5),
        st.integers(1, 5),
        channels=st.sampled_from(["rgb", "bgr"]),
        mean=means,
        scale=scales,
        layout=st.sampled_from(["nchw", "nhwc"]),
    ),
    count=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_the_graph_computes_what_the_data_say(spec: Preprocess, count: int, seed: int) -> None:
    frames = np.random.default_rng(seed).integers(0, 256, (count, spec.height, spec.width, 3), np.uint8)
    ordered = frames[..., ::-1] if spec.channels == "bgr" else frames
    expected = (ordered.astype(np.float32) - np.float32(spec.mean)) * np.float32(spec.scale)
    if spec.layout == "nchw":
        expected = expected.transpose(0, 3, 1, 2)
    graph = identity(spec.width, spec.height, spec.layout)
    for device in BACKENDS:
        model = model_of(graph, spec, 3 * spec.width * spec.height, device)
        assert np.allclose(model.infer(frames), expected.reshape(count, -1), rtol=1e-6, atol=1e-4), device


def test_attach_leaves_the_network_alone() -> None:
    graph = identity(4, 4)
    before = graph.SerializeToString()
    joined = attach(graph, Preprocess(4, 4, mean=(1.0, 2.0, 3.0)))
    assert graph.SerializeToString() == before
    onnx.checker.check_model(joined, full_check=True)
    [frames] = joined.graph.input
    assert frames.type.tensor_type.elem_type == onnx.TensorProto.UINT8


def test_weights_that_are_inputs_as_well() -> None:
    """As old exporters write them (ONNX IR 3)."""
    add = [helper.make_node("Flatten", ["data"], ["flat"]), helper.make_node("Add", ["flat", "bias"], ["scores"])]
    graph = network(add, ["batch", 3, 1, 1], 3, {"bias": np.array([1, 2, 3], np.float32)})
    graph.graph.input.append(helper.make_tensor_value_info("bias", onnx.TensorProto.FLOAT, [3]))
    for device in BACKENDS:
        scores = model_of(graph, Preprocess(1, 1), device=device).infer(np.full((2, 1, 1, 3), 10, np.uint8))
        assert scores.tolist() == [[11, 12, 13]] * 2


@pytest.mark.parametrize("name", ["frames", "mean", "preprocess/mean", "cast", "batch"])
def test_a_network_may_call_its_input_as_it_likes(name: str) -> None:
    graph = network([helper.make_node("Flatten", [name], ["scores"])], ["batch", 3, 1, 1], 3, inputs=(name,))
    spec = Preprocess(1, 1, mean=(2.0, 3.0, 4.0), channels="bgr")
    frames = np.array([10, 20, 30], np.uint8).reshape(1, 1, 1, 3)
    for device in BACKENDS:
        assert model_of(graph, spec, 3, device).infer(frames).tolist() == [[28, 17, 6]]


def test_a_card_is_not_changed_by_replace() -> None:
    spec = Preprocess(4, 4)
    assert replace(spec, channels="bgr") != spec
    assert replace(spec) == spec


def test_a_card_of_the_time_before_bicubic_keeps_its_digest_and_a_bicubic_one_comes_back() -> None:
    usual = Preprocess(8, 8)
    assert "interpolation" not in usual.to_json()
    bicubic = replace(usual, interpolation="bicubic")
    assert Preprocess.from_json(json.loads(json.dumps(bicubic.to_json()))) == bicubic
