"""Blurring pictures so that nobody recognises what is in them."""

from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

BLOCKS = 16
"""How many blocks of one colour each are left along the longer side: faces and bodies are no more than a few."""


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
