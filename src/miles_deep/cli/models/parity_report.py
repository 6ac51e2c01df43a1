"""What a check of a model came to, as text and as JSON."""

import os
from dataclasses import dataclass

import numpy as np

from miles_deep.classify.pictures.expected import Comparison, Deviation
from miles_deep.classify.pictures.parity import Parity
from miles_deep.cli.text import counted, shown

WORST = 5
"""Pictures that are named."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A check, done."""

    name: str
    parity: Parity
    faster: float
    """How far off scores of the device may be."""
    comparison: Comparison | None
    """With what was expected, where anything was."""
    tolerance: float
    """How far off a score may be from that."""

    @property
    def faults(self) -> list[str]:
        """What is wrong with the model here, a few words each."""
        found = []
        if broken := int(self.parity.broken.sum()):
            found.append(f"{counted(broken, 'picture')} with scores that are not numbers")
        if beyond := int(self.parity.beyond(self.faster).sum()):
            here, second = self.parity.backends
            found.append(f"{counted(beyond, 'picture')} more than {self.faster:g} off between {here} and {second}")
        if self.comparison is not None:
            if unmet := self.comparison.beyond(self.tolerance):
                found.append(f"{counted(len(unmet), 'picture')} not as expected")
            if missing := len(self.comparison.missing):
                found.append(f"{counted(missing, 'picture')} expected and not there")
            if not self.comparison.deviations:
                found.append("nothing is expected of any of these pictures")
        return found


def as_text(checked: Checked) -> list[str]:
    """Lines to print."""
    parity = checked.parity
    here, second = parity.backends
    lines = [f"{checked.name}, {counted(len(parity.paths), 'picture')}: {here}, and {second} in 32-bit floats"]
    if len(whole := np.flatnonzero(~parity.broken)):
        differences = parity.differences[whole]
        worst = shown(parity.paths[whole[differences.argmax()]])
        lines.append(f"  largest difference {differences.max():.2g} ({worst}), mean {differences.mean():.2g}")
        lines.append(f"  within {checked.faster:g}: {int((differences <= checked.faster).sum())}")
    lines += _changed(parity)
    lines += [f"  not a number: {shown(parity.paths[one])}" for one in np.flatnonzero(parity.broken)[:WORST]]
    if not parity.broken.any():
        lines.append("  all scores are numbers")
    return lines if checked.comparison is None else [*lines, *_compared(checked, checked.comparison)]


def _changed(parity: Parity) -> list[str]:
    changed = np.flatnonzero(parity.changed)
    if not len(changed):
        return ["  every picture has the same top label"]
    here, second = (name.partition(",")[0].partition(" on ")[0] for name in parity.backends)
    pairs = ((one, parity.here[one].argmax(), parity.second[one].argmax()) for one in changed[:WORST])
    return [
        f"  another top label in {counted(len(changed), 'picture')}:",
        *(
            f"    {shown(parity.paths[one])}: {here} says {parity.labels[first]} {parity.here[one, first]:.3f}, "
            f"{second} {parity.labels[other]} {parity.second[one, other]:.3f}"
            for one, first, other in pairs
        ),
    ]


def _compared(checked: Checked, comparison: Comparison) -> list[str]:
    beyond = comparison.beyond(checked.tolerance)
    met = len(comparison.deviations) - len(beyond)
    lines = [
        f"as expected within {checked.tolerance:g}: {met} of {counted(len(comparison.deviations), 'picture')}"
    ]
    lines += [f"  {_deviation(one)}" for one in beyond[:WORST] or comparison.deviations[:1]]
    if len(beyond) > WORST:
        lines.append(f"  and {len(beyond) - WORST} more")
    lines += [f"  expected, and not there: {name}" for name in comparison.missing[:WORST]]
    if comparison.unknown:
        lines.append(f"  {counted(len(comparison.unknown), 'picture')} not in the table")
    return lines


def _deviation(one: Deviation) -> str:
    return f"{shown(one.path)}: {one.label} {one.found:.4f}, expected {one.expected:.4f} (off by {one.size:.2g})"


def as_record(checked: Checked) -> dict[str, object]:
    """The same as JSON values."""
    parity, comparison = checked.parity, checked.comparison
    differences = parity.differences[~parity.broken]
    record: dict[str, object] = {
        "model": checked.name,
        "pictures": len(parity.paths),
        "backends": parity.backends,
        "largest_difference": float(differences.max(initial=0)),
        "tolerance": checked.faster,
        "beyond": [os.fspath(parity.paths[one]) for one in np.flatnonzero(parity.beyond(checked.faster))],
        "changed": [os.fspath(parity.paths[one]) for one in np.flatnonzero(parity.changed)],
        "not_numbers": [os.fspath(parity.paths[one]) for one in np.flatnonzero(parity.broken)],
        "faults": checked.faults,
    }
    if comparison is not None:
        record["expected"] = {
            "tolerance": checked.tolerance,
            "met": len(comparison.deviations) - len(comparison.beyond(checked.tolerance)),
            "beyond": [
                {"file": os.fspath(one.path), "label": one.label, "expected": one.expected, "found": one.found}
                for one in comparison.beyond(checked.tolerance)
            ],
            "missing": comparison.missing,
            "unknown": [os.fspath(path) for path in comparison.unknown],
        }
    return record
