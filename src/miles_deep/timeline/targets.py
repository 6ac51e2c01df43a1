"""Targets: the labels and groups a user asks for, and who competes with them for each second."""

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import LabelError
from miles_deep.timeline.expression import Any, Expression, holds, names_in, parse, renamed

SYNSET = re.compile(r"(n\d{8})\s+(.*)")
"""A line of ImageNet's synset_words.txt: WordNet id, then words: "n02123045 tabby, tabby cat"."""


@dataclass(frozen=True, slots=True)
class Contest:
    """Who competes for each second: labels, and labels of a group that stand together."""

    names: tuple[str, ...]
    """Of the competitors: a label, or a group."""
    members: tuple[tuple[int, ...], ...]
    """Of each competitor, the numbers of the labels whose scores are summed."""
    is_target: NDArray[np.bool_]
    """Of each competitor, whether it was asked for."""

    def table(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """[N, K] scores of labels as [N, C] scores of competitors."""
        if all(len(members) == 1 for members in self.members):
            return values[:, [members[0] for members in self.members]]
        return np.stack([values[:, members].sum(axis=1) for members in self.members], axis=1)


def contest(targets: Sequence[str], labels: Sequence[str], groups: Mapping[str, tuple[str, ...]]) -> Contest:
    """Who competes where some targets are asked for.

    Targets are set algebra over labels; a label of the model is asked for where it is in the set that any of them
    describes. Labels of a group that is named compete together, with the sum of their scores, unless the targets
    tell them apart: with `animal & !cat`, the cats compete with the other animals. A label in several of the
    groups named stands with the largest.

    Args:
        targets: labels, groups, or expressions of them; see `expression`.
        labels: all labels of the model.
        groups: group to its labels.

    Raises:
        ExpressionError: a target does not parse.
        LabelError: a name in it is no label or group of the model, or no label is in the set.
    """
    wanted = expression_of(targets, labels, groups)
    sets = {name: groups.get(name, (name,)) for name in names_in(wanted)}
    asked = [holds(wanted, partial(_is_in, label, sets)) for label in labels]
    if targets and not any(asked):
        raise LabelError(f"target {', '.join(targets)!r}: no label of the model is in it")
    largest_first = sorted((name for name in sets if name in groups), key=lambda name: -len(groups[name]))
    # Labels that stand alone come first, so that of equal scores theirs wins.
    alone: list[tuple[str, tuple[int, ...], bool]] = []
    together: dict[tuple[str, bool], list[int]] = {}
    for number, (label, is_asked) in enumerate(zip(labels, asked, strict=True)):
        group = next((name for name in largest_first if label in groups[name]), None)
        if group is None:
            alone.append((label, (number,), is_asked))
        else:
            together.setdefault((group, is_asked), []).append(number)
    in_order = [*sets]
    grouped = [
        (
            group if len(members) == len(groups[group]) else _part_of(group, members, labels),
            tuple(members),
            is_asked,
        )
        for (group, is_asked), members in sorted(together.items(), key=lambda item: in_order.index(item[0][0]))
    ]
    names, members, is_target = zip(*alone, *grouped, strict=True)
    return Contest(names, members, np.array(is_target, np.bool_))


def expression_of(
    targets: Sequence[str], labels: Sequence[str], groups: Mapping[str, tuple[str, ...]]
) -> Expression:
    """What several targets describe together, with every name as the model has it.

    Raises:
        ExpressionError, LabelError: as `contest`.
    """
    names = {*labels, *groups}
    either = Any(tuple(parse(target, names) for target in targets))
    return renamed(either, lambda name: resolve(name, labels, groups))


def _is_in(label: str, sets: Mapping[str, Collection[str]], name: str) -> bool:
    return label in sets[name]


def _part_of(group: str, members: Sequence[int], labels: Sequence[str]) -> str:
    """A name for some labels of a group: the label where it is one, the group where they are more."""
    return labels[members[0]] if len(members) == 1 else group


def resolve(target: str, labels: Sequence[str], groups: Mapping[str, tuple[str, ...]]) -> str:
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
