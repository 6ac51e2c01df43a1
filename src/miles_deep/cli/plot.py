"""`miles-deep plot MOVIE`: a picture of a film's scores and segments."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from miles_deep.cli.choosing import Choosing
from miles_deep.cli.flags import FILE, HELP, MOVIE, flags
from miles_deep.cli.pictures import FLAGS, draw_film
from miles_deep.report.canvas import check_suffix
from miles_deep.report.plot import draw


@click.command(context_settings=HELP)
@flags(MOVIE, FILE, FLAGS)
def plot(output: Path | None, **given: Any) -> None:
    """Draw the scores of every second of MOVIE, its segments, and frames from all over it.

    The file is MOVIE.png, or what -o says, a .png or .svg. Without -t, -x or --drop the segments are those of all
    labels, and above them those of the groups that were found most.
    """
    how = Choosing(**given)
    draw_film(how, output, ".png", check_suffix, partial(draw, force=how.force))
