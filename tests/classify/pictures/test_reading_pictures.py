"""What pixels come out of picture files, and what is refused."""

import struct
import time
import warnings
import zlib
from fractions import Fraction
from io import BytesIO

import numpy as np
import pytest
from picture_files import BLUE, GREEN, RED, animation, flat
from PIL import Image

from miles_deep.classify.pictures.reading import frames, moves, opened, upright
from miles_deep.errors import FormatError
from miles_deep.timecode import Span


def pixels(path):
    with opened(path) as image:
        return np.asarray(upright(image))


def middle(path):
    """The colour in the middle."""
    shown = pixels(path)
    return tuple(map(int, shown[shown.shape[0] // 2, shown.shape[1] // 2]))


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "ppm", "tga", "qoi", "gif", "ico", "webp", "jp2"])
def test_kinds_of_files(tmp_path, suffix):
    flat(RED, (16, 16)).save(tmp_path / f"a.{suffix}")
    assert np.abs(np.subtract(middle(tmp_path / f"a.{suffix}"), RED)).max() <= 6


@pytest.mark.parametrize("suffix", ["jpg", "avif"])
def test_lossy_kinds(tmp_path, suffix):
    flat(RED).save(tmp_path / f"a.{suffix}", quality=95)
    assert np.abs(np.subtract(middle(tmp_path / f"a.{suffix}"), RED)).max() <= 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_camera_may_be_held_in_any_way(tmp_path, orientation):
    """Stored so that turning it as EXIF says gives a picture that is red at the left and blue at the right."""
    wanted = Image.fromarray(np.array([[RED] * 8 + [BLUE] * 8] * 8, np.uint8))
    undo = [None, None, 0, 3, 1, 5, 2, 6, 4][orientation]  # of PIL: 2 turns left, 4 right
    stored = wanted if undo is None else wanted.transpose(Image.Transpose(undo))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(pixels(tmp_path / "a.png"), np.asarray(wanted))


def test_white_shows_through(tmp_path):
    flat((*RED, 0), mode="RGBA").save(tmp_path / "clear.png")
    flat((0, 0, 0, 128), mode="RGBA").save(tmp_path / "half.png")
    flat((0, 255), mode="LA").save(tmp_path / "grey.png")
    assert middle(tmp_path / "clear.png") == (255, 255, 255)
    assert middle(tmp_path / "half.png") == (127, 127, 127)
    assert middle(tmp_path / "grey.png") == (0, 0, 0)


def test_palettes(tmp_path):
    """With a colour that is transparent, and without."""
    both = Image.fromarray(np.array([[RED] * 8 + [BLUE] * 8] * 8, np.uint8)).quantize(2)
    red = both.getpixel((0, 0))
    both.save(tmp_path / "a.png")
    both.save(tmp_path / "clear.png", transparency=red)
    assert tuple(pixels(tmp_path / "a.png")[0, 0]) == RED
    assert tuple(pixels(tmp_path / "clear.png")[0, 0]) == (255, 255, 255)
    assert tuple(pixels(tmp_path / "clear.png")[0, 15]) == BLUE


def test_ink_and_grey(tmp_path):
    flat((0, 255, 255, 0), mode="CMYK").save(tmp_path / "ink.jpg", quality=95)
    flat((0, 255, 255, 0), mode="CMYK").save(tmp_path / "ink.tif")
    Image.new("L", (8, 8), 77).save(tmp_path / "grey.png")
    Image.new("1", (8, 8), 1).save(tmp_path / "white.png")
    for name in ("ink.jpg", "ink.tif"):
        assert np.abs(np.subtract(middle(tmp_path / name), (255, 0, 0))).max() <= 4
    assert middle(tmp_path / "grey.png") == (77, 77, 77)
    assert middle(tmp_path / "white.png") == (255, 255, 255)


@pytest.mark.parametrize(
    "values",
    [np.uint16(0x8000), np.int32(0x8000), np.float32(0.5), np.float32(127.5)],
    ids=["16 bits", "32 bits", "to 1", "to 255"],
)
def test_many_bits(tmp_path, values):
    """Half as bright as can be, and not what is left of it in the lowest eight bits."""
    grey = np.full((8, 8), values)
    grey[0, 0] *= 1 if values < 1 else 0
    Image.fromarray(grey).save(tmp_path / "a.tif")
    assert middle(tmp_path / "a.tif") in ((127, 127, 127), (128, 128, 128))


def test_not_a_number(tmp_path):
    grey = np.full((4, 4), np.nan, np.float32)
    Image.fromarray(grey).save(tmp_path / "a.tif")
    assert middle(tmp_path / "a.tif") == (0, 0, 0)


def test_the_first_page(tmp_path):
    flat(RED).save(tmp_path / "a.tif", save_all=True, append_images=[flat(BLUE)])
    with opened(tmp_path / "a.tif") as image:
        assert not moves(image)
    assert middle(tmp_path / "a.tif") == RED


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "avif"])
def test_frames_and_when_they_are_shown(tmp_path, suffix):
    path = animation(tmp_path / f"a.{suffix}", [RED, GREEN, BLUE], [100, 500, 40])
    with opened(path) as image:
        assert moves(image)
        found = [(span, np.asarray(upright(image))[3, 3].argmax()) for span in frames(image)]
    times = [Fraction(0), Fraction(1, 10), Fraction(6, 10), Fraction(64, 100)]
    assert found == [(Span(*times[number : number + 2]), number) for number in range(3)]


