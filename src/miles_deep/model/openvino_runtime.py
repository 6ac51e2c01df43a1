"""OpenVINO, which runs networks on the CPU."""

import contextlib
import io
import sys
import threading
from types import ModuleType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import ModelError
from miles_deep.machine import cores, return_memory
from miles_deep.model.kept import Kept
from miles_deep.model.memory import OUT_OF_MEMORY, is_out_of_memory
from miles_deep.model.network import FRAMES, Network, Precision, filled, first_line

TILE = 4
"""Frames a request. Requests of a fixed size run a fifth faster than those of any size, take the least memory at
this one (docs/benchmarks.md), and make a frame's scores independent of its batch."""

MAX_STREAMS = 4
"""Requests under way at a time, a core or more each: each has buffers of its own, and more outrun any decoder."""

WORTH_KEEPING = 1 << 20
"""Bytes. Smaller networks are compiled as fast as they are read."""


Rows = list[NDArray[np.float32]]


class OpenVinoRuntime:
    """A network compiled for the CPU.

    Frames go through it in tiles, a core each: cores that work on tiles of their own never wait for each other, as
    they would in every layer of a tile they share whenever a decoder takes one of them away.
    """

    name = "OpenVINO on the CPU"

    def __init__(self, network: Network, precision: Precision) -> None:
        self._openvino = _import_openvino()
        self._core = self._openvino.Core()
        self._config = {"NUM_STREAMS": str(min(cores(), MAX_STREAMS))}
        if precision == "f32":
            self._config["INFERENCE_PRECISION_HINT"] = "f32"
        self._new: Any = None
        """What was compiled and is not kept."""
        try:
            compiled = self._compiled(network)
            self._tile = int(compiled.input(0).shape[0])
            self._queue = self._openvino.AsyncInferQueue(compiled, int(self._config["NUM_STREAMS"]))
        except (RuntimeError, MemoryError) as error:
            reason = OUT_OF_MEMORY if is_out_of_memory(error) else first_line(error)
            raise ModelError(f"OpenVINO cannot run this network: {reason}") from error
        self._queue.set_callback(_take)
        self._one_at_a_time = threading.Lock()

    def infer(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Scores [N, K] of frames [N, H, W, 3]."""
        starts = range(0, len(batch), self._tile)
        rows: Rows = [np.empty((0, 0), np.float32)] * len(starts)
        with self._one_at_a_time:
            try:
                for number, start in enumerate(starts):
                    frames = filled(batch[start : start + self._tile], self._tile)
                    self._queue.start_async({FRAMES: frames}, (rows, number))
                self._queue.wait_all()
            except (RuntimeError, MemoryError) as error:
                with contextlib.suppress(RuntimeError):
                    self._queue.wait_all()
                reason = OUT_OF_MEMORY if is_out_of_memory(error) else first_line(error)
                raise ModelError(f"OpenVINO cannot run this network on {len(batch)} frames: {reason}") from error
        return np.concatenate([row.reshape(self._tile, -1) for row in rows])[: len(batch)]

    def keep(self) -> None:
        """Keep what was compiled for the next run, where it was not kept before and is worth it."""
        new, self._new = self._new, None
        if new is None:
            return
        stream = io.BytesIO()
        new.export_model(stream)
        self._place.keep(stream.getbuffer())
        del stream
        return_memory()  # building, compiling and keeping took each a copy or two of the weights

    def _compiled(self, network: Network) -> Any:
        """The network for this machine: the one that was kept, or a new one."""
        properties = ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")
        machine = [self._core.get_property("CPU", name) for name in properties]
        self._place = Kept(network.digest, [self._openvino.get_version(), *machine, TILE, self._config])
        if (content := self._place.look_up()) is not None:
            # RuntimeError: not one of OpenVINO's, for all that the checksum is right.
            with contextlib.suppress(RuntimeError):
                tensor = self._openvino.Tensor(np.frombuffer(content, np.uint8))
                return self._core.import_model(tensor, "CPU", self._config)
        graph = network.build()
        compiled = self._compile(graph)
        if len(graph) >= WORTH_KEEPING:
            self._new = compiled
        return compiled

    def _compile(self, graph: bytes) -> Any:
        """The network for tiles of `TILE` frames; of what its input is fixed to, or one, where need be."""
        model = self._core.read_model(graph)
        if len(model.outputs) != 1:
            raise ModelError(f"a classifier has one output, this network has {len(model.outputs)}")
        shape = model.input(0).partial_shape
        if shape[0].is_static:  # others may well run, and mix the frames of a tile
            return self._compile_tiles(model, shape, shape[0].get_length())
        with contextlib.suppress(RuntimeError):
            compiled = self._compile_tiles(model, shape, TILE)
            rows = compiled.output(0).partial_shape
            if rows.rank.is_static and len(rows) and rows[0] == TILE:
                return compiled
        return self._compile_tiles(self._core.read_model(graph), shape, 1)

    def _compile_tiles(self, model: Any, shape: Any, tile: int) -> Any:
        shape[0] = tile
        model.reshape(shape)
        return self._core.compile_model(model, "CPU", self._config)


def _import_openvino() -> Any:
    # OpenVINO reports every import to its maker through this package, and does without where it is missing.
    sys.modules.setdefault("openvino_telemetry", cast(ModuleType, None))
    import openvino

    return openvino


def _take(request: Any, place: tuple[Rows, int]) -> None:
    """Copy a request's scores out of its buffer, which the next tile will be written to."""
    rows, number = place
    rows[number] = np.array(request.get_output_tensor(0).data, np.float32)
