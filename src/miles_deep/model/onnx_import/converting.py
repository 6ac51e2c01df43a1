"""From an ONNX file to a network that `Model` can carry."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto

from miles_deep.errors import ModelError
from miles_deep.model.memory import check_memory
from miles_deep.model.model import CARD_KEY
from miles_deep.model.onnx_import.batches import beside_others, fix_batch, free_batch
from miles_deep.model.onnx_import.cleaning import OPSET, WIDENED, clean, widen
from miles_deep.model.onnx_import.labelling import labels_for
from miles_deep.model.onnx_import.outputs import finish, keep_one_output, meaning, refuse_tables
from miles_deep.model.onnx_import.pictures import Pictures, pictures, set_shape
from miles_deep.model.onnx_import.preprocessing import preprocessing
from miles_deep.model.onnx_import.probing import count, prepared, probes, refuse_senseless
from miles_deep.model.onnx_import.reading import check, read, shape_of
from miles_deep.model.onnx_import.running import run
from miles_deep.model.onnx_import.wanted import Wanted
from miles_deep.model.onnx_import.wording import batch_words, label_words, network_words
from miles_deep.model.plain import opset_of, tensors
from miles_deep.model.preprocess import Preprocess
from miles_deep.model.presets import PRESETS
from miles_deep.model.shapes import inferred
from miles_deep.model.work import check_work

TOLERANCE = 1e-4
"""How far cleaning may move a score."""

HALF_TOLERANCE = 1e-2
"""The same where the network computes with 16 bits: its own rounding, gone afterwards, moves scores so far."""


OTHER_BATCH = 5
"""Pictures at a time for the second look: few networks were exported for it, and it does not divide the probes."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A network, what was changed in it, and how far that moved its scores."""

    network: bytes
    batch: int | None
    changes: tuple[str, ...]
    difference: float


@dataclass(frozen=True, slots=True)
class Converted:
    """A network, and all that is known of it."""

    network: bytes
    labels: tuple[str, ...]
    exclusive: bool
    """Whether a picture has one label."""
    preprocess: Preprocess
    understood: tuple[tuple[str, str], ...]
    changes: tuple[str, ...]
    difference: float
    frames: NDArray[np.uint8]
    """The pictures it was compared with."""
    scores: NDArray[np.float32]
    """What the file's own network makes of these, in ONNX Runtime."""


def convert(file: BinaryIO, folder: Path, wanted: Wanted) -> Converted:
    """Read, understand, clean and compare a network; errors leave it to the caller to name the file.

    Args:
        file, folder: as of `read`.
        wanted: what its user says of it.

    Raises:
        ModelError, OptionError: as `import_onnx`.
    """
    network = read(file, folder)
    metadata = {entry.key: entry.value for entry in network.metadata_props}
    if CARD_KEY in metadata:
        raise ModelError("this is a model of Miles Deep already; use it as it is")
    behind = keep_one_output(network, wanted.output, len(wanted.labels) if wanted.labels else None)
    taken = pictures(network)
    check(network)
    if wanted.preprocess is None:
        _refuse_detector(network, taken, wanted.size)
    spec, origin = preprocessing(wanted.preprocess, wanted.preprocess_from, network, taken, wanted.size)
    set_shape(network, taken, spec.height, spec.width, taken.batch)
    check_memory(network, taken.batch or count(spec.width, spec.height))
    check_work(network)
    frames = probes(spec.width, spec.height)
    inputs = prepared(frames, spec)
    scores, batch, forced = _first_look(network, inputs, taken.batch)
    found = meaning(network, scores, wanted.activation)
    labels, named = labels_for(wanted.labels, wanted.labels_from, behind, metadata, scores.shape[1])
    first_words = network_words(network, taken, spec)
    del network.metadata_props[:]  # what they said stands in the card
    finish(network, scores.shape[1], found.operator, found.divisor)
    reference = run(network, inputs, batch)
    cleaned = _cleaned(network, inputs, batch, reference)
    understood = (
        *first_words,
        ("batch", batch_words(batch, cleaned.batch)),
        ("scores", f"{scores.shape[1]:,}: {found.words}"),
        ("labels", label_words(labels, named)),
        ("preprocessing", f"{origin}: {spec.in_words()}"),
    )
    changes = (*forced, *cleaned.changes)
    return Converted(
        cleaned.network,
        labels,
        found.exclusive,
        spec,
        understood,
        changes,
        cleaned.difference,
        frames,
        reference,
    )


