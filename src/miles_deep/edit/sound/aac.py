"""AAC as far as a join needs it: its configuration, the headers of single packets, the shape of windows.

After ISO/IEC 14496-3: AudioSpecificConfig (1.6.2.1), ADTS (1.A.2), raw_data_block and ics_info (4.4.2).
"""

from dataclasses import dataclass

SAMPLES = 1024
"""Of a packet; there are broadcasts with 960, which FFmpeg cannot encode."""

RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
LOW_COMPLEXITY = 2
"""Audio object type."""

LONG, START, SHORT, STOP = range(4)
"""Window sequences: a start has a short slope on its right side, a stop on its left, a short one on both."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a decoder is told of a track."""

    rate: int
    channels: int
    """Channel configuration, which is the number of channels for up to 6 of them."""


def adts_header(packet: bytes) -> bytes | None:
    """The header in front of a packet, where it has one."""
    return packet[:7] if len(packet) > 7 and packet[0] == 0xFF and packet[1] & 0xF6 == 0xF0 else None


def common_header(packet: bytes) -> bytes | None:
    """The header in front of a packet without what differs from one to the next; None where it has none."""
    header = adts_header(packet)
    return None if header is None else bytes([0xFF, header[1] | 1, header[2], header[3] & 0xFC])


def config_of(extradata: bytes | None, packet: bytes) -> Config | None:
    """The configuration of a track of AAC-LC by its header or a packet's; None for any other kind."""
    header = adts_header(packet)
    if header is not None:
        kind, rate, channels = (header[2] >> 6) + 1, header[2] >> 2 & 15, (header[2] & 1) << 2 | header[3] >> 6
        if header[6] & 3:  # several frames in one packet
            return None
    elif extradata and len(extradata) >= 2:
        kind, rate = extradata[0] >> 3, (extradata[0] & 7) << 1 | extradata[1] >> 7
        channels = extradata[1] >> 3 & 15
        if extradata[1] & 4:  # 960 samples
            return None
    else:
        return None
    if kind != LOW_COMPLEXITY or rate >= len(RATES) or not 1 <= channels <= 7:
        return None
    return Config(RATES[rate], channels)


def with_header(raw: bytes, header: bytes | None) -> bytes:
    """A raw packet behind a header; `header`: what is the same for all, if there is any."""
    if header is None:
        return raw
    size = len(raw) + 7
    # No checksum; fullness of the buffer 0x7ff, which is "variable rate".
    return (
        bytes(
            [0xFF, header[1] | 1, header[2], header[3] & 0xFC | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 31]
        )
        + b"\xfc"
        + raw
    )


def window_of(packet: bytes) -> tuple[int, int] | None:
    """Window sequence and shape of a packet's first channel; None where it does not begin with a channel."""
    header = adts_header(packet)
    begin = 0 if header is None else 7 if header[1] & 1 else 9
    bits = int.from_bytes(packet[begin : begin + 4].ljust(4, b"\0"))
    element = bits >> 29
    if element == 1 and bits >> 24 & 1:  # a pair of channels with one window
        at = 8
    elif element == 0:  # 4 bits of tag, 8 of gain
        at = 15
    elif element == 1:
        at = 16
    else:
        return None
    return bits >> (32 - at - 3) & 3, bits >> (32 - at - 4) & 1


def likeness(ours: bytes, theirs: bytes) -> int:
    """How well the second half of one packet stands in for that of another, for what the next one adds to it.

    2: the windows are the same, and all that is aliased cancels; 1: both are long ones of different shapes, of
    which some aliasing stays that nobody hears; 0: they do not belong together.
    """
    one, other = window_of(ours), window_of(theirs)
    if one is None or other is None:
        return 0
    slopes = one[0] in (LONG, STOP), other[0] in (LONG, STOP)
    if slopes[0] != slopes[1]:
        return 0
    return 2 if one[1] == other[1] else int(slopes[0])
