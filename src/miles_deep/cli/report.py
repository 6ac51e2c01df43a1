"""`miles-deep report MOVIE`: a page about a film that can be read anywhere."""

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from miles_deep.cli.choosing import Choosing
from miles_deep.cli.flags import HELP, MOVIE, PATH, flags
from miles_deep.cli.pictures import FLAGS, draw_film
from miles_deep.report import page

OUTPUT = click.option("-o", "output", type=PATH, metavar="FILE", help="An .html file.  [default: MOVIE.html]")


@click.command(context_settings=HELP)
@flags(MOVIE, OUTPUT, FLAGS)
def report(output: Path | None, **given: Any) -> None:
    """Write one HTML file with the time line of MOVIE, its segments, totals, and how they came about.

    Without -t, -x or --drop the segments are those of all labels. The file loads nothing from anywhere.
    """
    how = Choosing(**given)
    command = shlex.join(["miles-deep", *sys.argv[1:]])
    draw_film(how, output, ".html", page.check_suffix, partial(page.write, command=command, force=how.force))
