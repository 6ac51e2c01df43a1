"""The bare form's flags, gathered into one value and checked against each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from miles_deep.cli.watch import Watching
from miles_deep.edit import Mode
from miles_deep.errors import OptionError
from miles_deep.model import Model
from miles_deep.timeline import Rule, foreground, resolve

Action = Literal["summary", "cut", "tag"]


@dataclass(frozen=True, slots=True)
class Options(Watching):
    """One field a flag; see `cli.bare`."""

    targets: tuple[str, ...]
    all_but_background: bool
    tag: bool
    output: Path | None
    temporary: Path | None
    min_cut: float
    max_gap: int
    min_score: float
    min_coverage: float
    clips: bool
    keep: bool
    replace: bool
    classic: bool
    mode: Mode
    refine: bool | None
    dry_run: bool

    def check(self) -> None:
        """Refuse options that exclude each other or are out of range. Raises OptionError."""
        if bool(self.targets) + self.all_but_background + self.tag > 1:
            raise OptionError("-t, -x and -a exclude each other: give one")
        for flag, given in (
            ("-c", self.clips),
            ("--replace", self.replace),
            ("--dry-run", self.dry_run),
            ("--refine", self.refine),
        ):
            if given and self.action != "cut":
                raise OptionError(f"{flag} is about a cut, so it needs -t or -x")
        if self.clips and self.replace:
            raise OptionError("-c makes many films, so --replace has none to put in the original's place")
        if self.keep and self.replace:
            raise OptionError("-n keeps the original and --replace does not: give one")
        if self.replace and self.output:
            raise OptionError("--replace puts the cut in the original's place, so -o has no say")
        if self.targets and not any(name.strip() for text in self.targets for name in text.split(",")):
            raise OptionError(f"-t {','.join(self.targets)!r} names no label")
        self.check_model()
        for flag, folder in (("-o", self.output), ("-d", self.temporary)):
            if folder is not None and not folder.is_dir():
                raise OptionError(f"{flag} {folder}: no such folder; make it first")

    @property
    def action(self) -> Action:
        """What is asked for."""
        return "tag" if self.tag else "cut" if self.targets or self.all_but_background else "summary"

    @property
    def refines(self) -> bool:
        """Whether edges are found to the frame: unless one says no, or wants what the first program found."""
        return not self.classic if self.refine is None else self.refine

    def rule(self) -> Rule:
        """When seconds make a segment. Raises OptionError where a number is out of range."""
        return Rule(
            self.min_score, self.max_gap, self.min_cut, self.min_coverage, "classic" if self.classic else "plain"
        )

    def chosen(self, model: Model) -> list[str]:
        """The labels and groups to keep. Raises LabelError."""
        if self.all_but_background:
            return list(foreground(model.labels, model.background))
        return [
            resolve(name, model.labels, model.groups)
            for text in self.targets
            for name in split_targets(text, [*model.labels, *model.groups])
        ]


def split_targets(text: str, names: Sequence[str]) -> list[str]:
    """Split `a,b`; a text that is a name as it stands is one, commas and all."""
    return [text] if text in names else [name.strip() for name in text.split(",") if name.strip()]
