"""Preprocessing by name and from TOML files."""

from pathlib import Path

import numpy as np
import pytest

from miles_deep.errors import OptionError
from miles_deep.model.presets import PRESETS, preset


def values(name: str, *given: float) -> list[float]:
    """What a preset makes of three values 0…255, in the network's channel order."""
    spec = PRESETS[name].fitted(224, 224, "nchw")
    ordered = given if spec.channels == "rgb" else given[::-1]
    return [(x - m) * s for x, m, s in zip(ordered, spec.mean, spec.scale, strict=True)]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        # ToTensor() and Normalize() of torchvision: (x / 255 - mean) / std.
        ("imagenet", [(1 - 0.485) / 0.229, (0.2 - 0.456) / 0.224, (0 - 0.406) / 0.225]),
        ("inception", [1, -0.6, -1]),
        ("efficientnet-lite", [1, (51 - 127) / 128, -127 / 128]),
        ("caffe", [-104, 51 - 117, 255 - 123]),
        ("clip", [(1 - 0.48145466) / 0.26862954, (0.2 - 0.4578275) / 0.26130258, -0.40821073 / 0.27577711]),
        ("vit", [1, -0.6, -1]),
        ("ultralytics", [1, 0.2, 0]),
        ("open_nsfw", [-104, 51 - 117, 255 - 123]),
        ("unit", [1, 0.2, 0]),
        ("raw", [255, 51, 0]),
        ("raw-bgr", [0, 51, 255]),
    ],
)
def test_values_are_those_that_the_authors_publish(name: str, right: list[float]) -> None:
    assert np.allclose(values(name, 255, 51, 0), right, atol=1e-5)


def test_every_preset_is_tested() -> None:
    assert len(PRESETS) == 11
    assert all(preset(name) is one and one.about for name, one in PRESETS.items())


@pytest.mark.parametrize(
    ("name", "frame", "scaled"),
    [
        ("imagenet", (640, 480), (341, 256)),
        ("efficientnet-lite", (480, 640), (256, 341)),
        ("caffe", (640, 480), (256, 256)),
        ("clip", (640, 480), (298, 224)),
        ("unit", (640, 480), (224, 224)),
    ],
)
def test_what_is_cut_off(name: str, frame: tuple[int, int], scaled: tuple[int, int]) -> None:
    assert PRESETS[name].fitted(224, 224, "nchw").resized(*frame) == scaled


@pytest.mark.parametrize(("size", "larger"), [(224, 256), (240, 272), (260, 292), (280, 312), (300, 332)])
def test_every_efficientnet_lite_cuts_off_as_much(size: int, larger: int) -> None:
    """Lite0 to Lite4, by CROP_PADDING of TensorFlow's preprocessing."""
    spec = PRESETS["efficientnet-lite"].fitted(size, size, "nchw")
    assert spec.resized(2 * larger, larger) == (2 * larger, larger)
    assert spec.interpolation == "bicubic"


def test_a_wide_input_is_cut_out_of_a_wide_picture() -> None:
    assert PRESETS["caffe"].fitted(448, 224, "nchw").resized(640, 480) == (512, 256)
    assert PRESETS["caffe"].fitted(227, 227, "nchw").resized(640, 480) == (256, 256), "AlexNet, CaffeNet"
    spec = PRESETS["imagenet"].fitted(448, 224, "nhwc")
    assert spec.resized(1920, 1080) == (910, 512)
    assert spec.layout == "nhwc"


def test_a_file_of_windows(tmp_path: Path) -> None:
    """Its editors write a byte order mark."""
    (tmp_path / "mine.toml").write_text("\ufeffpadding = 32", encoding="utf-8")
    assert preset(tmp_path / "mine.toml").fitted(224, 112, "nchw").resized(9, 9) == (256, 144)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'white = 1\nmean = 0.5\nstd = [0.25, 0.25, 0.5]\nchannels = "bgr"\nresize = "shortest_side"\n'
        'crop = 0.95\ninterpolation = "bicubic"\nsize = 380\n'
    )
    own = preset(path)
    spec = own.fitted(own.size, own.size, "nchw")
    assert np.allclose(spec.mean, 127.5) and np.allclose(spec.scale, [4 / 255, 4 / 255, 2 / 255])
    assert (spec.width, spec.resize_height, spec.channels, spec.interpolation) == (380, 400, "bgr", "bicubic")
    assert preset(str(path)) == own


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mena = 1", "no field 'mena' in preprocessing; there are: white, mean, std"),
        ("mean = [1, 2]", "mean must be a number, or three"),
        ("mean = nan", "mean must be a number, or three"),
        ("std = 0", "std = '0' cannot be"),
        ("crop = 2", "crop = '2' cannot be"),
        ("padding = -1", "padding = '-1' cannot be"),
        ("padding = 8000", "preprocessing that cannot be"),
        ("crop = true", "crop = 'True' cannot be"),
        ("white = 0", "white = '0' cannot be"),
        ('channels = "yuv"', "channels = 'yuv' cannot be"),
        ("size = 1.5", "size = '1.5' cannot be"),
        ('resize = "nearest"', "resize = 'nearest' cannot be"),
        ("interpolation = []", "interpolation = '[]' cannot be"),
        ("mean = ", "Invalid value"),
        ("a" * 70000, "larger than"),
        ("\xff", "codec can't decode"),
        ("x = " + "[" * 60000, "mine.toml: "),
    ],
)
def test_files_that_cannot_be(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(OptionError) as caught:
        preset(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and words in message and message.isprintable()


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="cannot be read"):
        preset(tmp_path / "none.toml")
    with pytest.raises(OptionError, match=r"no preprocessing 'resnet'; there are: imagenet, .*, or a .toml file"):
        preset("resnet")
