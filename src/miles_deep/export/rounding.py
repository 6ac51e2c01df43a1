"""Exact times as whole units: milliseconds, frames."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from miles_deep.timecode import Span

MILLISECONDS = 1000
"""A second."""


def whole_units(times: Iterable[Fraction], per_second: Fraction | int) -> dict[Fraction, int]:
    """Round times to whole units, half to even; those that differ go on to differ, in the same order.

    So no span vanishes or turns around, and spans that do not overlap still do not: of times that lie closer than
    a unit, the later ones move to the units after.
    """
    units: dict[Fraction, int] = {}
    last = -1
    for time in sorted(set(times)):
        last = units[time] = max(round(time * per_second), last + 1)
    return units


def rounded(spans: Sequence[Span], per_second: Fraction | int = MILLISECONDS) -> list[tuple[int, int]]:
    """Start and end of every span in whole units, as `whole_units` rounds them."""
    units = whole_units((time for span in spans for time in (span.start, span.end)), per_second)
    return [(units[span.start], units[span.end]) for span in spans]
