"""The bare form: `miles-deep movie.mp4`, with the flags of the first program."""

from pathlib import Path
from typing import Any

import click

from miles_deep import __version__
from miles_deep.cli.actions import act
from miles_deep.cli.commands import COMMANDS
from miles_deep.cli.flags import CUTTING, EFFECTS, HELP, ONE_OF_MOVIES, TARGETS, flags
from miles_deep.cli.options import Options

NOTES = "Exit codes: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted."

TAG = click.option("-a", "tag", is_flag=True, help="Write MOVIE.tag with the segments of all labels; cut nothing.")
VERSION = click.version_option(__version__, "--version", message="miles-deep %(version)s")


class BareForm(click.Command):
    """A command whose help also tells of those beside it."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Add the commands."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))
        super().format_epilog(ctx, formatter)


@click.command(
    cls=BareForm,
    epilog=NOTES,
    context_settings=HELP,
    no_args_is_help=True,
)
@flags(ONE_OF_MOVIES, TARGETS, EFFECTS, TAG, CUTTING, VERSION)
def bare(movies: tuple[Path, ...], **given: Any) -> None:
    """Watch MOVIE, and cut it, tag it, or tell what is in it.

    Without -t, -x, --drop, --blur, --mute, --speed or -a nothing is written: it prints what the film contains.
    """
    options = Options(**given, movie=movies[0], movies=movies, join=False, mark=False)
    options.check()
    act(options)
