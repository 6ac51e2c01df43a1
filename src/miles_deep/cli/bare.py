"""The bare form: `miles-deep movie.mp4`, with the flags of the first program."""

from typing import Any

import click

from miles_deep import __version__
from miles_deep.cli.actions import ACTIONS
from miles_deep.cli.commands import COMMANDS
from miles_deep.cli.flags import BATCH_SIZE, CAFFE, FORCE, HELP, JSON, MODEL, MOVIE, PATH, WATCHING, flags
from miles_deep.cli.options import Options
from miles_deep.edit import MODES

NOTES = "Exit codes: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted."

ACTION = (
    click.option(
        "-t", "targets", multiple=True, metavar="A,B", help="Keep only segments of these labels or groups."
    ),
    click.option("-x", "all_but_background", is_flag=True, help="Keep all but the model's background label."),
    click.option("-a", "tag", is_flag=True, help="Write MOVIE.tag with the segments of all labels; cut nothing."),
)
PLACES = (
    click.option("-o", "output", type=PATH, metavar="DIR", help="Output folder.  [default: the movie's]"),
    click.option(
        "-d", "temporary", type=PATH, metavar="DIR", help="Folder for unfinished files.  [default: the output's]"
    ),
)
RULE = (
    click.option("-u", "min_cut", type=float, metavar="S", default=4, show_default=True, help="Min cut, seconds."),
    click.option("-g", "max_gap", metavar="S", default=2, show_default=True, help="Max gap, seconds."),
    click.option("-s", "min_score", metavar="X", default=0.5, show_default=True, help="Min score, 0 to 1."),
    click.option("-v", "min_coverage", metavar="X", default=0.4, show_default=True, help="Min coverage, 0 to 1."),
)
FILES = (
    click.option("-c", "clips", is_flag=True, help="Do not concatenate: one film a segment, in MOVIE.cut/."),
    click.option("-n", "keep", is_flag=True, help="Accepted; the movie is kept unless --replace is given."),
)
CUT = (
    click.option("--classic", is_flag=True, help="Find segments exactly as the first program did."),
    click.option("--mode", type=click.Choice(MODES), default=MODES[0], show_default=True, help="How to cut."),
    click.option(
        "--refine/--no-refine",
        default=None,
        help="Move a cut's edges to the frame.  [default: where a cut is made]",
    ),
    click.option("--replace", is_flag=True, help="Put the cut in the movie's place."),
)
DRY_RUN = click.option("--dry-run", is_flag=True, help="Print what would be cut; write nothing.")
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
@flags(MOVIE, ACTION, BATCH_SIZE, PLACES, RULE, FILES, CAFFE, MODEL, WATCHING, CUT, FORCE, DRY_RUN, JSON, VERSION)
def bare(**given: Any) -> None:
    """Watch MOVIE, and cut it, tag it, or tell what is in it.

    Without -t, -x or -a nothing is written: it prints what the film contains.
    """
    options = Options(**given)
    options.check()
    ACTIONS[options.action](options)
