"""A network on its way to a device."""

import re
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


EMPTY = re.compile(
    r"\s*$|Exception from |Check '|Summary|FrontEnd API failed|Model wasn't fully converted"
    r"|-- .* with a message:$|While validating ONNX node .*:$"
)
"""Lines of OpenVINO's errors that say where it found a fault, and not which."""

OPENING = re.compile(r"^(?:-- |\[ONNXRuntimeError\] : \d+ : \w+ : )")
"""What lines begin with that say more: a dash, or ONNX Runtime's number and name for the error."""

LONGEST = 200
"""Letters of a line: what is quoted in it may be of any length."""


def first_line(error: BaseException) -> str:
    """The first line of a backend's error that says something, of bearable length; they write whole pages."""
    lines = [line.strip() for line in str(error)[:100_000].splitlines() if line.strip()]
    said = next((line for line in lines if not EMPTY.match(line)), lines[0] if lines else type(error).__name__)
    plain = "".join(letter if letter.isprintable() else " " for letter in OPENING.sub("", said)[: 5 * LONGEST])
    line = " ".join(plain.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 3] + "..."
