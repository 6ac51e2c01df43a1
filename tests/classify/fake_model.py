"""A classifier that needs no network: its scores tell which frame it was shown."""

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

    def infer(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """[number of the frame, 0.5] for every frame; `UNREADABLE` where its picture is damaged."""
        self.before(batch)
        self.batches.append(len(batch))
        assert batch.dtype == np.uint8
        return np.array([[number_or_not(rgb), 0.5] for rgb in batch], np.float32)


def number_or_not(rgb: NDArray[np.uint8]) -> int:
    try:
        return read_frame_number(rgb)
    except ValueError:
        return UNREADABLE
