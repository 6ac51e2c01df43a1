"""`miles-deep models show NAME|FILE`: all about a classifier."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from miles_deep.cli.flags import DEVICE, GROUPS, HELP, JSON, flags
from miles_deep.cli.models.facts import Fact, facts_of, millions, origin_of, table
from miles_deep.cli.printing import print_json
from miles_deep.cli.text import one_line, shown, sized
from miles_deep.cli.watch import load_classifier
from miles_deep.model import CATALOG, Model
from miles_deep.model.catalog import shelved

if TYPE_CHECKING:
    from miles_deep.model.size import Size

NAME = click.argument("name", metavar="NAME|FILE")
ALL_LABELS = click.option("--all-labels", is_flag=True, help="Print all labels, one a line.")
NO_SPEED = click.option(
    "--no-speed", is_flag=True, help="Do not measure how fast it is here, which takes a second."
)


@click.command(context_settings=HELP)
@flags(NAME, ALL_LABELS, NO_SPEED, DEVICE, GROUPS, JSON)
def show(name: str, all_labels: bool, no_speed: bool, device: str, groups: Path | None, as_json: bool) -> None:
    """Tell all about a model.

    Its labels, groups, input and preprocessing, size, speed on this machine, licence and source.
    """
    # Here: they bring in onnx.
    from miles_deep.model.size import size_of
    from miles_deep.model.speed import speed_of

    model = load_classifier([name], device, groups)
    assert isinstance(model, Model)  # one alone is no ensemble
    path = _file(name)
    size, speed = size_of(model), None if no_speed else speed_of(model)
    if as_json:
        print_json(_record(model, size, speed, path))
        return
    about = CATALOG[name].about if name in CATALOG else ""
    click.echo(one_line(": ".join(filter(None, (model.card.name, about)))))
    rows = [*facts_of(model), *_ruled(model), *_measured(model, size, speed), *origin_of(model)]
    if path is not None:
        rows.append(("file", shown(path)))
    click.echo("\n".join(table(rows)))
    for label in model.labels if all_labels else ():
        click.echo(one_line(label))


def _ruled(model: Model) -> Iterator[Fact]:
    if model.rules:
        yield "rules", one_line(", ".join(f"{name} {value}" for name, value in model.rules.items()))
    if model.card.precision == "f32":
        yield "precision", "32-bit floats on every device"


def _measured(model: Model, size: "Size", speed: float | None) -> Iterator[Fact]:
    yield "parameters", millions(size.parameters)
    yield "multiply-adds", f"{millions(size.multiply_adds)} a picture"
    yield "size", sized(size.bytes)
    if speed is not None:
        yield "speed here", f"{speed:.0f} pictures a second ({model.runtime.name})"


def _file(name: str) -> Path | None:
    """Where a model lies; None where a package has it."""
    return shelved(name) or (None if name in CATALOG else Path(name))


def _record(model: Model, size: "Size", speed: float | None, path: Path | None) -> dict[str, object]:
    return {
        "name": model.card.name,
        "labels": model.labels,
        "background": model.background,
        "groups": model.groups,
        "rules": model.rules,
        "precision": model.card.precision,
        "preprocess": model.card.preprocess.to_json(),
        "parameters": size.parameters,
        "multiply_adds": size.multiply_adds,
        "bytes": size.bytes,
        "speed": None if speed is None else round(speed, 1),
        "backend": None if speed is None else model.runtime.name,
        "digest": model.digest,
        "licence": model.card.licence,
        "source": model.card.source,
        "file": None if path is None else shown(path),
    }
