"""`miles-deep plot MOVIE`: a picture of a film's scores and segments."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from miles_deep.cli.choosing import Choosing
from miles_deep.cli.flags import HELP, MOVIE, PATH, flags
from miles_deep.cli.pictures import FLAGS, draw_film
from miles_deep.report.canvas import check_suffix
from miles_deep.report.plot import draw

OUTPUT = click.option("-o", "output", type=PATH, metavar="FILE", help="A .png or .svg file.  [default: MOVIE.png]")


@click.command(context_settings=HELP)
@flags(MOVIE, OUTPUT, FLAGS)
def plot(output: Path | None, **given: Any) -> None:
    """Draw the scores of every second of MOVIE, its segments, and frames from all over it.

    Without -t, -x or --drop the segments are those of all labels.
    """
    how = Choosing(**given)
    draw_film(how, output, ".png", check_suffix, partial(draw, force=how.force))
