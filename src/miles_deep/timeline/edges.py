"""Where, to the frame, segments begin and end: a search that looks at few frames."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from miles_deep.classify.sampling import midpoint
from miles_deep.timecode import Span
from miles_deep.timeline.segment import Segment

NEAR = Fraction(1, 2)
"""Seconds within which an edge moves onto a shot change."""

Matches = Callable[[Sequence[Fraction]], Mapping[Fraction, bool]]
"""Looks at frames: from their times, ascending, to whether they match."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One end of a segment, somewhere between a second that matches and one that does not."""

    frames: tuple[Fraction, ...]
    """Times of the frames it can lie at, from the one inside outward."""
    beyond: Fraction
    """Time of the frame outside, or the film's beginning or end where there is none."""
    opens: bool
    """Whether the segment begins here; else it ends."""
    last: bool = False
    """Whether the film has no frame outside: it begins or ends here."""
    inside: int = 0
    """The outermost frame that is known to match, with all looked at before it."""
    outside: int = -1
    """The innermost frame that is known not to match; -1: `beyond`."""

    @property
    def time(self) -> Fraction:
        """Where the label changes: the first frame inside, or the first after the segment."""
        reach = self.outside if self.outside >= 0 else len(self.frames)
        if self.opens:
            return self.frames[min(self.inside, reach - 1)]
        return self.frames[reach] if reach < len(self.frames) else self.beyond

    def questions(self) -> list[Fraction]:
        """Frames that cut what is open into parts of equal length, as many as parts are long: two rounds do."""
        reach = self.outside if self.outside >= 0 else len(self.frames)
        step = max(1, math.isqrt(max(0, reach - self.inside - 1)))
        return list(self.frames[self.inside + step : reach : step])

    def answered(self, matches: Mapping[Fraction, bool]) -> "Edge":
        """The edge after its questions were answered: before the first frame outward that does not match."""
        reach = self.outside if self.outside >= 0 else len(self.frames)
        inside = self.inside
        for number in range(self.inside + 1, reach):
            match matches.get(self.frames[number]):
                case True:
                    inside = number
                case False:
                    return replace(self, inside=inside, outside=number)
        return replace(self, inside=inside)


def find_edges(
    segments: Sequence[Segment], frames: Sequence[Fraction], end: Fraction, look: Matches
) -> list[Edge]:
    """Search for both edges of some segments of whole seconds, all at once.

    Each edge lies between the middles of the last second outside and the first inside. A few frames between them
    are looked at, then a few between those where the label changes: about two square roots of the frames a second.

    Args:
        segments: in order of time, as a rule found them.
        frames: when the film's frames are shown, ascending.
        end: the film's end.
        look: is asked a few times.

    Returns:
        Two edges a segment, its beginning and its end.
    """
    edges = [edge for segment in segments for edge in _edges_of(segment, frames, end)]
    asked: set[Fraction] = set()
    matches: dict[Fraction, bool] = {}
    while wave := sorted({time for edge in edges for time in edge.questions()} - asked):
        asked.update(wave)
        matches = {**matches, **look(wave)}
        edges = [edge.answered(matches) for edge in edges]
    return edges


def settle(segments: Sequence[Segment], edges: Sequence[Edge], shots: Sequence[Fraction]) -> list[Segment]:
    """Segments with their ends moved to where the edges were found, or onto a shot change nearby.

    Shots are in order of time. One counts where it is within `NEAR` and no second that was looked at lies between.
    """
    settled = []
    for number, segment in enumerate(segments):
        pair = zip(edges[2 * number : 2 * number + 2], (segment.span.start, segment.span.end), strict=True)
        # Between two seconds that show one held frame there is nothing to find.
        start, end = (_on_shot(edge, shots) if edge.frames else second for edge, second in pair)
        settled.append(replace(segment, span=Span(start, end)) if start < end else segment)
    return settled


def _edges_of(segment: Segment, frames: Sequence[Fraction], end: Fraction) -> Iterator[Edge]:
    first, last = int(segment.span.start), math.ceil(segment.span.end) - 1
    before = midpoint(first - 1, end) if first else Fraction(-1)
    after = midpoint(last + 1, end) if last + 1 < end else end
    low, high = _shown(frames, midpoint(first, end)), _shown(frames, midpoint(last, end))
    outer = _shown(frames, before)
    yield Edge(tuple(reversed(frames[outer + 1 : low + 1])), frames[max(outer, 0)], opens=True, last=outer < 0)
    outer = _shown(frames, after) if after < end else len(frames)
    last = outer >= len(frames)
    yield Edge(tuple(frames[high:outer]), end if last else frames[outer], opens=False, last=last)


def _shown(frames: Sequence[Fraction], time: Fraction) -> int:
    """Number of the frame shown at a time; -1 before the first."""
    return bisect_right(frames, time) - 1


def _on_shot(edge: Edge, shots: Sequence[Fraction]) -> Fraction:
    if edge.last and edge.outside < 0:  # all matches up to the film's beginning or end, which is where it stays
        return edge.time
    low, high = sorted((edge.frames[0], edge.beyond))
    around = shots[bisect_left(shots, edge.time - NEAR) : bisect_right(shots, edge.time + NEAR)]
    near = [shot for shot in around if low < shot <= high]
    return min(near, key=lambda shot: abs(shot - edge.time), default=edge.time)
