"""What `tune` and `evaluate` do first: read the truth, hold it against films and model, and watch the films."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from miles_deep.classify import Scores
from miles_deep.cli.choosing import Ruling
from miles_deep.cli.flags import PATH
from miles_deep.cli.text import clipped, shown
from miles_deep.cli.watch import refuse_input, watch
from miles_deep.errors import FormatError, OptionError
from miles_deep.files import same_file
from miles_deep.model.ensemble import Classifier, heads_of
from miles_deep.model.naming import short_names
from miles_deep.timecode import Span
from miles_deep.timeline.tuning.evaluation import Agreement, LabelResult
from miles_deep.timeline.tuning.examples import NONE, check_truth
from miles_deep.timeline.tuning.truth import Row, Truth, read_truth
from miles_deep.video import Video

TRUTH = click.option(
    "--truth",
    type=PATH,
    required=True,
    metavar="FILE",
    help="What is in the films: a CSV with columns label, start, end, and movie for several films; or a .tag.",
)

LONGEST = 24
"""Letters of a label in a table."""


@dataclass(frozen=True, slots=True)
class Examining(Ruling):
    """One field a flag of both commands; `movie` is the first film."""

    movies: tuple[Path, ...]
    truth: Path

    def check_output(self, flag: str, output: Path) -> None:
        """Refuse to write over what is read, but for rules, which may be tuned in place. Raises OptionError."""
        films = {f"the film {shown(movie)}": movie for movie in self.movies}
        caffe = {"-p": self.prototxt, "-w": self.weights, "-m": self.mean, "-l": self.labels}
        files = {f"the file of {name}": path for name, path in caffe.items()}
        given = {**films, "the file of --truth": self.truth, "the file of --groups": self.groups, **files}
        refuse_input(flag, output, given)
        for name in self.model:
            refuse_input(flag, output, {"the file of --model": Path(name)})

    def known(self, model: Classifier, labelled: bool = False) -> tuple[Truth, list[Video]]:
        """The truth, which fits the films and the model, and the films.

        Args:
            model: that the truth is to be held against.
            labelled: whether the truth has to have a label, and not only say that there is nothing in the films.

        Raises:
            MilesDeepError: the truth or a film cannot be read, or they do not fit each other.
        """
        for number, movie in enumerate(self.movies):
            if any(movie == other or same_file(movie, other) for other in self.movies[:number]):
                raise OptionError(f"{shown(movie)}: is given twice")
        truth = _read(self.truth, next(iter(model.background), NONE))
        videos = [self.probe(movie) for movie in self.movies]
        durations = {movie: video.duration for movie, video in zip(self.movies, videos, strict=True)}
        words = check_truth(truth, durations, model.labels, model.groups, model.background, heads_of(model))
        if labelled and not words.labels:
            raise FormatError(f"{truth.path}: no row has a label, so there is nothing to tune rules by")
        return truth, videos

    def watched(self, model: Classifier, videos: Sequence[Video]) -> dict[Path, Scores]:
        """The scores of every film."""
        return {movie: watch(self, video, model).scores for movie, video in zip(self.movies, videos, strict=True)}


def in_table(labels: Sequence[str]) -> list[str]:
    """Labels as a table has room for them."""
    names = short_names(labels)
    return [clipped(names[label], LONGEST) for label in labels]


def percent(fraction: float | None) -> str:
    """A fraction from 0 to 1 for a table; a dash where there is none."""
    return "-" if fraction is None else f"{100 * fraction:.1f}"


def apart(seconds: float | None) -> str:
    """A mean distance in seconds for a table; a dash where there is none."""
    return "-" if seconds is None else f"{seconds:.2f}"


def result_record(result: LabelResult) -> dict[str, object]:
    """How well the segments of a label agree with the truth, as JSON values."""
    return {
        "label": result.label,
        "segments": {str(least): _agreement_record(agreement) for least, agreement in result.at.items()},
        "seconds": _agreement_record(result.seconds),
        "edge_error": {"start": result.edges.start, "end": result.edges.end, "mean": result.edges.mean},
    }


def _agreement_record(agreement: Agreement) -> dict[str, object]:
    return {
        "truth": agreement.truth,
        "found": agreement.found,
        "matched": agreement.matched,
        "precision": agreement.precision,
        "recall": agreement.recall,
        "f1": agreement.f1,
    }


def _read(path: Path, nothing: str) -> Truth:
    """The truth; a `.tag` file names its film in its first line, and is of that one alone."""
    if path.suffix.lower() != ".tag":
        return read_truth(path)
    from miles_deep.export import tag

    tags = tag.read(path)
    movie = os.path.basename(tags.movie)
    # So that a film of another name is told by that line, and one without any segment is known to be one.
    rows = [Row(1, movie, nothing, Span(0, 1))]
    for line, segment in zip(tags.lines, tags.segments, strict=True):
        rows.append(Row(line, movie, segment.label, segment.span))
    return Truth(path, tuple(rows))
