"""MP3 as far as a join needs it: how long frames are, which windows they have, and the bit reservoir.

The data of a frame may begin in the frames before it (ISO/IEC 11172-3, main_data_begin). Where copying goes on,
the bytes that the first copied frame wants of those before it are put into our own ones, behind their own data.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MPEG1, MPEG2, MPEG25 = 3, 2, 0
RATES = {MPEG1: (44100, 48000, 32000), MPEG2: (22050, 24000, 16000), MPEG25: (11025, 12000, 8000)}
KILOBITS = {
    MPEG1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    MPEG2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
KILOBITS[MPEG25] = KILOBITS[MPEG2]
MONO = 3
LONG, STOP = 0, 3
"""Kinds of blocks whose second half has a long slope."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame, taken apart."""

    header: bytes
    """4 bytes."""
    side: bytes
    """The side information."""
    area: bytes
    """Data of this frame and of those after it."""

    @property
    def version(self) -> int:
        """MPEG's, as the header has it."""
        return self.header[1] >> 3 & 3

    @property
    def rate(self) -> int:
        """Samples a second."""
        return RATES[self.version][self.header[2] >> 2 & 3]

    @property
    def channels(self) -> int:
        """1 or 2."""
        return 1 if self.header[3] >> 6 == MONO else 2

    @property
    def samples(self) -> int:
        """Of each channel."""
        return 1152 if self.version == MPEG1 else 576

    @property
    def back(self) -> int:
        """Bytes before `area` at which the frame's data begins."""
        return self.side[0] << 1 | self.side[1] >> 7 if self.version == MPEG1 else self.side[0]

    def granules(self) -> list[tuple[int, int]]:
        """Of each granule and channel in turn, the bits of its data and the kind of its last block."""
        bits, length = int.from_bytes(self.side), len(self.side) * 8
        if self.version == MPEG1:
            at, step, count, compress = (18 if self.channels == 1 else 20), 59, 2 * self.channels, 4
        else:
            at, step, count, compress = (9 if self.channels == 1 else 10), 63, self.channels, 9
        found = []
        for begin in range(at, at + step * count, step):
            size = bits >> (length - begin - 12) & 0xFFF
            switched = begin + 12 + 9 + 8 + compress
            kind = bits >> (length - switched - 3) & 3 if bits >> (length - switched - 1) & 1 else LONG
            found.append((size, kind))
        return found

    @property
    def data_length(self) -> int:
        """Bytes of the frame's data."""
        return (sum(bits for bits, _ in self.granules()) + 7) // 8


def parse(packet: bytes) -> Frame | None:
    """A packet taken apart; None where it is no frame of layer III with a bit rate."""
    if len(packet) < 40 or packet[0] != 0xFF or packet[1] & 0xE6 != 0xE2 or packet[1] >> 3 & 3 == 1:
        return None
    if not 0 < packet[2] >> 4 < 15 or packet[2] >> 2 & 3 == 3:
        return None
    begin = 4 if packet[1] & 1 else 6  # with a checksum or without
    mono = packet[3] >> 6 == MONO
    side = (17 if mono else 32) if packet[1] >> 3 & 3 == MPEG1 else (9 if mono else 17)
    return Frame(packet[:4], packet[begin : begin + side], packet[begin + side :])


def likeness(ours: bytes, theirs: bytes) -> int:
    """2 where the second halves of both windows are of one kind, so that what is aliased cancels; else 0."""
    one, other = parse(ours), parse(theirs)
    if one is None or other is None:
        return 0
    return 2 * (_slopes(one) == _slopes(other))


def _slopes(frame: Frame) -> list[bool]:
    return [kind in (LONG, STOP) for _, kind in frame.granules()[-frame.channels :]]


def bridged(ours: Sequence[bytes], theirs: Sequence[bytes], following: bytes) -> list[bytes] | None:
    """Our frames, that hold also what a copied one wants of those before it.

    Args:
        ours: frames that need nothing of those before them.
        theirs: the frames that the copied one stood behind.
        following: the copied one.

    Returns:
        as many frames, longer ones; None where they have no room.
    """
    after = parse(following)
    if after is None:
        return None
    before = b"".join(frame.area for frame in map(parse, theirs) if frame is not None)
    if len(before) < after.back:
        return None
    wanted = before[len(before) - after.back :]
    made = list(ours)
    for at in reversed(range(len(ours))):
        if not wanted:
            return made
        frame = parse(ours[at])
        if frame is None or (filled := _filled(frame, wanted)) is None:
            return None
        made[at], wanted = filled
    return None if wanted else made


def _filled(frame: Frame, tail: bytes) -> tuple[bytes, bytes] | None:
    """A frame whose area ends with `tail`, and those of its own data that have to stand before it for that.

    None where there is no room.
    """
    data = frame.area[: frame.data_length]
    overhead = 4 + len(frame.side)
    step = 144_000 if frame.version == MPEG1 else 72_000
    lengths = [step * rate // frame.rate - overhead for rate in KILOBITS[frame.version]]
    kind = next((kind for kind in range(1, 15) if lengths[kind] >= len(data) + len(tail)), 14)
    before = max(0, len(data) + len(tail) - lengths[kind])
    if before > min(len(data), 511 if frame.version == MPEG1 else 255):
        return None
    # The bit rate, no padding, no checksum; then how far back the data begins.
    header = bytes([0xFF, frame.header[1] | 1, kind << 4 | frame.header[2] & 0x0D, frame.header[3]])
    if frame.version == MPEG1:
        side = bytes([before >> 1, (before & 1) << 7 | frame.side[1] & 0x7F]) + frame.side[2:]
    else:
        side = bytes([before]) + frame.side[1:]
    own = data[before:]
    return header + side + own + bytes(lengths[kind] - len(own) - len(tail)) + tail, data[:before]
