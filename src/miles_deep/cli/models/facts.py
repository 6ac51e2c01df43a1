"""What there is to tell of a classifier, in words."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any

from miles_deep.cli.text import one_line, width
from miles_deep.model import Model

FEW, FIRST = 12, 3
"""So many names are all written out; of more, the first."""

TOGETHER = "\N{NO-BREAK SPACE}"

WHOLE_WORDS: Any = {"break_long_words": False, "break_on_hyphens": False}


Fact = tuple[str, str]
"""A word, and what to say of it."""


def facts_of(model: Model) -> list[Fact]:
    """What a model tells apart, and what its pictures go through."""
    groups = [
        f"{one_line(name)} ({len(members)})".replace(" ", TOGETHER) for name, members in model.groups.items()
    ]
    return [
        ("labels", listed(model.labels)),
        ("background", listed(model.background)),
        ("groups", ", ".join(groups) or "none"),
        ("input", f"{model.card.preprocess.width} x {model.card.preprocess.height}"),
        ("preprocessing", model.card.preprocess.in_words()),
    ]


def origin_of(model: Model) -> list[Fact]:
    """Where a model comes from."""
    return [
        ("licence", one_line(model.card.licence) or "not told"),
        ("source", one_line(model.card.source) or "not told"),
        ("digest", model.digest),
    ]


def listed(names: Sequence[str]) -> str:
    """Names, with how many they are; where they are many, the first of them."""
    between = "; " if any("," in name for name in names) else ", "
    if len(names) > FEW:
        return one_line(f"{len(names)}: {between.join(names[:FIRST])}, …")
    return one_line(f"{len(names)}: {between.join(names)}" if len(names) > 1 else "".join(names) or "none")


def millions(number: int) -> str:
    """A large number: 5.89 million, 1,069 million."""
    if number < 1_000_000:
        return f"{number:,}"
    value = number / 1_000_000
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f} million"


def table(rows: Sequence[Fact]) -> list[str]:
    """A line a row, or several where it is long; the first words in a column."""
    wide = max((len(word) for word, _ in rows), default=0) + 4
    lines = (
        fill(said, width(), initial_indent=f"  {word}".ljust(wide), subsequent_indent=" " * wide, **WHOLE_WORDS)
        for word, said in rows
    )
    return [line.replace(TOGETHER, " ") for line in lines]


def next_lines(name: str) -> list[str]:
    """What to type after a model came in."""
    return ["", "next:", f"  miles-deep models show {name}", f"  miles-deep MOVIE --model {name}"]
