"""A classifier: one network with everything that belongs to it."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from PIL import Image

from miles_deep.errors import ModelError
from miles_deep.files import partial_file
from miles_deep.model.card import ModelCard
from miles_deep.model.preprocess import attach
from miles_deep.model.runtime import Precision, Runtime, start

CARD_KEY = "miles_deep"
"""The entry of an ONNX file's metadata that holds the card."""


@dataclass(frozen=True)
class Model:
    """A classifier: weights, labels, background, groups, preprocessing, licence."""

    card: ModelCard
    network: bytes
    """The ONNX graph, serialised, without the card."""
    device: str = "auto"
    """Where it runs: `auto` or a name in `runtime.DEVICES`."""
    precision: Precision = "auto"

    @property
    def labels(self) -> tuple[str, ...]:
        """One name for each score."""
        return self.card.labels

    @property
    def background(self) -> tuple[str, ...]:
        """The labels that mean "none of the interesting ones"."""
        return self.card.background

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Group name to the labels whose scores it sums."""
        return self.card.groups

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the `.onnx` file, hexadecimal: equal digests give equal scores."""
        return hashlib.sha256(self.network + _entry(self.card)).hexdigest()

    @cached_property
    def runtime(self) -> Runtime:
        """The network made ready on its device; made at first use, and then kept."""
        graph = attach(parse(self.network, self.card.name), self.card.preprocess)
        return start(graph.SerializeToString(), self.device, self.precision)

    def on(self, device: str, precision: Precision = "auto") -> "Model":
        """The same model on another device."""
        return replace(self, device=device, precision=precision)

    def classify(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Score pictures of any one size.

        Args:
            frames: uint8 [N, H, W, 3], RGB.

        Returns:
            float32 [N, K], one column a label.

        Raises:
            ModelError: the frames have another shape or type, or the network's scores do not fit the labels.
        """
        if frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape[1:] or frames.dtype != np.uint8:
            raise ModelError(f"frames must be uint8 [N, H, W, 3], not {frames.dtype} {list(frames.shape)}")
        spec = self.card.preprocess
        if not len(frames):
            return np.zeros((0, len(self.labels)), np.float32)
        size = spec.resized(frames.shape[2], frames.shape[1])
        if (frames.shape[2], frames.shape[1]) != size:
            resized = (Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR) for frame in frames)
            frames = np.stack([np.asarray(picture) for picture in resized])
        return self.infer(np.stack([spec.crop(frame) for frame in frames]))

    def infer(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Score frames that already have the network's input size: uint8 [N, H, W, 3] to float32 [N, K]."""
        scores = self.runtime.infer(batch).reshape(len(batch), -1)
        if scores.shape[1] != len(self.labels):
            raise ModelError(
                f"model {self.card.name} gives {scores.shape[1]} scores for {len(self.labels)} labels; "
                "its label list is not the one of its network"
            )
        if not np.isfinite(scores).all():
            raise ModelError(f"model {self.card.name} gives scores that are not numbers; its weights are damaged")
        return scores

    def save(self, path: str | Path) -> None:
        """Write one `.onnx` file that carries everything. Raises OutputError; no partial file stays."""
        with partial_file(Path(path)) as partial:
            partial.write_bytes(self.network + _entry(self.card))


def read_model(path: str | Path) -> Model:
    """Read a `.onnx` file that carries its card, as `Model.save` writes it.

    Raises:
        ModelError: there is no such file, it is no ONNX network, or it carries no card.
    """
    try:
        network = Path(path).read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: the model cannot be read ({error.strerror})") from error
    cards = [entry.value for entry in parse(network, str(path)).metadata_props if entry.key == CARD_KEY]
    if not cards:
        raise ModelError(f"{path}: an ONNX network without labels and preprocessing; Miles Deep did not write it")
    try:
        card = ModelCard.from_json(cards[-1])
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    return Model(card, network.removesuffix(_entry(card)))


def _entry(card: ModelCard) -> bytes:
    """A card as the end of an ONNX file: messages one after the other are one message, so nothing else changes
    (protobuf encoding, "Last One Wins")."""
    entry = onnx.ModelProto()
    entry.metadata_props.add(key=CARD_KEY, value=card.to_json())
    return entry.SerializeToString()


def parse(network: bytes, name: str) -> onnx.ModelProto:
    """Read an ONNX graph from memory. Raises ModelError where it is none, or keeps weights in other files."""
    graph = onnx.ModelProto()
    try:
        graph.ParseFromString(network)
    except DecodeError as error:
        raise ModelError(f"{name}: not an ONNX network") from error
    if not graph.graph.node:
        raise ModelError(f"{name}: not an ONNX network")
    for tensor in graph.graph.initializer:
        # A path out of a model file could point anywhere on the user's disk.
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise ModelError(f"{name}: keeps its weights in other files; make it one file first")
    return graph
