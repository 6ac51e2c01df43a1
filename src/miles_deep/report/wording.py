"""Texts for pictures, whatever is in a label or a file's name."""

import unicodedata

UNSEEN = "\N{REPLACEMENT CHARACTER}"


def legible(text: str) -> str:
    """A text in one line, without what controls a terminal, turns the direction of writing, or is no character."""
    return "".join(char if _is_seen(char) else UNSEEN for char in text)


def shortened(text: str, width: int) -> str:
    """A legible text that takes no more than so many columns; what is too long ends in an ellipsis."""
    text = legible(text)
    if sum(map(_columns, text)) <= width:
        return text
    used, short = 1, ""
    for char in text:
        used += _columns(char)
        if used > width:
            break
        short += char
    return short.rstrip() + "…"


def _is_seen(char: str) -> bool:
    return char.isprintable() or char in "\u200c\u200d"  # joiners, which scripts and emoji are made with


def _columns(char: str) -> int:
    if unicodedata.combining(char) or char in "\u200c\u200d":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
