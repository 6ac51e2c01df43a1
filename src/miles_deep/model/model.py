"""A classifier: one network with everything that belongs to it."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from mmap import mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import ModelError
from miles_deep.files import map_file, partial_file, read_file, stamp
from miles_deep.model import digests, kept
from miles_deep.model.card import Grouping, ModelCard
from miles_deep.model.network import Network, Precision
from miles_deep.model.onnx_file import metadata_entry, read_metadata
from miles_deep.model.runtime import Runtime, check_device, start

CARD_KEY = "miles_deep"
"""The entry of an ONNX file's metadata that holds the card."""

MAX_BYTES = (1 << 31) - 1
"""Of an `.onnx` file: what one protobuf message can have."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A network that stays in its file until somebody looks with it: of scores that were kept, nobody does."""

    digest: str
    """That of the model, from when the file was read."""
    card: ModelCard
    """The one with which it has that digest."""
    read: Callable[[], bytes] = field(repr=False, compare=False)
    """Reads the network. Raises ModelError."""


@dataclass(frozen=True)
class Model:
    """A classifier: weights, labels, background, groups, preprocessing, licence."""

    card: ModelCard
    source: bytes | Unread = field(repr=False)
    """The network, or where it is."""
    device: str = "auto"
    """Where it runs: `auto` or a name in `runtime.DEVICES`."""
    precision: Precision = "auto"
    """`auto`: what the card says."""
    grouping: Grouping | None = None
    """Groups and background asked for in place of the card's; scores do not depend on them, so the digest is that
    of the file all the same."""

    def __post_init__(self) -> None:
        check_device(self.device)

    @cached_property
    def network(self) -> bytes:
        """The ONNX graph, serialised, without the card. Raises ModelError where it cannot be read any more."""
        return self.source if isinstance(self.source, bytes) else self.source.read()

    @property
    def labels(self) -> tuple[str, ...]:
        """One name for each score."""
        return self.card.labels

    @property
    def background(self) -> tuple[str, ...]:
        """The labels that mean "none of the interesting ones"."""
        return self.card.background if self.grouping is None else self.grouping.background

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Group name to the labels whose scores it sums."""
        return self.card.groups if self.grouping is None else self.grouping.groups

    @property
    def rules(self) -> dict[str, float | str]:
        """What suits its scores where nobody says otherwise; see `ModelCard.rules`."""
        return self.card.rules

    @cached_property
    def _hashed(self) -> "hashlib._Hash":
        """The network's bytes, hashed once, which takes longest of all that loading a model does."""
        return hashlib.sha256(self.network)

    @property
    def network_sha256(self) -> str:
        """SHA-256 of the network alone, hexadecimal."""
        return self._hashed.hexdigest()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the `.onnx` file, hexadecimal: equal ones give equal scores on one device and precision."""
        if isinstance(self.source, Unread) and self.source.card == self.card:
            return self.source.digest
        whole = self._hashed.copy()
        whole.update(_entry(self.card))
        return whole.hexdigest()

    @property
    def identity(self) -> str:
        """What its scores depend on: the digest, and the device and precision where one of them was asked for."""
        if (self.device, self.precision) == ("auto", "auto"):
            return self.digest
        return f"{self.digest}-{self.device}-{self.precision}"

    @cached_property
    def trial(self) -> Runtime:
        """The network made ready on its device, for those who only try it: nothing of it stays on the disk."""
        precision = self.card.precision if self.precision == "auto" else self.precision
        return start(Network(self.card.name, self._built_from, self._built), self.device, precision)

    @cached_property
    def runtime(self) -> Runtime:
        """The network made ready on its device, and what was compiled of it kept for the next run."""
        self.trial.keep()
        return self.trial

    @cached_property
    def _built_from(self) -> str:
        """Of what the graph is built from, which neither names nor groups change: an import, which looks at a
        model before it has them, leaves what it compiled to the first use."""
        spec = json.dumps(self.card.preprocess.to_json(), sort_keys=True)
        return hashlib.sha256(f"{self.network_sha256} {spec}".encode()).hexdigest()

    def _built(self) -> bytes:
        # Here, since most runs need neither: a stored analysis no network, a kept network no graph.
        from miles_deep.model.attach import attach, parse

        return attach(parse(self.network, self.card.name), self.card.preprocess).SerializeToString()

    def prepare(self) -> None:
        """Make the network ready now, and not only when the first frames come. Raises ModelError, DeviceError."""
        _ = self.runtime

    def forget_compiled(self) -> int:
        """Delete what was kept for the next run; returns how many bytes that were. Raises ModelError."""
        return kept.forget(self._built_from)

    def on(self, device: str, precision: Precision = "auto") -> "Model":
        """The same model on another device."""
        if (device, precision) == (self.device, self.precision):
            return self
        return replace(self, device=device, precision=precision)

    def regrouped(self, grouping: Grouping | None) -> "Model":
        """The same model with other groups and background; the card's own where None. Raises ModelError."""
        if grouping is not None:
            replace(self.card, groups=grouping.groups, background=grouping.background)  # checks them
        return replace(self, grouping=grouping)

    def classify(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Score pictures of any one size.

        Args:
            frames: uint8 [N, H, W, 3], RGB.

        Returns:
            float32 [N, K], one column a label.

        Raises:
            ModelError: the frames have another shape or type, or the network's scores do not fit the labels.
        """
        if not isinstance(frames, np.ndarray):
            raise ModelError(f"frames must be an array, uint8 [N, H, W, 3], not a {type(frames).__name__}")
        if frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape[1:] or frames.dtype != np.uint8:
            raise ModelError(f"frames must be uint8 [N, H, W, 3], not {frames.dtype} {list(frames.shape)}")
        if not len(frames):
            return self.infer(frames)
        spec = self.card.preprocess
        size = spec.resized(frames.shape[2], frames.shape[1])
        if (frames.shape[2], frames.shape[1]) != size:
            from PIL import Image

            filter_ = Image.Resampling[spec.interpolation.upper()]
            resized = (Image.fromarray(frame).resize(size, filter_) for frame in frames)
            frames = np.stack([np.asarray(picture) for picture in resized])
        return self.infer(np.stack([spec.crop(frame) for frame in frames]))

    def infer(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Score frames that already have the network's input size: uint8 [N, H, W, 3] to float32 [N, K]."""
        if not len(batch):
            return np.zeros((0, len(self.labels)), np.float32)
        return self._scores(self.runtime, batch)

    def try_out(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The same with the `trial`."""
        return self._scores(self.trial, batch)

    def _scores(self, runtime: Runtime, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        scores = runtime.infer(batch).reshape(len(batch), -1)
        if scores.shape[1] != len(self.labels):
            raise ModelError(
                f"model {self.card.name} gives {scores.shape[1]} scores for {len(self.labels)} labels; "
                "its label list is not the one of its network"
            )
        if not np.isfinite(scores).all():
            raise ModelError(f"model {self.card.name} gives scores that are not numbers; its weights are damaged")
        return scores

    def save(self, path: str | Path, force: bool = True) -> None:
        """Write one `.onnx` file that carries everything; no partial file stays.

        Args:
            path: of the file.
            force: whether to replace one that is there.

        Raises:
            OutputError: it cannot be written, or OutputExistsError.
        """
        with partial_file(Path(path), force=force) as partial, partial.open("wb") as file:
            file.write(self.network)
            file.write(_entry(self.card))


def read_model(path: str | Path) -> Model:
    """Read a `.onnx` file that carries its card, as `Model.save` writes it.

    Raises:
        ModelError: there is no such file, it is no ONNX network, or it carries no card.
    """
    card, place = read_card(path), os.path.abspath(path)  # where it is, wherever one is by the time it is read
    return known_or_read(path, card, lambda: read_file(place, MAX_BYTES, ModelError).removesuffix(_entry(card)))


def known_or_read(path: str | Path, card: ModelCard, read: Callable[[], bytes]) -> Model:
    """A model, whose network is left in its file where its digest is known from another time.

    Args:
        path: the file.
        card: the model's.
        read: gives the network. Raises ModelError.
    """
    kind, before = f"model {hashlib.sha256(_entry(card)).hexdigest()}", stamp(path)
    if (digest := digests.known(path, kind)) is not None:

        def checked() -> bytes:
            network = read()
            if Model(card, network).digest != digest:
                digests.forget(path, kind)
                raise ModelError(f"{path}: was changed since it was opened; start again")
            return network

        return Model(card, Unread(digest, card, checked))
    model = Model(card, read())
    digests.remember(path, kind, model.digest, before)
    return model


def read_card(path: str | Path) -> ModelCard:
    """The card of such a file, whose weights are stepped over. Raises ModelError."""
    return _card(map_file(path, MAX_BYTES, ModelError), path)


def _card(network: bytes | mmap, path: str | Path) -> ModelCard:
    cards = [value for key, value in read_metadata(network, str(path)) if key == CARD_KEY]
    if not cards:
        how = f"miles-deep models import {path} --labels FILE --preprocess NAME"
        raise ModelError(f"{path}: an ONNX network without labels and preprocessing; import it: {how}")
    try:
        return ModelCard.from_json(cards[-1])
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def _entry(card: ModelCard) -> bytes:
    return metadata_entry(CARD_KEY, card.to_json())
