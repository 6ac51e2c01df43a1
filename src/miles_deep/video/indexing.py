"""One pass over a film's packets, without decoding: the packet index."""

from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np

from miles_deep.errors import VideoError
from miles_deep.video.clock import Clock
from miles_deep.video.container import Damage, main_picture, open_film, packets
from miles_deep.video.entry import NONE, EntryReader
from miles_deep.video.packets import PacketIndex, packet_stamp


def index_packets(path: Path, start: Fraction) -> PacketIndex:
    """Read all packets of a film's picture without decoding them.

    Args:
        path: the film.
        start: seconds on the file's clock that count as 0.

    Raises:
        VideoError: the film holds no packet that is shown.
    """
    pts: list[int] = []
    durations: list[int] = []
    keyframe: list[bool] = []
    entry: list[int] = []
    size: list[int] = []
    stamp: list[int] = []
    timeless = 0
    with open_film(path) as container:
        stream = main_picture(container, path)
        tick = cast(Fraction, stream.time_base)
        clock = Clock(stream)
        entries = EntryReader(stream.codec_context)
        for packet in packets(container, Damage(), stream):
            if not packet.size or packet.is_discard:
                continue
            shown = clock.read(packet)
            if shown is None:
                timeless += 1
                continue
            pts.append(shown)
            durations.append(packet.duration or 0)
            keyframe.append(packet.is_keyframe)
            entry.append(entries.read(packet) if packet.is_keyframe else NONE)
            size.append(packet.size)
            stamp.append(packet_stamp(packet))
        rate = stream.average_rate or stream.guessed_rate
    if not pts:
        raise VideoError(f"{path}: not one frame can be read")
    ticks = np.array(pts, np.int64) - round(start / tick)
    last = int(ticks.argmax())
    frame = durations[last] or (round(1 / rate / tick) if rate else 1)
    return PacketIndex(
        tick=tick,
        pts=ticks,
        keyframe=np.array(keyframe),
        entry=np.array(entry, np.uint8),
        size=np.array(size, np.int64),
        stamp=np.array(stamp, np.int64),
        last_duration=max(1, frame),
        timeless=timeless,
    )
