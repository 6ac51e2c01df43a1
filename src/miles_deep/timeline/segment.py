"""A segment: a stretch of the film that has a label."""

from dataclasses import dataclass

from miles_deep.timecode import Span


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
