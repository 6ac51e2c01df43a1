"""Small pictures of a film, taken where they cost least."""

import io
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from miles_deep.video import Scaler, Video, frames_at

Picture = NDArray[np.uint8]
"""[H, W, 3], RGB."""

QUALITY = 72
"""Of JPEGs: the lowest at which faces this small show no blocks."""


def size_within(width: int, height: int, aspect: Fraction, box: tuple[int, int]) -> tuple[int, int]:
    """Width and height of a picture that fills a box, of width and height, as far as its shape lets it.

    Args:
        width, height: of the upright frame, pixels.
        aspect: width of a pixel over its height.
        box: pixels.
    """
    shape = width * aspect / height
    wide, high = (box[0], box[0] / shape) if shape > Fraction(*box) else (box[1] * shape, box[1])
    return max(1, round(wide)), max(1, round(high))


def shown_size(video: Video, box: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the film's thumbnails in such a box."""
    return size_within(*video.upright_size, video.upright_aspect, box)


def strip_times(keyframes: Sequence[Fraction], duration: Fraction, count: int) -> list[Fraction]:
    """Times for a strip of thumbnails, one in each of `count` equal parts of a film.

    Each is the last keyframe in its part up to the middle, or the first after that, since a keyframe costs one
    decoded frame; the middle where there is none.
    """
    times = []
    for number in range(count):
        start, middle, end = (duration * (2 * number + half) / (2 * count) for half in range(3))
        before = bisect_right(keyframes, middle) - 1
        after = bisect_left(keyframes, middle)
        if before >= 0 and keyframes[before] >= start:
            times.append(keyframes[before])
        elif after < len(keyframes) and keyframes[after] < end:
            times.append(keyframes[after])
        else:
            times.append(middle)
    return times


def pictures(video: Video, times: Iterable[Fraction], box: tuple[int, int]) -> Iterator[tuple[Fraction, Picture]]:
    """The frames shown at some times, upright and as small as a box, in one pass over the film.

    Args:
        video: the film.
        times: seconds, in any order; each is read once.
        box: most width and height, pixels.

    Yields:
        (time, picture), ascending; none for times after the film's end.

    Raises:
        VideoError: the film cannot be read.
    """
    scaler = Scaler(video, lambda width, height, aspect: size_within(width, height, aspect, box))
    for time, frame in frames_at(video, sorted(set(times))):
        yield time, scaler.rgb(frame).copy()


def jpeg(picture: Picture) -> bytes:
    """A picture as a JPEG file."""
    from PIL import Image  # heavy, and not needed where pictures are only drawn

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()
