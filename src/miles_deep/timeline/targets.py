"""Targets: the labels and groups a user asks for, and who competes with them for each second."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import ExpressionError, LabelError
from miles_deep.model.naming import resolve
from miles_deep.timeline.expression import Any, Expression, names_in, parse, renamed, set_of

Groups = Mapping[str, tuple[str, ...]]
"""Group to its labels."""


@dataclass(frozen=True, slots=True)
class Heat:
    """The part of a contest that one head of a model holds alone."""

    labels: slice
    """Its labels, of all."""
    competitors: slice
    """Those who compete in it, of all."""


@dataclass(frozen=True, slots=True)
class Contest:
    """Who competes for each second: labels, and labels of a group that stand together."""

    names: tuple[str, ...]
    """Of the competitors: a label, or a group."""
    members: tuple[tuple[int, ...], ...]
    """Of each competitor, the numbers of the labels whose scores are summed."""
    is_target: NDArray[np.bool_]
    """Of each competitor, whether it was asked for."""
    heats: tuple[Heat, ...] = (Heat(slice(None), slice(None)),)
    """Competitors of different heats do not compete: each heat has a winner in every second."""

    def table(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """[N, K] scores of labels as [N, C] scores of competitors."""
        table = values[:, [members[0] if members else 0 for members in self.members]]
        for column, members in enumerate(self.members):
            if len(members) != 1:
                table[:, column] = values[:, members].sum(axis=1)
        return table

    def chance(self, heat: Heat, labels: int) -> NDArray[np.float64]:
        """(C,) the share of a head's labels that each competitor of its heat has: its score by chance.

        Args:
            labels: how many there are in all.
        """
        count = len(range(labels)[heat.labels])
        return np.array([len(members) / count for members in self.members[heat.competitors]])


def contest(targets: Sequence[str], labels: Sequence[str], groups: Groups, heads: Sequence[int] = ()) -> Contest:
    """Who competes where some targets are asked for.

    Targets are set algebra over labels; a label of the model is asked for where it is in the set that any of them
    describes. Labels of a group that is named compete together, with the sum of their scores, unless the targets
    tell them apart: with `animal & !cat`, the cats compete with the other animals. A label in several of the
    groups named stands with the largest.

    Where several models stand side by side, each has a heat of its own; one of which nothing is asked has none.
    What stands between the outermost `|` and commas of a target is about one model, and `!` is all but some labels
    of that.

    Args:
        targets: labels, groups, or expressions of them; see `expression`.
        labels: all labels of the model.
        groups: group to its labels.
        heads: how many of the labels each model has, where there are several; see `Scores.heads`.

    Raises:
        ExpressionError: a target does not parse, or one part of it is about several models.
        LabelError: a name in it is no label or group of the model, or no label is in the set.
    """
    parts = _parts(targets, labels, groups, heads)
    competitors: list[_Competitor] = []
    heats: list[Heat] = []
    for head, columns in enumerate(columns_of(heads, len(labels))):
        if parts[head] or not targets:
            begin = len(competitors)
            competitors += _competitors(Any(tuple(parts[head])), labels, columns, groups)
            heats.append(Heat(columns, slice(begin, len(competitors))))
    names, members, is_target = zip(*competitors, strict=True)
    if targets and not any(is_target):
        raise LabelError(f"target {', '.join(targets)!r}: no label of the model is in it")
    return Contest(names, members, np.array(is_target, np.bool_), tuple(heats))


def everyone(labels: Sequence[str], heads: Sequence[int] = ()) -> Contest:
    """The contest in which every label is asked for, and stands alone."""
    heats = tuple(Heat(columns, columns) for columns in columns_of(heads, len(labels)))
    members = tuple((number,) for number in range(len(labels)))
    return Contest(tuple(labels), members, np.ones(len(labels), np.bool_), heats)


def columns_of(heads: Sequence[int], labels: int) -> list[slice]:
    """The columns of each head, of so many labels in all."""
    return [slice(*ends) for ends in pairwise(accumulate(heads or [labels], initial=0))]


def foreground(
    labels: Sequence[str], background: Sequence[str], groups: Groups | None = None, heads: Sequence[int] = ()
) -> tuple[str, ...]:
    """Targets for all labels but the background.

    Where the background is a whole group, these are the groups that hold none of it, and labels in no group; the
    background's labels compete one by one, as with any target. Where several models stand side by side, nothing is
    asked of one that names no background.

    Raises:
        LabelError: the background is none or all of the labels.
    """
    if not background:
        raise LabelError("the model names no background label, so there is no 'all but the background'; use -t")
    kept: list[str] = []
    for columns in columns_of(heads, len(labels)):
        own = labels[columns]
        if nothing := set(background).intersection(own):
            kept += _all_but(nothing, own, groups or {})
    if not kept:
        raise LabelError("the model has no label but the background")
    return tuple(kept)


def background_names(
    labels: Sequence[str], background: Sequence[str], groups: Groups, heads: Sequence[int] = ()
) -> list[str]:
    """What to call the background: the group that it is, or else its labels."""
    names: list[str] = []
    for columns in columns_of(heads, len(labels)):
        nothing = [label for label in background if label in labels[columns]]
        whole = _group_of(set(nothing), groups)
        names += nothing if whole is None else [whole]
    return names


def _group_of(labels: Set[str], groups: Groups) -> str | None:
    """The group that has just these labels."""
    return next((name for name, inside in groups.items() if labels and set(inside) == labels), None)


def _all_but(nothing: Set[str], labels: Sequence[str], groups: Groups) -> list[str]:
    """Targets for the labels of a head but for those that mean nothing."""
    free = [label for label in labels if label not in nothing]
    if _group_of(nothing, groups) is None:
        return free
    summed = [name for name, inside in groups.items() if inside and set(inside) <= set(free)]
    inside_groups = {label for name in summed for label in groups[name]}
    return [*summed, *(label for label in free if label not in inside_groups)]


_Competitor = tuple[str, tuple[int, ...], bool]
"""Name, numbers of its labels, whether it was asked for."""


def _parts(
    targets: Sequence[str], labels: Sequence[str], groups: Groups, heads: Sequence[int]
) -> list[list[Expression]]:
    """What is asked of each head: the parts of all targets, with every name as the model has it."""
    names = {*labels, *groups}
    columns = columns_of(heads, len(labels))
    head_of = {label: head for head, of_head in enumerate(columns) for label in labels[of_head]}
    head_of |= {group: head_of.get(inside[0], 0) if inside else 0 for group, inside in groups.items()}
    parts: list[list[Expression]] = [[] for _ in columns]
    for target in targets:
        whole = parse(target, names)
        for part in whole.parts if isinstance(whole, Any) else (whole,):
            meant = {name: name if name in names else resolve(name, labels, groups) for name in names_in(part)}
            first, *others = meant
            for other in others:
                if head_of[meant[other]] != head_of[meant[first]]:
                    raise ExpressionError(
                        f"target {target!r}: {first!r} and {other!r} are of different models, each of which has a "
                        f"winner of its own; give two -t, or take one away with --drop",
                        target,
                        max(0, target.find(other)),
                    )
            parts[head_of[meant[first]]].append(renamed(part, meant.__getitem__))
    return parts


def _competitors(
    wanted: Expression, labels: Sequence[str], columns: slice, groups: Groups
) -> Iterator[_Competitor]:
    """Who competes in one head."""
    own = labels[columns]
    named = list(dict.fromkeys(names_in(wanted)))
    asked = set_of(wanted, {name: set(groups.get(name, (name,))) for name in named}, set(own))
    smallest_first = sorted(
        (name for name in reversed(named) if name in groups), key=lambda name: len(groups[name])
    )
    group_of = {label: name for name in smallest_first for label in groups[name]}
    together: dict[tuple[str, bool], list[int]] = {}
    # Labels that stand alone come first, so that of equal scores theirs wins.
    for number, label in enumerate(own, columns.start):
        if label in group_of:
            together.setdefault((group_of[label], label in asked), []).append(number)
        else:
            yield label, (number,), label in asked
    for (group, is_asked), numbers in sorted(together.items(), key=lambda item: named.index(item[0][0])):
        whole = len(numbers) == len(set(groups[group]).intersection(own))
        yield group if whole else _part_of(group, numbers, labels), tuple(numbers), is_asked


def _part_of(group: str, members: Sequence[int], labels: Sequence[str]) -> str:
    """A name for some labels of a group: the label where it is one, the group where they are more."""
    return labels[members[0]] if len(members) == 1 else group
