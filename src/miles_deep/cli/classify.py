"""`miles-deep classify PICTURE…|DIR`: the labels of pictures."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from miles_deep.classify.pictures import PictureScores, classify_pictures
from miles_deep.cli.choosing import checked_targets, foreground_of
from miles_deep.cli.flags import BATCH_SIZE, FORCE, HELP, JSON, KEEP, MIN_SCORE, MODEL, PATH, flags
from miles_deep.cli.picture_text import WRITERS, Telling
from miles_deep.cli.refused import Refusals
from miles_deep.cli.text import counted, shown
from miles_deep.cli.watch import load_classifier, refuse_input
from miles_deep.errors import FormatError, OptionError
from miles_deep.files import check_writable, partial_file
from miles_deep.model.ensemble import Classifier, heads_of
from miles_deep.timeline.rules import Rules
from miles_deep.timeline.rules_table import as_rules
from miles_deep.timeline.targets import Contest, contest
from miles_deep.timeline.winners import matching_frames


class _NotEmpty(click.Path):
    """A path; "" is none, which would be the folder that one is in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, where there is one."""
        return super().convert(value, param, ctx) if value else self.fail("an empty path", param, ctx)


PICTURES = click.argument(
    "paths", nargs=-1, required=True, type=_NotEmpty(path_type=Path), metavar="PICTURE|DIR..."
)
FORM = click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(list(WRITERS)),
    help="What to print.  [default: as OUT ends, or text]",
)
TOP = click.option(
    "--top",
    type=click.IntRange(1),
    metavar="N",
    default=5,
    show_default=True,
    help="Labels, and groups, of each picture.",
)
OUT = click.option("-o", "output", type=PATH, metavar="OUT", help="Write to this file.")
NULL = click.option(
    "-0", "--null", "null", is_flag=True, help="With -t or -x: end each name with a null byte, for xargs -0."
)


@click.command(context_settings=HELP)
@flags(PICTURES, KEEP, MIN_SCORE, FORM, TOP, OUT, NULL, BATCH_SIZE, MODEL, FORCE, JSON)
def classify(**given: Any) -> None:
    """The labels of pictures and animations, by the models that films are watched with.

    Of a folder all pictures are taken, and those of the folders in it. With -t or -x, only the names of pictures
    of these are printed; as CSV or JSON, with the scores of what was asked for.
    """
    how = Classifying(**given)
    how.check()
    classifier = load_classifier(how.model, how.device, how.groups)
    search = how.search(classifier)
    refusals = Refusals()
    pictures = _Counted(classify_pictures(how.paths, classifier, how.batch_size, refusals, refusals.left_out))
    found = _Counted(pictures if search is None else filter(search.finds, pictures))
    telling = Telling(classifier, how.top, None if search is None else search.asked, how.for_people)
    with _written(how) as write:
        for line in WRITERS[how.kind](found, telling):
            write(line)
        if not pictures.count and not refusals.count:
            refusals.end()
            raise FormatError("no pictures there")
    if search is not None and not found.count:
        click.echo(f"none of {counted(pictures.count, 'picture')}", err=True)
    refusals.end()


class _Counted:
    """Counts pictures while they come."""

    def __init__(self, pictures: Iterable[PictureScores]) -> None:
        self._pictures = pictures
        self.count = 0

    def __iter__(self) -> Iterator[PictureScores]:
        for picture in self._pictures:
            self.count += 1
            yield picture


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for."""

    asked: Contest
    rules: Rules

    def finds(self, picture: PictureScores) -> bool:
        """Whether any look at a picture matches."""
        return bool(matching_frames(picture.values, self.asked, self.rules).any())


@dataclass(frozen=True, slots=True)
class Classifying:
    """Pictures, and what is asked about them: one field a flag."""

    paths: tuple[Path, ...]
    targets: tuple[str, ...]
    all_but_background: bool
    min_score: float | None
    form: str | None
    top: int
    output: Path | None
    null: bool
    batch_size: int
    model: tuple[str, ...]
    device: str
    groups: Path | None
    force: bool
    as_json: bool

    def check(self) -> None:
        """Refuse flags that exclude each other, and an output that cannot be written. Raises MilesDeepError."""
        if self.targets and self.all_but_background:
            raise OptionError("-t and -x exclude each other: give one")
        if self.as_json and self.form not in (None, "json"):
            raise OptionError(f"-f {self.form} and --json exclude each other: give one")
        if self.min_score is not None and not self.searches:
            raise OptionError("-s is about what is searched for, so it needs -t or -x")
        if self.null and not (self.searches and self.kind == "text"):
            raise OptionError("-0 is about lists of names, so it needs -t or -x, and no -f or --json")
        if self.output is not None:
            if self._ending not in (None, self.kind):
                raise OptionError(f"-o {shown(self.output)}: would be {self.kind}; give it another suffix")
            for path in self.paths:
                refuse_input("-o", self.output, {"one of the pictures": path})
            check_writable(self.output, self.force)

    @property
    def kind(self) -> str:
        """The name of the form that is asked for, in one way or the other."""
        return "json" if self.as_json else self.form or self._ending or "text"

    @property
    def searches(self) -> bool:
        """Whether only some pictures are told of."""
        return bool(self.targets) or self.all_but_background

    @property
    def for_people(self) -> bool:
        """Whether what is written is read by people, and not by programs, which want names as they are."""
        lists = self.kind != "text" or self.searches
        return not lists or (self.output is None and not self.null and sys.stdout.isatty())

    @property
    def _ending(self) -> str | None:
        """The form that the output's suffix says; None where it says none."""
        suffix = self.output.suffix.lower().removeprefix(".") if self.output else ""
        return {"txt": "text"}.get(suffix, suffix if suffix in WRITERS else None)

    def search(self, classifier: Classifier) -> Search | None:
        """What is searched for; None where all pictures are told of.

        Raises:
            OptionError: the min score is out of range.
            LabelError, ExpressionError: as `contest`.
        """
        if not self.searches:
            return None
        rules = as_rules(None, classifier.rules)
        if self.min_score is not None:
            rules = replace(rules, general=replace(rules.general, min_score=self.min_score))
        targets = checked_targets(self.targets, classifier) or foreground_of(classifier)
        return Search(contest(targets, classifier.labels, classifier.groups, heads_of(classifier)), rules)


@contextmanager
def _written(how: Classifying) -> Iterator[Callable[[str], object]]:
    """Gives a function that writes a line, to the terminal or to a file that appears whole."""
    # Names of files need not be text; so encoded, they are what the system calls them.
    errors, end = sys.getfilesystemencodeerrors(), "\0" if how.null else "\n"
    if how.output is not None:
        with (
            partial_file(how.output, force=how.force) as partial,
            partial.open("w", encoding="utf-8", errors=errors, newline="") as file,
        ):
            yield lambda line: print(line, file=file, end=end)
        click.echo(f"wrote {shown(how.output)}")
    elif how.for_people:
        yield click.echo
    else:
        yield lambda line: click.echo((line + end).encode("utf-8", errors), nl=False)
