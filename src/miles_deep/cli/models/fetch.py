"""`miles-deep models fetch NAME`: download a published model and put it on the shelf."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click

from miles_deep.cli.flags import FORCE, HELP, JSON, PATH, flags
from miles_deep.cli.models.facts import next_lines
from miles_deep.cli.printing import print_json
from miles_deep.cli.text import one_line, shown, sized
from miles_deep.errors import ModelError
from miles_deep.model import CATALOG, Model
from miles_deep.model.catalog import shelved
from miles_deep.model.fetch import FETCHABLE, fetch
from miles_deep.model.fetch import fetched as fetched_model

FROM = click.option(
    "--from", "folder", type=PATH, metavar="DIR", help="Take the files out of this folder; download nothing."
)

EVERY = 0.1
"""Seconds between two lines of progress."""


@click.command("fetch", context_settings=HELP)
@flags(click.argument("name", metavar="NAME"), FROM, FORCE, JSON)
def fetch_model(name: str, folder: Path | None, force: bool, as_json: bool) -> None:
    """Download a published model.

    It is checked to the byte, and put where --model NAME finds it.
    """
    if not force and (load := _here(name)) is not None:
        if as_json:
            print_json(_record(name, load(), shelved(name)))
        else:
            click.echo(f"{name} is here already; miles-deep MOVIE --model {name}")
        return
    if name in FETCHABLE and not as_json:
        click.echo(one_line(FETCHABLE[name].terms))
    fetched = fetch(name, folder, force=force, progress=_Line() if sys.stderr.isatty() else None)
    if as_json:
        print_json(_record(name, fetched.model, fetched.path))
        return
    click.echo(f"wrote {shown(fetched.path)}; the git blob ids of its files are those that were published")
    click.echo("\n".join(map(one_line, next_lines(name))))


def _here(name: str) -> Callable[[], Model] | None:
    """Loads the model, where it is here already. Raises ModelError where it is of a package that is not."""
    if name in CATALOG and name not in FETCHABLE:
        CATALOG[name].card()
        return CATALOG[name].load
    with suppress(ModelError):  # it is not there, or damaged
        model = fetched_model(name)
        return lambda: model
    return None


def _record(name: str, model: Model, path: Path | None) -> dict[str, object]:
    return {
        "name": name,
        "path": None if path is None else shown(path),
        "labels": model.labels,
        "licence": model.card.licence,
        "digest": model.digest,
    }


class _Line:
    """A line on the terminal that says how far a download is."""

    def __init__(self) -> None:
        self._shown = 0.0

    def __call__(self, done: int, total: int | None) -> None:
        over = total is not None and done >= total
        if not over and time.monotonic() - self._shown < EVERY:
            return
        self._shown = time.monotonic()
        # ECMA-48: CR, erase in line.
        click.echo(
            "\r\x1b[K" + ("" if over else f"{sized(done)} of {sized(total) if total else '?'}"), err=True, nl=False
        )
