"""The bare form: `miles-deep movie.mp4`, with the flags of the first program."""

from pathlib import Path
from typing import Any

import click

from miles_deep import __version__
from miles_deep.cli.actions import ACTIONS
from miles_deep.cli.options import Options
from miles_deep.edit import MODES

PATH = click.Path(path_type=Path)
NOTES = "Exit codes: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted."


@click.command(epilog=NOTES, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.argument("movie", type=PATH)
@click.option("-t", "targets", multiple=True, metavar="A,B", help="Keep only segments of these labels or groups.")
@click.option("-x", "all_but_background", is_flag=True, help="Keep all but the model's background label.")
@click.option("-a", "tag", is_flag=True, help="Write MOVIE.tag with the segments of all labels; cut nothing.")
@click.option("-b", "batch_size", metavar="N", default=32, show_default=True, help="Batch size.")
@click.option("-o", "output", type=PATH, metavar="DIR", help="Output folder.  [default: the movie's]")
@click.option(
    "-d", "temporary", type=PATH, metavar="DIR", help="Folder for unfinished files.  [default: the output's]"
)
@click.option("-u", "min_cut", type=float, metavar="S", default=4, show_default=True, help="Min cut, seconds.")
@click.option("-g", "max_gap", metavar="S", default=2, show_default=True, help="Max gap, seconds.")
@click.option("-s", "min_score", metavar="X", default=0.5, show_default=True, help="Min score, 0 to 1.")
@click.option("-v", "min_coverage", metavar="X", default=0.4, show_default=True, help="Min coverage, 0 to 1.")
@click.option("-c", "clips", is_flag=True, help="Do not concatenate: one film a segment, in MOVIE.cut/.")
@click.option("-n", "keep", is_flag=True, help="Accepted; the movie is kept unless --replace is given.")
@click.option("-p", "prototxt", type=PATH, metavar="FILE", help="Caffe model: prototxt.")
@click.option("-w", "weights", type=PATH, metavar="FILE", help="Caffe model: weights.")
@click.option("-m", "mean", type=PATH, metavar="FILE", help="Caffe model: mean image.")
@click.option("-l", "labels", type=PATH, metavar="FILE", help="Caffe model: labels, one a line.")
@click.option("--model", metavar="NAME|FILE", help="Model, by name or .onnx file.  [default: open_nsfw]")
@click.option(
    "--device", metavar="NAME", default="auto", show_default=True, help="auto, cpu, onnxruntime, cuda, …"
)
@click.option("--classic", is_flag=True, help="Find segments exactly as the first program did.")
@click.option("--mode", type=click.Choice(MODES), default=MODES[0], show_default=True, help="How to cut.")
@click.option("--replace", is_flag=True, help="Put the cut in the movie's place.")
@click.option("--force", is_flag=True, help="Overwrite outputs that are there already.")
@click.option("--dry-run", is_flag=True, help="Print what would be cut; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.version_option(__version__, "--version", message="miles-deep %(version)s")
def bare(**flags: Any) -> None:
    """Watch MOVIE, and cut it, tag it, or tell what is in it.

    Without -t, -x or -a nothing is written: it prints what the film contains.
    """
    options = Options(**flags)
    options.check()
    ACTIONS[options.action](options)
