"""Text for the terminal, whatever is in a file's name."""

import os
import shutil
import sys
from pathlib import Path

BLOCKS = " ▁▂▃▄▅▆▇█"
ASCII_BLOCKS = " .:-=+*#@"


def one_line(message: str) -> str:
    """A message with everything that would break its line, or confuse a terminal, escaped."""
    readable = message.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in readable)


def clipped(name: str, longest: int) -> str:
    """A name that can be printed, of no more than so many letters."""
    name = one_line(name)
    return name if len(name) <= longest else name[: longest - 1] + "~"


def shown(path: Path) -> str:
    """A path that can be printed."""
    return one_line(os.fspath(path))


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 label, 2 labels."""
    return f"{number} {noun}{'s' * (number != 1)}"


def sized(size: int) -> str:
    """A number of bytes: 812 B, 9.1 kB, 24 MB."""
    value, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5 or unit == "GB":
            break
        value /= 1000
    return f"{value:.3g} {unit}"


def bar(fractions: list[float]) -> str:
    """Draw numbers from 0 to 1 as blocks of that height; anything above 0 is seen."""
    blocks = BLOCKS if _can_print(BLOCKS) else ASCII_BLOCKS
    top = len(blocks) - 1
    return "".join(blocks[min(top, max(1, round(value * top))) if value > 0 else 0] for value in fractions)


def width() -> int:
    """Columns of the terminal."""
    return shutil.get_terminal_size((100, 24)).columns


def _can_print(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
