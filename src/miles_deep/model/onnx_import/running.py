"""Running a network as it is, in ONNX Runtime, to see what it gives."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto

from miles_deep.errors import ModelError
from miles_deep.model.memory import OUT_OF_MEMORY, is_out_of_memory
from miles_deep.model.network import first_line
from miles_deep.model.onnx_import.reading import shown


def session(network: ModelProto, cleaned: Path | None = None) -> Any:
    """The network, ready to run as it stands; where `cleaned` is given, its cleaned form is written there.

    Raises:
        ModelError: ONNX Runtime cannot run it, or it needs more memory than there is.
    """
    # Before the import: ONNX Runtime keeps a device id and a log of events in the user's home otherwise.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # warnings would land in the user's terminal; errors are raised
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    if cleaned is not None:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(cleaned)
    try:
        return onnxruntime.InferenceSession(
            network.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # the package raises many unrelated types of its own
        raise ModelError(_reason(error)) from error


NUMPY = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}
"""ONNX Runtime's names of the types that it takes from here."""


def run(network: ModelProto, inputs: NDArray[np.float32], batch: int | None) -> NDArray[np.float32]:
    """Scores [N, ...] of inputs [N, ...], `batch` of them at a time, or all at once; made the type it takes.

    Raises:
        ModelError: as above, or it does not give as many rows as it was given pictures.
    """
    ready = session(network)
    entry = ready.get_inputs()[0]
    if entry.type not in NUMPY:
        raise ModelError(f"ONNX Runtime cannot run it: its input is a {entry.type}")
    inputs = inputs.astype(NUMPY[entry.type], copy=False)
    size = batch or len(inputs)
    results: list[NDArray[Any]] = []
    for start in range(0, len(inputs), size):
        part = inputs[start : start + size]
        full = np.concatenate([part, np.repeat(part[-1:], size - len(part), axis=0)])
        try:
            scores = np.asarray(ready.run(None, {entry.name: full})[0])
        except Exception as error:  # as above
            raise ModelError(_reason(error)) from error
        if size == 1 and scores.shape[:1] != (1,):
            scores = scores[None]  # the batch of one was left out
        if scores.shape[0] != size or not scores.size:
            raise ModelError(f"gives {shown(scores.shape)} scores for {size} pictures")
        results.append(scores[: len(part)])
    return np.concatenate(results).astype(np.float32)


def _reason(error: BaseException) -> str:
    return OUT_OF_MEMORY if is_out_of_memory(error) else f"ONNX Runtime cannot run it: {first_line(error)}"
