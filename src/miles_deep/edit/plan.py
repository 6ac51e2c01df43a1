"""The edit plan: which stretches of the source make up the output. Pure: numbers in, numbers out."""

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from miles_deep.errors import OptionError
from miles_deep.timecode import Span, merge
from miles_deep.video.packets import PacketIndex

Mode = Literal["encode", "copy"]
MODES: tuple[Mode, ...] = ("encode", "copy")


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of the source that goes into the output whole."""

    asked: Span
    span: Span
    """What comes out: from the first frame to the end of the last one, in seconds of the source."""
    output_start: Fraction
    """Where it begins in the output, seconds."""
    frames: int
    """How many frames it has."""
    first_packet: int
    """`copy`: position in the packet index of the first packet taken; it is a keyframe."""
    last_packet: int
    """`copy`: of the last one."""
    reason: str

    @property
    def output_end(self) -> Fraction:
        """Where it ends in the output, seconds."""
        return self.output_start + self.span.length

    def output_time(self, time: Fraction) -> Fraction:
        """Where a time of the source comes out."""
        return time - self.span.start + self.output_start


@dataclass(frozen=True, slots=True)
class EditPlan:
    """Pieces in the order of the output; they do not overlap."""

    mode: Mode
    pieces: tuple[Piece, ...]

    @property
    def length(self) -> Fraction:
        """Seconds of output."""
        return self.pieces[-1].output_end


def plan_edit(spans: Iterable[Span], index: PacketIndex, mode: Mode) -> EditPlan:
    """Plan an output of the given spans, in order of time; spans that overlap or touch are made one.

    `encode` keeps the frames whose time lies in a span, no more and no fewer, but for one that is held so long
    that it is still shown as the span begins; it comes out from there on. `copy` takes packets from the keyframe
    at or before a span's start to the first place after its end at which no frame is missing; frames before the
    first keyframe that is shown cannot be had that way.

    Raises:
        OptionError: an unknown mode, no span, no frame in any of them, or, for `copy`, no keyframe.
    """
    if mode not in MODES:
        raise OptionError(f"no mode {mode!r}; there are: {', '.join(MODES)}")
    wanted = merge(spans)
    if not wanted:
        raise OptionError("nothing to keep: no spans were given")
    pieces = _encoded(wanted, index) if mode == "encode" else _copied(wanted, index)
    if not pieces:
        raise OptionError(f"nothing to keep: the film ends at {float(index.end):g} s, before the spans")
    return EditPlan(mode, tuple(pieces))


def _encoded(spans: list[Span], index: PacketIndex) -> list[Piece]:
    pieces: list[Piece] = []
    usual = index.usual_gap
    output = Fraction(0)
    for span in spans:
        first, after = index.frames_in(span)
        start, end = _time(index, first), _time(index, after)
        if first > 0 and start > span.start and min(start, span.end) - span.start >= usual:
            # A frame that is held for long is still shown when the span begins: it comes along, for the rest.
            first, start = first - 1, span.start
        if first == after:
            continue
        if end - span.end >= usual:
            end = span.end  # the last one is held on
        pieces.append(Piece(span, Span(start, end), output, after - first, 0, 0, "every frame encoded anew"))
        output += end - start
    return pieces


def _copied(spans: list[Span], index: PacketIndex) -> list[Piece]:
    pieces: list[Piece] = []
    keyframes = np.flatnonzero(index.keyframe & (index.pts >= 0))
    if not len(keyframes):
        raise OptionError("nothing to copy from: no keyframe of this film is shown; use mode encode")
    earliest = int(index.pts[keyframes].min()) * index.tick
    ends, end_times = _whole_ends(index)
    output = Fraction(0)
    for span in spans:
        if span.end <= earliest or _empty(Span(max(span.start, earliest), span.end), index):
            continue
        before = keyframes[index.pts[keyframes] <= math.floor(span.start / index.tick)]
        first = int(before[-1] if len(before) else keyframes[0])
        if pieces and first <= pieces[-1].last_packet:
            # It would begin inside the piece before it, which therefore goes on: packets come out once.
            previous = pieces.pop()
            first, output = previous.first_packet, previous.output_start
            span = Span(previous.asked.start, span.end)
        enough = min(bisect_left(end_times, span.end, lo=bisect_left(ends, first)), len(ends) - 1)
        delivered = Span(int(index.pts[first]) * index.tick, end_times[enough])
        since, until = index.frames_in(delivered)
        reason = f"copied from the keyframe {float(span.start - delivered.start):.3f} s before"
        pieces.append(Piece(span, delivered, output, until - since, first, ends[enough], reason))
        output += delivered.length
    return pieces


def _time(index: PacketIndex, frame: int) -> Fraction:
    """When the n-th frame is shown; the film's end after the last one."""
    return int(index.frame_ticks[frame]) * index.tick if frame < len(index.frame_ticks) else index.end


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