def test_no_duration_is_a_tenth_of_a_second(tmp_path):
    path = animation(tmp_path / "a.gif", [RED, BLUE], [0, 0])
    with opened(path) as image:
        assert [span.length for span in frames(image)] == [Fraction(1, 10)] * 2


def test_the_still_picture_of_an_animation_is_no_frame(tmp_path):
    path = animation(tmp_path / "a.png", [GREEN, RED, BLUE], [100, 100], default_image=True)
    with opened(path) as image:
        assert [int(np.asarray(upright(image))[3, 3].argmax()) for _ in frames(image)] == [0, 2]


def refused(path, match):
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(FormatError, match=match) as raised, opened(path) as image:
            list(frames(image)) if moves(image) else upright(image)
    assert str(raised.value).startswith(f"{path}: ") and "\n" not in str(raised.value)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("content", [b"words\n", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_no_pictures(tmp_path, content):
    (path := tmp_path / "a.png").write_bytes(content)
    refused(path, "not a picture of a kind that can be read|cannot be read")


def test_an_empty_file(tmp_path):
    (path := tmp_path / "a.png").touch()
    refused(path, "an empty file")


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize("side", [11_000, 2**31 - 1])
def test_bombs(tmp_path, side):
    """A few bytes that promise a great many pixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    (path := tmp_path / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    )
    refused(path, "more than 100 million pixels")


def test_endless_animations(tmp_path):
    """Frames that are shown for more than an hour."""
    path = animation(tmp_path / "a.gif", [RED, GREEN] * 40, [100_000] * 80)
    refused(path, "too long for a picture; make a film of it")


def test_a_gif_that_grows(tmp_path):
    """A small picture, and a frame in it that says it is 60,000 wide and high."""
    content = bytearray(animation(tmp_path / "a.gif", [RED, GREEN], [100, 100]).read_bytes())
    at = content.rindex(b"\x2c")
    content[at + 5 : at + 9] = struct.pack("<HH", 60_000, 60_000)
    (path := tmp_path / "b.gif").write_bytes(content)
    refused(path, "more than 100 million pixels")


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "webp", "tif", "jp2"])
def test_cut_short_or_damaged(tmp_path, suffix):
    """Anywhere: a picture, or one line about it."""
    random = np.random.default_rng(1)
    whole = BytesIO()
    Image.fromarray(random.integers(0, 256, (40, 40, 3), np.uint8)).save(
        whole, {"jpg": "JPEG", "tif": "TIFF", "jp2": "JPEG2000"}.get(suffix, suffix.upper())
    )
    content = whole.getvalue()
    path = tmp_path / f"a.{suffix}"
    for number in range(24):
        damaged = bytearray(content[: random.integers(1, len(content))] if number % 2 else content)
        for at in random.integers(0, len(damaged), 4):
            damaged[at] = random.integers(256)
        path.write_bytes(damaged)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                assert pixels(path).shape[2] == 3
            except FormatError as error:
                assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
