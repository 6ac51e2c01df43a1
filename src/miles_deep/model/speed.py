"""How many pictures a second a classifier takes on this machine."""

import time

import numpy as np

from miles_deep.model.model import Model

BATCH, BATCHES = 32, 2
"""Pictures at a time, as many as films are watched with by default, and how often at least."""


def speed_of(model: Model, seconds: float = 1.0) -> float:
    """Pictures a second, of noise in the network's input size, measured for about that many seconds on its device.

    Raises:
        ModelError: the network cannot be run.
        DeviceError: its device is not there.
    """
    spec = model.card.preprocess
    shape = (BATCH, spec.height, spec.width, 3)
    pictures = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    model.infer(pictures)  # compiles, and fills buffers
    batches, began = 0, time.perf_counter()
    while batches < BATCHES or time.perf_counter() - began < seconds:
        model.infer(pictures)
        batches += 1
    return batches * BATCH / (time.perf_counter() - began)
