"""`miles-deep cut MOVIE`: cut a film down to what was asked for, or mark that in it."""

from typing import Any

import click

from miles_deep.cli.cutting import cut_film
from miles_deep.cli.flags import CUTTING, HELP, MARK, MOVIE, TARGETS, flags
from miles_deep.cli.marking import mark_film
from miles_deep.cli.options import Options
from miles_deep.errors import OptionError


@click.command(context_settings=HELP)
@flags(MOVIE, TARGETS, MARK, CUTTING)
def cut(**given: Any) -> None:
    """Cut MOVIE down to what is asked for, as the bare form does, or mark that in it.

    --mark writes MOVIE.chapters.mp4: every packet of the film as it is, with the segments as chapters; without
    -t, -x or --drop these are the segments of all labels.
    """
    options = Options(**given, tag=False)
    options.check()
    if options.mark:
        mark_film(options)
    elif options.chooses:
        cut_film(options)
    else:
        raise OptionError("say what to keep or to drop with -t, -x or --drop, or give --mark")
