"""Pieces of whole packets from the keyframe before each span: what can be had without encoding anything. Pure."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from miles_deep.edit.pieces import Copy, Piece
from miles_deep.errors import OptionError
from miles_deep.timecode import Span
from miles_deep.video.packets import PacketIndex


def loose_pieces(spans: Sequence[Span], index: PacketIndex) -> list[Piece]:
    """Pieces that hold all of the spans, each from the keyframe before it to where no frame is missing after it.

    Args:
        spans: in order, without overlap.
        index: the film's packets.

    Raises:
        OptionError: no keyframe is shown.
    """
    pieces: list[Piece] = []
    keyframes = np.flatnonzero(index.keyframe & (index.pts >= 0))
    if not len(keyframes):
        raise OptionError("nothing to copy from: no keyframe of this film is shown; use mode encode")
    earliest = int(index.pts[keyframes].min()) * index.tick
    ends, end_times = _whole_ends(index)
    output, begun, last = Fraction(0), -1, -1
    for span in spans:
        if span.end <= earliest or _empty(Span(max(span.start, earliest), span.end), index):
            continue
        before = keyframes[index.pts[keyframes] <= math.floor(span.start / index.tick)]
        first = int(before[-1] if len(before) else keyframes[0])
        if first <= last:
            # It would begin inside the piece before it, which therefore goes on: packets come out once.
            previous = pieces.pop()
            first, output = begun, previous.output_start
            span = Span(previous.asked.start, span.end)
        enough = min(bisect_left(end_times, span.end, lo=bisect_left(ends, first)), len(ends) - 1)
        delivered = Span(int(index.pts[first]) * index.tick, end_times[enough])
        since, until = index.frames_in(delivered)
        reason = f"copied from the keyframe {float(span.start - delivered.start):.3f} s before"
        copy = Copy(delivered, until - since, first, ends[enough], reason)
        pieces.append(Piece(span, delivered, output, (copy,)))
        begun, last = first, ends[enough]
        output += delivered.length
    return pieces


def _empty(span: Span, index: PacketIndex) -> bool:
    first, after = index.frames_in(span)
    return first == after


def _whole_ends(index: PacketIndex) -> tuple[list[int], list[Fraction]]:
    """Where a copy may end: packets after which, in decoding order, all frames up to some time are there and
    none after it; and the time, that of the next frame shown."""
    highest = np.maximum.accumulate(index.pts)
    lowest_to_come = np.minimum.accumulate(index.pts[::-1])[::-1]
    ends = np.flatnonzero(np.append(highest[:-1] < lowest_to_come[1:], True))
    following = [*(int(lowest_to_come[end + 1]) * index.tick for end in ends[:-1]), index.end]
    return [int(end) for end in ends], following
