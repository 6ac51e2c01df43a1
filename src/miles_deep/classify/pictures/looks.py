"""What is looked at in picture files: pixels as large as the networks want them."""

import math
import warnings
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from miles_deep.classify.pictures.reading import MOST_PIXELS, drafted, frames, moves, opened, upright
from miles_deep.errors import FormatError
from miles_deep.machine import cores
from miles_deep.model.preprocess import Preprocess
from miles_deep.timecode import Span

LOOKS = 4
"""At an animation, a second."""

LARGE = 9_000_000
"""Pixels, a 4K screen's. Larger pictures are read one at a time, so that memory does not grow with the cores."""

DRAFT = 4
"""Times as wide and high as a network wants it, at least, a JPEG is decoded. One of 4000 x 2250 pixels then takes
24 ms in place of 135; its pixels are off by at most 1 of 255 in the end, scores of open_nsfw by at most 0.007.
With 2 in place of 4, that is 22 of 255 and 0.017."""

Look = tuple[NDArray[np.uint8], ...]
"""One picture for each network: [H, W, 3], RGB, as large as its input."""


class Later(Enum):
    """Stands for a file that is not read beside others."""

    LATER = "later"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads picture files for networks."""

    specs: tuple[Preprocess, ...]
    """What each network wants."""
    exact: bool = False
    """Whether large JPEGs are decoded whole, as far as they can be; see `DRAFT`."""

    def read(self, files: Sequence[Path | FormatError]) -> list[Look | FormatError | Later]:
        """Files side by side: an error for each that cannot be read; what moves or is large is left for later.

        An error among the files is what is found there.
        """
        # Decoding and scaling let other threads run.
        with _silence(), ThreadPoolExecutor(cores(), "read-picture") as pool:
            return list(pool.map(self._read, files))

    def looks(self, path: Path) -> Generator[tuple[Span | None, Look], None, None]:
        """What is looked at in one file, with the time that each look stands for; None where nothing moves.

        An animation is looked at in the middle of every quarter second. A frame that is shown at several of these
        moments is one look; of an animation that is over before the first, its first frame is.

        Raises:
            FormatError: it cannot be read.
        """
        with ExitStack() as stack:
            with _silence():
                image = stack.enter_context(opened(path))
            if moves(image):
                yield from self._moving(image)
            else:
                yield None, self._still(image)

    def _read(self, file: Path | FormatError) -> Look | FormatError | Later:
        if isinstance(file, FormatError):
            return file
        try:
            with opened(file) as image:
                self._draft(image)
                large = image.width * image.height > LARGE
                return Later.LATER if large or moves(image) else self._look(upright(image))
        except FormatError as error:
            return error

    def _still(self, image: Image.Image) -> Look:
        self._draft(image)
        with _silence():
            return self._look(upright(image))

    def _moving(self, image: Image.Image) -> Iterator[tuple[Span, Look]]:
        found: Look | None = None
        begun, moments, end = Fraction(0), 0, Fraction(0)
        shown = frames(image)
        while True:
            with _silence():
                span = next(shown, None)
                if span is None:
                    break
                end, until = span.end, _moments_before(span.end)
                if found is not None and until == moments:
                    continue  # it is over before it would be looked at
                look = self._look(upright(image))
            if found is not None and moments:
                yield Span(begun, Fraction(moments, LOOKS)), found
                begun = Fraction(moments, LOOKS)
            found, moments = look, until
        if found is not None:
            yield Span(begun, end), found

    def _draft(self, image: Image.Image) -> None:
        """Have a large JPEG decoded at a half, a quarter or an eighth."""
        sizes = [image.size if self.exact else spec.resized(*image.size) for spec in self.specs]
        widest, highest = (max(side) * (1 if self.exact else DRAFT) for side in zip(*sizes, strict=True))
        drafted(image, widest, highest)

    def _look(self, picture: Image.Image) -> Look:
        return tuple(_fitted(picture, spec) for spec in self.specs)


def _moments_before(time: Fraction) -> int:
    """How many middles of quarter seconds come before a time."""
    return max(0, math.ceil(time * LOOKS - Fraction(1, 2)))


def _fitted(picture: Image.Image, spec: Preprocess) -> NDArray[np.uint8]:
    """A picture resized and cropped, as `Model.classify` does it."""
    size, how = spec.resized(*picture.size), Image.Resampling[spec.interpolation.upper()]
    if size[0] * size[1] > MOST_PIXELS:  # long and thin: what is cut off is not made first
        return np.asarray(picture.resize((spec.width, spec.height), how, _middle(picture.size, size, spec)))
    if picture.size != size:
        picture = picture.resize(size, how)
    return spec.crop(np.asarray(picture))


def _middle(
    before: tuple[int, int], resized: tuple[int, int], spec: Preprocess
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what `Preprocess.crop` leaves of a resized picture, in the one before."""
    ends = []
    for old, new, kept in zip(before, resized, (spec.width, spec.height), strict=True):
        first = round((new - kept) / 2)
        ends.append((first * old / new, (first + kept) * old / new))
    [(left, right), (top, bottom)] = ends
    return left, top, right, bottom


@contextmanager
def _silence() -> Iterator[None]:
    """Warnings of Pillow's are about odd metadata; what is wrong with a picture itself is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
