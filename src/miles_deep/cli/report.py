"""`miles-deep report MOVIE`: a page about a film that can be read anywhere."""

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from miles_deep.cli.choosing import Choosing
from miles_deep.cli.flags import FILE, HELP, MOVIE, flags
from miles_deep.cli.pictures import FLAGS, draw_film
from miles_deep.report import page


@click.command(context_settings=HELP)
@flags(MOVIE, FILE, FLAGS)
def report(output: Path | None, **given: Any) -> None:
    """Write one HTML file with the timeline of MOVIE, its segments, totals, and how they came about.

    The file is MOVIE.html, or what -o says, and loads nothing from anywhere. Without -t, -x or --drop the segments
    are those of all labels, and above them on the timeline are those of the groups that were found most.
    """
    how = Choosing(**given)
    command = shlex.join(["miles-deep", *sys.argv[1:]])
    draw_film(how, output, ".html", page.check_suffix, partial(page.write, command=command, force=how.force))
