"""`miles-deep models import NET`: make a classifier of any kind one of ours."""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from miles_deep.cli.flags import FORCE, GROUPS, HELP, JSON, MEAN, PATH, WEIGHTS, flags
from miles_deep.cli.models.facts import next_lines, table
from miles_deep.cli.printing import print_json
from miles_deep.cli.text import one_line, shown, sized
from miles_deep.cli.watch import refuse_input
from miles_deep.errors import OptionError, OutputExistsError
from miles_deep.files import check_writable
from miles_deep.model import CATALOG, Model
from miles_deep.model.shelf import SUFFIX, make_shelf, place

if TYPE_CHECKING:
    from miles_deep.cli.models.kinds import Source
    from miles_deep.model.onnx_import import Imported

NET = click.argument("net", type=PATH, required=False, metavar="[NET]")
SOURCE = (
    click.option("--timm", metavar="NAME", help="A network of timm, with NET as its weights or its own."),
    WEIGHTS,
    MEAN,
    click.option("--labels", type=PATH, metavar="FILE", help="Labels: one a line, CSV or JSON."),
    click.option(
        "--preprocess",
        metavar="NAME|FILE",
        help="What pictures go through: imagenet, inception, clip, …, or a .toml file.",
    ),
    click.option("--background", metavar="A,B", help='Labels that mean "none of the interesting ones".'),
    click.option("--licence", metavar="TEXT", help="Under which the model may be used."),
    click.option("--size", metavar="N|WxH", help="Of the input, where the network takes any."),
    click.option("--head", metavar="NAME", help="Which output, where the network has several."),
    click.option(
        "--activation", type=click.Choice(["softmax", "sigmoid", "none"]), help="What scores go through."
    ),
)
NAMING = (
    click.option("--name", metavar="NAME", help="What to call it.  [default: the file's name]"),
    click.option("-o", "output", type=PATH, metavar="ONNX", help="Write it to this file, not to the shelf."),
)


@click.command("import", context_settings=HELP)
@flags(NET, SOURCE, GROUPS, NAMING, FORCE, JSON)
def import_model(
    groups: Path | None, name: str | None, output: Path | None, force: bool, as_json: bool, **given: Any
) -> None:
    """Import a classifier of another program.

    NET is an .onnx file, a Caffe .prototxt with -w, a PyTorch .pt2, or weights (.safetensors, .pth) with --timm.
    It becomes one file that carries everything, where --model NAME finds it; NET stays as it is.
    """
    # Here: it brings in onnx.
    from miles_deep.cli.models.kinds import Source

    source = Source(**given)
    source.check()
    name = _name(source, name)
    path = _path(source, name, output, force)
    imported = source.read()
    model = _finished(imported.model, name, source, groups)
    if output is None:
        make_shelf()
    model.save(path, force)
    if as_json:
        print_json(_record(imported, model, path))
        return
    click.echo("\n".join(_told(imported, model, path)))
    click.echo("\n".join(next_lines(name if output is None else shown(path))))


def _name(source: "Source", name: str | None) -> str:
    """What the model is called: as asked for, or as what it is made of. Raises OptionError."""
    made = re.sub(r"[^A-Za-z0-9_.+-]+", "-", source.stem).strip("-.")
    if not (name or made):
        raise OptionError(f"{source.told}: no name for a model can be made of this; give it a --name")
    return (name or made).removesuffix(SUFFIX)


def _path(source: "Source", name: str, output: Path | None, force: bool) -> Path:
    """Where the model is written. Raises MilesDeepError where it cannot be."""
    if output is None and name.casefold() in CATALOG:
        raise OptionError(f"{name}: is a model of the catalogue; give another --name")
    try:
        path = place(name, force) if output is None else output
    except OutputExistsError as error:
        ways = "--name gives it another name, --force overwrites it"
        raise OutputExistsError(f"{name}: a model of that name is there already; {ways}") from error
    if path.suffix != ".onnx":
        raise OptionError(f"-o {path}: a model is an .onnx file; give it that suffix")
    for read in (source.net, source.weights, source.mean, source.labels):
        refuse_input("-o", path, {"what is imported": read})
    if output is not None:
        check_writable(path, force)
    return path


def _finished(model: Model, name: str, source: "Source", groups: Path | None) -> Model:
    """The model under its name, with the background and groups that were given."""
    background = source.backgrounds(model.labels)
    card = replace(
        model.card,
        name=name,
        licence=source.licence or model.card.licence,
        background=model.background if background is None else background,
    )
    if groups is not None:
        from miles_deep.model.groups import read_groups

        found = read_groups(groups, card.labels, card.groups, card.background)
        card = replace(card, groups=found.groups, background=found.background)
    return Model(card, model.network)


def _told(imported: "Imported", model: Model, path: Path) -> list[str]:
    lines = ["understood:", *table([(one_line(word), one_line(said)) for word, said in imported.understood])]
    if imported.changes:
        lines += ["changed:", *(f"  {one_line(change)}" for change in imported.changes)]
    if imported.probes:
        lines.append(
            f"scores of {imported.probes} pictures differ from NET's by at most {imported.difference:.2g}"
        )
    return [*lines, f"wrote {shown(path)}, {sized(path.stat().st_size)}: {one_line(model.card.name)}"]


def _record(imported: "Imported", model: Model, path: Path) -> dict[str, object]:
    return {
        "name": model.card.name,
        "path": shown(path),
        "digest": model.digest,
        "labels": model.labels,
        "background": model.background,
        "groups": model.groups,
        "preprocess": model.card.preprocess.to_json(),
        "understood": dict(imported.understood),
        "changes": imported.changes,
        "difference": imported.difference,
        "probes": imported.probes,
    }
