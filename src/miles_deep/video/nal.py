"""NAL units, of which h264 and hevc packets are made: taken apart, read bit by bit, put together."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

START = b"\0\0\0\1"
"""What goes before a unit in a stream of bytes (annex B of either standard)."""

HEAD = 64
"""Bytes of an h264 slice that are looked at: a header of which anything is wanted here ends in them."""

H264_SLICE, H264_IDR, H264_SEI, H264_DELIMITER = 1, 5, 6, 9
"""Kinds of h264 unit (ITU-T H.264, table 7-1)."""

LONGEST_EXP_GOLOMB = 32
"""Leading zeros of the longest number that a standard allows."""


class BrokenUnit(Exception):
    """Bytes that cannot be what they should be."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How a track's packets tell where a unit ends."""

    prefix: int
    """Bytes of the length before each unit; 0: start codes."""

    def split(self, payload: bytes) -> list[bytes]:
        """The units of a packet; those before the place where it is broken."""
        return list(self._prefixed(payload) if self.prefix else _started(payload))

    def join(self, units: Iterable[bytes]) -> bytes:
        """A packet of units. Raises BrokenUnit: one is too long for the bytes of its length."""
        if not self.prefix:
            return b"".join(START + unit for unit in units)
        return b"".join(_after_length(unit, self.prefix) for unit in units)

    def _prefixed(self, payload: bytes) -> Iterator[bytes]:
        at = 0
        while at + self.prefix < len(payload):
            size = int.from_bytes(payload[at : at + self.prefix], "big")
            at += self.prefix
            if size > len(payload) - at:
                return
            if size:
                yield payload[at : at + size]
            at += size


def _after_length(unit: bytes, size: int) -> bytes:
    """A unit behind so many bytes that tell its length."""
    if len(unit) >= 1 << 8 * size:
        raise BrokenUnit(f"a unit of {len(unit)} bytes where lengths have {8 * size} bits")
    return len(unit).to_bytes(size, "big") + unit


def _started(payload: bytes) -> Iterator[bytes]:
    starts = [match.end() for match in re.finditer(b"\0\0\1", payload)]
    for start, after in zip(starts, [*(start - 3 for start in starts[1:]), len(payload)], strict=False):
        unit = payload[start:after].rstrip(b"\0")
        if unit:
            yield unit


def escape(payload: bytes) -> bytes:
    """Put in the emulation prevention bytes (ITU-T H.264, 7.4.1)."""
    return re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", payload)


def unescape(unit: bytes) -> bytes:
    """Take out the emulation prevention bytes."""
    return unit.replace(b"\0\0\3", b"\0\0")


class Bits:
    """Reads bits from the first on; raises BrokenUnit behind the last."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self.length = 8 * len(data)
        self.position = 0

    def u(self, width: int) -> int:
        """A number of so many bits."""
        if width > self.length - self.position:
            raise BrokenUnit("it ends too early")
        self.position += width
        return self._value >> (self.length - self.position) & ((1 << width) - 1)

    def ue(self) -> int:
        """An Exp-Golomb number (ITU-T H.264, 9.1)."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > LONGEST_EXP_GOLOMB:
                raise BrokenUnit("a number is too long")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """A signed Exp-Golomb number."""
        number = self.ue()
        return (number + 1) // 2 if number % 2 else -(number // 2)


class BitText:
    """Bits on their way to become a unit: those of another one, with some replaced."""

    def __init__(self, payload: bytes) -> None:
        """`payload` is without emulation prevention bytes, and has trailing bits."""
        text = f"{int.from_bytes(payload, 'big'):0{8 * len(payload)}b}"
        self._text = text[: text.rindex("1")] if "1" in text else ""

    def replace(self, begin: int, end: int, bits: str) -> None:
        """Put `bits` where those from `begin` to `end` were."""
        self._text = self._text[:begin] + bits + self._text[end:]

    def payload(self) -> bytes:
        """The bytes, with trailing bits (ITU-T H.264, 7.3.2.11) and without emulation prevention bytes."""
        text = self._text + "1"
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big")


def exp_golomb(number: int) -> str:
    """An Exp-Golomb number as text of bits."""
    return f"{number + 1:0{2 * (number + 1).bit_length() - 1}b}"


