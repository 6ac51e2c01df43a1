"""Whether the floats that a device is fastest with give a network's scores."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from miles_deep.model.model import Model

STRAY = 0.03
"""How far these floats may move a score. Those of open_nsfw move by 0.013 in bfloat16, those of EfficientNet-Lite0
by 0.11, which changes one label in eight."""


def precise(model: Model, frames: NDArray[np.uint8], exact: NDArray[np.float32]) -> tuple[Model, float]:
    """The model, its card asking for 32-bit floats where others stray, and how far those used here move scores.

    Where this machine has no others, nothing is known of them, and the card asks for these too: the file may be
    taken to one that has.

    Args:
        model: on any device, with a card that asks for no precision.
        frames: pictures of the input's size, uint8 [N, H, W, 3].
        exact: what they score in 32-bit floats, [N, K].
    """
    moved = float(abs(model.trial.infer(frames).reshape(exact.shape) - exact).max())
    if 0 < moved <= STRAY:
        return model, moved
    return replace(model, card=replace(model.card, precision="f32")), moved  # also where they are no numbers
