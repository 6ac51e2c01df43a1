"""What every action does first: open the film and the model, and watch."""

import time
from dataclasses import dataclass

import click

from miles_deep.classify import Scores
from miles_deep.cli.options import Options
from miles_deep.cli.progress import progress_bar
from miles_deep.cli.text import one_line
from miles_deep.model import Model
from miles_deep.video import Video
from miles_deep.workflow import analyze


@dataclass(frozen=True, slots=True)
class Watched:
    """A film and what was seen in it."""

    video: Video
    scores: Scores
    wall: float
    """Seconds that watching took."""


def watch(options: Options, video: Video, model: Model) -> Watched:
    """Classify the film, with a progress bar, and tell what was wrong with it."""
    began = time.perf_counter()
    with progress_bar("watching") as report:
        scores = analyze(video, model, batch_size=options.batch_size, progress=report)
    notes(scores.notes, video)
    return Watched(video, scores, time.perf_counter() - began)


def notes(lines: tuple[str, ...], video: Video) -> None:
    """Print on stderr what a user should know, a line each."""
    for line in lines:
        click.echo(one_line(f"{video.path.name}: {line}"), err=True)
