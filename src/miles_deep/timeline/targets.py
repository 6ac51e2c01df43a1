"""Targets: the labels and groups a user asks for, and who wins each second among them."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.scores import Scores
from miles_deep.errors import LabelError

SYNSET = re.compile(r"(n\d{8})\s+(.*)")
"""A line of ImageNet's synset_words.txt: WordNet id, then words: "n02123045 tabby, tabby cat"."""


@dataclass(frozen=True, slots=True)
class Winners:
    """The winning label or group of every second."""

    names: tuple[str, ...]
    """Labels, with those in an asked-for group replaced by the group."""
    winner: NDArray[np.intp]
    """(N,) index into `names`."""
    score: NDArray[np.float32]
    """(N,) the winner's score."""
    is_target: NDArray[np.bool_]
    """(N,) whether the winner is a target."""


def winners(scores: Scores, targets: Sequence[str]) -> Winners:
    """Who wins each second. A group that is a target stands in for its members, with the sum of their scores.

    Raises:
        LabelError: a target is no label or group of the model.
    """
    wanted = [resolve(target, scores.labels, scores.groups) for target in targets]
    groups = {name: scores.groups[name] for name in wanted if name in scores.groups}
    grouped = {label for members in groups.values() for label in members}
    names = tuple(label for label in scores.labels if label not in grouped) + tuple(groups)
    column = {label: scores.values[:, k] for k, label in enumerate(scores.labels)}
    columns = [
        sum((column[label] for label in groups[name]), np.zeros(len(scores), np.float32))
        if name in groups
        else column[name]
        for name in names
    ]
    # Of a label asked for beside a group that has it, only the group is left to win.
    chosen = np.array([name in wanted for name in names])
    if not len(scores):
        return Winners(names, np.zeros(0, np.intp), np.zeros(0, np.float32), np.zeros(0, np.bool_))
    table = np.stack(columns, axis=1)
    winner = table.argmax(axis=1)
    return Winners(names, winner, table.max(axis=1), chosen[winner])


def resolve(target: str, labels: Sequence[str], groups: dict[str, tuple[str, ...]]) -> str:
    """The label or group a user means: its name, or the WordNet id or one of the words of an ImageNet label.

    Raises:
        LabelError: there is none, or more than one; the closest names are in the message.
    """
    if target in labels or target in groups:
        return target
    spoken: dict[str, list[str]] = {}
    for label in labels:
        if match := SYNSET.fullmatch(label):
            for word in (match[1], *match[2].split(",")):
                spoken.setdefault(word.strip(), []).append(label)
    found = spoken.get(target, [])
    if len(found) == 1:
        return found[0]
    if found:
        raise LabelError(f"label {target!r} could be any of: {'; '.join(found)}")
    known = [*labels, *groups, *spoken]
    close = difflib.get_close_matches(target, known, n=3)
    if close:
        raise LabelError(f"no label {target!r} in the model; did you mean {' or '.join(map(repr, close))}?")
    listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    raise LabelError(f"no label {target!r} in the model; it has: {listed}")


def foreground(labels: Sequence[str], background: Sequence[str]) -> tuple[str, ...]:
    """All labels but the background. Raises LabelError where that is none or all of them."""
    if not background:
        raise LabelError("the model names no background label, so there is no 'all but the background'; use -t")
    kept = tuple(label for label in labels if label not in background)
    if not kept:
        raise LabelError("the model has no label but the background")
    return kept
