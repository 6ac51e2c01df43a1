"""What has to be timed from inside a process: run as `python -m miles_deep.bench.inside RESULT WHAT ARGUMENT…`."""

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np

from miles_deep import errors
from miles_deep.model import load_model
from miles_deep.workflow import analyze

Result = dict[str, float | int]

SECONDS, BATCHES = 1.0, 3
"""So long, and so many batches, the network is kept busy at least."""


class Enough(Exception):
    """What was asked for is known."""


def first_batch(film: str, model: str, device: str, sampling: str) -> Result:
    """When the first batch of an analysis was classified, by `time.perf_counter`, which all processes share."""
    at = 0.0

    def note(done: Fraction, total: Fraction) -> None:
        nonlocal at
        at = time.perf_counter()
        raise Enough

    with suppress(Enough):
        analyze(film, model, sampling, device=device, progress=note)
    return {"at": at}


def network(model: str, device: str, batch_size: str) -> Result:
    """How many frames the network alone takes in how many seconds, batch by batch."""
    loaded = load_model(model, device)
    spec = loaded.card.preprocess
    shape = (int(batch_size), spec.height, spec.width, 3)
    frames = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    loaded.infer(frames)  # compiles, and fills buffers
    batches, began = 0, time.perf_counter()
    while batches < BATCHES or time.perf_counter() - began < SECONDS:
        loaded.infer(frames)
        batches += 1
    return {"frames": batches * len(frames), "seconds": time.perf_counter() - began}


WHAT: dict[str, Callable[..., Result]] = {"first-batch": first_batch, "network": network}


def tell(result: str, what: str, *arguments: str) -> None:
    """Write what was found, or the name and message of an error that a user can meet."""
    found: object
    try:
        found = WHAT[what](*arguments)
    except errors.MilesDeepError as error:
        found = {"error": type(error).__name__, "message": str(error)}
    Path(result).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    tell(*sys.argv[1:])
