"""Classifiers trained with Caffe: prototxt, caffemodel, mean and labels, made into one `Model`.

Read `import_caffe` first, then `convert` (the network as a whole) and `layers` (one function a layer type).
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from miles_deep.errors import CaffeError
from miles_deep.model.caffe.files import MAX_BINARY, MAX_TEXT, parse_labels, parse_prototxt, read_bytes
from miles_deep.model.caffe.mean import read_mean
from miles_deep.model.card import BACKGROUND_NAMES, ModelCard
from miles_deep.model.converted import keep, look_up
from miles_deep.model.imagenet.labelled import RULES, imagenet_groups
from miles_deep.model.model import Model
from miles_deep.model.network import Precision
from miles_deep.model.preprocess import Preprocess

if TYPE_CHECKING:
    from onnx import ModelProto

CONVERTER_VERSION = 2
"""Raised with every change that makes another network of the same files, so that no old one is used."""


def import_caffe(
    prototxt: str | Path,
    weights: str | Path,
    mean: str | Path | Sequence[float] | None = None,
    labels: str | Path | Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    device: str = "auto",
    precision: Precision = "auto",
) -> Model:
    """Make a model of a classifier trained with Caffe.

    Pictures are treated as the first Miles Deep did: stretched to the network's input, BGR, minus the mean
    of each channel. Files of every year are read, back to those of 2013. Where the network ends in raw numbers,
    a Softmax is added (see `convert`), and the card's source says so. The converted network is kept in the
    user's cache folder (`MILES_DEEP_CACHE` in the environment names another) under a digest of everything that
    it was made from.

    Args:
        prototxt: the network's description for use, not for training (`deploy.prototxt`).
        weights: its `.caffemodel`.
        mean: a mean image (`.binaryproto`), an array (`.npy`), or three numbers, blue, green, red, 0…255,
            also as text (`104,117,123`). None: nothing is subtracted. See `read_mean`.
        labels: a text file with one label a line, or the labels. None: they are called 0, 1, 2 …
        background: the labels that mean "none of the others". None: the `BACKGROUND_NAMES` among them.
        device: as in `load_model`.
        precision: likewise.

    Raises:
        CaffeError: a file is missing or damaged, or they do not fit each other.
        UnsupportedLayerError: the prototxt uses a layer type or setting that is not known.
        ModelError: `background` names what is no label.
    """
    description, numbers = read_bytes(prototxt, MAX_TEXT), read_bytes(weights, MAX_BINARY)
    average = read_mean(mean)
    names = _labels(labels)
    if background is None:
        background = [name for name in BACKGROUND_NAMES if name in (names or ())]
    digest = hashlib.sha256(numbers).hexdigest()
    choices = [CONVERTER_VERSION, Path(weights).name, average, names, list(background)]
    key = hashlib.sha256(
        json.dumps([*choices, digest, hashlib.sha256(description).hexdigest()]).encode()
    ).hexdigest()
    if (kept := look_up(key)) is not None:
        return kept.on(device, precision)

    # Here, since it brings in onnx, which takes longer to import than a kept network to read.
    from miles_deep.model.caffe.convert import convert
    from miles_deep.model.caffe.weights import Weights

    described = parse_prototxt(description, prototxt)
    converted = convert(described, Weights(numbers, weights, prototxt))
    network = converted.network()
    height, width, count = _sizes(network)
    if names is not None and len(names) != count:
        source = labels if isinstance(labels, str | Path) else "labels"
        raise CaffeError(f"{source}: {len(names)} labels for the {count} scores of {prototxt}")
    ending = f"; {converted.ending} added to what its last layer gives" if converted.ending else ""
    labelled = names or tuple(map(str, range(count)))
    groups = imagenet_groups(labelled)
    card = ModelCard(
        name=described.network.name or Path(weights).stem,
        labels=labelled,
        preprocess=Preprocess(width, height, "stretch", channels="bgr", mean=average, layout="nchw"),
        background=tuple(background),
        groups=groups,
        rules=RULES if groups else {},
        source=f"{Path(weights).name} (sha256 {digest}){ending}",
    )
    model = Model(card, network.SerializeToString())
    keep(key, model)
    return model.on(device, precision)


def _labels(labels: str | Path | Sequence[str] | None) -> tuple[str, ...] | None:
    if isinstance(labels, str | Path):
        return parse_labels(read_bytes(labels, MAX_TEXT), labels)
    return None if labels is None else tuple(labels)


def _sizes(network: "ModelProto") -> tuple[int, int, int]:
    """Height and width of a network's input, and the number of its scores."""
    shape = network.graph.input[0].type.tensor_type.shape
    scores = network.graph.output[0].type.tensor_type.shape
    return shape.dim[2].dim_value, shape.dim[3].dim_value, scores.dim[1].dim_value
