"""The clock picture: the frame's number in black and white, the frame's time in colour.

The upright picture is a grid of 6 x 4 flat cells, so that it survives scaling and heavy coding:

    row 0   bits 11..6 of the number, in Gray code (two neighbours differ in one bit)
    row 1   bits 5..0
    row 2   NOT parity | colour of the time, four cells wide | parity
    row 3   MARKER     | colour of the time, four cells wide | grey

The magenta MARKER in the lower left corner tells which way up the picture is.
"""

from fractions import Fraction
from functools import cache
from math import cos, pi

import av
import numpy as np
from numpy.typing import NDArray

COLUMNS, ROWS, BITS = 6, 4, 12
MARKER, GREY = (230, 30, 230), (128, 128, 128)
COLOUR_PERIOD = 30
"""Seconds after which the colour comes round again."""

LUMA_WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}
"""(Kr, Kb), from ITU-R BT.601-7 2.5.1 and BT.709-6 3.2."""

Rgb = NDArray[np.uint8]


def colour_at(time: Fraction | float) -> tuple[float, float, float]:
    """The true R, G, B (0..255) of the large area, `time` seconds after the film's first frame."""
    turn = float(time) / COLOUR_PERIOD
    red, green, blue = (128 + 90 * cos(2 * pi * (turn - third / 3)) for third in range(3))
    return red, green, blue


def clock_cells(number: int, time: Fraction | float) -> NDArray[np.float64]:
    """The 24 cells' colours, float [24, 3], row by row."""
    gray = number ^ (number >> 1)
    bits = [gray >> (BITS - 1 - i) & 1 for i in range(BITS)]
    parity = sum(bits) & 1
    black_white = [(255.0 * bit,) * 3 for bit in [*bits, 1 - parity, parity]]
    area = [colour_at(time)] * 4
    return np.array([*black_white[:13], *area, black_white[13], MARKER, *area, GREY], float)


def to_yuv(rgb: NDArray[np.float64], matrix: str, full: bool, depth: int = 8) -> NDArray[np.float64]:
    """R'G'B' 0..255, [..., 3] -> the Y'CbCr code values of `matrix` (BT.709-6 3.2-3.4), same shape."""
    kr, kb = LUMA_WEIGHTS[matrix]
    red, green, blue = np.moveaxis(rgb / 255, -1, 0)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    cb, cr = (blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)
    unit = 2 ** (depth - 8)
    if full:
        top = 2**depth - 1
        planes = [luma * top, cb * top + 128 * unit, cr * top + 128 * unit]
        return np.clip(np.stack(planes, -1), 0, top)
    return np.stack([16 + 219 * luma, 128 + 224 * cb, 128 + 224 * cr], -1) * unit


