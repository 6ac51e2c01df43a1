"""Whether a model says the same of the same pictures on another backend."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.pictures.files import LeftOut
from miles_deep.classify.pictures.looks import Look, Reader
from miles_deep.classify.pictures.score import PictureScores, Refused, Rows, batches_of, scored
from miles_deep.errors import ModelError
from miles_deep.model.model import Model

REFERENCE, OTHER = "onnxruntime", "cpu"
"""Devices. The first is other code than OpenVINO's, and the reference that ONNX networks are made with; where that
is what is to be checked, the second is other code than ONNX Runtime's."""


@dataclass(frozen=True, slots=True, eq=False)
class Parity:
    """Scores of the same pictures by two backends. Where a network gave none, they are NaN."""

    paths: tuple[Path, ...]
    labels: tuple[str, ...]
    here: NDArray[np.float32]
    """[N, K] by the model's own device."""
    second: NDArray[np.float32]
    """[N, K] by other code, in 32-bit floats."""
    backends: tuple[str, str]
    """What computed them."""

    @property
    def differences(self) -> NDArray[np.float32]:
        """(N,) of each picture, the largest difference of a score; NaN where there is a NaN."""
        differences: NDArray[np.float32] = np.abs(self.here - self.second).max(axis=1)
        return differences

    @property
    def broken(self) -> NDArray[np.bool_]:
        """(N,) whether a picture has scores that are not numbers, by either."""
        broken: NDArray[np.bool_] = ~np.isfinite(self.differences)
        return broken

    @property
    def changed(self) -> NDArray[np.bool_]:
        """(N,) whether another label comes first."""
        changed: NDArray[np.bool_] = self.here.argmax(axis=1) != self.second.argmax(axis=1)
        return changed & ~self.broken

    def beyond(self, tolerance: float) -> NDArray[np.bool_]:
        """(N,) whether a score differs by more; where none does, labels that change places are nearly equal."""
        beyond: NDArray[np.bool_] = self.differences > tolerance
        return beyond


def compare_backends(
    model: Model,
    paths: Iterable[str | Path],
    refused: Refused,
    left_out: LeftOut | None = None,
    batch_size: int = 32,
) -> Parity:
    """Classify pictures on the model's device, and by other code on the CPU; JPEGs are decoded whole.

    Args:
        model: to check.
        paths: picture files, and folders of them.
        refused: is told of each file that cannot be read.
        left_out: is told of each file in a folder that is no picture.
        batch_size: pictures at a time.

    Raises:
        ModelError: the network cannot be run, its labels do not fit it, or there is no picture.
    """
    other = OTHER if model.device == REFERENCE else REFERENCE
    both = (model, model.on(other, "f32"))

    def infer(looks: Sequence[Look]) -> Rows:
        [batch] = batches_of(looks)
        return np.concatenate([_rows(one, batch) for one in both], axis=1)

    reader = Reader((model.card.preprocess,), exact=True)
    pictures = [
        PictureScores(path, (), values, spans)
        for path, values, spans in scored(paths, reader, infer, batch_size, refused, left_out)
    ]
    if not pictures:
        raise ModelError("there is no picture to check the model with")
    here, second = np.split(np.stack([picture.mean for picture in pictures]), 2, axis=1)
    backends = both[0].runtime.name, both[1].runtime.name
    return Parity(tuple(picture.path for picture in pictures), model.labels, here, second, backends)


def _rows(model: Model, batch: NDArray[np.uint8]) -> Rows:
    """Scores as the backend gives them: not `Model.infer`, which refuses those that are not numbers."""
    rows = model.runtime.infer(batch).reshape(len(batch), -1)
    if rows.shape[1] != len(model.labels):
        raise ModelError(
            f"model {model.card.name} gives {rows.shape[1]} scores for {len(model.labels)} labels; "
            "its label list is not the one of its network"
        )
    return rows
