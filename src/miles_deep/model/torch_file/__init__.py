"""The numbers in a PyTorch file (`.pth`, `.pt`), read without PyTorch: both its formats, and no code in either.

What a checkpoint holds beside its tensors is left out, and never made: a training's arguments, say. Since PyTorch
1.6 such a file is a zip: `NAME/data.pkl` describes the tensors, `NAME/data/0`, `NAME/data/1` … are
their numbers. Before, it was five pickles in a row and then the numbers. `torch/serialization.py` writes both.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from miles_deep.errors import ModelError
from miles_deep.files import open_file
from miles_deep.model.quoting import quoted
from miles_deep.model.torch_file.archive import open_archive
from miles_deep.model.torch_file.pickled import MAX_STEPS, Opaque, read_pickle
from miles_deep.model.torch_file.tensor import Storage, Tensor, lies_within

MAX_BYTES = 4 << 30
"""Of a file. An ONNX network, which these numbers are for, has at most 2 GB; checkpoints have more to keep."""

MAX_PICKLE = 32 << 20
"""Bytes of `data.pkl`. That of EfficientNet-Lite0 has 47,000."""

MAX_DEPTH, MAX_NAME = 8, 500
"""Dicts in dicts, and characters of the keys that lead to a tensor."""

MAX_TENSORS = 20_000
"""Of a file. The largest classifiers have two thousand; checkpoints have them twice, and an optimizer's too."""

ITEM_BYTES = {
    "float32": 4,
    "float64": 8,
    "float16": 2,
    "bfloat16": 2,
    "int64": 8,
    "int32": 4,
    "int16": 2,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
}
"""Of each number that a storage can hold."""

LEGACY_MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")
"""The first pickle of the format before PyTorch 1.6: one number and nothing else."""

LEGACY_PROTOCOL = 1001

Array = NDArray[Any]


def read_state(path: str | Path) -> dict[str, Array]:
    """All tensors of a PyTorch file, by name.

    Names of dicts in dicts are joined with dots, as `state_dict.conv1.weight`. What is no tensor is left out. No
    code in the file is run, none of its classes is looked up, and none of its names is taken for a path.

    Returns:
        Arrays that cannot be written to, and share memory where the tensors did; bfloat16 becomes float32.

    Raises:
        ModelError: it cannot be read, is no PyTorch file, is damaged, or has no tensors.
    """
    with open_file(path, MAX_BYTES, ModelError) as file:  # whose errors name it
        try:
            tensors, numbers = _read(file)
            rows = {key: _row(storage, numbers[key]) for key, storage in _storages(tensors).items()}
            return {name: _array(name, tensor, rows[tensor.storage.key]) for name, tensor in tensors.items()}
        except (OSError, ValueError) as error:
            raise ModelError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from error


Contents = tuple[dict[str, Tensor], dict[str, memoryview]]
"""Tensors by name, and the bytes of their storages by key."""


def _read(file: BinaryIO) -> Contents:
    is_legacy = file.read(len(LEGACY_MAGIC)) == LEGACY_MAGIC
    file.seek(0)
    return _read_legacy(memoryview(file.read())) if is_legacy else _read_zip(file)


def _read_zip(file: BinaryIO) -> Contents:
    """The format since PyTorch 1.6."""
    with open_archive(file) as archive:
        members = {name.partition("/")[2]: name for name in archive.namelist()}
        if "data.pkl" not in members:
            raise ModelError("a zip without the data.pkl that torch.save writes")
        if "byteorder" in members and archive.read(members["byteorder"]) != b"little":
            raise ModelError("its numbers are not little-endian")
        if archive.getinfo(members["data.pkl"]).file_size > MAX_PICKLE:
            raise ModelError(f"its data.pkl has more than {MAX_PICKLE:,} bytes")
        tensors = _named(read_pickle(memoryview(archive.read(members["data.pkl"])))[0])
        keys = _storages(tensors)
        if missing := [key for key in keys if f"data/{key}" not in members]:
            raise ModelError(f"its storage {quoted(missing[0])} is missing")
        return tensors, {key: memoryview(archive.read(members[f"data/{key}"])) for key in keys}