def _refuse_detector(network: ModelProto, taken: Pictures, size: tuple[int, int] | None) -> None:
    """Raises ModelError for what the shape of its scores shows to be none, before anything is asked for."""
    width, height = size or (PRESETS["raw"].size,) * 2
    set_shape(network, taken, taken.height or height, taken.width or width, taken.batch)
    refuse_tables((shape_of(inferred(network).output[0]) or [])[1:])


def _first_look(
    network: ModelProto, inputs: NDArray[np.float32], batch: int | None
) -> tuple[NDArray[np.float32], int | None, list[str]]:
    """Scores [N, K] of the network as it is, how many pictures it takes, and what had to be changed to run it."""
    scores, changes = None, []
    if batch is None and beside_others(network):
        batch = 1
        fix_batch(network, batch)
        changes.append("one picture at a time: its DynamicQuantizeLinear rounds by the range of a whole batch")
    try:
        scores = run(network, inputs, batch)
    except ModelError as error:
        reason = error
    # ONNX Runtime has no convolution of 64-bit floats, nor anything of bfloat16, on the CPU.
    if scores is None and (line := widen(network)) is not None:
        changes.append(line)
        with suppress(ModelError):
            scores = run(network, inputs, batch)
    # Exporters write "any number" over a graph that was traced with one picture.
    if scores is None and batch is None:
        batch = 1
        fix_batch(network, batch)
        with suppress(ModelError):
            scores = run(network, inputs, batch)
    if scores is None:
        raise reason
    refuse_senseless(scores)
    refuse_tables(scores.shape[1:])
    return scores.reshape(len(scores), -1), batch, changes


def _cleaned(
    network: ModelProto, inputs: NDArray[np.float32], batch: int | None, reference: NDArray[np.float32]
) -> Cleaned:
    """The network as clean as it can be with its scores where they were: at `reference`."""
    halves = any(tensor.data_type in WIDENED for tensor in tensors(network.graph))
    tolerance = HALF_TOLERANCE if halves else TOLERANCE
    reasons: list[str] = []
    # Not as many at a time as before: a batch that only seems to be free gives other scores then.
    other = min(OTHER_BATCH, len(inputs) + 1)
    other += other == batch
    for attempt, free, newest, changes in _attempts(network, batch):
        try:
            changes += clean(attempt, newest)
            scores = run(attempt, inputs, other if free else batch)
        except ModelError as error:
            reasons.append(str(error))
            continue
        difference = float(np.abs(scores - reference).max()) if scores.shape == reference.shape else np.inf
        if difference <= tolerance:
            return Cleaned(attempt.SerializeToString(), None if free else batch, tuple(changes), difference)
        reasons.append(f"cleaning moves scores by {difference:.2g}")
    if batch is None and np.abs(run(network, inputs, other) - reference).max() > tolerance:
        raise ModelError("gives a picture other scores beside other pictures; was it exported for use?")
    return Cleaned(network.SerializeToString(), batch, (f"left as it is: {reasons[-1]}",), 0.0)


def _attempts(network: ModelProto, batch: int | None) -> Iterator[tuple[ModelProto, bool, bool, list[str]]]:
    """Copies to be cleaned, whether their batch is free, whether their operators shall be the newest (which ONNX's
    converter does not always get right), and what was changed so far; the best first."""
    for to_free in (True, False) if batch is not None and not beside_others(network) else (False,):
        for newest in (True, False) if opset_of(network) < OPSET else (True,):
            copy, changes = ModelProto(), []
            copy.CopyFrom(network)
            if batch is not None and to_free:
                reshapes = free_batch(copy, batch)
                changes = [f"batch of {batch} made free{f' (Reshape: {reshapes})' if reshapes else ''}"]
            yield copy, to_free or batch is None, newest, changes
