"""From a stored frame to upright RGB pixels of a wanted size."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from miles_deep.video.frame import Frame
from miles_deep.video.video import Video

MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
"""H.273 matrix coefficients to the scaler's name for them; others are no YUV, or have no name there."""

PLANAR = {"nv12": "yuv420p", "p010le": "yuv420p10le", "p012le": "yuv420p12le"}
"""Formats that hardware decodes to, and those of the same samples in planes of their own. Where nothing is scaled,
the scaler takes other, less exact ways with the former."""

INTERPOLATIONS = {"bilinear": Interpolation.BILINEAR, "bicubic": Interpolation.BICUBIC}
"""What the scaler can be asked for, by name. Of pictures that become smaller, both weigh every pixel."""

Resize = Callable[[int, int, Fraction], tuple[int, int]]
"""From width, height and pixel aspect of an upright frame to the wanted width and height."""


class Scaler:
    """Turns frames of one film into RGB arrays; scaling and colour conversion are one step of FFmpeg's scaler."""

    def __init__(self, video: Video, resize: Resize | None = None, interpolation: str = "bilinear") -> None:
        self._turn = video.orientation
        self._colour = video.colour
        self._aspect = video.pixel_aspect
        self._resize = resize or (lambda width, height, aspect: (width, height))
        self._interpolation = INTERPOLATIONS[interpolation]
        self._scaler = VideoReformatter()

    def rgb(self, frame: Frame) -> NDArray[np.uint8]:
        """The frame as uint8 [H, W, 3], RGB, upright, of the wanted size."""
        picture = frame.picture
        width, height, aspect = picture.width, picture.height, self._aspect
        if self._turn.transpose:
            width, height, aspect = height, width, 1 / aspect
        width, height = self._resize(width, height, aspect)
        if self._turn.transpose:
            width, height = height, width
        if (width, height) == (picture.width, picture.height) and picture.format.name in PLANAR:
            picture = picture.reformat(format=PLANAR[picture.format.name])
        scaled = self._scaler.reformat(
            picture,
            width,
            height,
            "rgb24",
            src_colorspace=MATRICES.get(self._colour.matrix),
            src_color_range=ColorRange.JPEG if self._colour.full_range else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=self._interpolation,
            threads=1,
        )
        plane = scaled.planes[0]
        # The scaler's own memory, seen as an array; the plane keeps it alive.
        pixels = np.ndarray((height, width, 3), np.uint8, memoryview(plane), strides=(plane.line_size, 3, 1))
        return self._upright(pixels)

    def _upright(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self._turn.transpose:
            pixels = pixels.transpose(1, 0, 2)
        if self._turn.mirror_x:
            pixels = pixels[:, ::-1]
        if self._turn.mirror_y:
            pixels = pixels[::-1]
        return pixels
