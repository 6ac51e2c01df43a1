"""Pictures made of others: blurred so that nobody recognises what is in them, or doubled."""

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

BLOCKS = 16
"""How many blocks of one colour each are left along the longer side: faces and bodies are no more than a few."""


def duplicate(picture: VideoFrame) -> VideoFrame:
    """A picture of its own that looks the same."""
    other = VideoFrame(picture.width, picture.height, picture.format.name)
    for theirs, ours in zip(picture.planes, other.planes, strict=True):
        rows, width = theirs.height, min(theirs.line_size, ours.line_size)
        source = np.frombuffer(memoryview(theirs), np.uint8).reshape(-1, theirs.line_size)[:rows, :width]
        target = np.zeros((ours.buffer_size // ours.line_size, ours.line_size), np.uint8)
        target[:rows, :width] = source
        ours.update(target.tobytes())
    other.colorspace, other.color_range = picture.colorspace, picture.color_range
    return other


class Blur:
    """Blurs pictures of one film."""

    def __init__(self, pixel_format: str) -> None:
        """`pixel_format`: of the pictures that come out; FFmpeg's name."""
        self._format = pixel_format
        self._down, self._up = VideoReformatter(), VideoReformatter()

    def blurred(self, picture: VideoFrame) -> VideoFrame:
        """A picture of the same size and colours that tells no more than where it is light and dark."""
        width, height = picture.width, picture.height
        scale = BLOCKS / max(width, height)
        # Even numbers, so that colours stored at half the size fit.
        few, rows = (max(2, 2 * round(side * scale / 2)) for side in (width, height))
        small = self._down.reformat(picture, few, rows, self._format, interpolation=Interpolation.AREA)
        return self._up.reformat(small, width, height, self._format, interpolation=Interpolation.BICUBIC)
