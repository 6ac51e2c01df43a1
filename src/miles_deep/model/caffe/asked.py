"""What a model is asked to be made of: the files of a Caffe classifier, and what was said about them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from miles_deep.errors import OptionError
from miles_deep.model.caffe.files import MAX_BINARY, MAX_TEXT, read_bytes
from miles_deep.model.caffe.mean import read_mean
from miles_deep.model.labels import distinct, read_labels
from miles_deep.model.onnx_import.wanted import Activation, check_activation
from miles_deep.model.preprocess import Preprocess
from miles_deep.model.presets import Preset, preset

CONVERTER_VERSION = 4
"""Raised with every change that makes another network of the same files, so that no old one is used."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that decides on the model: two files as they are, and what was understood of the others."""

    prototxt: str | Path
    description: bytes
    """What the prototxt holds."""
    weights: str | Path
    numbers: bytes
    """What the caffemodel holds."""
    sha256: str
    """Of that, hexadecimal."""
    preprocess: Preset | Preprocess
    preprocess_from: str
    """Where it is from, in a few words."""
    labels: tuple[str, ...] | None
    labels_from: str
    """Where these are from, in a few words."""
    background: tuple[str, ...] | None
    activation: Activation | None

    @property
    def key(self) -> str:
        """A digest of all that the model is made of."""
        told = (self.preprocess, self.labels, self.background, self.activation)
        choices = [CONVERTER_VERSION, Path(self.weights).name, *map(repr, told)]
        files = [self.sha256, hashlib.sha256(self.description).hexdigest()]
        return hashlib.sha256(json.dumps([*choices, *files]).encode()).hexdigest()


def read(
    prototxt: str | Path,
    weights: str | Path,
    mean: str | Path | Sequence[float] | None = None,
    labels: str | Path | Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    preprocess: str | Path | Preset | Preprocess | None = None,
    activation: Activation | None = None,
) -> Asked:
    """Read the files; see `import_caffe`.

    Raises:
        ModelError: one is missing or damaged.
        OptionError: there is no such preset or activation, or a mean is given beside a preset.
    """
    check_activation(activation)
    description, numbers = read_bytes(prototxt, MAX_TEXT), read_bytes(weights, MAX_BINARY)
    return Asked(
        prototxt,
        description,
        weights,
        numbers,
        hashlib.sha256(numbers).hexdigest(),
        *_preprocessing(mean, preprocess),
        read_labels(labels) if isinstance(labels, str | Path) else None if labels is None else distinct(labels),
        f"of {labels}" if isinstance(labels, str | Path) else "as given",
        None if background is None else tuple(background),
        activation,
    )


def _preprocessing(
    mean: str | Path | Sequence[float] | None, given: str | Path | Preset | Preprocess | None
) -> tuple[Preset | Preprocess, str]:
    """What pictures go through, and where that is from, in a few words."""
    if given is None:
        given_from = f"mean {mean}" if isinstance(mean, str | Path) else "mean as given"
        origin = "no mean, since none was given (-m)" if mean is None else given_from
        return Preset("what the first program did", mean=read_mean(mean), channels="bgr"), origin
    if mean is not None:
        raise OptionError("a mean and preprocessing, which has one of its own: give one of them")
    if isinstance(given, str | Path):
        return preset(given), str(given)
    return given, "as given"
