"""Classifiers in ONNX, from whatever framework: understood, cleaned, compared, and made into one `Model`.

Read `import_onnx` first, then `convert`, which is the story from file to network; each of its steps is a module.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import ModelError, OptionError
from miles_deep.files import name_and_digest
from miles_deep.model.card import BACKGROUND_NAMES, ModelCard
from miles_deep.model.imagenet.labelled import RULES, imagenet_groups
from miles_deep.model.labels import distinct, read_labels
from miles_deep.model.model import Model
from miles_deep.model.onnx_import.wanted import Activation, Wanted
from miles_deep.model.precise import precise
from miles_deep.model.preprocess import Preprocess
from miles_deep.model.presets import Preset, preset

if TYPE_CHECKING:
    from miles_deep.model.onnx_import.converting import Converted

NEAR = 1e-2
"""How far scores of one network may be apart in two runtimes, both of 32-bit floats."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A model that was made of an ONNX file, and what happened to it on the way."""

    model: Model
    understood: tuple[tuple[str, str], ...]
    """What was understood of the network: a word, and what it is; for people to read."""
    changes: tuple[str, ...]
    """What was cleaned, a line each."""
    difference: float
    """Largest difference of a score between the file's network and the model's, over all `probes`, both in ONNX
    Runtime with 32-bit floats."""
    probes: int
    """Pictures that both were shown: photographs, drawn and random ones."""


def import_onnx(
    path: str | Path,
    labels: str | Path | Sequence[str] | None = None,
    preprocess: str | Path | Preset | Preprocess | None = None,
    background: Sequence[str] | None = None,
    name: str | None = None,
    licence: str = "",
    source: str | None = None,
    *,
    size: int | tuple[int, int] | None = None,
    output: str | None = None,
    activation: Activation | None = None,
) -> Imported:
    """Make a model of an image classifier in ONNX.

    Pictures may go in as NCHW or NHWC, in floats of any width or as uint8, one at a time or many; what comes out
    may be logits, probabilities, or one score for yes or no. Weights may lie in files in or below its folder.
    Its groups are ImageNet's where the labels are, else there are none; `Model.regrouped` gives it others.

    Args:
        path: the `.onnx` file.
        labels: a file that `read_labels` reads, or the labels. None: those in the file's metadata, else 0, 1, 2 …
        preprocess: a name in `PRESETS`, a `.toml` file with a preset's fields, a preset, or all of it. None: what
            the file says beyond doubt.
        background: the labels that mean "none of the others". None: the `BACKGROUND_NAMES` among them.
        name: what to call it. None: as the file.
        licence: of the weights.
        source: where it is from. None: the file's name and SHA-256.
        size: of the pictures, pixels, one number or width and height, where the network takes any. None: the
            preset's.
        output: name of the output with the scores, where there are several.
        activation: what makes probabilities of the scores. None: found out by the last operator and the values.

    Raises:
        ModelError: the file is missing, damaged or hostile, or is no image classifier that can be imported.
        OptionError: what was given does not fit it, or is needed and was not given.
    """
    from miles_deep.model.onnx_import.converting import convert  # brings in onnx

    names = read_labels(labels) if isinstance(labels, str | Path) else None if labels is None else distinct(labels)
    wanted = Wanted(
        names,
        f"of {labels}" if isinstance(labels, str | Path) else "as given",
        preset(preprocess) if isinstance(preprocess, str | Path) else preprocess,
        str(preprocess) if isinstance(preprocess, str | Path) else "as given",
        (size, size) if isinstance(size, int) else size,
        output,
        activation,
    )
    path = Path(path)
    try:
        converted = convert(path, wanted)
        if background is None:
            background = [label for label in BACKGROUND_NAMES if label in converted.labels]
        card = ModelCard(
            name=path.stem if name is None else name,
            labels=converted.labels,
            preprocess=converted.preprocess,
            background=tuple(background),
            groups=imagenet_groups(converted.labels),
            licence=licence,
            source=name_and_digest(path) if source is None else source,
            rules=_rules(converted),
        )
        model, here = _here(Model(card, converted.network), converted.frames, converted.scores)
    except OptionError as error:
        raise OptionError(f"{path}: {error}") from error
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    return Imported(
        model,
        (*converted.understood, ("here", here)),
        converted.changes,
        converted.difference,
        len(converted.frames),
    )


def _rules(converted: "Converted") -> dict[str, float | str]:
    """What suits its scores: see `ModelCard.rules`."""
    if not converted.exclusive:
        return {"method": "each"}
    return RULES if imagenet_groups(converted.labels) else {}


def _here(model: Model, frames: NDArray[np.uint8], scores: NDArray[np.float32]) -> tuple[Model, str]:
    """The model with the precision that it needs here, and how near this machine's own runtime comes to the scores
    of ONNX Runtime. Raises ModelError."""
    exact = model.on("auto", "f32")
    own = exact.infer(frames)
    model, _ = precise(model, frames, own)
    distance = float(abs(own - scores).max())
    words = f"{exact.runtime.name}: scores differ by at most {distance:.2g}"
    return model, words if distance <= NEAR else f"{words}; --device onnxruntime computes them as the file says"