def _read_legacy(content: memoryview) -> Contents:
    """The format before PyTorch 1.6: magic, version, machine, state, keys of storages, and these in that order."""
    _, at = read_pickle(content)
    version, at = read_pickle(content, at)
    machine, at = read_pickle(content, at)
    if version != LEGACY_PROTOCOL or not isinstance(machine, dict):
        raise ModelError("a PyTorch file of a version that is not known")
    if machine.get("little_endian") is not True:
        raise ModelError("its numbers are not little-endian")
    state, at = read_pickle(content, at)
    tensors = _named(state)
    keys, at = read_pickle(content, at)
    sizes = {key: ITEM_BYTES[storage.dtype] for key, storage in _storages(tensors).items()}
    numbers: dict[str, memoryview] = {}
    for key in keys if isinstance(keys, list) else ():
        if not isinstance(key, str) or key in numbers or key not in sizes:
            raise ModelError("its list of storages does not fit its tensors")
        count = int.from_bytes(content[at : at + 8], "little", signed=True)
        end = at + 8 + count * sizes[key]
        if not at + 8 <= end <= len(content):
            raise ModelError("cut short or damaged")
        numbers[key] = content[at + 8 : end]
        at = end
    if missing := [key for key in sizes if key not in numbers]:
        raise ModelError(f"its storage {quoted(missing[0])} is missing")
    return tensors, numbers


def _named(state: Any) -> dict[str, Tensor]:
    """The tensors in dicts and lists, by the keys that lead to them."""
    tensors: dict[str, Tensor] = {}
    opaque: list[Opaque] = []
    left = MAX_STEPS

    def collect(value: Any, name: str, depth: int) -> None:
        nonlocal left
        left -= 1
        if left < 0 or depth > MAX_DEPTH:
            raise ModelError("its dicts and lists are nested too deep, or in themselves")
        if len(name) > MAX_NAME:
            raise ModelError(f"its key {quoted(name)} has more than {MAX_NAME:,} characters")
        if isinstance(value, Tensor):
            if tensors.setdefault(name, value) != value:
                raise ModelError(f"two tensors are called {quoted(name)}")
            if len(tensors) > MAX_TENSORS:
                raise ModelError(f"has more than {MAX_TENSORS:,} tensors")
        elif isinstance(value, Opaque):
            opaque.append(value)
        elif isinstance(value, dict) or type(value) in (list, tuple):
            for key, part in value.items() if isinstance(value, dict) else enumerate(value):
                collect(part, f"{name}.{key}" if name else str(key), depth + 1)

    collect(state, "", 0)
    if not tensors and opaque:
        opaque[0].refuse()
    if not tensors:
        raise ModelError("there are no tensors in it")
    return tensors


def _storages(tensors: Mapping[str, Tensor]) -> dict[str, Storage]:
    """The storages in use, by their keys."""
    storages: dict[str, Storage] = {}
    for tensor in tensors.values():
        # torch.save refuses to write two, and each way would take memory of its own here.
        if storages.setdefault(tensor.storage.key, tensor.storage) != tensor.storage:
            raise ModelError(f"its storage {quoted(tensor.storage.key)} is described in two ways")
    return storages


def _row(storage: Storage, content: memoryview) -> Array:
    """The numbers of a storage."""
    size = storage.size * ITEM_BYTES[storage.dtype]
    if size > len(content):
        raise ModelError(f"its storage {quoted(storage.key)} has {len(content):,} bytes, and should have {size:,}")
    if storage.dtype == "bfloat16":
        halves = np.zeros((storage.size, 2), "<u2")
        halves[:, 1] = np.frombuffer(content[:size], "<u2")
        return halves.view("<f4").reshape(-1)
    if storage.dtype == "bool":
        return np.frombuffer(content[:size], np.uint8).astype(np.bool_)
    return np.frombuffer(content[:size], np.dtype(storage.dtype).newbyteorder("<"))


def _array(name: str, tensor: Tensor, row: Array) -> Array:
    """A tensor as a view of its storage, after a look whether it lies in it."""
    if not lies_within(len(row), tensor.offset, tensor.shape, tensor.strides):
        raise ModelError(f"its tensor {quoted(name)} goes beyond its storage")
    if 0 in tensor.shape:
        return np.zeros(tensor.shape, row.dtype)
    axes = zip(tensor.shape, tensor.strides, strict=True)
    strides = [stride * row.itemsize if size > 1 else 0 for size, stride in axes]
    view: Array = as_strided(row[tensor.offset :], tensor.shape, strides, writeable=False)
    return view
