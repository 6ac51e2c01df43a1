"""How errors name what stands in a hostile file: on one line, and never longer than a line."""

from collections.abc import Iterable, Sequence


def quoted(name: str) -> str:
    """A name in quotes, control characters escaped, long ones clipped."""
    return repr(name if len(name) <= 60 else name[:57] + "...")


def listed(names: Iterable[str], most: int = 5) -> str:
    """Names with commas between them; of many only the first few, unless one alone would be left."""
    names = list(names)
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def by(shape: Sequence[int]) -> str:
    """A shape as people write it: 64x3x7x7."""
    return "x".join(str(size) for size in shape[:8]) or "one number"
