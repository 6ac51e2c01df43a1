"""A network on its way to a device."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FRAMES = "miles_deep/frames"
"""Name of the uint8 input that `attach` gives a graph. Our names begin so that no network has the same."""

Precision = Literal["auto", "f32"]
"""`auto`: what the device is fastest with (bfloat16 where the CPU has it; scores move by less than 0.01).
`f32`: 32-bit floats everywhere."""

PRECISIONS: tuple[Precision, ...] = ("auto", "f32")


@dataclass(frozen=True, slots=True)
class Network:
    """A graph that need not be built where what became of it is still there."""

    name: str
    """The model's, for people to read."""
    digest: str
    """Of all that it is built from: equal digests, equal graphs."""
    build: Callable[[], bytes]
    """Gives the ONNX graph, which takes uint8 frames [N, H, W, 3] in RGB under the name `FRAMES`."""


def filled(frames: NDArray[np.uint8], tile: int) -> NDArray[np.uint8]:
    """A whole tile of frames, for networks of a fixed batch; black ones where there are no more."""
    if len(frames) == tile:
        return frames
    return np.concatenate([frames, np.zeros((tile - len(frames), *frames.shape[1:]), np.uint8)])


def first_line(error: BaseException) -> str:
    """The first line of an error that has something to say; backends write whole pages."""
    lines = [line.strip() for line in str(error).splitlines()]
    return next((line for line in lines if line), type(error).__name__)
