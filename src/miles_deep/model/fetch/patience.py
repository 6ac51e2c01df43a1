"""How long a download waits, and how often it tries again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """The limits of a download in time."""

    connect: float = 15.0
    """Seconds for a connection to stand, through a proxy too."""
    silence: float = 30.0
    """Seconds without a byte; and until status and headers are whole."""
    slowest: float = 4096.0
    """Bytes a second, over `silence` seconds; below it a server is given up as one that says nothing."""
    tries: int = 4
    """How often in a row a file may fail; one that has grown by `WORTHWHILE` bytes begins a new row."""
    first_wait: float = 1.0
    """Seconds before the second try; doubled before each one after it."""
    longest_wait: float = 30.0
    """Seconds at most, also where a server asks for more."""


WORTHWHILE = 1 << 20
"""Bytes. Who has a bad line gets a large file all the same, and no server can keep us for ever."""
