"""Weights that an ONNX network keeps in files beside it."""

from math import prod
from pathlib import Path, PurePosixPath, PureWindowsPath

from onnx import ModelProto, TensorProto, helper

from miles_deep.errors import ModelError
from miles_deep.model.quoting import quoted

MAX_TOTAL = (1 << 31) - (1 << 20)
"""Bytes of all weights together: what one file can hold, less what the graph needs."""


def embed(network: ModelProto, folder: Path, tensors: list[TensorProto]) -> None:
    """Bring into the network what its tensors keep in other files of the network's `folder`.

    A path out of a model file could point anywhere on the user's disk, so only plain names of regular files in or
    below the model's folder are followed, and no more is read than the tensor's shape needs.

    Raises:
        ModelError: a name leads elsewhere, or the file does not hold what the tensor says.
    """
    total = network.ByteSize()
    for tensor in tensors:
        if tensor.data_location != TensorProto.EXTERNAL:
            if tensor.external_data:
                raise ModelError(f"{quoted(tensor.name)} has its data both in the file and elsewhere")
            continue
        size = _size(tensor)
        total += size
        if total > MAX_TOTAL:
            raise ModelError(f"its weights are more than the {MAX_TOTAL:,} bytes that one file can hold")
        content = _read(tensor, folder, size)
        del tensor.external_data[:]
        tensor.data_location = TensorProto.DEFAULT
        tensor.raw_data = content


def _size(tensor: TensorProto) -> int:
    """Bytes that a tensor's numbers take."""
    try:
        bits = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize * 8
    except (KeyError, ValueError, TypeError) as error:
        raise ModelError(f"{quoted(tensor.name)} is of an unknown type") from error
    if tensor.data_type == TensorProto.STRING or any(size < 0 for size in tensor.dims):
        raise ModelError(f"{quoted(tensor.name)} cannot have its data in another file")
    if tensor.data_type in (TensorProto.INT4, TensorProto.UINT4, TensorProto.FLOAT4E2M1):
        bits = 4
    return (prod(tensor.dims) * bits + 7) // 8


def _read(tensor: TensorProto, folder: Path, size: int) -> bytes:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    name = entries.get("location", "")
    try:
        offset, length = int(entries.get("offset", 0)), int(entries.get("length", size))
    except ValueError as error:
        raise ModelError(f"{quoted(tensor.name)} does not say where in {quoted(name)} it is") from error
    if offset < 0:
        raise ModelError(f"{quoted(tensor.name)} lies before the beginning of {quoted(name)} ({offset:,})")
    if length != size:
        raise ModelError(f"{quoted(tensor.name)} takes {size:,} bytes, not {length:,} as it says")
    try:
        with _inside(folder, name).open("rb") as file:
            file.seek(offset)
            content = file.read(size)
    except (OSError, ValueError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise ModelError(f"its weights in {quoted(name)} cannot be read ({reason})") from error
    if len(content) != size:
        raise ModelError(f"{quoted(name)} is too short for {quoted(tensor.name)}; is it cut short?")
    return content


def _inside(folder: Path, name: str) -> Path:
    """A regular file below the model's folder that a plain relative name leads to."""
    # Both ways of reading it: a file from one system is imported on another.
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    parts = {*posix.parts, *windows.parts}
    if not name or posix.is_absolute() or windows.is_absolute() or windows.drive or windows.root or ".." in parts:
        raise ModelError(f"wants its weights from {quoted(name)}, which is not in its own folder")
    folder = folder.resolve()
    found = (folder / name).resolve(strict=True)
    if not found.is_relative_to(folder):
        raise ModelError(f"wants its weights from {quoted(name)}, which leads out of its own folder")
    if not found.is_file():
        raise ModelError(f"wants its weights from {quoted(name)}, which is not a file")
    return found
