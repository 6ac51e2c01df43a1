"""`miles-deep models check NAME --images DIR`: whether a model says here what it says elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from miles_deep.classify.pictures.expected import Expected

EXACTLY = 0.01
"""How far off scores in 32-bit floats may be from those of --expect: JPEGs are not decoded alike everywhere."""

FASTER = 0.05
"""How far off those of the device may be from scores in 32-bit floats: a little more than those of 16 bits, where
a device has them, move scores of open_nsfw, 0.033 on 40 frames of Big Buck Bunny."""

IMAGES = click.option("--images", "folder", type=PATH, metavar="DIR", required=True, help="The pictures.")
EXPECT = click.option(
    "--expect",
    type=PATH,
    metavar="CSV|NPY",
    help="Compare with these: file,label,score, or file and a column a label; or an array with a row a picture, "
    "in the order of their names.",
)
TOLERANCE = click.option(
    "--tolerance",
    type=float,
    metavar="X",
    help=f"How far off a score may be.  [default: {EXACTLY}, that of the device {FASTER}]",
)
SCORES = click.option(
    "-o", "output", type=PATH, metavar="CSV", help="Write the scores in 32-bit floats, for --expect elsewhere."
)


@click.command(context_settings=HELP)
@flags(NAME, IMAGES, EXPECT, TOLERANCE, SCORES, DEVICE, FORCE, JSON)
def check(
    name: str,
    folder: Path,
    expect: Path | None,
    tolerance: float | None,
    output: Path | None,
    device: str,
    force: bool,
    as_json: bool,
) -> None:
    """Compare a model's scores here with others.

    The pictures are classified on the device, and in 32-bit floats by ONNX Runtime on the CPU (by OpenVINO where
    that is the device). The exit code is 1 where these differ, or the latter are not those of --expect.
    """
    # Here: they bring in Pillow.
    from miles_deep.classify.pictures.expected import compare_expected, within, write_scores
    from miles_deep.classify.pictures.parity import compare_backends

    _check_flags(folder, expect, tolerance, output, force)
    model = load_model(name, device)
    expected = None if expect is None else _expected(expect, folder, model.labels)
    refusals = Refusals()
    parity = compare_backends(model, [folder], refusals, refusals.left_out)
    comparison = None
    if expected is not None:
        comparison = compare_expected(folder, parity.paths, parity.labels, parity.second, expected)
    if output is not None:
        write_scores(output, [within(folder, path) for path in parity.paths], parity.labels, parity.second)
    exactly, faster = (EXACTLY, FASTER) if tolerance is None else (tolerance, tolerance)
    checked = Checked(model.card.name, parity, faster, comparison, exactly)
    _print(checked, output, as_json)
    if checked.faults:
        raise ModelError(f"{model.card.name}: {'; '.join(checked.faults)}")
    refusals.end()


def _check_flags(
    folder: Path, expect: Path | None, tolerance: float | None, output: Path | None, force: bool
) -> None:
    if not folder.is_dir():
        raise OptionError(f"--images {folder}: {'not a folder' if folder.exists() else 'no such folder'}")
    if tolerance is not None and not 0 <= tolerance <= 1:
        raise OptionError(f"--tolerance {tolerance}: must be 0 to 1")
    if output is not None:
        refuse_input("-o", output, {"what is expected": expect})
        check_writable(output, force)


def _expected(path: Path, folder: Path, labels: Sequence[str]) -> "Expected":
    from miles_deep.classify.pictures.expected import read_expected, read_rows, within
    from miles_deep.classify.pictures.files import picture_files

    if path.suffix.lower() != ".npy":
        return read_expected(path, labels)
    files = [found for found in picture_files([folder]) if isinstance(found, Path)]
    return read_rows(path, labels, [within(folder, found) for found in files])


def _print(checked: Checked, output: Path | None, as_json: bool) -> None:
    if as_json:
        print_json({**as_record(checked), "output": None if output is None else shown(output)})
        return
    click.echo("\n".join(map(one_line, as_text(checked))))
    if output is not None:
        click.echo(f"wrote {shown(output)}")
