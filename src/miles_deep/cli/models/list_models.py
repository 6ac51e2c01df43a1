"""`miles-deep models list`: all classifiers that have a name."""

from dataclasses import dataclass
from pathlib import Path

import click

from miles_deep.cli.flags import HELP, JSON, flags
from miles_deep.cli.printing import print_json
from miles_deep.cli.text import counted, one_line, shown, sized
from miles_deep.errors import ModelError
from miles_deep.model import CATALOG
from miles_deep.model.card import ModelCard
from miles_deep.model.catalog import shelved
from miles_deep.model.model import read_card
from miles_deep.model.shelf import installed, shelf


@click.command("list", context_settings=HELP)
@flags(JSON)
def list_models(as_json: bool) -> None:
    """List all models, and how to get those that are not here."""
    on_shelf = installed()
    found = [_in_catalog(name) for name in CATALOG]
    found += [_on_shelf(name, path) for name, path in on_shelf.items() if name not in CATALOG]
    if as_json:
        print_json({"folder": shown(shelf()), "models": [row.record() for row in found]})
        return
    wide = max(len(row.name) for row in found)
    for row in found:
        click.echo(one_line(f"{row.name:<{wide}}  {'here' if row.card else '--':<4}  {row.told}"))
    click.echo("\n--model NAME takes one; miles-deep models show NAME tells all about it")
    if on_shelf:
        click.echo(f"imported and fetched models lie in {shown(shelf())}")


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    about: str
    licence: str
    card: ModelCard | None
    """None where it is not here."""
    missing: str = ""
    """Why it is not here, and what to type to get it."""
    path: Path | None = None

    @property
    def told(self) -> str:
        """What it is, and what to do where it is not here."""
        if self.card is None:
            return "; ".join(filter(None, (self.about, self.licence, self.missing.removeprefix(f"{self.name} "))))
        labels = counted(len(self.card.labels), "label")
        size = sized(self.path.stat().st_size) if self.path else ""
        return "; ".join(filter(None, (self.about, labels, size, self.licence)))

    def record(self) -> dict[str, object]:
        """The same as JSON values."""
        return {
            "name": self.name,
            "about": self.about,
            "licence": one_line(self.licence),
            "here": self.card is not None,
            "get": self.missing or None,
            "labels": None if self.card is None else len(self.card.labels),
            "path": None if self.path is None else shown(self.path),
        }


def _in_catalog(name: str) -> _Row:
    entry = CATALOG[name]
    try:
        return _Row(name, entry.about, entry.licence, entry.card(), path=shelved(name))
    except ModelError as error:
        return _Row(name, entry.about, entry.licence, None, str(error))


def _on_shelf(name: str, path: Path) -> _Row:
    try:
        card = read_card(path)
    except ModelError as error:
        return _Row(name, "", "", None, f"{error}; miles-deep models remove {name}", path)
    return _Row(name, "imported", card.licence, card, path=path)
