"""`miles-deep cut MOVIE`: cut a film down to what was asked for, or mark that in it, or join several."""

from pathlib import Path
from typing import Any

import click

from miles_deep.cli.cutting import cut_film
from miles_deep.cli.flags import CUTTING, EFFECTS, HELP, JOIN, MARK, MOVIES, TARGETS, flags
from miles_deep.cli.joining import join_films
from miles_deep.cli.marking import mark_film
from miles_deep.cli.options import Options
from miles_deep.errors import OptionError


@click.command(context_settings=HELP)
@flags(MOVIES, TARGETS, EFFECTS, JOIN, MARK, CUTTING)
def cut(movies: tuple[Path, ...], **given: Any) -> None:
    """Cut MOVIE down to what is asked for, as the bare form does, or mark that in it.

    --join writes what is kept of several films, in the order given, as one film, FIRST.join.mp4: their pictures
    have to be of one codec, size and pixel format, and their sound tracks alike.

    --mark writes MOVIE.chapters.mp4: every packet of the film as it is, with the segments as chapters; without
    -t, -x or --drop these are the segments of all labels.
    """
    options = Options(**given, movie=movies[0], movies=movies, tag=False)
    options.check()
    if options.mark:
        mark_film(options)
    elif not options.chooses:
        raise OptionError(
            "say what to keep or to drop with -t, -x or --drop, what else to do with --blur, --mute or --speed, "
            "or give --mark"
        )
    elif options.join:
        join_films(options)
    else:
        cut_film(options)
