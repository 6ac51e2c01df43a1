"""`miles-deep bench [MOVIE]`: this machine, measured."""

import sys
from pathlib import Path

import click

from miles_deep.bench import measure
from miles_deep.bench.report import as_text
from miles_deep.cli.flags import DEVICE, FORCE, HELP, JSON, NAMES, PATH, PNG, flags
from miles_deep.cli.printing import print_json
from miles_deep.cli.text import one_line, shown
from miles_deep.cli.watch import refuse_input
from miles_deep.errors import OptionError
from miles_deep.files import check_writable
from miles_deep.model.catalog import DEFAULT

FILM = click.argument("movie", type=PATH, required=False)
ROUNDS = click.option(
    "--rounds", metavar="N", default=3, show_default=True, help="How often everything is run; medians count."
)
QUICK = click.option("--quick", is_flag=True, help="Leave out the choice of efforts and batch sizes.")


@click.command(context_settings=HELP)
@flags(FILM, ROUNDS, QUICK, PNG, NAMES, DEVICE, FORCE, JSON)
def bench(
    movie: Path | None,
    rounds: int,
    quick: bool,
    png: Path | None,
    model: tuple[str, ...],
    device: str,
    force: bool,
    as_json: bool,
) -> None:
    """Measure this machine: how fast MOVIE is watched, against bare decoding of it.

    Without MOVIE the network alone is measured. All of it is run in processes of its own, in turn, without the
    user's cache. A film of ten minutes takes about ten minutes, four with --quick.
    """
    if len(model) > 1:
        raise OptionError("bench measures one model at a time")
    if png is not None:
        refuse_input("--png", png, {"the film itself": movie})
        check_writable(png, force)
    report = measure(
        movie, model[0] if model else DEFAULT, device, rounds, quick, _tell if sys.stderr.isatty() else None
    )
    _wipe()
    if png is not None:
        from miles_deep.bench.chart import draw

        draw(report, png, force)
    if as_json:
        print_json(report.record())
        return
    click.echo("\n".join(map(one_line, as_text(report).split("\n"))))
    if movie is None:
        click.echo("\nonly the network was measured; give a film for the rest: miles-deep bench MOVIE")
    if png is not None:
        click.echo(f"\nwrote {shown(png)}")


def _tell(name: str, done: int, total: int) -> None:
    _wipe()
    click.echo(f"{done}/{total}  {one_line(name)}", err=True, nl=False)


def _wipe() -> None:
    """Empty the line that says what runs, where one is shown (ECMA-48: CR, erase in line)."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)
