"""Protobuf fields written byte by byte: faster than the package for long arrays, and able to lie."""


def head(number: int, length: int) -> bytes:
    """What begins a field of bytes that says it is this long."""
    written = bytearray()
    for value in (number << 3 | 2, length):
        while value > 127:
            written.append(value & 127 | 128)
            value >>= 7
        written.append(value)
    return bytes(written)


def nested(*numbers: int, content: bytes) -> bytes:
    """A message in a message in a message …"""
    for number in reversed(numbers):
        content = head(number, len(content)) + content
    return content
