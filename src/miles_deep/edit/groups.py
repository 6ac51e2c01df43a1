"""Which groups of pictures can be copied whole. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miles_deep.video.entry import FRESH, RECOVERY
from miles_deep.video.packets import PacketIndex


@dataclass(frozen=True, slots=True)
class Whole:
    """Groups of pictures in a row, from a keyframe up to another, or to the film's end.

    Their frames are those shown from the first keyframe on. Its leading pictures (shown before it and decoded
    after it; H.265, 3.72) are none of them: they need the group before. Those of the keyframe after are not,
    though they are shown before that: they need that keyframe.
    """

    first_packet: int
    """Number in decoding order of the keyframe that it begins with."""
    last_packet: int
    first_frame: int
    """Number in the order shown."""
    after: int
    """Number of the first frame shown after it."""
    groups: int
    """How many of them."""


class Groups:
    """The places of a film at which copying can begin and end."""

    def __init__(self, index: PacketIndex, lands: bool = False, avoid: Collection[int] = ()) -> None:
        """
        Args:
            index: the film's packets.
            lands: whether copying may begin at a recovery point, behind encoded pictures.
            avoid: numbers of keyframes at which it shall neither begin nor end.
        """
        count = len(index.pts)
        shown_before = np.concatenate([[np.iinfo(np.int64).min], np.maximum.accumulate(index.pts)])
        shown_after = np.concatenate([np.minimum.accumulate(index.pts[::-1])[::-1], [np.iinfo(np.int64).max]])
        keys = np.flatnonzero(index.keyframe)
        keys = keys[~np.isin(keys, list(avoid))]
        # A frame that is decoded before a keyframe and shown after it belongs to neither group for sure.
        tidy = keys[(index.pts[keys] >= 0) & (shown_before[keys] < index.pts[keys])]
        self._resume = tidy[index.entry[tidy] == RECOVERY] if lands else tidy[:0]
        self._entries = np.sort(np.append(tidy[index.entry[tidy] == FRESH], self._resume))
        self._entry_frames = np.searchsorted(index.frame_ticks, index.pts[self._entries])
        ends = np.append(keys[shown_before[keys] < shown_after[keys]], count)
        self._ends: NDArray[np.int64] = ends[ends > 0]
        self._end_frames = np.searchsorted(index.frame_ticks, shown_after[self._ends])
        self._keys = np.flatnonzero(index.keyframe)

    def within(self, first: int, after: int) -> Whole | None:
        """The most that can be copied of some frames, by their numbers: the first, and that after the last."""
        start = int(np.searchsorted(self._entry_frames, first))
        if (
            start < len(self._entries)
            and self._entry_frames[start] == first
            and self._entries[start] in self._resume
        ):
            start += 1  # the numbering of a recovery point's pictures goes on from pictures made for it
        end = int(np.searchsorted(self._end_frames, after, side="right")) - 1
        if start == len(self._entries) or end < 0 or self._ends[end] <= self._entries[start]:
            return None
        begin, finish = int(self._entries[start]), int(self._ends[end])
        groups = np.searchsorted(self._keys, finish) - np.searchsorted(self._keys, begin)
        frames = int(self._entry_frames[start]), int(self._end_frames[end])
        return Whole(begin, finish - 1, *frames, int(groups)) if frames[0] < frames[1] else None
