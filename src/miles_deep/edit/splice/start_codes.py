"""Parts of an MPEG bitstream, each from its start code on (ISO/IEC 13818-2 and 14496-2)."""

import re
from collections.abc import Iterator


def parts(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """(the byte that tells the kind, the part with its start code) of everything in a packet."""
    starts = [match.start() for match in re.finditer(b"\0\0\1.", payload, re.DOTALL)]
    for start, after in zip(starts, [*starts[1:], len(payload)], strict=False):
        yield payload[start + 3], payload[start:after]


def kinds(payload: bytes) -> set[int]:
    """What kinds of part are in a packet."""
    return {kind for kind, _ in parts(payload)}
