"""`miles-deep models check NAME --images DIR`: whether a model says here what it says elsewhere."""

from pathlib import Path

import click

from miles_deep.cli.flags import DEVICE, FORCE, HELP, JSON, PATH, flags
from miles_deep.cli.models.parity_report import Checked, as_record, as_text
from miles_deep.cli.models.show import NAME
from miles_deep.cli.printing import print_json
from miles_deep.cli.refused import Refusals
from miles_deep.cli.text import one_line, shown
from miles_deep.cli.watch import refuse_input
from miles_deep.errors import ModelError, OptionError
from miles_deep.files import check_writable
from miles_deep.model import load_model

IMAGES = click.option("--images", "folder", type=PATH, metavar="DIR", required=True, help="The pictures.")
EXPECT = click.option(
    "--expect",
    type=PATH,
    metavar="CSV",
    help="Compare with these: file,label,score, or file and a column a label.",
)
TOLERANCE = click.option(
    "--tolerance", metavar="X", default=0.01, show_default=True, help="Of --expect: how far off a score may be."
)
SCORES = click.option("-o", "output", type=PATH, metavar="CSV", help="Write the scores, for --expect elsewhere.")


@click.command(context_settings=HELP)
@flags(NAME, IMAGES, EXPECT, TOLERANCE, SCORES, DEVICE, FORCE, JSON)
def check(
    name: str,
    folder: Path,
    expect: Path | None,
    tolerance: float,
    output: Path | None,
    device: str,
    force: bool,
    as_json: bool,
) -> None:
    """Compare a model's scores here with others.

    The pictures are classified on the device, and by ONNX Runtime on the CPU in 32-bit floats. With --expect, the
    exit code is 1 where scores from elsewhere are not met.
    """
    # Here: they bring in Pillow.
    from miles_deep.classify.pictures.expected import compare_expected, read_expected, within, write_scores
    from miles_deep.classify.pictures.parity import compare_backends

    _check_flags(folder, expect, tolerance, output, force)
    model = load_model(name, device)
    expected = None if expect is None else read_expected(expect, model.labels)
    refusals = Refusals()
    parity = compare_backends(model, [folder], refusals)
    comparison = None
    if expected is not None:
        comparison = compare_expected(folder, parity.paths, parity.labels, parity.here, expected)
    if output is not None:
        write_scores(output, [within(folder, path) for path in parity.paths], parity.labels, parity.here)
    checked = Checked(model.card.name, parity, comparison, tolerance)
    _print(checked, output, as_json)
    if checked.faults:
        raise ModelError(f"{model.card.name}: {'; '.join(checked.faults)}")
    refusals.end()


def _check_flags(folder: Path, expect: Path | None, tolerance: float, output: Path | None, force: bool) -> None:
    if not folder.is_dir():
        raise OptionError(f"--images {folder}: no such folder")
    if not 0 <= tolerance <= 1:
        raise OptionError(f"--tolerance {tolerance}: must be 0 to 1")
    if output is not None:
        refuse_input("-o", output, {"what is expected": expect})
        check_writable(output, force)


def _print(checked: Checked, output: Path | None, as_json: bool) -> None:
    if as_json:
        print_json({**as_record(checked), "output": None if output is None else shown(output)})
        return
    click.echo("\n".join(map(one_line, as_text(checked))))
    if output is not None:
        click.echo(f"wrote {shown(output)}")
