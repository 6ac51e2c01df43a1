"""Groups of labels as a TOML file: what `--groups` reads.

::

    other = true                          # a group `other` of all labels in no group; it is the background
    background = ["web site", "menu"]     # or, and: what means "none of the interesting ones"

    [groups]
    pet = ["cat", "dog", "hamster"]       # labels, their WordNet ids or words, other groups, the model's own
    visitor = ["pet", "n02119789", "bird"]
"""

import difflib
import tomllib
from collections.abc import Mapping, Sequence, Set
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from miles_deep.errors import FormatError, LabelError
from miles_deep.files import read_file
from miles_deep.model.card import Grouping
from miles_deep.model.naming import resolve
from miles_deep.model.quoting import quoted

KEYS = ("groups", "other", "background")

OTHER = "other"
"""The group of what is in no group."""

MAX_BYTES = 1 << 20
"""Of a file. All of ImageNet's 21,841 labels, in groups, have 800,000."""

MAX_GROUPS, MAX_MEMBERS = 1000, 50_000
"""Groups of a file, and what stands in all of them."""

Groups = Mapping[str, tuple[str, ...]]
"""Group to its labels."""


def read_groups(
    path: str | Path, labels: Sequence[str], own_groups: Groups, own_background: Sequence[str] = ()
) -> Grouping:
    """Read groups, for a model.

    Members are meant as targets are (`naming.resolve`). A group may have others of the file for members, and the
    model's own; in a group that is called as one of those, its name means the model's own.

    Args:
        path: the file.
        labels: all labels of the model.
        own_groups: the model's, which the result holds only where members name them.
        own_background: the model's, which stays where the file does not say which labels are the background.

    Returns:
        The groups of the file in its order, `other` the last, with members in the order of the labels.

    Raises:
        FormatError: the file is missing, no TOML, or too large, or says something that makes no groups.
        LabelError: a member is no label or group, or could be several; a group is called as a label.
    """
    content = read_file(path, MAX_BYTES, FormatError)
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
        return _Reading(table, labels, own_groups, own_background).grouping()
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: groups must be UTF-8 text") from error
    except (FormatError, LabelError) as error:
        raise type(error)(f"{path}: {error}") from error
    except (ValueError, RecursionError) as error:  # not TOML; ValueError too: endless numbers
        raise FormatError(f"{path}: not a file of groups in TOML: {error}") from error


class _Reading:
    """A file's groups on their way to labels."""

    def __init__(
        self, table: Mapping[str, Any], labels: Sequence[str], own_groups: Groups, own_background: Sequence[str]
    ) -> None:
        _check_keys(table)
        self._labels, self._own, self._own_background = labels, own_groups, own_background
        self._sums_others: bool = table.get("other", False)
        self._written = _lists(table.get("groups", {}))
        self._background = _names(table["background"], "background") if "background" in table else None
        named = [*self._written, OTHER] if self._sums_others else [*self._written]
        if clash := next((name for name in named if name in labels), None):
            raise LabelError(f"group {quoted(clash)} is called as a label of the model")
        if self._sums_others and OTHER in self._written:
            raise FormatError(f"other = true makes a group {OTHER!r}, and there is one in the file already")

    def grouping(self) -> Grouping:
        """What the file says."""
        of_group = self._in_labels()
        if not of_group and self._background is None:
            raise FormatError("there are no groups in it: [groups], then NAME = [labels]")
        if self._sums_others:
            of_group[OTHER] = set(self._labels).difference(*of_group.values())
            if not of_group[OTHER]:
                raise FormatError("other = true, but every label is in a group")
        groups = {name: self._in_order(members) for name, members in of_group.items()}
        return Grouping(groups, self._nothing(of_group))

    def _in_labels(self) -> dict[str, set[str]]:
        """The labels of each group of the file, in its order."""
        inside = {
            group: [name for name in members if name in self._written and name != group]
            for group, members in self._written.items()
        }
        try:
            innermost_first = [*TopologicalSorter(inside).static_order()]
        except CycleError as error:
            circle = " in ".join(map(quoted, error.args[1][:5]))
            raise FormatError(f"groups that are members of each other: {circle}") from error
        found: dict[str, set[str]] = {}
        for group in innermost_first:
            where, members = f"group {quoted(group)}", self._written[group]
            of_groups = [found[name] for name in inside[group]]
            found[group] = set().union(
                *of_groups, *(self._meant(name, where, group) for name in members if name not in inside[group])
            )
        return {group: found[group] for group in self._written}

    def _meant(self, name: str, where: str, group: str = "") -> tuple[str, ...]:
        """The labels that a member means, which is no group of the file."""
        others = {other: () for other in self._written if other != group}
        try:
            meant = resolve(name, self._labels, {**others, **self._own})
        except LabelError as error:
            raise LabelError(f"{where}: {error}") from error
        return self._own.get(meant) or (meant,)

    def _nothing(self, of_group: Mapping[str, set[str]]) -> tuple[str, ...]:
        """The background."""
        if self._background is None:
            return self._in_order(of_group[OTHER]) if self._sums_others else tuple(self._own_background)
        named = (of_group.get(name) or self._meant(name, "background") for name in self._background)
        others = of_group[OTHER] if self._sums_others else set[str]()
        return self._in_order(others.union(*named))

    def _in_order(self, members: Set[str]) -> tuple[str, ...]:
        return tuple(label for label in self._labels if label in members)


def _check_keys(table: Mapping[str, Any]) -> None:
    for key in table:
        if key not in KEYS:
            close = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(KEYS)}"
            if isinstance(table[key], list):
                hint = "put it under [groups]"
            raise FormatError(f"no key {quoted(key)}; {hint}")
    if not isinstance(table.get("other", False), bool):
        raise FormatError("other must be true or false")


def _lists(groups: Any) -> dict[str, list[str]]:
    """What stands in `[groups]`."""
    if not isinstance(groups, dict):
        raise FormatError('groups must be a table: [groups], then NAME = ["label", …]')
    if len(groups) > MAX_GROUPS:
        raise FormatError(f"{len(groups)} groups, which is more than {MAX_GROUPS}")
    if not all(map(str.strip, groups)):
        raise FormatError("a group is called by an empty name")
    lists = {name: _names(members, f"group {quoted(name)}") for name, members in groups.items()}
    if (count := sum(map(len, lists.values()))) > MAX_MEMBERS:
        raise FormatError(f"{count} members of groups, which is more than {MAX_MEMBERS:,}")
    return lists


def _names(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise FormatError(f'{where} must be a list of names in quotes: ["cat", "dog"]')
    if not value:
        raise FormatError(f"{where} is empty")
    return value
