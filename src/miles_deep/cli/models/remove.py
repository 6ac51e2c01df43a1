"""`miles-deep models remove NAME`: take an imported or fetched model off the shelf."""

from contextlib import suppress

import click

from miles_deep.cli.flags import HELP, JSON, flags
from miles_deep.cli.printing import print_json
from miles_deep.cli.text import shown, sized
from miles_deep.errors import ModelError
from miles_deep.model.catalog import CATALOG
from miles_deep.model.model import read_model
from miles_deep.model.shelf import installed, remove


@click.command("remove", context_settings=HELP)
@flags(click.argument("name", metavar="NAME"), JSON)
def remove_model(name: str, as_json: bool) -> None:
    """Delete an imported or fetched model, and what was compiled of it.

    Scores of films that were watched with it are kept.
    """
    path = installed().get(name)
    if path is None and name in CATALOG:
        raise ModelError(f"{name}: is in the catalogue, and nothing of it was imported or fetched")
    size = path.stat().st_size if path else 0
    with suppress(ModelError):  # a damaged file, of which nothing was compiled, can be removed all the same
        size += read_model(path).forget_compiled() if path else 0
    path = remove(name)
    if as_json:
        print_json({"name": name, "path": shown(path), "freed": size})
    else:
        click.echo(f"removed {shown(path)}, {sized(size)}")
