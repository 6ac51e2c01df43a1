"""Spoilt copies of films."""

import random
from pathlib import Path

import av


def truncate(path: Path, out: Path, fraction: float) -> Path:
    """Keep only the first `fraction` of the file's bytes. (An mp4 needs `FilmSpec(faststart=True)` to be
    readable after that: its index is at the end otherwise.)"""
    data = path.read_bytes()
    out.write_bytes(data[: int(len(data) * fraction)])
    return out


def corrupt(path: Path, out: Path, seed: int = 0, count: int = 20, length: int = 1) -> list[float]:
    """Flip `count` bytes, or runs of `length` bytes, inside video packets; headers and sound survive.

    Returns: the presentation times in seconds of the packets hit, ascending.
    """
    with av.open(str(path)) as film:
        packets = [
            (bytes(packet), packet.pos, float(packet.pts * packet.time_base))
            for packet in film.demux(film.streams.video[0])
            if packet.size > 64 and packet.pos is not None and packet.pts is not None
        ]
    data = bytearray(path.read_bytes())
    dice = random.Random(seed)
    hit: list[float] = []
    while len(hit) < count:
        payload, position, time = dice.choice(packets)
        # The packet may lie in pieces in the file (ts, asf), so look for a few of its bytes, behind the
        # codec's own header at its start.
        at = dice.randrange(32, len(payload) - 16)
        found = data.find(payload[at : at + 16], max(position, 0))
        if found >= 0:
            for k in range(length):
                if at + 8 + k >= len(payload) or (k and data[found + 8 + k] != payload[at + 8 + k]):
                    break  # the packet, or the piece of it that lies here, is at its end
                data[found + 8 + k] ^= dice.randrange(1, 256)
            hit.append(time)
    out.write_bytes(data)
    return sorted(hit)


def text_file(path: Path) -> Path:
    """A file that is no film at all."""
    path.write_text("This is not a film.\n" * 200, encoding="utf-8")
    return path
