"""A small classifier for generated films: random filters, and a regression on what they respond to."""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

import miles_deep as md
from generated.render import Footage, Picture, write_film
from generated.script import BACKGROUND, LABELS, RATE, Shot

WIDTH, HEIGHT = 80, 48
FIRST, SECOND = 24, 64
"""Random filters of the first layer, 5 x 5, and of the second, 3 x 3 at half the size."""
CLASSES = (*LABELS, BACKGROUND)
PREPROCESS = md.Preprocess(WIDTH, HEIGHT, mean=(127.5,) * 3, scale=(1 / 64,) * 3)
STEPS, PACE, DECAY = 200, 0.3, 0.003

Table = NDArray[np.float32]


def train(seed: int, pictures: int, folder: Path) -> md.Model:
    """Make a reel of pictures of all classes, a second each, watch it, and learn to tell them apart.

    Args:
        seed: of the reel and of the filters; shots of the films to be judged have others.
        pictures: how many; a third of them background.
        folder: where the reel may lie.

    Returns:
        A model as a user would load it, saved to `folder` and read back.
    """
    random = np.random.default_rng(seed)
    labels = [BACKGROUND if number % 3 == 0 else str(random.choice(LABELS)) for number in range(pictures)]
    reel = folder / "reel.mp4"
    write_film((_picture(label, random) for label in labels), reel, 1)
    filters = _filters(random)
    responses = md.analyze(reel, _model(filters, tuple(f"response {n}" for n in range(FIRST + SECOND)))).values
    wanted = np.array([CLASSES.index(label) for label in labels[: len(responses)]])
    weights, bias = _regression(responses, wanted)
    path = folder / "generated.onnx"
    _model({**filters, "weights": weights, "bias": bias}, CLASSES).save(path)
    return md.load_model(path, "cpu", "f32")


def _picture(label: str, random: np.random.Generator) -> Picture:
    """One frame of a new shot."""
    shot = Footage(Shot(label, 0, 4 * RATE, 0, int(random.integers(1 << 31))))
    return np.clip(shot.at(int(random.integers(4 * RATE))), 0, 255).astype(np.uint8)


def _filters(random: np.random.Generator) -> dict[str, Table]:
    first = random.normal(size=(FIRST, 1, 5, 5)) * np.array([0.3, 0.6, 0.1]).reshape(1, 3, 1, 1)
    second = random.normal(size=(SECOND, FIRST, 3, 3))
    filters = {}
    for name, values in (("first", first), ("second", second)):
        values = values - values.mean(axis=(2, 3), keepdims=True)
        filters[name] = (values / np.sqrt((values**2).sum(axis=(1, 2, 3), keepdims=True))).astype(np.float32)
    return filters


def _model(tensors: dict[str, Table], labels: tuple[str, ...]) -> md.Model:
    """The network: with a regression at its end where there are weights for one, else what that is fed with."""
    steps = [
        helper.make_node("Conv", ["pictures", "first"], ["edges"], pads=[2, 2, 2, 2]),
        helper.make_node("Abs", ["edges"], ["strong"]),
        helper.make_node("GlobalAveragePool", ["strong"], ["fine"]),
        helper.make_node("AveragePool", ["strong"], ["halved"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["halved", "second"], ["patterns"]),
        helper.make_node("Abs", ["patterns"], ["strong patterns"]),
        helper.make_node("GlobalAveragePool", ["strong patterns"], ["coarse"]),
        helper.make_node("Concat", ["fine", "coarse"], ["both"], axis=1),
        helper.make_node("Flatten", ["both"], ["flat"]),
        helper.make_node("Max", ["flat", "least"], ["seen"]),
        helper.make_node("Log", ["seen"], ["responses"]),
    ]
    if "weights" in tensors:
        steps.append(helper.make_node("Gemm", ["responses", "weights", "bias"], ["evidence"]))
        steps.append(helper.make_node("Softmax", ["evidence"], ["scores"], axis=1))
    graph = helper.make_graph(
        steps,
        "generated",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["batch", 3, HEIGHT, WIDTH])],
        [helper.make_tensor_value_info(steps[-1].output[0], TensorProto.FLOAT, ["batch", len(labels)])],
        [
            numpy_helper.from_array(values, name)
            for name, values in {**tensors, "least": np.array(1e-3, np.float32)}.items()
        ],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(network)
    background = (BACKGROUND,) if BACKGROUND in labels else ()
    card = md.ModelCard("generated", labels, PREPROCESS, background)
    return md.Model(card, network.SerializeToString(), "cpu", "f32")


def _regression(inputs: Table, wanted: NDArray[np.intp]) -> tuple[Table, Table]:
    """Multinomial logistic regression, by gradient descent on whitened inputs: weights [inputs, classes], bias."""
    mean = inputs.mean(axis=0)
    spreads, axes = np.linalg.eigh(np.cov((inputs - mean).T))
    whiten = axes / np.sqrt(spreads + 1e-5 * spreads.max())
    known, truth = (inputs - mean) @ whiten, np.eye(len(CLASSES))[wanted]
    weights, bias = np.zeros((known.shape[1], len(CLASSES))), np.zeros(len(CLASSES))
    moved = np.zeros_like(weights)
    for _ in range(STEPS):
        evidence = known @ weights + bias
        guess = np.exp(evidence - evidence.max(axis=1, keepdims=True))
        wrong = (guess / guess.sum(axis=1, keepdims=True) - truth) / len(truth)
        moved = 0.9 * moved + known.T @ wrong + DECAY * weights
        weights -= PACE * moved
        bias -= 5 * PACE * wrong.sum(axis=0)
    folded = whiten @ weights
    return folded.astype(np.float32), (bias - mean @ folded).astype(np.float32)
