"""What a classifier wants its pictures to look like."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import ModelError

MAX_SIDE = 8192
"""Pixels. No classifier looks at more."""

GREY = (19595, 38470, 7471)
"""How much red, green and blue count in 65,536 parts of a grey: 0.299, 0.587 and 0.114 (ITU-R BT.601), as Pillow's
`convert("L")` has them, which adds a half and cuts off."""


@dataclass(frozen=True, slots=True)
class Preprocess:
    """From a frame of any size to the numbers a network was trained on.

    A frame is resized, its middle cropped to the input size, and every value becomes
    ``(value - mean) * scale``, in the channel order and layout the network expects.
    """

    width: int
    """Width of the network's input, pixels."""
    height: int
    """Height of the network's input, pixels."""
    resize: Literal["stretch", "shortest_side"] = "stretch"
    """`stretch` ignores the frame's shape; `shortest_side` keeps it."""
    resize_width: int | None = None
    """`stretch`: width before the crop. None: the input's, nothing is cropped."""
    resize_height: int | None = None
    """`stretch`: height before the crop; `shortest_side`: length of the frame's shortest side."""
    channels: Literal["rgb", "bgr", "grey"] = "rgb"
    """`grey`: one channel, of `GREY`."""
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Subtracted from values 0…255, one a channel in the network's own channel order; thrice the same of grey."""
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Multiplied after the mean is gone, likewise."""
    layout: Literal["nchw", "nhwc"] = "nchw"
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    """How frames are resized; where they become smaller, every pixel counts (no aliasing)."""

    def __post_init__(self) -> None:
        sizes = (self.width, self.height, self.resize_width or 0, self.resize_height or 0)
        checks = (
            all(isinstance(size, int) for size in sizes),
            self.width > 0 and self.height > 0 and max(sizes) <= MAX_SIDE,
            self.resize in ("stretch", "shortest_side"),
            self.channels in ("rgb", "bgr", "grey"),
            self.layout in ("nchw", "nhwc"),
            self.interpolation in ("bilinear", "bicubic"),
            len(self.mean) == len(self.scale) == 3 and all(self.scale),
            all(map(math.isfinite, (*self.mean, *self.scale))),
            self.channels != "grey" or len(set(self.mean)) == len(set(self.scale)) == 1,
            (self.resize_width or self.width) >= self.width,
            (self.resize_height or self.height) >= self.height,
            self.resize == "stretch" or (self.resize_height or self.height) >= self.width,
        )
        if not all(checks):
            raise ModelError(f"preprocessing that cannot be: {self}")

    def resized(self, width: int, height: int, pixel_aspect: Fraction = Fraction(1)) -> tuple[int, int]:
        """Size (width, height) that a frame of this size is scaled to before the middle is cropped.

        `pixel_aspect` is the width of a stored pixel over its height, so that the shape kept is the one shown. The
        longer side is cut off to whole pixels: torchvision.transforms.functional, _compute_resized_output_size.
        """
        if self.resize == "stretch":
            return self.resize_width or self.width, self.resize_height or self.height
        side = self.resize_height or self.height
        shown = Fraction(width) * pixel_aspect
        if shown <= height:
            return side, side * height // shown
        return side * shown // height, side

    def crop(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cut the input-sized middle out of a resized picture [H, W, 3]; a view, not a copy.

        Where sides differ by an odd number, half of it is rounded to an even one, as `center_crop` of
        torchvision.transforms.functional does. TensorFlow's EfficientNet rounds up, Caffe down: every other time
        the same.
        """
        top, left = round((picture.shape[0] - self.height) / 2), round((picture.shape[1] - self.width) / 2)
        return picture[top : top + self.height, left : left + self.width]

    def in_words(self) -> str:
        """What happens to a frame, in the order in which it happens."""
        width, height = self.resize_width or self.width, self.resize_height or self.height
        if self.resize == "stretch":
            steps = [f"stretched to {width} x {height} ({self.interpolation})"]
        else:
            steps = [f"shortest side to {height} ({self.interpolation})"]
        if self.resize != "stretch" or (width, height) != (self.width, self.height):
            steps.append(f"middle {self.width} x {self.height}")
        mean = f" - {_numbers(self.mean)}" if any(self.mean) else ""
        scale = f" / {_numbers([1 / scale for scale in self.scale])}" if set(self.scale) != {1.0} else ""
        values = f"(0 to 255{mean}){scale}" if mean and scale else f"0 to 255{mean}{scale}"
        channels = "grey" if self.channels == "grey" else self.channels.upper()
        return ", ".join([*steps, channels, values])

    def to_json(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        fields = asdict(self)
        if self.interpolation == "bilinear":
            del fields["interpolation"]  # cards written before there was a choice keep their digest
        return fields

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Preprocess":
        """Read what `to_json` wrote. Raises ModelError on anything else."""
        try:
            triples = {name: tuple(float(x) for x in fields[name]) for name in ("mean", "scale")}
            return cls(**{**fields, **triples})
        except (TypeError, KeyError, ValueError) as error:
            raise ModelError(f"preprocessing that cannot be read: {fields} ({error})") from error


def _numbers(values: Sequence[float]) -> str:
    shown = [f"{value:.6g}" for value in values]
    return shown[0] if len(set(shown)) == 1 else f"({', '.join(shown)})"
