"""PyTorch files written by hand, opcode by opcode, so that no test of the reader needs PyTorch."""

import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    size = value.bit_length() // 8 + 1
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


def numbers(values: Sequence[int]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def asked(module: str, name: str) -> bytes:
    """A global of that name."""
    return f"c{module}\n{name}\n".encode()


def storage(key: str, size: int, kind: str = "FloatStorage", *, view: bytes = b"") -> bytes:
    return b"(" + text("storage") + asked("torch", kind) + text(key) + text("cpu") + number(size) + view + b"tQ"


def tensor(stored: bytes, shape: Sequence[int], strides: Sequence[int] | None = None, offset: int = 0) -> bytes:
    if strides is None:
        strides = [1] * len(shape)
        for axis in range(len(shape) - 2, -1, -1):
            strides[axis] = strides[axis + 1] * shape[axis + 1]
    arguments = stored + number(offset) + numbers(shape) + numbers(strides) + b"\x89" + ordered({})
    return asked("torch._utils", "_rebuild_tensor_v2") + b"(" + arguments + b"tR"


def ordered(items: Mapping[str, bytes]) -> bytes:
    return asked("collections", "OrderedDict") + b")R(" + b"".join(text(k) + v for k, v in items.items()) + b"u"


def pickled(value: bytes) -> bytes:
    return b"\x80\x02" + value + b"."


def write_zip(path: Path, pickle: bytes, storages: Mapping[str, bytes], **more: bytes) -> Path:
    """The format since PyTorch 1.6; `more` are other members, with their names under the folder."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", pickle)
        for key, content in storages.items():
            archive.writestr(f"net/data/{key}", content)
        for name, content in more.items():
            archive.writestr(f"net/{name.replace('__', '.')}", content)
    return path


def write_legacy(
    path: Path, pickle: bytes, storages: Mapping[str, tuple[int, bytes]], little: bytes = b"\x88"
) -> Path:
    """The format before; of each storage its count of numbers, and these."""
    machine = b"}(" + text("protocol_version") + number(1001) + text("little_endian") + little + b"u"
    keys = b"](" + b"".join(map(text, storages)) + b"e"
    parts = [number(LEGACY_MAGIC), number(1001), machine]
    content = b"".join(map(pickled, parts)) + pickle + pickled(keys)
    for count, values in storages.values():
        content += struct.pack("<q", count) + values
    path.write_bytes(content)
    return path
