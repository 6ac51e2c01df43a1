"""Whether all frames of an output are there, at their times: told by its packets, without decoding."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miles_deep.edit.pieces import Copy
from miles_deep.edit.verify.joins import Layout
from miles_deep.edit.verify.look import Kind, Trouble
from miles_deep.edit.verify.originals import Originals
from miles_deep.video.clock import DECODING_TIMES_ONLY
from miles_deep.video.video import Video

Seconds = NDArray[np.floating[Any]]


def miscounted(
    layout: Layout, videos: Sequence[Video], film: Video, rounding: Fraction, blameless: set[int]
) -> Iterator[Trouble]:
    """Frames of an output that are missing, too many, or at a wrong time.

    What is encoded may lack what cannot be decoded of a damaged film; it is tried where something is missing.

    Args:
        layout: what was planned.
        videos: the films.
        film: what was made.
        rounding: seconds by which times may be off.
        blameless: parts that need not be looked at.
    """
    if not film.ordered or film.container in DECODING_TIMES_ONLY:
        return
    there = film.index.frame_ticks * float(film.index.tick)
    planned = [layout.times(number) for number in range(len(layout.parts))]
    due = np.concatenate([times for times, _ in planned])
    if len(there) == len(due) and bool((np.abs(there - due) <= float(rounding)).all()):
        return
    starts = np.array([float(start) for start in layout.starts])
    owners = np.maximum(0, np.searchsorted(starts, there + float(rounding), side="right") - 1)
    used, first = np.zeros(len(there), bool), 0
    found: list[tuple[int, Seconds, NDArray[np.int64]]] = []
    for number, (times, _) in enumerate(planned):
        near = _nearest(there, times)
        off = np.abs(there[near] - times)
        used[near] = True
        reach = max(float(rounding), float(layout.video(number).index.usual_gap) / 2)
        twice = np.diff(near, prepend=first - 1) <= 0
        first = int(near[-1]) + 1 if len(near) else first
        missing = np.flatnonzero(twice | (off > reach))
        found.append((number, times, missing))
        late = np.flatnonzero((off > float(rounding)) & (off <= reach) & ~twice)
        if number not in blameless and len(late) and isinstance(layout.parts[number][1], Copy):
            yield Trouble(Kind.TIME, Fraction(float(times[late[0]])), number, len(late))
    with closing(Originals(videos, strict=True)) as originals:
        for number, times, missing in found:
            if number in blameless:
                continue
            piece, part = layout.parts[number]
            sources = planned[number][1]
            gone = [
                place
                for place in missing
                if isinstance(part, Copy) or originals.at(piece.film, layout.source(number, int(sources[place])))
            ]
            if gone:
                yield Trouble(Kind.MISSING, Fraction(float(times[gone[0]])), number, len(gone))
            more = np.flatnonzero(~used & (owners == number))
            if len(more) and not len(missing):
                yield Trouble(Kind.EXTRA, Fraction(float(there[more[0]])), number, len(more))


def _nearest(there: Seconds, times: Seconds) -> NDArray[np.int64]:
    """Which of some times, ascending, is nearest to each of others."""
    after = np.searchsorted(there, times).clip(1, max(1, len(there) - 1))
    closer = np.abs(there[after - 1] - times) <= np.abs(there[after.clip(max=len(there) - 1)] - times)
    return np.where(closer, after - 1, after).clip(max=len(there) - 1)
