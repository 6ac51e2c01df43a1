"""Picture files for tests, and a classifier that says what colour it was shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from miles_deep.model import ModelCard, Preprocess

RED, GREEN, BLUE = (230, 20, 20), (20, 230, 20), (20, 20, 230)


@dataclass
class Colours:
    """What `classify_pictures` needs of a `Model`: the mean red, green and blue, 0…1."""

    spec: Preprocess = field(default_factory=lambda: Preprocess(8, 6))
    batches: list[int] = field(default_factory=list)
    labels: tuple[str, ...] = ("red", "green", "blue")

    @property
    def card(self) -> ModelCard:
        return ModelCard("colours", self.labels, self.spec)

    def infer(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert batch.dtype == np.uint8 and batch.shape[1:] == (self.spec.height, self.spec.width, 3)
        self.batches.append(len(batch))
        return (batch.mean(axis=(1, 2)) / 255).astype(np.float32)


def flat(colour: tuple[int, ...], size: tuple[int, int] = (16, 12), mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def animation(path: Path, colours: Sequence[tuple[int, int, int]], durations: list[int], **how: object) -> Path:
    """Frames of flat colours, each shown so many milliseconds."""
    first, *others = (flat(colour) for colour in colours)
    if path.suffix == ".webp":
        how["lossless"] = True
    first.save(path, save_all=True, append_images=others, duration=durations, loop=0, **how)
    return path
