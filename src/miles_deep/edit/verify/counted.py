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
    there = film.index.frame_ticks * float(film.index.tick)
    if not film.ordered or not len(there):
        return
    planned = [layout.times(number) for number in range(len(layout.parts))]
    due = np.concatenate([times for times, _ in planned])
    if len(there) == len(due) and bool((np.abs(there - due) <= float(rounding)).all()):
        return
    used = np.zeros(len(there), bool)
    wrong = [
        _wrong(there, times, used, float(rounding), float(layout.video(number).index.usual_gap) / 2)
        for number, (times, _) in enumerate(planned)
    ]
    spare: dict[int, list[float]] = {}
    for time in there[~used].tolist():
        spare.setdefault(layout.at(Fraction(time) + rounding), []).append(time)
    with closing(Originals(videos, strict=True)) as originals:
        for number, (times, frames) in enumerate(planned):
            if number in blameless:
                continue
            piece, part = layout.parts[number]
            sure: dict[Kind, list[float]] = {}
            for place, kind in sorted(wrong[number].items()):
                if isinstance(part, Copy) or originals.at(piece.film, layout.source(number, int(frames[place]))):
                    sure.setdefault(kind, []).append(float(times[place]))
            if number in spare and Kind.MISSING not in wrong[number].values():
                sure[Kind.EXTRA] = spare[number]
            for kind, when in sure.items():
                yield Trouble(kind, Fraction(when[0]), number, len(when))


def _wrong(
    there: Seconds, times: Seconds, used: NDArray[np.bool_], rounding: float, half: float
) -> dict[int, Kind]:
    """What is wrong with the frames of a part, by their numbers in it.

    Args:
        there: when frames are shown.
        times: when those of the part are due.
        used: which of the frames stand for one that is due; is told of more.
        rounding: seconds by which times may be off.
        half: of the seconds from frame to frame.
    """
    near = _nearest(there, times)
    off = np.abs(there[near] - times)
    beside = off <= max(rounding, half)
    beside[beside] = ~used[near[beside]] & (np.diff(near[beside], prepend=-1) > 0)
    used[near[beside]] = True
    wrong = dict.fromkeys(np.flatnonzero(~beside).tolist(), Kind.MISSING)
    return wrong | dict.fromkeys(np.flatnonzero(beside & (off > rounding)).tolist(), Kind.TIME)


def _nearest(there: Seconds, times: Seconds) -> NDArray[np.int64]:
    """Which of some times, ascending, is nearest to each of others."""
    after = np.searchsorted(there, times).clip(1, max(1, len(there) - 1))
    closer = np.abs(there[after - 1] - times) <= np.abs(there[after.clip(max=len(there) - 1)] - times)
    return np.where(closer, after - 1, after).clip(max=len(there) - 1)
