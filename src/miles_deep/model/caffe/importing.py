"""From the files of a Caffe classifier to a model, and what was understood and changed on the way."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto

from miles_deep.errors import CaffeError, ModelError, OptionError
from miles_deep.model.caffe.asked import Asked
from miles_deep.model.caffe.convert import Converted, convert
from miles_deep.model.caffe.files import parse_prototxt
from miles_deep.model.caffe.graph import INPUT
from miles_deep.model.caffe.weights import Weights
from miles_deep.model.card import BACKGROUND_NAMES, ModelCard
from miles_deep.model.imagenet.labelled import RULES, imagenet_groups
from miles_deep.model.model import Model
from miles_deep.model.onnx_import import Imported
from miles_deep.model.onnx_import.pictures import Pictures
from miles_deep.model.onnx_import.preprocessing import preprocessing
from miles_deep.model.onnx_import.probing import probes, refuse_senseless
from miles_deep.model.onnx_import.wording import batch_words, label_words
from miles_deep.model.precise import STRAY, precise
from miles_deep.model.preprocess import Preprocess
from miles_deep.model.quoting import listed, quoted

BEYOND = 1e-3
"""How far a score may be beyond 0 and 1."""


def import_files(asked: Asked) -> Imported:
    """Convert a classifier, look at the scores of some pictures, and say what it is; nothing is kept.

    Raises:
        ModelError, OptionError: as `import_caffe`.
    """
    described = parse_prototxt(asked.description, asked.prototxt)
    converted = convert(described, Weights(asked.numbers, asked.weights, asked.prototxt))
    network, rewritten = converted.network(asked.activation)
    labels = _labels(asked, converted.result.shape[0])
    try:
        spec, origin = _preprocessing(asked, network)
        name = described.network.name or Path(asked.weights).stem
        model = Model(_card(asked, name, labels, spec, converted), network.SerializeToString())
        frames = probes(spec.width, spec.height)
        model, moved = precise(model, frames, _scores(model, frames, asked))
    except OptionError as error:
        raise OptionError(f"{asked.prototxt}: {error}") from error
    except ModelError as error:
        raise CaffeError(f"{asked.prototxt}: {error}") from error
    understood = (
        ("input", quoted(converted.input)[1:-1]),
        ("layout", "NCHW"),
        ("layers", _layer_words(converted)),
        ("output", quoted(converted.output)[1:-1]),
        ("size", f"{spec.width} x {spec.height}"),
        ("batch", batch_words(converted.graph.batch, None)),
        ("scores", f"{len(labels):,}: {_score_words(asked, converted)}"),
        ("labels", label_words(labels, _label_origin(asked))),
        ("preprocessing", f"{origin}: {spec.in_words()}"),
        ("here", f"{model.runtime.name}: scores differ by at most {moved:.2g} from those of 32-bit floats"),
    )
    return Imported(model, understood, _changes(converted, rewritten, moved > STRAY), 0.0, 0)


def _labels(asked: Asked, scores: int) -> tuple[str, ...]:
    if asked.labels is None:
        return tuple(map(str, range(scores)))
    if len(asked.labels) != scores:
        fit = f"{len(asked.labels)} labels for the {scores} scores of {asked.prototxt}"
        raise CaffeError(f"{asked.labels_from}: {fit}")
    return asked.labels


def _preprocessing(asked: Asked, network: ModelProto) -> tuple[Preprocess, str]:
    """What was asked for, fitted to the network's input, and where it is from."""
    _, _, height, width = (dim.dim_value for dim in network.graph.input[0].type.tensor_type.shape.dim)
    taken = Pictures(INPUT, TensorProto.FLOAT, "nchw", height, width, None)
    return preprocessing(asked.preprocess, asked.preprocess_from, network, taken, None)


def _scores(model: Model, frames: NDArray[np.uint8], asked: Asked) -> NDArray[np.float32]:
    """Scores [N, K] in 32-bit floats. Raises ModelError where they mean nothing."""
    exact = model.on("onnxruntime").runtime
    # One by one: no network shall need more memory for being looked at than for being used.
    scores = np.concatenate([exact.infer(frame[None]) for frame in frames])
    refuse_senseless(scores)
    low, high = float(scores.min()), float(scores.max())
    if asked.activation is None and not -BEYOND <= low <= high <= 1 + BEYOND:
        raise ModelError(
            f"gives scores of {low:.3g} to {high:.3g}, not 0 to 1; the activation softmax or sigmoid makes them "
            "so, and none leaves them as they are"
        )
    return scores


def _card(asked: Asked, name: str, labels: tuple[str, ...], spec: Preprocess, converted: Converted) -> ModelCard:
    background = [label for label in BACKGROUND_NAMES if label in labels]
    groups = imagenet_groups(labels)
    added = converted.ending(asked.activation)
    ending = f"; {added} added to what its last layer gives" if added else ""
    return ModelCard(
        name,
        labels,
        spec,
        tuple(background) if asked.background is None else asked.background,
        groups,
        source=f"{Path(asked.weights).name} (sha256 {asked.sha256}){ending}",
        rules=(RULES if groups else {}) if converted.exclusive(asked.activation) else {"method": "each"},
    )


def _label_origin(asked: Asked) -> str:
    if asked.labels is None:
        return "numbers, since none were given"
    return "as given" if asked.labels_from == "labels" else f"of {asked.labels_from}"


def _layer_words(converted: Converted) -> str:
    return listed((f"{count} {kind}" for kind, count in converted.layers.most_common()), 8)


def _score_words(asked: Asked, converted: Converted) -> str:
    """What makes the scores."""
    if asked.activation is not None:
        return f"{converted.ending(asked.activation) or 'as they are'}, as asked for"
    if converted.wanting:
        return f"raw numbers ({converted.last} is last); {converted.wanting} is added"
    each = "" if converted.exclusive(None) else "; each label by itself"
    return f"as {converted.last} gives them, which is last{each}"


def _changes(converted: Converted, rewritten: str | None, strays: bool) -> tuple[str, ...]:
    folded, dropouts = converted.graph.folded, converted.layers["Dropout"]
    return tuple(
        line
        for line, happened in (
            (f"left out: {dropouts} Dropout", dropouts),
            (f"folded into the weights before them: {folded} of BatchNorm, Scale and the like", folded),
            (rewritten or "", rewritten),
            ("32-bit floats asked for: fewer bits, faster here, move its scores", strays),
        )
        if happened
    )
