"""What every command does first: open the film and the model, and watch."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import click

from miles_deep.classify import Scores, Store
from miles_deep.classify.probed import probed
from miles_deep.cli.progress import progress_bar
from miles_deep.cli.text import one_line, shown
from miles_deep.errors import OptionError
from miles_deep.files import same_file
from miles_deep.model import load_model
from miles_deep.model.catalog import DEFAULT
from miles_deep.model.ensemble import Classifier, members_of, together
from miles_deep.timeline import Rules
from miles_deep.video import Video
from miles_deep.workflow import analyze


@dataclass(frozen=True, slots=True)
class Watching:
    """Film, model, and how to look at it: one field a flag; see `cli.flags`."""

    movie: Path
    batch_size: int
    prototxt: Path | None
    weights: Path | None
    mean: Path | None
    labels: Path | None
    model: tuple[str, ...]
    device: str
    groups: Path | None
    sampling: str
    effort: float | None
    no_cache: bool
    hwaccel: str
    force: bool
    as_json: bool

    def check_model(self) -> None:
        """Refuse flags that name no model, or two. Raises OptionError."""
        caffe = (self.prototxt, self.weights)
        if any((*caffe, self.mean, self.labels)) and not all(caffe):
            raise OptionError("a Caffe model needs both -p (prototxt) and -w (weights)")
        if all(caffe) and self.model:
            raise OptionError(
                "--model and -p -w both name a model: give one; for both, import the Caffe model first "
                "(miles-deep models import), then give --model twice"
            )

    def load(self) -> Classifier:
        """The models asked for, with the groups asked for. Raises ModelError, OptionError, FormatError."""
        if self.prototxt and self.weights:
            from miles_deep.model.caffe import import_caffe

            model = import_caffe(self.prototxt, self.weights, self.mean, self.labels, device=self.device)
            return regrouped(model, self.groups)
        return load_classifier(self.model, self.device, self.groups)

    def asked_groups(self, model: Classifier) -> tuple[str, ...]:
        """The groups that results are by: those of `--groups`; none, where they are by labels."""
        return tuple(model.groups) if self.groups is not None else ()

    def probe(self, movie: Path | None = None) -> Video:
        """What is known of a film, `movie` where None; probed where that is new. Raises VideoError."""
        return probed(movie or self.movie, self.store)

    @property
    def store(self) -> Store | None:
        """Where scores are kept; None where they are not to be."""
        return None if self.no_cache else Store()


@dataclass(frozen=True, slots=True)
class Watched:
    """A film and what was seen in it."""

    video: Video
    scores: Scores
    wall: float
    """Seconds that it took."""
    fresh: bool
    """Whether the film was looked at; the scores were kept from another time where not."""


def load_classifier(names: Sequence[str], device: str, groups: Path | None = None) -> Classifier:
    """The models of some names or files, the default one where there is none, with the groups of a file.

    Raises:
        ModelError, OptionError, FormatError: a model or the file cannot be read, or they do not fit together.
    """
    return regrouped(together([load_model(name, device) for name in names or [DEFAULT]]), groups)


def regrouped(model: Classifier, groups: Path | None) -> Classifier:
    """The same with the groups of a file, where there is one. Raises as `read_groups`."""
    if groups is None:
        return model
    from miles_deep.model.groups import read_groups

    return model.regrouped(read_groups(groups, model.labels, model.groups, model.background))


def watch(
    how: Watching,
    video: Video,
    model: Classifier,
    targets: Sequence[Sequence[str]] = (),
    rules: Rules | None = None,
) -> Watched:
    """Classify the film, with a progress bar, and tell what was wrong with it.

    Nothing but some targets, by these rules, need be certain of adaptive scores where such are given.
    """
    began, reports = time.perf_counter(), 0
    with progress_bar("watching") as draw:

        def report(done: Fraction, total: Fraction) -> None:
            nonlocal reports
            reports += done > 0
            if draw is not None:
                draw(done, total)

        scores = analyze(
            video,
            model,
            sampling=how.sampling,
            effort=how.effort,
            batch_size=how.batch_size,
            hwaccel=how.hwaccel,
            store=how.store,
            progress=report,
            targets=targets,
            rule=rules,
        )
    notes(scores.notes, video.path)
    return Watched(video, scores, time.perf_counter() - began, reports > 0)


def models_record(model: Classifier) -> dict[str, object]:
    """Of several models, each, as JSON values; nothing of a single one."""
    models = members_of(model)
    if len(models) == 1:
        return {}
    return {"models": [{"name": one.card.name, "digest": one.digest, "labels": one.labels} for one in models]}


def refuse_input(flag: str, output: Path, inputs: Mapping[str, Path | None]) -> None:
    """Refuse to write over what is read: inputs by what to call them. Raises OptionError."""
    for name, path in inputs.items():
        if path is not None and same_file(output, path):
            raise OptionError(f"{flag} {shown(output)}: is {name}")


def notes(lines: Iterable[str], path: Path) -> None:
    """Print on stderr what a user should know of a film, a line each."""
    for line in lines:
        click.echo(one_line(f"{path.name}: {line}"), err=True)