def clock_frame(
    number: int,
    time: Fraction | float,
    width: int,
    height: int,
    pix_fmt: str,
    matrix: str,
    full: bool,
    turn: int,
    texture: bool = False,
) -> av.VideoFrame:
    """The picture as a frame of `width` x `height` (upright), stored so that turning it `turn` degrees
    counter-clockwise makes it upright. With alpha, the grey corner is half transparent. `texture` lays a moving
    one over it, faint enough for number and colour to be read."""
    frame = av.VideoFrame(*((height, width) if turn % 180 else (width, height)), pix_fmt)
    cells = clock_cells(number, time)
    if frame.format.is_rgb:
        codes = cells[:, [1, 2, 0]]  # gbrp: the planes are G, B, R
    else:
        codes = to_yuv(cells, matrix, full, frame.format.components[0].bits)
    codes = np.hstack([codes, [[255.0]] * (COLUMNS * ROWS - 1) + [[128.0]]] if len(frame.planes) > 3 else [codes])
    for plane, values in zip(frame.planes, codes.T, strict=True):
        samples = np.frombuffer(plane, np.uint8 if frame.format.components[0].bits == 8 else np.uint16)
        samples = samples.reshape(-1, plane.line_size // samples.itemsize)[: plane.height, : plane.width]
        upright = (plane.width, plane.height) if turn % 180 else (plane.height, plane.width)
        samples[:] = np.rot90(np.rint(values)[_cell_map(*upright)], -turn // 90)
        if texture:
            top = 2 ** frame.format.components[0].bits - 1
            samples[:] = np.clip(samples + moving_texture(number, *samples.shape) * top / 255, 0, top)
    return frame


def moving_texture(number: int, height: int, width: int) -> NDArray[np.float64]:
    """Frame `number` of two patterns that slide over each other and swell and fade, float [height, width]."""
    here = np.roll(_pattern(0), (-number, -3 * number), (0, 1))[:height, :width]
    there = np.roll(_pattern(1), (2 * number, -number), (0, 1))[:height, :width]
    return np.asarray((here + there) * (1 + 0.5 * cos(number / 5)), float)


@cache
def _pattern(seed: int) -> NDArray[np.float64]:
    """Soft noise of +-12 that joins at its edges."""
    noise = np.random.default_rng(seed).normal(0, 1, (256, 256))
    soft = sum(np.roll(noise, (y, x), (0, 1)) for y in range(3) for x in range(3))
    return np.asarray(np.clip(4 * soft, -12, 12), float)


@cache
def _cell_map(height: int, width: int) -> NDArray[np.int64]:
    rows, columns = np.arange(height) * ROWS // height, np.arange(width) * COLUMNS // width
    return rows[:, None] * COLUMNS + columns


@cache
def _bit_points(height: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of 7 x 7 points spread over the inner half of each of the 14 black or white cells."""
    places = np.array([divmod(i, COLUMNS) for i in range(BITS)] + [(2, 0), (2, 5)])
    inner = np.linspace(0.25, 0.75, 7)
    rows = (places[:, :1] + inner) * height / ROWS
    columns = (places[:, 1:] + inner) * width / COLUMNS
    return rows.astype(np.intp)[:, :, None], columns.astype(np.intp)[:, None, :]


def read_frame_number(rgb: Rgb) -> int:
    """The number in an upright picture, [H, W, 3].

    Raises: ValueError where the picture is not one whole clock frame (damaged, blended, turned).
    """
    levels = rgb[_bit_points(*rgb.shape[:2])].mean(axis=(1, 2, 3))
    if np.any((levels > 95) & (levels < 160)):
        raise ValueError(f"neither black nor white: {levels.round().tolist()}")
    *bits, odd, parity = (levels > 128).astype(int).tolist()
    if sum(bits) & 1 != parity or odd == parity:
        raise ValueError(f"parity does not hold: {bits}, {odd}, {parity}")
    number = 0
    for bit in bits:
        number = number << 1 | (bit ^ (number & 1))
    return number


def read_colour(rgb: Rgb) -> tuple[float, float, float]:
    """Mean R, G, B of the middle of the large area of an upright picture; compare with `colour_at`."""
    height, width = rgb.shape[:2]
    middle = rgb[round(height * 0.65) : round(height * 0.85), round(width * 0.35) : round(width * 0.65)]
    red, green, blue = middle.reshape(-1, 3).mean(axis=0).tolist()
    return red, green, blue


def read_orientation(rgb: Rgb) -> int:
    """How many degrees counter-clockwise the picture must be turned to be upright: 0, 90, 180 or 270."""
    height, width = rgb.shape[:2]
    y, x = max(height // 12, 1), max(width // 12, 1)
    corners = {0: rgb[-2 * y : -y // 2, x // 2 : 2 * x], 90: rgb[y // 2 : 2 * y, x // 2 : 2 * x]}
    corners |= {180: rgb[y // 2 : 2 * y, -2 * x : -x // 2], 270: rgb[-2 * y : -y // 2, -2 * x : -x // 2]}
    magenta = {turn: np.array([0.5, -1, 0.5]) @ c.reshape(-1, 3).mean(axis=0) for turn, c in corners.items()}
    return max(magenta, key=lambda turn: float(magenta[turn]))
