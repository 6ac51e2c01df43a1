"""AC-3 and E-AC-3 as far as a join needs them: how long a packet is, and how loud speech is said to be.

After ETSI TS 102 366: syncinfo and bsi (4.3, 4.4), and those of E-AC-3 (E.1.2).
"""

from dataclasses import dataclass

BLOCK = 256
"""Samples."""
ENHANCED = 11
"""Least bitstream identification of E-AC-3."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a frame says of itself."""

    samples: int
    dialogue: int
    """Loudness of speech in dB below full scale, 1 to 31."""


def parse(packet: bytes) -> Frame | None:
    """What a packet is; None where it is not one frame."""
    if len(packet) < 8 or packet[:2] != b"\x0b\x77":
        return None
    bits = int.from_bytes(packet[:8])

    def field(at: int, size: int) -> int:
        return bits >> (64 - at - size) & (1 << size) - 1

    if field(40, 5) < ENHANCED:
        mode, at = field(48, 3), 51
        at += 2 * (bool(mode & 1) and mode != 1) + 2 * bool(mode & 4) + 2 * (mode == 2)
        return Frame(6 * BLOCK, field(at + 1, 5) or 31)
    if (field(21, 11) + 1) * 2 < len(packet):  # more frames: further channels, or fewer blocks each
        return None
    blocks = 6 if field(32, 2) == 3 else (1, 2, 3, 6)[field(34, 2)]
    return Frame(blocks * BLOCK, field(45, 5) or 31)
