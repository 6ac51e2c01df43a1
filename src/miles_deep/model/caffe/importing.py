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
from miles_deep.model.card import ModelCard
from miles_deep.model.model import Model
from miles_deep.model.onnx_import.imported import Imported, card_of, tried
from miles_deep.model.onnx_import.labelling import labels_for
from miles_deep.model.onnx_import.pictures import Pictures
from miles_deep.model.onnx_import.preprocessing import preprocessing
from miles_deep.model.onnx_import.probing import probes, refuse_senseless
from miles_deep.model.onnx_import.wording import batch_words, label_words
from miles_deep.model.precise import STRAY
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
    count = converted.result.shape[0]
    try:
        labels, labels_from = labels_for(asked.labels, asked.labels_from, [], {}, count)
        spec, origin = _preprocessing(asked, network)
        name = described.network.name or Path(asked.weights).stem
        model = Model(_card(asked, name, labels, spec, converted), network.SerializeToString())
        exact = model.on("onnxruntime")
        _ = exact.trial  # refuses what is too large or too dear, before pictures of its size are made
        frames = probes(spec.width, spec.height)
        model, here, moved = tried(model, frames, _scores(exact, frames, asked))
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
        ("scores", f"{count:,}: {_score_words(asked, converted)}"),
        ("labels", label_words(labels, labels_from)),
        ("preprocessing", f"{origin}: {spec.in_words()}"),
        ("here", here),
    )
    return Imported(model, understood, _changes(converted, rewritten, moved > STRAY), 0.0, 0)


def _preprocessing(asked: Asked, network: ModelProto) -> tuple[Preprocess, str]:
    """What was asked for, fitted to the network's input, and where it is from."""
    _, colours, height, width = (dim.dim_value for dim in network.graph.input[0].type.tensor_type.shape.dim)
    taken = Pictures(INPUT, TensorProto.FLOAT, "nchw", colours, height, width, None)
    return preprocessing(asked.preprocess, asked.preprocess_from, network, taken, None)


def _scores(exact: Model, frames: NDArray[np.uint8], asked: Asked) -> NDArray[np.float32]:
    """Scores [N, K] in 32-bit floats. Raises ModelError where they mean nothing."""
    # One by one: no network shall need more memory for being looked at than for being used.
    scores = np.concatenate([exact.try_out(frame[None]) for frame in frames])
    refuse_senseless(scores)
    low, high = float(scores.min()), float(scores.max())
    if asked.activation is None and not -BEYOND <= low <= high <= 1 + BEYOND:
        raise ModelError(
            f"gives scores of {low:.3g} to {high:.3g}, not 0 to 1; the activation softmax or sigmoid makes them "
            "so, and none leaves them as they are"
        )
    return scores


def _card(asked: Asked, name: str, labels: tuple[str, ...], spec: Preprocess, converted: Converted) -> ModelCard:
    added = converted.ending(asked.activation)
    ending = f"; {added} added to what its last layer gives" if added else ""
    source = f"{Path(asked.weights).name} (sha256 {asked.sha256}){ending}"
    return card_of(name, labels, spec, converted.exclusive(asked.activation), asked.background, "", source)


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
