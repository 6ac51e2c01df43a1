"""Classifiers in ONNX, from whatever framework: understood, cleaned, compared, and made into one `Model`.

Read `import_onnx` first, then `convert`, which is the story from file to network; each of its steps is a module.
"""

from collections.abc import Sequence
from pathlib import Path

from miles_deep.errors import ModelError, OptionError
from miles_deep.files import name_and_digest, open_file
from miles_deep.model.labels import distinct, read_labels
from miles_deep.model.model import MAX_BYTES, Model
from miles_deep.model.onnx_import.imported import Imported, card_of, tried
from miles_deep.model.onnx_import.wanted import Activation, Wanted
from miles_deep.model.preprocess import Preprocess
from miles_deep.model.presets import Preset, preset

__all__ = ["Imported", "import_onnx"]


def import_onnx(
    path: str | Path,
    labels: str | Path | Sequence[str] | None = None,
    preprocess: str | Path | Preset | Preprocess | None = None,
    background: Sequence[str] | None = None,
    name: str | None = None,
    licence: str = "",
    source: str | None = None,
    *,
    given: str = "as given",
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
        given: where labels and preprocessing are from that are no files, in a few words.
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
        f"of {labels}" if isinstance(labels, str | Path) else given,
        preset(preprocess) if isinstance(preprocess, str | Path) else preprocess,
        str(preprocess) if isinstance(preprocess, str | Path) else given,
        (size, size) if isinstance(size, int) else size,
        output,
        activation,
    )
    path = Path(path)
    file = open_file(path, MAX_BYTES, ModelError)  # whose errors name it
    try:
        converted = convert(file, path.parent, wanted)
        card = card_of(
            path.stem if name is None else name,
            converted.labels,
            converted.preprocess,
            converted.exclusive,
            background,
            licence,
            name_and_digest(path) if source is None else source,
        )
        model, here, _ = tried(Model(card, converted.network), converted.frames, converted.scores)
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
