"""Options that several commands have, each written once."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from miles_deep.classify.sampling import EFFORT, SAMPLINGS
from miles_deep.video.hardware import CHOICES

Function = TypeVar("Function", bound=Callable[..., Any])
Flag = Callable[[Any], Any]

PATH = click.Path(path_type=Path)

HELP = {"help_option_names": ["-h", "--help"]}
"""Context settings of every command."""

MOVIE = click.argument("movie", type=PATH)
BATCH_SIZE = click.option(
    "-b", "--batch-size", "batch_size", metavar="N", default=32, show_default=True, help="Batch size."
)
CAFFE = (
    click.option("-p", "prototxt", type=PATH, metavar="FILE", help="Caffe model: prototxt."),
    click.option("-w", "weights", type=PATH, metavar="FILE", help="Caffe model: weights."),
    click.option("-m", "mean", type=PATH, metavar="FILE", help="Caffe model: mean image."),
    click.option("-l", "labels", type=PATH, metavar="FILE", help="Caffe model: labels, one a line."),
)
MODEL = (
    click.option("--model", metavar="NAME|FILE", help="Model, by name or .onnx file.  [default: open_nsfw]"),
    click.option(
        "--device", metavar="NAME", default="auto", show_default=True, help="auto, cpu, onnxruntime, cuda, …"
    ),
)
WATCHING = (
    click.option(
        "--sampling",
        type=click.Choice(list(SAMPLINGS)),
        default="exact",
        show_default=True,
        help="Look at every second, or only where it matters.",
    ),
    click.option(
        "--effort",
        type=float,
        metavar="X",
        help=f"Of adaptive sampling, 0.5 to 1: how certain labels have to be.  [default: {EFFORT}]",
    ),
    click.option("--no-cache", is_flag=True, help="Neither use nor keep scores of this film."),
    click.option(
        "--hwaccel", type=click.Choice(CHOICES), default="auto", show_default=True, help="What decodes the film."
    ),
)
FORCE = click.option("--force", is_flag=True, help="Overwrite outputs that are there already.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def flags(*given: Flag | Sequence[Flag]) -> Callable[[Function], Function]:
    """All of these options for one command, in this order in its help."""

    def add(function: Function) -> Function:
        for one in reversed(given):
            for flag in reversed(one if isinstance(one, Sequence) else (one,)):
                function = flag(function)
        return function

    return add
