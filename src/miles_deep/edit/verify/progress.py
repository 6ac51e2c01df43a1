"""How far the look at an output is."""

from collections.abc import Callable
from fractions import Fraction

Progress = Callable[[Fraction, Fraction], None]
"""Is told how many seconds of how many were looked at."""


class Looked:
    """Adds up what was looked at."""

    def __init__(self, total: Fraction, progress: Progress | None) -> None:
        """`total`: seconds that there are to look at."""
        self._total, self._progress = total, progress
        self._done = Fraction(0)

    def __call__(self, seconds: Fraction) -> None:
        """So many more were looked at."""
        self._done = min(self._total, self._done + max(Fraction(0), seconds))
        if self._progress is not None:
            self._progress(self._done, self._total)

    def all(self) -> None:
        """There is no more to look at."""
        self(self._total)
