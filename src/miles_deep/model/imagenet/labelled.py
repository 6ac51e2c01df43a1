"""The thousand labels of ImageNet (ILSVRC 2012), and groups of them: for every classifier that has these."""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("labels.json")
"""Labels and groups; tools/imagenet_labels.py makes it."""

RULES: dict[str, float | str] = {"method": "evidence", "min_score": 0.3, "min_length": 3}
"""Where a thousand labels share a picture's scores, the right one seldom has half of them, and often not for four
seconds in a row; so seconds are taken together. benchmarks/groups.py has what these find, and what others do."""

WNID = re.compile(r"n\d{8}(?= |$)")
"""WordNet's id of a label, with which it begins: "n02123045 tabby, tabby cat"."""

ALIKE = 900
"""Labels of the thousand without ids that must be where ImageNet has them: lists call a few by other names."""


def imagenet_labels() -> tuple[str, ...]:
    """All labels, in ImageNet's order."""
    return tuple(_table()["labels"])


def imagenet_groups(labels: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Group name to those of some labels that are in it; none where these are not ImageNet's.

    Args:
        labels: a classifier's: in any order, each with or without words after its WordNet id; or words without ids
            in ImageNet's order. One more may stand before them, for the background.
    """
    for own in (labels, labels[1:]):
        if found := _by_id(own) or _by_place(own):
            groups = _table()["groups"].items()
            return {name: tuple(found[number] for number in _numbers(text)) for name, text in groups}
    return {}


def _by_id(labels: Sequence[str]) -> list[str]:
    """The labels in ImageNet's order; none where they are not exactly its own."""
    own = {found[0]: label for label in labels if (found := WNID.match(label))}
    wnids = [label[:9] for label in imagenet_labels()]
    return [own[wnid] for wnid in wnids] if len(own) == len(labels) and own.keys() == set(wnids) else []


def _by_place(labels: Sequence[str]) -> list[str]:
    """The same labels, where most are among the words that ImageNet has in the same place."""
    if len(labels) != len(imagenet_labels()):
        return []
    pairs = zip(labels, imagenet_labels(), strict=True)
    alike = sum(_words(label).split(", ")[0] in _words(other[10:]).split(", ") for label, other in pairs)
    return list(labels) if alike >= ALIKE else []


def _words(label: str) -> str:
    return label.lower().replace("_", " ")


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def _numbers(ranges: str) -> list[int]:
    """`151-268,281`"""
    ends = (part.partition("-") for part in ranges.split(","))
    return [number for first, _, last in ends for number in range(int(first), int(last or first) + 1)]
