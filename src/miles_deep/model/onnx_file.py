"""What is read from an ONNX file without the `onnx` package, which takes longer to import than a store to answer.

An ONNX file is one protobuf message, a sequence of fields: a number that says which field and how it is written,
then its content (https://protobuf.dev/programming-guides/encoding; field numbers as in onnx.proto). Messages in it
are opened only where something is asked of them; everything else is stepped over.
"""

from collections.abc import Iterator
from mmap import mmap

from miles_deep.errors import ModelError

GRAPH, METADATA = 7, 14
"""Fields of ModelProto."""
NODE = 1
"""Field of GraphProto."""
KEY, VALUE = 1, 2
"""Fields of StringStringEntryProto."""

MAX_FIELDS = 1_000_000
"""Of a file, as far as it is looked at: far more than any network has operators, and stepped over in a second."""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""How a field's content is written."""


def read_metadata(network: bytes | mmap, name: str) -> list[tuple[str, str]]:
    """The entries of a network's metadata, in their order.

    Raises:
        ModelError: it is no ONNX network.
    """
    entries, nodes, room = [], 0, iter(range(MAX_FIELDS))
    try:
        for _, (number, value) in zip(room, fields(memoryview(network)), strict=False):
            if number == GRAPH and isinstance(value, memoryview):
                nodes += sum(inner == NODE for _, (inner, _) in zip(room, fields(value), strict=False))
            elif number == METADATA and isinstance(value, memoryview):
                parts = zip(room, fields(value), strict=False)
                entry = {key: bytes(text).decode() for _, (key, text) in parts if isinstance(text, memoryview)}
                entries.append((entry.get(KEY, ""), entry.get(VALUE, "")))
        if next(room, None) is None:
            raise ValueError("more fields than any network has")
    except (IndexError, ValueError) as error:
        raise ModelError(f"{name}: not an ONNX network") from error
    if not nodes:
        raise ModelError(f"{name}: not an ONNX network")
    return entries


def metadata_entry(key: str, value: str) -> bytes:
    """One entry of metadata as the end of a file: messages one after the other are one message, so nothing else
    changes (protobuf encoding, "Last One Wins")."""
    return _written(METADATA, _written(KEY, key.encode()) + _written(VALUE, value.encode()))


def fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """The fields of a message: number and content, an int where it is a number.

    Raises:
        IndexError, ValueError: it is no message.
    """
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if not number:
            raise ValueError("a field without a number")
        if kind == VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        length = {FIXED64: 8, FIXED32: 4}.get(kind)
        if kind == BYTES:
            length, at = _varint(message, at)
        if length is None or at + length > len(message):
            raise ValueError("a field that goes beyond its message")
        yield number, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the low ones first, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("a number of more than ten bytes")


def _written(number: int, content: bytes) -> bytes:
    """A field of bytes."""
    head, length = bytearray([number << 3 | BYTES]), len(content)
    while length > 127:
        head.append(length & 127 | 128)
        length >>= 7
    return bytes([*head, length]) + content
