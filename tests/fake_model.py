"""Classifiers that need no network: their scores tell which frame they were shown."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from media import read_frame_number
from miles_deep.model import ModelCard, Preprocess

UNREADABLE = -1


@dataclass
class FrameReader:
    """What the pipeline needs of a `Model`; the score of `number` is the number in the picture."""

    preprocess: Preprocess = field(default_factory=lambda: Preprocess(64, 48))
    before: Callable[[NDArray[np.uint8]], None] = lambda batch: None
    """Called with every batch, before it is scored."""
    batches: list[int] = field(default_factory=list)
    """How many frames came in each batch."""
    digest: str = "0123abcd"

    def __post_init__(self) -> None:
        self.card = ModelCard(
            "reader",
            ("number", "other"),
            self.preprocess,
            background=("other",),
            groups={"all": ("number", "other")},
        )
        self.labels, self.background, self.groups = self.card.labels, self.card.background, self.card.groups
        self.rules = self.card.rules

    @property
    def looks(self) -> int:
        """How many frames it was shown."""
        return sum(self.batches)

    @property
    def identity(self) -> str:
        return self.digest

    def prepare(self) -> None:
        """There is nothing to get ready."""

    def infer(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """A row of scores for every frame."""
        self.before(batch)
        self.batches.append(len(batch))
        assert batch.dtype == np.uint8
        return np.array([self.row(number_or_not(rgb)) for rgb in batch], np.float32)

    def row(self, number: int) -> tuple[float, float]:
        """[number of the frame, 0.5]; `UNREADABLE` where its picture is damaged."""
        return number, 0.5


@dataclass
class Labeller(FrameReader):
    """Gives some frames the label `number`, by their number, and the others `other`."""

    on: Callable[[int], bool] = lambda number: False
    sure: float = 1.0
    """The winner's score."""

    def row(self, number: int) -> tuple[float, float]:
        """The winner's score and the rest, in the order of the labels."""
        return (self.sure, 1 - self.sure) if self.on(number) else (1 - self.sure, self.sure)


def number_or_not(rgb: NDArray[np.uint8]) -> int:
    try:
        return read_frame_number(rgb)
    except ValueError:
        return UNREADABLE
