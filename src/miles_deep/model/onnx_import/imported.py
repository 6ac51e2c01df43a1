"""What every import ends with, from whatever files: a card, a look at this machine's scores, and what was told."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miles_deep.model.card import BACKGROUND_NAMES, ModelCard
from miles_deep.model.imagenet.labelled import RULES, imagenet_groups
from miles_deep.model.model import Model
from miles_deep.model.precise import precise
from miles_deep.model.preprocess import Preprocess

NEAR = 1e-2
"""How far scores of one network may be apart in two runtimes, both of 32-bit floats."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A model that was made of other programs' files, and what happened to it on the way."""

    model: Model
    understood: tuple[tuple[str, str], ...]
    """What was understood of the network: a word, and what it is; for people to read."""
    changes: tuple[str, ...]
    """What was cleaned, a line each."""
    difference: float
    """Largest difference of a score between an ONNX file's network and the model's, over all `probes`, both in
    ONNX Runtime with 32-bit floats."""
    probes: int
    """Pictures that both were shown: photographs, drawn and random ones; 0 where there was nothing to compare."""


def card_of(
    name: str,
    labels: tuple[str, ...],
    spec: Preprocess,
    exclusive: bool,
    background: Sequence[str] | None,
    licence: str,
    source: str,
) -> ModelCard:
    """The card of an imported network.

    Args:
        name, labels, spec, licence, source: as they stand in it.
        exclusive: whether a picture has one label.
        background: the labels that mean "none of the others"; None: the `BACKGROUND_NAMES` among them.

    Raises:
        ModelError: `background` names what is no label.
    """
    if background is None:
        background = [label for label in BACKGROUND_NAMES if label in labels]
    groups = imagenet_groups(labels)
    rules: dict[str, float | str] = (RULES if groups else {}) if exclusive else {"method": "each"}
    return ModelCard(name, labels, spec, tuple(background), groups, licence, source, rules)


def tried(model: Model, frames: NDArray[np.uint8], scores: NDArray[np.float32]) -> tuple[Model, str, float]:
    """A new model as this machine's own runtime runs it.

    Args:
        model: with a card that asks for no precision.
        frames: pictures of its input's size, uint8 [N, H, W, 3].
        scores: of these in ONNX Runtime, [N, K].

    Returns:
        The model with the precision that it needs; how near this machine comes to the scores, in words; and how
        far the fastest floats here moved one from where 32-bit floats have it.

    Raises:
        ModelError: it cannot be run here.
    """
    exact = model.on("auto", "f32")
    own = exact.try_out(frames)
    model, moved = precise(model, frames, own)
    (exact if model.card.precision == "f32" else model).prepare()  # and kept, for it is what will be used
    distance = float(abs(own - scores).max())
    words = f"{exact.trial.name}: scores differ by at most {distance:.2g}"
    if distance > NEAR:
        words = f"{words}; --device onnxruntime computes them as the file says"
    return model, words, moved
