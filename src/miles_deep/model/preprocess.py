"""What a classifier wants its pictures to look like."""

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import ModelError


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
    channels: Literal["rgb", "bgr"] = "rgb"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Subtracted from values 0…255, one a channel in the network's own channel order."""
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Multiplied after the mean is gone, likewise."""
    layout: Literal["nchw", "nhwc"] = "nchw"
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    """How frames are resized; where they become smaller, every pixel counts (no aliasing)."""

    def __post_init__(self) -> None:
        sizes = (self.width, self.height, self.resize_width or 0, self.resize_height or 0)
        checks = (
            all(isinstance(size, int) for size in sizes),
            self.width > 0 and self.height > 0,
            self.resize in ("stretch", "shortest_side"),
            self.channels in ("rgb", "bgr"),
            self.layout in ("nchw", "nhwc"),
            self.interpolation in ("bilinear", "bicubic"),
            len(self.mean) == len(self.scale) == 3,
            (self.resize_width or self.width) >= self.width,
            (self.resize_height or self.height) >= self.height,
            self.resize == "stretch" or (self.resize_height or self.height) >= self.width,
        )
        if not all(checks):
            raise ModelError(f"preprocessing that cannot be: {self}")

    def resized(self, width: int, height: int, pixel_aspect: Fraction = Fraction(1)) -> tuple[int, int]:
        """Size (width, height) that a frame of this size is scaled to before the middle is cropped.

        `pixel_aspect` is the width of a stored pixel over its height, so that the shape kept is the one shown.
        """
        if self.resize == "stretch":
            return self.resize_width or self.width, self.resize_height or self.height
        side = self.resize_height or self.height
        shown = Fraction(width) * pixel_aspect
        if shown <= height:
            return side, max(side, round(side * height / shown))
        return max(side, round(side * shown / height)), side

    def crop(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cut the input-sized middle out of a resized picture [H, W, 3]; a view, not a copy."""
        top, left = (picture.shape[0] - self.height) // 2, (picture.shape[1] - self.width) // 2
        return picture[top : top + self.height, left : left + self.width]

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
