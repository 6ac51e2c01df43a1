"""Which groups of pictures hold wanted frames, and where decoding has to enter and may leave them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from miles_deep.video.packets import PacketIndex


@dataclass(frozen=True, slots=True)
class Visit:
    """A run of packets to decode from a keyframe on. Ticks count from the video's start."""

    entry: int
    """Number, in decoding order, of the packet at which decoding starts: a keyframe, or the film's first."""
    last: int
    """Number of the first packet that belongs to the visit's last group: its keyframe."""
    ticks: tuple[int, ...]
    """When the wanted frames are shown, ascending."""
    times: tuple[tuple[Fraction, ...], ...]
    """The times that each of them was wanted for."""


def plan_visits(index: PacketIndex, times: Sequence[Fraction]) -> Iterator[Visit]:
    """Plan the reading of the frames shown at some times.

    No group of pictures is in two visits. A frame that is decoded after a keyframe but shown before it (a leading
    picture of an open group; H.265, 3.72) may need the group before too, so that both make one visit.

    Args:
        index: the film's packets.
        times: ascending, all before the film's end.
    """
    starts = index.keyframe.copy()
    starts[:1] = True
    keys = np.flatnonzero(starts)
    wanted = list(zip(_shown(index, times), times, strict=True))
    ticks = [(tick, tuple(time for _, time in same)) for tick, same in groupby(wanted, key=lambda pair: pair[0])]
    order = np.argsort(index.pts, kind="stable")
    places = order[np.searchsorted(index.pts[order], [tick for tick, _ in ticks])]
    own = np.searchsorted(keys, places, side="right") - 1
    leading = (np.array([tick for tick, _ in ticks], np.int64) < index.pts[keys[own]]) & (own > 0)

    run: list[tuple[int, tuple[Fraction, ...]]] = []
    first = last = -1
    for (tick, same), group, leads in zip(ticks, own.tolist(), leading.tolist(), strict=True):
        if run and group - leads > last:
            yield _visit(keys, first, last, run)
            run = []
        if not run:
            first = last = group - leads
        last = max(last, group)
        run.append((tick, same))
    if run:
        yield _visit(keys, first, last, run)


def _visit(
    keys: NDArray[np.int64], first: int, last: int, run: Sequence[tuple[int, tuple[Fraction, ...]]]
) -> Visit:
    ticks, times = zip(*run, strict=True)
    return Visit(int(keys[first]), int(keys[last]), ticks, times)


def _shown(index: PacketIndex, times: Sequence[Fraction]) -> list[int]:
    """Ticks of the frames shown at some times: the last that is not after each, else the first."""
    frames = index.frame_ticks
    at = np.searchsorted(frames, [time // index.tick for time in times], side="right") - 1
    return [int(tick) for tick in frames[np.maximum(at, 0)]]
