"""`miles-deep classify PICTURE…|DIR`: the labels of pictures."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from miles_deep.classify.pictures import PictureScores, classify_pictures
from miles_deep.cli.flags import BATCH_SIZE, FORCE, HELP, JSON, KEEP, MIN_SCORE, MODEL, PATH, flags
from miles_deep.cli.picture_text import WRITERS, Telling
from miles_deep.cli.refused import Refusals
from miles_deep.cli.text import shown
from miles_deep.cli.watch import load_classifier, refuse_input
from miles_deep.errors import OptionError
from miles_deep.files import check_writable, partial_file
from miles_deep.model.ensemble import Classifier, heads_of
from miles_deep.timeline import foreground
from miles_deep.timeline.find import matching_frames
from miles_deep.timeline.rules_table import as_rules
from miles_deep.timeline.targets import contest

PICTURES = click.argument("paths", nargs=-1, required=True, type=PATH, metavar="PICTURE|DIR...")
FORM = click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(list(WRITERS)),
    default="text",
    show_default=True,
    help="What to print.",
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


@click.command(context_settings=HELP)
@flags(PICTURES, KEEP, MIN_SCORE, FORM, TOP, OUT, BATCH_SIZE, MODEL, FORCE, JSON)
def classify(**given: Any) -> None:
    """The labels of pictures and animations, by the models that films are watched with.

    Of a folder all files are taken, and those of the folders in it. With -t or -x, only the names of pictures of
    these are printed.
    """
    how = Classifying(**given)
    how.check()
    classifier = load_classifier(how.model, how.device, how.groups)
    wanted = how.wanted(classifier)
    refusals = Refusals()
    pictures = classify_pictures(how.paths, classifier, how.batch_size, refusals)
    telling = Telling(classifier, how.top, listing=wanted is not None)
    with _written(how.output, how.force) as write:
        for line in WRITERS["json" if how.as_json else how.form](
            pictures if wanted is None else filter(wanted, pictures), telling
        ):
            write(line)
    refusals.end()


@dataclass(frozen=True, slots=True)
class Classifying:
    """Pictures, and what is asked about them: one field a flag."""

    paths: tuple[Path, ...]
    targets: tuple[str, ...]
    all_but_background: bool
    min_score: float | None
    form: str
    top: int
    output: Path | None
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
        if self.as_json and self.form == "csv":
            raise OptionError("-f csv and --json exclude each other: give one")
        if self.min_score is not None and not (self.targets or self.all_but_background):
            raise OptionError("-s is about what is searched for, so it needs -t or -x")
        if self.output is not None:
            for path in self.paths:
                refuse_input("-o", self.output, {"one of the pictures": path})
            check_writable(self.output, self.force)

    def wanted(self, classifier: Classifier) -> Callable[[PictureScores], bool] | None:
        """Whether a picture is one that is searched for: any look at it matches. None where all are.

        Raises:
            OptionError: the min score is out of range.
            LabelError, ExpressionError: as `contest`.
        """
        if not self.targets and not self.all_but_background:
            return None
        rules = as_rules(None, classifier.rules)
        if self.min_score is not None:
            rules = replace(rules, general=replace(rules.general, min_score=self.min_score))
        labels, own, heads = classifier.labels, classifier.groups, heads_of(classifier)
        targets = self.targets
        if self.all_but_background:
            targets = foreground(labels, classifier.background, own, heads)
        asked = contest(targets, labels, own, heads)
        return lambda picture: bool(matching_frames(picture.values, asked, rules).any())


@contextmanager
def _written(output: Path | None, force: bool) -> Iterator[Callable[[str], None]]:
    """Gives a function that writes a line, to the terminal or to a file that appears whole."""
    if output is None:
        yield click.echo
        return
    with partial_file(output, force=force) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        yield lambda line: print(line, file=file)
    click.echo(f"wrote {shown(output)}")
