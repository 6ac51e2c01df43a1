"""A segment: a stretch of the film that has a label."""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from miles_deep.timecode import Span, overlap


@dataclass(frozen=True, slots=True)
class Segment:
    """What a rule found."""

    span: Span
    label: str
    """The target whose winning scores add up to most in it."""
    score: float
    """Mean winning score, 0…1, over the seconds whose winner is a target."""
    coverage: float
    """Fraction, 0…1, of its seconds whose winner is a target."""


class Overlaps:
    """Finds the segments that lie in a span, quickly where there are thousands of both."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        """Segments are in order of their start, and may overlap."""
        self._segments = segments
        self._starts = [segment.span.start for segment in segments]
        # Of segments that overlap, an earlier one may end later.
        self._latest = list(itertools.accumulate((segment.span.end for segment in segments), max))

    def within(self, span: Span) -> list[Segment]:
        """Those that share time with a span, in order."""
        first, last = bisect_right(self._latest, span.start), bisect_left(self._starts, span.end)
        return [segment for segment in self._segments[first:last] if overlap(span, segment.span)]
