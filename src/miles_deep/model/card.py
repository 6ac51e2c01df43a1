"""What travels with a network: labels, background, groups, preprocessing, licence and source."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from miles_deep.errors import ModelError
from miles_deep.model.network import PRECISIONS, Precision
from miles_deep.model.preprocess import Preprocess
from miles_deep.model.quoting import quoted

BACKGROUND_NAMES = ("other", "sfw", "background")
"""Labels that mean "none of the interesting ones" where nobody says which do: the first program's,
open_nsfw's, and the usual word."""


OF_LABEL = ("min_score", "max_gap", "min_length", "min_coverage")
"""Keys of rules that every label may have of its own."""


OF_MODEL = (*OF_LABEL, "method", "smooth", "window", "switch_cost", "temperature")
"""Keys of rules that a model may have."""

NAMES = ("method", "smooth")
"""Those whose values are names; all others are numbers."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which labels belong together, and which mean "none of the interesting ones"."""

    groups: dict[str, tuple[str, ...]]
    """Group name to the labels whose scores it sums."""
    background: tuple[str, ...] = ()
    """Labels."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything about a classifier that is not its weights.

    Raises:
        ModelError: labels are missing or repeated, or background or groups name labels that are not there.
    """

    name: str
    labels: tuple[str, ...]
    """One for each of the network's outputs, in their order."""
    preprocess: Preprocess
    background: tuple[str, ...] = ()
    """The labels that mean "none of the interesting ones"."""
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Group name to the labels whose scores it sums."""
    licence: str = ""
    source: str = ""
    rules: dict[str, float | str] = field(default_factory=dict)
    """What suits its scores where nobody says otherwise: keys of a rules file (`timeline.rules_table`). A network
    of many labels is seldom sure of one."""
    precision: Precision = "auto"
    """What it needs to give its scores: `f32` where those in the device's own floats were seen to stray."""

    def __post_init__(self) -> None:
        if not self.labels:
            raise ModelError(f"model {self.name}: it has no labels")
        if repeated := sorted(label for label, count in Counter(self.labels).items() if count > 1):
            raise ModelError(f"model {self.name}: label {repeated[0]!r} is there more than once")
        named = {*self.background, *(label for members in self.groups.values() for label in members)}
        if unknown := sorted(named - set(self.labels)):
            raise ModelError(f"model {self.name}: background or groups name {unknown[0]!r}, which is no label")
        if clash := sorted(set(self.groups) & set(self.labels)):
            raise ModelError(f"model {self.name}: {clash[0]!r} is both a label and a group")
        if self.precision not in PRECISIONS:
            known = ", ".join(PRECISIONS)
            raise ModelError(f"model {self.name}: no precision {self.precision!r}; there are: {known}")
        for key, value in self.rules.items():
            if key not in OF_MODEL:
                raise ModelError(f"model {self.name}: no rule {quoted(key)}; there are: {', '.join(OF_MODEL)}")
            if not isinstance(value, str if key in NAMES else (int, float)) or isinstance(value, bool):
                what = "name" if key in NAMES else "number"
                raise ModelError(f"model {self.name}: rule {key} must be a {what}, not {quoted(str(value))}")

    def to_json(self) -> str:
        """The card as one JSON object; equal cards give equal text."""
        fields = {
            "name": self.name,
            "labels": self.labels,
            "background": self.background,
            "groups": self.groups,
            "preprocess": self.preprocess.to_json(),
            "licence": self.licence,
            "source": self.source,
            # Cards without these keep the digest that they always had.
            **({"rules": self.rules} if self.rules else {}),
            **({"precision": self.precision} if self.precision != "auto" else {}),
        }
        return json.dumps(fields, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "ModelCard":
        """Read what `to_json` wrote. Raises ModelError on anything else."""
        try:
            fields: dict[str, Any] = json.loads(text)
            return cls(
                name=str(fields["name"]),
                labels=tuple(map(str, fields["labels"])),
                background=tuple(map(str, fields["background"])),
                groups={str(name): tuple(map(str, members)) for name, members in fields["groups"].items()},
                preprocess=Preprocess.from_json(fields["preprocess"]),
                licence=str(fields["licence"]),
                source=str(fields["source"]),
                precision=fields.get("precision", "auto"),
                rules={str(key): value for key, value in fields.get("rules", {}).items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ModelError(f"the model's card cannot be read ({error})") from error
