"""Films whose colours change on the second, and a classifier that names their colour."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from onnx import TensorProto, helper, numpy_helper

from miles_deep import Model, ModelCard, Preprocess

RATE = 10
GOP = 30
"""Frames from keyframe to keyframe: 3 s."""

COLOURS = {
    "r": (230, 20, 20),
    "g": (20, 230, 20),
    "b": (20, 20, 230),
    "w": (140, 120, 20),
}
"""Red, green, blue, and a weak red, of which the classifier is sure to two thirds only."""

LABELS = ("red", "green", "blue")
GAIN = 10
"""Of the classifier: how much surer a purer colour makes it."""


def seconds_of(schedule: str) -> str:
    """ "r2 g1" -> "rrg": the colour of every second."""
    return "".join(part[0] * int(part[1:]) for part in schedule.split())


def paint(
    path: Path,
    schedule: str,
    size: tuple[int, int] = (96, 64),
    noise: int = 0,
    sound: bool = False,
    container: str = "mp4",
) -> Path:
    """Make a film of flat colours, a letter of `COLOURS` and whole seconds each: "r10 g6 b4"."""
    random = np.random.default_rng(1)
    grain = random.integers(-noise, noise + 1, (size[1], size[0], 3)) if noise else np.zeros((1, 1, 3), int)
    with path.open("wb") as file, av.open(file, "w", container) as out:
        options = {"preset": "ultrafast", "sc_threshold": "0", "crf": "18"}
        stream: Any = out.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = *size, "yuv420p", GOP
        voice: Any = out.add_stream("aac", rate=48000, layout="mono") if sound else None
        for number, colour in enumerate(colour for colour in seconds_of(schedule) for _ in range(RATE)):
            picture = np.clip(np.roll(grain, 7 * number, axis=1) + COLOURS[colour], 0, 255).astype(np.uint8)
            if not noise:
                picture = np.broadcast_to(picture, (size[1], size[0], 3)).copy()
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(stream.encode(frame))
            if sound:
                silence = np.zeros((1, 48000 // RATE), np.float32)
                samples = av.AudioFrame.from_ndarray(silence, "fltp", "mono")
                samples.sample_rate, samples.pts = 48000, number * 48000 // RATE
                out.mux(voice.encode(samples))
        out.mux(stream.encode(None))
        if sound:
            out.mux(voice.encode(None))
    return path


def sound_only(path: Path) -> Path:
    """An mp4 of a second of silence, without a picture."""
    with av.open(str(path), "w", "mp4") as out:
        voice: Any = out.add_stream("aac", rate=48000, layout="mono")
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.float32), "fltp", "mono")
        samples.sample_rate, samples.pts = 48000, 0
        out.mux(voice.encode(samples))
        out.mux(voice.encode(None))
    return path


def colours_in(path: Path) -> str:
    """The colour of every frame of a film, a letter each."""
    letters, known = list(COLOURS), np.array(list(COLOURS.values()))
    with av.open(str(path)) as film:
        means = [frame.to_ndarray(format="rgb24").mean(axis=(0, 1)) for frame in film.decode(video=0)]
    return "".join(letters[int(np.abs(known - mean).sum(axis=1).argmin())] for mean in means)


def colour_model(
    path: Path,
    labels: tuple[str, ...] = LABELS,
    background: tuple[str, ...] = ("blue",),
    work: int = 0,
    groups: dict[str, tuple[str, ...]] | None = None,
    name: str = "colour",
    rules: dict[str, float | str] | None = None,
) -> Path:
    """Write a classifier: softmax of the mean red, green and blue. `work` makes it slow."""
    size = 128 if work else 8
    nodes = [helper.make_node("GlobalAveragePool", ["picture"], ["mean"])]
    weights = [numpy_helper.from_array(np.array([GAIN], np.float32), "gain")]
    if work:
        # A wide convolution of which the last step leaves nothing but a zero.
        wide = np.random.default_rng(1).normal(0, 0.01, (work, 3, 7, 7)).astype(np.float32)
        deep = np.random.default_rng(2).normal(0, 0.01, (work, work, 7, 7)).astype(np.float32)
        weights += [
            numpy_helper.from_array(wide, "wide"),
            numpy_helper.from_array(deep, "deep"),
            numpy_helper.from_array(np.full((3, work, 1, 1), 1e-9, np.float32), "nothing"),
        ]
        nodes = [
            helper.make_node("Conv", ["picture", "wide"], ["a"], pads=[3] * 4),
            helper.make_node("Conv", ["a", "deep"], ["c"], pads=[3] * 4),
            helper.make_node("Conv", ["c", "nothing"], ["d"]),
            helper.make_node("Add", ["picture", "d"], ["e"]),
            helper.make_node("GlobalAveragePool", ["e"], ["mean"]),
        ]
    nodes += [
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Mul", ["flat", "gain"], ["sure"]),
        helper.make_node("Softmax", ["sure"], ["scores"], axis=1),
    ]
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 3, size, size])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 3])
    graph = helper.make_graph(nodes, "colour", [picture], [scores], weights)
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    card = ModelCard(
        name=name,
        labels=labels,
        background=background,
        groups={"warm": labels[:2]} if groups is None else groups,
        preprocess=Preprocess(size, size, scale=(1 / 255,) * 3),
        licence="Apache-2.0",
        source="made by the tests",
        rules=rules or {},
    )
    Model(card, network.SerializeToString()).save(path)
    return path
