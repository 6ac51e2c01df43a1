"""Pictures in files: their frames, upright, as RGB."""

import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from miles_deep.errors import FormatError
from miles_deep.timecode import Span

FORMATS = (
    "JPEG",
    "PNG",
    "GIF",
    "WEBP",
    "AVIF",
    "BMP",
    "DIB",
    "TIFF",
    "JPEG2000",
    "PPM",
    "TGA",
    "ICO",
    "QOI",
)
"""Pillow's names of what is read. Not EPS, for which it would start Ghostscript."""

JPEGS = ("JPEG", "MPO")

UNREAD = (".heic", ".heif", ".jxl")
"""How the names of other pictures end: that these cannot be read is better said than passed over."""

ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")
"""Those whose frames are shown one after the other; of others that hold several pictures, the first is taken."""

MOST_PIXELS = 100_000_000
"""Of one frame: 300 MB in RGB. An A3 page at 600 dpi has 70 million."""

MOST_PIXELS_IN_JPEG = 4 * MOST_PIXELS
"""Of a JPEG that is decoded at a half or less, see `drafted`. Phones take pictures of 200 million."""

MOST_PIXELS_SHOWN = 20_000_000_000
"""Of all frames of a file: 6 minutes of 1080p at 25 frames a second, and some minutes of work."""

MOST_SECONDS = 3600
"""That an animation may last: its scores fit into memory."""

TOO_LARGE = f"more than {MOST_PIXELS // 1_000_000} million pixels; make it smaller first"

SHORTEST, USUAL = Fraction(1, 50), Fraction(1, 10)
"""Seconds. A frame that says it is shown for less than the first is shown for the second, as in browsers: files
that say 0 were made for machines that took their time to draw a frame."""

BACKDROP = (255, 255, 255)
"""What shows through transparent pixels: white, as on a page."""

ORIENTATION = 0x0112
"""The EXIF tag that says how the camera was held; 1 is upright."""


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """A picture file, its header read.

    Raises:
        FormatError: it is no picture of a known kind, damaged, or too large; whatever Pillow raises in the block
            becomes one line as well.
    """
    try:
        with _opened(path) as image:
            _check_size(image)
            yield image
    except UnidentifiedImageError as error:
        what = "not a picture of a kind that can be read" if path.stat().st_size else "an empty file"
        raise FormatError(f"{path}: {what}") from error
    except Image.DecompressionBombError as error:
        raise FormatError(f"{path}: {TOO_LARGE}") from error
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error
    except MemoryError as error:
        raise FormatError(f"{path}: takes more memory than there is") from error
    except Exception as error:  # Pillow lets through whatever a damaged file makes of its readers' arithmetic
        reason = getattr(error, "strerror", None) or next(iter(str(error).splitlines()), type(error).__name__)
        raise FormatError(f"{path}: cannot be read ({reason[:200]})") from error


def drafted(image: Image.Image, width: int, height: int) -> None:
    """Have a JPEG decoded at a half, a quarter or an eighth, but not smaller than this if it need not be."""
    if image.format not in JPEGS:
        return
    if image.width * image.height > MOST_PIXELS:
        width, height = min(width, image.width // 2), min(height, image.height // 2)
    image.draft(None, (width, height))


def _opened(path: Path) -> Image.Image:
    """What Pillow makes of a file; a JPEG that is too large for it by its own rules as well."""
    try:
        return Image.open(path, formats=FORMATS)
    except Image.DecompressionBombError as error:
        try:
            return JpegImageFile(path)
        except SyntaxError:  # it is none
            raise error from None


def is_picture(path: Path) -> bool:
    """Whether a file is a picture by its name or, whatever that is, by how it begins."""
    if path.suffix.lower() in _suffixes():
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # A TGA begins like anything.
            Image.open(path, formats=[name for name in FORMATS if name != "TGA"]).close()
        except UnidentifiedImageError:
            return False
        except Exception:  # what is wrong with it is told when it is read
            return True
    return True


@cache
def _suffixes() -> frozenset[str]:
    known = Image.registered_extensions().items()
    return frozenset([*UNREAD, *(suffix for suffix, name in known if name in FORMATS)])


def moves(image: Image.Image) -> bool:
    """Whether it is an animation."""
    return image.format in ANIMATED and bool(getattr(image, "is_animated", False))


def frames(image: Image.Image) -> Iterator[Span]:
    """When each frame of an animation is shown, in seconds from the first; `image` is that frame until the next is
    asked for. Raises FormatError where it is too large or too long."""
    start, pixels = Fraction(0), 0
    # A PNG's picture for programs that show no animation is not part of it.
    for number in itertools.count(1 if getattr(image, "default_image", False) else 0):
        try:
            image.seek(number)
        except EOFError:
            return
        image.load()  # only then do WebP and AVIF say how long
        _check_size(image)
        pixels += image.width * image.height
        if pixels > MOST_PIXELS_SHOWN or start > MOST_SECONDS:
            raise FormatError("too long for a picture; make a film of it")
        duration = Fraction(image.info.get("duration") or 0) / 1000
        end = start + (duration if duration >= SHORTEST else USUAL)
        yield Span(start, end)
        start = end


def upright(image: Image.Image) -> Image.Image:
    """A picture as RGB, turned as its camera was held.

    White shows through what is transparent; samples of more than eight bits keep their upper ones; colour profiles
    are not looked at, as classifiers' training does not either.
    """
    _check_size(image, decoded=True)
    image.load()
    turned = ImageOps.exif_transpose(image) if image.getexif().get(ORIENTATION, 1) != 1 else image
    if turned.mode[0] in "IF":
        turned = _eight_bits(turned)
    if not turned.has_transparency_data:
        return _as("RGB", turned)
    above = _as("RGBA", turned)
    page = Image.new("RGB", above.size, BACKDROP)
    page.paste(above, mask=above)
    return page


def _as(mode: str, image: Image.Image) -> Image.Image:
    """In a mode, without the copy that Pillow makes of what is in it already."""
    return image if image.mode == mode else image.convert(mode)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits or more, or of floating point, which Pillow would cut off at 255."""
    values = np.nan_to_num(np.asarray(image, np.float32))
    most = 65535.0 if image.mode[0] == "I" else 1.0 if values.max(initial=0) <= 1 else 255.0
    return Image.fromarray((values.clip(0, most) * (255 / most)).round().astype(np.uint8))


def _check_size(image: Image.Image, decoded: bool = False) -> None:
    # To decode a progressive JPEG at a half takes as much memory as to decode it whole.
    halved = image.format in JPEGS and not decoded and "progressive" not in image.info
    if image.width * image.height > (MOST_PIXELS_IN_JPEG if halved else MOST_PIXELS):
        raise FormatError(TOO_LARGE)
