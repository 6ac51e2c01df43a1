"""`miles-deep scores`: what is kept of films that were watched."""

from collections.abc import Sequence
from pathlib import Path

import click

from miles_deep.classify.store import Entry, Store, default_folder
from miles_deep.cli.flags import HELP, JSON, MOVIE, PATH, flags
from miles_deep.cli.printing import print_json
from miles_deep.cli.text import clipped, counted, one_line, shown, sized
from miles_deep.video.fingerprint import fingerprint

LONGEST = 24
"""Letters of a model's name."""

ROWS = {"looks": "look", "packets": "packet"}
"""What is counted in files that are no finished scores."""


@click.group(context_settings=HELP)
def scores() -> None:
    """What is kept of films that were watched."""


@scores.command("list")
@flags(JSON)
def list_scores(as_json: bool) -> None:
    """All that is kept, with sizes."""
    store = Store(default_folder())
    _print(store, store.entries(), as_json)


@scores.command("show")
@flags(MOVIE, JSON)
def show_scores(movie: Path, as_json: bool) -> None:
    """What is kept of MOVIE, wherever it lies and whatever it is called."""
    store, film = Store(default_folder()), fingerprint(movie)
    _print(store, [entry for entry in store.entries() if entry.video == film], as_json)


@scores.command("clear")
@click.argument("movie", type=PATH, required=False)
@flags(JSON)
def clear_scores(movie: Path | None, as_json: bool) -> None:
    """Delete what is kept of MOVIE, or of all films."""
    freed = Store(default_folder()).clear(film=None if movie is None else fingerprint(movie))
    if as_json:
        print_json({"freed": freed})
    else:
        click.echo(f"{sized(freed)} freed")


def _print(store: Store, entries: Sequence[Entry], as_json: bool) -> None:
    total = sum(entry.bytes for entry in entries)
    if as_json:
        print_json({"folder": shown(store.folder), "bytes": total, "entries": list(map(_record, entries))})
        return
    names = [clipped(entry.name or f"model {entry.model[:8]}", LONGEST) for entry in entries]
    wide = max(map(len, names), default=0)
    for entry, name in zip(entries, names, strict=True):
        rows = "damaged" if entry.damaged else counted(entry.rows, ROWS.get(entry.kind, "second"))
        sampling = f"{entry.kind} {entry.effort:g}" if entry.kind == "adaptive" else entry.kind
        when = f"{entry.when.astimezone():%Y-%m-%d %H:%M}"
        film = one_line(entry.film or entry.video)
        click.echo(f"{when}  {sized(entry.bytes):>7}  {sampling:<12} {rows:>12}  {name:<{wide}}  {film}")
    click.echo(f"{counted(len(entries), 'file')}, {sized(total)}, in {shown(store.folder)}")


def _record(entry: Entry) -> dict[str, object]:
    return {
        "film": one_line(entry.film),
        "video": entry.video,
        "model": entry.model,
        "model_name": one_line(entry.name),
        "sampling": entry.kind,
        "effort": entry.effort,
        "rows": entry.rows,
        "bytes": entry.bytes,
        "when": entry.when.isoformat(timespec="seconds"),
        "damaged": entry.damaged,
        "path": shown(entry.path),
    }
