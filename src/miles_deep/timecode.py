"""Exact time: half-open spans of rational seconds, and how they are printed."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from miles_deep.errors import OptionError

Seconds = Fraction | int | float


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The half-open stretch of time [start, end), in exact seconds from the video's start.

    Numbers of any kind are accepted and kept as fractions; a float is taken for the shortest decimal number that
    it is the float of, so that 6.4 is six and four tenths.

    Raises:
        OptionError: the start is negative, or the end is not after it.
    """

    start: Fraction
    end: Fraction

    def __init__(self, start: Seconds, end: Seconds) -> None:
        try:
            exact_start, exact_end = exact(start), exact(end)
        except (ValueError, OverflowError) as error:  # nan and infinity
            raise OptionError(f"a span needs finite times, not {start} to {end}") from error
        if exact_start < 0:
            raise OptionError(f"a span cannot start before the film, at {start} s")
        if exact_end <= exact_start:
            raise OptionError(f"a span must end after its start: {start} s to {end} s")
        object.__setattr__(self, "start", exact_start)
        object.__setattr__(self, "end", exact_end)

    @property
    def length(self) -> Fraction:
        """Seconds from start to end."""
        return self.end - self.start

    def __str__(self) -> str:
        return f"{clock(self.start)}-{clock(self.end)}"


def exact(seconds: Seconds) -> Fraction:
    """A number of seconds as a fraction; a float as the shortest decimal number that it stands for.

    Raises:
        ValueError, OverflowError: it is not finite.
    """
    return Fraction(repr(seconds)) if isinstance(seconds, float) else Fraction(seconds)


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same stretches of time in order, with those that overlap or touch made one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def subtract(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """What is left of some spans where others are taken away, in order, without overlap."""
    taken, left = merge(others), []
    starts, ends = [other.start for other in taken], [other.end for other in taken]
    for span in merge(spans):
        start = span.start
        for other in taken[bisect_right(ends, start) : bisect_left(starts, span.end)]:
            if start < other.start:
                left.append(Span(start, other.start))
            start = max(start, other.end)
        if start < span.end:
            left.append(Span(start, span.end))
    return left


def within(spans: Sequence[Span], limits: Span) -> list[Span]:
    """What of some spans, in order and without overlap, lies in another."""
    first = bisect_right(spans, limits.start, key=lambda span: span.end)
    after = bisect_left(spans, limits.end, key=lambda span: span.start)
    return [Span(max(s.start, limits.start), min(s.end, limits.end)) for s in spans[first:after]]


def overlap(one: Span, other: Span) -> Fraction:
    """Seconds that two spans share."""
    return max(Fraction(0), min(one.end, other.end) - max(one.start, other.start))


def clock(seconds: Seconds) -> str:
    """Print a time as h:mm:ss, with milliseconds where it has any: 0:02:14, 0:09:56.458."""
    milliseconds = round(Fraction(seconds) * 1000)
    whole, fraction = divmod(milliseconds, 1000)
    text = f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{text}.{fraction:03}" if fraction else text
