"""What published classifiers want their pictures to look like, by name or from a small TOML file."""

import math
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from miles_deep.errors import ModelError, OptionError
from miles_deep.files import read_file
from miles_deep.model.preprocess import Preprocess

MAX_TEXT = 1 << 16
"""Bytes of a TOML file with preprocessing, which has ten lines."""

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Preset:
    """Preprocessing that is not yet bound to the size and layout of a network's input.

    A value 0…255 becomes ``(value * white / 255 - mean) / std``, so that the numbers are those that a network's
    authors publish.
    """

    about: str
    """Whose networks want it, in a few words."""
    white: float = 255.0
    """What the brightest value becomes before `mean` and `std`: 255 or 1."""
    mean: Triple = (0.0, 0.0, 0.0)
    """One a channel, in the network's channel order."""
    std: Triple = (1.0, 1.0, 1.0)
    """Likewise."""
    channels: Literal["rgb", "bgr"] = "rgb"
    resize: Literal["stretch", "shortest_side"] = "stretch"
    crop: float = 1.0
    """Side of the input over that of the picture it is cut out of; 1: nothing is cut off but what a wide picture
    has at its sides."""
    resized: int | None = None
    """Side of that picture, pixels, in place of `crop` where it is larger than the input's."""
    padding: int = 0
    """Pixels by which that picture is larger still, where it is so at every size of the input."""
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    size: int = 224
    """Width and height, pixels, where the network takes pictures of any size."""

    def fitted(self, width: int, height: int, layout: Literal["nchw", "nhwc"]) -> Preprocess:
        """The preprocessing for an input of this size. Raises ModelError where it cannot be."""
        # floor: timm's transforms_factory
        larger = [
            max(math.floor(side / self.crop + 1e-9) + self.padding, side)
            if self.resized is None or self.resized <= side
            else self.resized
            for side in (width, height)
        ]
        resized: tuple[int | None, int | None] = (larger[0], larger[1])
        if self.resize == "shortest_side":
            resized = (None, max(larger))
        elif larger == [width, height]:
            resized = (None, None)
        return Preprocess(
            width,
            height,
            self.resize,
            *resized,
            self.channels,
            tuple(mean * (255 / self.white) for mean in self.mean),  # type: ignore[arg-type]
            tuple(self.white / 255 / std for std in self.std),  # type: ignore[arg-type]
            layout,
            self.interpolation,
        )


PRESETS: dict[str, Preset] = {
    # torchvision, "Models and pre-trained weights": resize 256, crop 224, mean and std of ImageNet.
    "imagenet": Preset(
        "torchvision, timm, PyTorch in general",
        1.0,
        (0.485, 0.456, 0.406),
        (0.229, 0.224, 0.225),
        resize="shortest_side",
        crop=0.875,
    ),
    # models/slim/preprocessing/inception_preprocessing.py (crop), keras imagenet_utils mode "tf" (values).
    "inception": Preset(
        "Inception, MobileNet, NASNet of TensorFlow and Keras: -1 to 1",
        mean=(127.5, 127.5, 127.5),
        std=(127.5, 127.5, 127.5),
        resize="shortest_side",
        crop=0.875,
    ),
    # tpu/models/official/efficientnet/lite: MEAN_RGB 127, STDDEV_RGB 128, bicubic, CROP_PADDING 32.
    "efficientnet-lite": Preset(
        "EfficientNet-Lite",
        mean=(127.0, 127.0, 127.0),
        std=(128.0, 128.0, 128.0),
        resize="shortest_side",
        padding=32,
        interpolation="bicubic",
    ),
    # BVLC's reference models: transform_param { mean_value: 104 … 117 … 123 }, 256 to 224 or 227.
    "caffe": Preset(
        "networks converted from Caffe, Keras's ResNet and VGG",
        mean=(104.0, 117.0, 123.0),
        channels="bgr",
        crop=0.875,
        resized=256,
    ),
    # CLIP's preprocess (clip/clip.py): bicubic resize to the input's size, mean and std of its own data.
    "clip": Preset(
        "CLIP, OpenCLIP and what was tuned from them",
        1.0,
        (0.48145466, 0.4578275, 0.40821073),
        (0.26862954, 0.26130258, 0.27577711),
        resize="shortest_side",
        interpolation="bicubic",
    ),
    # transformers' ViTImageProcessor: stretched to the input's size, mean and std 0.5.
    "vit": Preset("Vision Transformers of Hugging Face", 1.0, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    # ultralytics/data/augment.py: classify_transforms, DEFAULT_MEAN 0, DEFAULT_STD 1, DEFAULT_CROP_FRACTION 1.
    "ultralytics": Preset("YOLO classifiers of Ultralytics", 1.0, resize="shortest_side"),
    # As the catalogue's open_nsfw: stretched straight to the input, nothing cut off.
    "open_nsfw": Preset("Yahoo's open_nsfw", mean=(104.0, 117.0, 123.0), channels="bgr"),
    "unit": Preset("anything that wants 0 to 1", 1.0),
    "raw": Preset("networks that do it themselves: 0 to 255, RGB"),
    "raw-bgr": Preset("networks that do it themselves: 0 to 255, BGR", channels="bgr"),
}
"""Name to preprocessing: what `--preprocess` takes, beside a TOML file with a `Preset`'s fields."""


def preset(name: str | Path) -> Preset:
    """The preset of that name, or the one in a TOML file. Raises OptionError."""
    if str(name) in PRESETS:
        return PRESETS[str(name)]
    if Path(name).suffix.lower() != ".toml":
        raise OptionError(f"no preprocessing {str(name)!r}; there are: {', '.join(PRESETS)}, or a .toml file")
    content = read_file(name, MAX_TEXT, OptionError)
    try:
        return _read(tomllib.loads(content.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, or a value that cannot be
        raise OptionError(f"{name}: {' '.join(str(error).split())[:200]}") from error


def _read(table: dict[str, Any]) -> Preset:
    """A preset of a TOML file's entries. Raises ValueError."""
    known = [field.name for field in fields(Preset) if field.name != "about"]
    if unknown := [key for key in table if key not in known]:
        raise ValueError(f"no field {unknown[0][:60]!r} in preprocessing; there are: {', '.join(known)}")
    values = dict(table)
    for name in ("mean", "std"):
        if name in table:
            values[name] = _triple(name, table[name])
    made = Preset("a file of its own", **values)
    checks = {
        "white": _is_number(made.white) and made.white > 0,
        "std": all(made.std),
        "channels": made.channels in ("rgb", "bgr"),
        "resize": made.resize in ("stretch", "shortest_side"),
        "crop": _is_number(made.crop) and 0.1 <= made.crop <= 1,
        "interpolation": made.interpolation in ("bilinear", "bicubic"),
        "padding": _is_whole(made.padding) and made.padding >= 0,
        "resized": made.resized is None or (_is_whole(made.resized) and made.resized > 0),
        "size": _is_whole(made.size) and made.size > 0,
    }
    if wrong := [name for name, right in checks.items() if not right]:
        raise ValueError(f"{wrong[0]} = {str(table[wrong[0]])[:60]!r} cannot be")
    try:
        made.fitted(made.size, made.size, "nchw")
    except ModelError as error:
        raise ValueError(str(error)) from error
    return made


def _triple(name: str, value: Any) -> Triple:
    """A number, or three, as three."""
    numbers = value if isinstance(value, list) else [value] * 3
    if len(numbers) != 3 or not all(map(_is_number, numbers)):
        raise ValueError(f"{name} must be a number, or three, one a channel")
    red, green, blue = map(float, numbers)
    return red, green, blue


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
