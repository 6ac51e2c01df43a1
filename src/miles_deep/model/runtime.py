"""The backends that run a network, and the devices a user can ask for."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import DeviceError, ModelError, OptionError
from miles_deep.model.memory import OUT_OF_MEMORY, is_out_of_memory
from miles_deep.model.network import FRAMES, Network, Precision, filled, first_line
from miles_deep.model.openvino_runtime import OpenVinoRuntime


class Runtime(Protocol):
    """A network made ready on one device."""

    name: str
    """Backend and device, for people to read."""

    def infer(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Scores [N, K] of resized and cropped RGB frames [N, H, W, 3].

        It keeps all that the device has busy by itself, and may be called from any thread.
        """

    def keep(self) -> None:
        """Keep what was made for the next run, where that comes to something."""


Start = Callable[[Network, Precision], Runtime]
"""Makes a network ready on one device."""


class OnnxRuntime:
    """ONNX Runtime with one of its execution providers."""

    def __init__(self, network: bytes, provider: str) -> None:
        onnxruntime = _import_onnxruntime()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # warnings would land in the user's terminal; errors are raised
        try:
            self._session = onnxruntime.InferenceSession(network, options, providers=[provider])
        except Exception as error:  # the package raises many unrelated types of its own
            reason = OUT_OF_MEMORY if is_out_of_memory(error) else first_line(error)
            raise ModelError(f"ONNX Runtime cannot run this network: {reason}") from error
        if len(self._session.get_outputs()) != 1:
            raise ModelError(f"a classifier has one output, this network has {len(self._session.get_outputs())}")
        if provider not in self._session.get_providers():
            raise DeviceError(f"{provider} is installed but did not start; is its driver there?")
        tile = self._session.get_inputs()[0].shape[0]
        self._tile = tile if isinstance(tile, int) else None
        self.name = f"ONNX Runtime, {provider}"

    def infer(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Scores [N, K] of frames [N, H, W, 3]."""
        tile = self._tile or len(batch)
        try:
            rows = [self._rows(batch[start : start + tile], tile) for start in range(0, len(batch), tile)]
        except Exception as error:  # as above
            reason = OUT_OF_MEMORY if is_out_of_memory(error) else first_line(error)
            raise ModelError(f"ONNX Runtime cannot run this network on {len(batch)} frames: {reason}") from error
        return np.concatenate(rows)[: len(batch)]

    def keep(self) -> None:
        """A session is made as fast as anything could be read."""

    def _rows(self, frames: NDArray[np.uint8], tile: int) -> NDArray[np.float32]:
        """Scores [tile, K]; of a last tile that is not full, the rows beyond its frames mean nothing."""
        result: list[Any] = self._session.run(None, {FRAMES: filled(frames, tile)})
        return np.asarray(result[0], np.float32).reshape(tile, -1)


def _onnxruntime(provider: str) -> Start:
    def start(network: Network, precision: Precision) -> Runtime:
        if provider not in _providers():
            raise DeviceError(
                f"this ONNX Runtime has no {provider} (it has {', '.join(_providers())}); "
                "install the onnxruntime package made for the device"
            )
        return OnnxRuntime(network.build(), provider)

    return start


DEVICES: dict[str, Start] = {
    "cpu": OpenVinoRuntime,
    "onnxruntime": _onnxruntime("CPUExecutionProvider"),
    "cuda": _onnxruntime("CUDAExecutionProvider"),
    "tensorrt": _onnxruntime("TensorrtExecutionProvider"),
    "directml": _onnxruntime("DmlExecutionProvider"),
    "coreml": _onnxruntime("CoreMLExecutionProvider"),
}
"""What `--device` takes beside `auto`: a name to a function that makes a network ready there."""


def check_device(device: str) -> None:
    """Refuse what is neither `auto` nor a name in `DEVICES`. Raises OptionError."""
    if device not in ("auto", *DEVICES):
        raise OptionError(f"no device {device!r}; there are: auto, {', '.join(DEVICES)}")


def start(network: Network, device: str = "auto", precision: Precision = "auto") -> Runtime:
    """Make a network ready on a device of `DEVICES`; `auto` is a CUDA card where there is one, else the CPU.

    Raises:
        OptionError: no such device.
        DeviceError: the device is not there.
        ModelError: the backend cannot run the network.
    """
    check_device(device)
    if device == "auto":
        device = "cuda" if _made_for_cuda() and "CUDAExecutionProvider" in _providers() else "cpu"
    try:
        return DEVICES[device](network, precision)
    except ImportError as error:
        raise DeviceError(f"device {device} needs a package that is not installed ({error})") from error


def _providers() -> list[str]:
    return list(_import_onnxruntime().get_available_providers())


def _made_for_cuda() -> bool:
    """Whether the ONNX Runtime with CUDA in it is installed; asked first, since importing it takes a while."""
    package = find_spec("onnxruntime")
    places = package.submodule_search_locations if package else None
    return any(True for place in places or () for _ in Path(place, "capi").glob("*onnxruntime_providers_cuda.*"))


def _import_onnxruntime() -> Any:
    # Before the import: ONNX Runtime keeps a device id and a log of events in the user's home otherwise.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime
