"""The flags of a cut, gathered into one value and checked against each other."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from miles_deep.cli.text import shown
from miles_deep.cli.treating import Treating
from miles_deep.edit import MODES, Mode
from miles_deep.errors import OptionError

Action = Literal["summary", "cut", "tag"]


@dataclass(frozen=True, slots=True)
class Options(Treating):
    """One field a flag; see `cli.bare` and `cli.cut`."""

    movies: tuple[Path, ...]
    """All that were given; `movie` is the first."""
    join: bool
    tag: bool
    mark: bool
    output: Path | None
    temporary: Path | None
    clips: bool
    keep_original: bool
    replace: bool
    mode: Mode | None
    verify: bool
    dry_run: bool

    def check(self) -> None:
        """Refuse options that exclude each other or are out of range. Raises OptionError."""
        if self.tag and self.selects:
            raise OptionError("-t, -x, --drop and -a exclude each other: -a tags all labels")
        if self.tag and self.treats:
            raise OptionError("--blur, --mute and --speed are about a cut and -a cuts nothing: give one")
        writes = self.chooses or self.mark
        for flag, given in (("-c", self.clips), ("--replace", self.replace), ("--dry-run", self.dry_run)):
            if given and not writes:
                raise OptionError(f"{flag} is about a cut, so it needs -t, -x or --drop")
        self._check_mark()
        self._check_mode()
        self._check_movies()
        if self.clips and self.replace:
            raise OptionError("-c makes many films, so --replace has none to put in the original's place")
        if self.keep_original and self.replace:
            raise OptionError("-n keeps the original and --replace does not: give one")
        if self.replace and self.output:
            raise OptionError("--replace puts the cut in the original's place, so -o has no say")
        self.check_choice()
        self.check_treatment()
        self.check_model()
        check_folder("-o", self.output)
        check_folder("-d", self.temporary)

    def _check_mark(self) -> None:
        cuts = {
            "-c": self.clips,
            "--mode": self.mode is not None,
            "--no-verify": not self.verify,
            "--blur": self.blurred,
            "--mute": self.muted,
            "--speed": self.sped,
        }
        for flag, given in cuts.items():
            if given and self.mark:
                raise OptionError(f"{flag} is about a cut and --mark does not cut: give one")

    def _check_mode(self) -> None:
        if not self.verify and not self.chooses:
            raise OptionError("--no-verify is about a cut, so it needs -t, -x or --drop")
        if not self.verify and self.how != "smart":
            raise OptionError(f"--no-verify is about mode smart, and --mode {self.how} joins nothing to verify")
        if self.treats and self.how == "copy":
            raise OptionError("--mode copy changes no frame, so it can neither blur, mute nor change the speed")

    def _check_movies(self) -> None:
        if not self.join and len(self.movies) > 1:
            raise OptionError(
                f"{shown(self.movies[1])}: one movie at a time; `miles-deep cut --join` makes one film of several"
            )
        for flag, given in (("-c", self.clips), ("--replace", self.replace), ("--mark", self.mark)):
            if given and self.join:
                raise OptionError(f"{flag} is about one movie and --join about several: give one")
        if self.join and len(self.movies) < 2:
            raise OptionError("--join makes one film of several: give two movies or more")

    @property
    def how(self) -> Mode:
        """How to cut."""
        return self.mode or MODES[0]

    @property
    def reduces(self) -> bool:
        """Whether of segments that were found nothing need be left."""
        return self.margin is not None or bool(self.dropped and (self.targets or self.all_but_background))

    @property
    def action(self) -> Action:
        """What is asked of the bare form."""
        return "tag" if self.tag else "cut" if self.chooses else "summary"


def check_folder(flag: str, folder: Path | None) -> None:
    """Refuse a folder that is not there. Raises OptionError."""
    if folder is not None and not folder.is_dir():
        raise OptionError(f"{flag} {folder}: no such folder; make it first")
