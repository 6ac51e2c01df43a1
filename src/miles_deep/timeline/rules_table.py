"""Rules as a table of keys and values: as a rules file holds them, and a model's card."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from miles_deep.errors import FormatError
from miles_deep.model.card import NAMES, OF_LABEL, OF_MODEL
from miles_deep.timeline.rules import Rule, Rules, Smoothing

WHOLE = ("max_gap", "window")
"""Keys whose values are whole numbers."""
KEYS = (*OF_MODEL, "labels")


def as_rules(rule: Rule | Rules | None, usual: Mapping[str, Any]) -> Rules:
    """One rule for all labels, as rules; where None, those that a model's card has for its scores.

    Raises:
        FormatError, OptionError: the card's are none.
    """
    if rule is None:
        return rules_of(usual)
    return rule if isinstance(rule, Rules) else Rules(rule)


def rules_of(table: Mapping[str, Any]) -> Rules:
    """Read rules.

    Raises:
        FormatError: a key is none of `KEYS`, or its value of another kind.
        OptionError: a value is out of range.
    """
    _check_keys(table, KEYS, "")
    of_labels = table.get("labels", {})
    if not isinstance(of_labels, dict):
        raise FormatError(f"labels must be tables, [labels.NAME], not {of_labels!r}")
    for label, changes in of_labels.items():
        if not isinstance(changes, dict):
            raise FormatError(f"labels.{label} must be a table, [labels.{label}], not {changes!r}")
        _check_keys(changes, OF_LABEL, f"labels.{label}: ")
    smooth, method = table.get("smooth", Smoothing().method), table.get("method", Rule().method)
    for key, name in (("smooth", smooth), ("method", method)):
        if not isinstance(name, str):
            raise FormatError(f"{key} must be a name in quotes, not {name!r}")
    if method == "classic":
        raise FormatError("method: the classic rule is no rule of a file; --classic selects it")
    numbers = {key: value for key, value in table.items() if key not in (*NAMES, "labels")}
    general = Rule(**{key: numbers[key] for key in OF_LABEL if key in numbers}, method=method)
    names = [field.name for field in fields(Smoothing) if field.name in numbers]
    smoothing = Smoothing(smooth, **{name: numbers[name] for name in names})
    return Rules(general, of_labels, smoothing, numbers.get("temperature", 1))


def _check_keys(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key, value in table.items():
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known)}"
            raise FormatError(f"{where}no key {key!r}; {hint}")
        if key in (*NAMES, "labels"):
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise FormatError(f"{where}{key} must be a number, not {value!r}")
        if key in WHOLE and not isinstance(value, int):
            raise FormatError(f"{where}{key} must be a whole number, not {value!r}")
