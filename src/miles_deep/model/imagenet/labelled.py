"""The thousand labels of ImageNet (ILSVRC 2012), and groups of them: for every classifier that has these."""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("labels.json")
"""Labels and groups; tools/imagenet_labels.py makes it."""

RULES: dict[str, float | str] = {"min_score": 0.1, "max_gap": 3, "min_length": 2}
"""Where a thousand labels share a picture's scores, the right one seldom has half of them, and often not for four
seconds in a row. benchmarks/groups.py has what these find, and what less and more does."""

WNID = re.compile(r"n\d{8}(?= |$)")
"""WordNet's id of a label, with which it begins: "n02123045 tabby, tabby cat"."""


def imagenet_labels() -> tuple[str, ...]:
    """All labels, in ImageNet's order."""
    return tuple(_table()["labels"])


def imagenet_groups(labels: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Group name to those of some labels that are in it; none where these are not ImageNet's.

    Args:
        labels: a classifier's, in any order, each with or without words after its WordNet id.
    """
    own = {found[0]: label for label in labels if (found := WNID.match(label))}
    if len(own) != len(labels) or own.keys() != {label[:9] for label in imagenet_labels()}:
        return {}
    wnids = [label[:9] for label in imagenet_labels()]
    return {
        name: tuple(own[wnids[number]] for number in _numbers(text)) for name, text in _table()["groups"].items()
    }


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def _numbers(ranges: str) -> list[int]:
    """`151-268,281`"""
    ends = (part.partition("-") for part in ranges.split(","))
    return [number for first, _, last in ends for number in range(int(first), int(last or first) + 1)]
