"""Which floats a model's card asks for."""

import numpy as np
from networks import mean_of_channels, model_of

from miles_deep.model import Preprocess
from miles_deep.model.onnx_import.imported import tried
from miles_deep.model.precise import STRAY, precise

FRAMES = np.random.default_rng(5).integers(0, 256, (4, 6, 8, 3), np.uint8)


def test_what_a_machine_cannot_try_is_not_allowed_elsewhere() -> None:
    """ONNX Runtime computes in 32 bits whatever the card says, as OpenVINO does where the CPU has no others."""
    model = model_of(mean_of_channels(), Preprocess(8, 6, scale=(1 / 255,) * 3), device="onnxruntime")
    asking, moved = precise(model.on("onnxruntime"), FRAMES, model.infer(FRAMES))
    assert (moved, asking.card.precision) == (0, "f32")


def test_an_import_compares_floats_within_one_backend() -> None:
    """Those of two backends are never all the same: where a machine has no others, it would seem to have some."""
    model = model_of(mean_of_channels(), Preprocess(8, 6, scale=(1 / 255,) * 3))
    scores = model.on("onnxruntime", "f32").infer(FRAMES) + np.float32(2e-7)
    new, words, moved = tried(model, FRAMES, scores)
    assert (new.card.precision, moved) == ("f32", 0)
    assert words.startswith("OpenVINO on the CPU: scores differ by at most")


def test_floats_that_were_tried_are_allowed_where_they_do_not_stray() -> None:
    model = model_of(mean_of_channels(), Preprocess(8, 6, scale=(1 / 255,) * 3), device="onnxruntime")
    exact = model.infer(FRAMES)
    for moved, precision in ((STRAY / 2, "auto"), (STRAY * 2, "f32")):
        assert precise(model, FRAMES, exact + np.float32(moved))[0].card.precision == precision