MOST_SEQUENCES, MOST_PICTURES = 31, 255
"""How many sets avcC can count: by five bits, and by eight."""


@dataclass(frozen=True, slots=True)
class AvcConfiguration:
    """avcC: what MP4 and Matroska say of an h264 track (ISO/IEC 14496-15, 5.3.3.1)."""

    head: bytes
    """Version, profile, compatibility, level."""
    prefix: int
    sequences: tuple[bytes, ...]
    """Sequence parameter sets."""
    pictures: tuple[bytes, ...]
    """Picture parameter sets."""
    tail: bytes
    """Chroma format and bit depths, for the profiles that have them."""

    @classmethod
    def read(cls, data: bytes) -> "AvcConfiguration":
        """Raises BrokenUnit."""
        if len(data) < 7 or data[0] != 1:
            raise BrokenUnit("it is no avcC")
        sequences, at = _sets(data, 6, data[5] & 31)
        pictures, at = _sets(data, at + 1, data[at] if at < len(data) else 0)
        return cls(data[:4], (data[4] & 3) + 1, sequences, pictures, data[at:])

    def write(self) -> bytes:
        """The bytes it was read from, or those of one made anew. Raises BrokenUnit: there are too many sets."""
        if len(self.sequences) > MOST_SEQUENCES or len(self.pictures) > MOST_PICTURES:
            raise BrokenUnit("it has no room for another parameter set")
        counted = ((0xE0 | len(self.sequences), self.sequences), (len(self.pictures), self.pictures))
        sets = b"".join(
            bytes([count]) + b"".join(_after_length(unit, 2) for unit in units) for count, units in counted
        )
        return self.head + bytes([0xFC | (self.prefix - 1)]) + sets + self.tail


@dataclass(frozen=True, slots=True)
class HevcConfiguration:
    """hvcC: what MP4 and Matroska say of an hevc track (ISO/IEC 14496-15, 8.3.3.1)."""

    head: bytes
    """The first 22 bytes: profile, level, formats, bytes of a length."""
    arrays: tuple[tuple[int, tuple[bytes, ...]], ...]
    """Kind of unit, with a bit that tells whether all are here, and the units."""

    @property
    def prefix(self) -> int:
        """Bytes of the length before each unit."""
        return (self.head[21] & 3) + 1

    @property
    def units(self) -> tuple[bytes, ...]:
        """All units, whatever their kind."""
        return tuple(unit for _, units in self.arrays for unit in units)

    @classmethod
    def read(cls, data: bytes) -> "HevcConfiguration":
        """Raises BrokenUnit."""
        if len(data) < 23:
            raise BrokenUnit("it is no hvcC")
        arrays, at = [], 23
        for _ in range(data[22]):
            if at + 3 > len(data):
                raise BrokenUnit("it ends too early")
            units, after = _sets(data, at + 3, int.from_bytes(data[at + 1 : at + 3], "big"))
            arrays.append((data[at], units))
            at = after
        return cls(data[:22], tuple(arrays))

    def write(self) -> bytes:
        """The bytes it was read from, or those of one made anew. Raises BrokenUnit: a set is too long."""
        text = self.head + bytes([len(self.arrays)])
        for kind, units in self.arrays:
            text += bytes([kind]) + len(units).to_bytes(2, "big")
            text += b"".join(_after_length(unit, 2) for unit in units)
        return text


def _sets(data: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    """The units among so many, each after two bytes of length, that are not empty; the place behind the last."""
    units = []
    for _ in range(count):
        size = int.from_bytes(data[at : at + 2], "big")
        at += 2 + size
        if at > len(data):
            raise BrokenUnit("it ends too early")
        if size:
            units.append(data[at - size : at])
    return tuple(units), at


def framing(codec: str, extradata: bytes | None) -> Framing:
    """How the packets of an h264 or hevc track are framed, as FFmpeg takes it."""
    data = extradata or b""
    if codec == "h264" and len(data) >= 7 and data[0] == 1:
        return Framing((data[4] & 3) + 1)
    if codec == "hevc" and len(data) >= 23 and (data[0] or data[1] or data[2] > 1):
        return Framing((data[21] & 3) + 1)
    return Framing(0)
