"""Options that several commands have, each written once."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from miles_deep.classify.sampling import EFFORT, SAMPLINGS
from miles_deep.edit import MODES
from miles_deep.edit.treatment import FASTEST, SLOWEST
from miles_deep.timeline.rules import OWN_METHODS, Rule, Smoothing
from miles_deep.video.devices import CHOICES

Function = TypeVar("Function", bound=Callable[..., Any])
Flag = Callable[[Any], Any]

PATH = click.Path(path_type=Path)

HELP = {"help_option_names": ["-h", "--help"]}
"""Context settings of every command."""

USUAL, SMOOTH = Rule(), Smoothing()
OR = "the model's, or"

MOVIE = click.argument("movie", type=PATH)
MOVIES = click.argument("movies", nargs=-1, required=True, type=PATH, metavar="MOVIE...")
ONE_OF_MOVIES = click.argument("movies", nargs=-1, required=True, type=PATH, metavar="MOVIE")
"""Of the bare form: it takes several in order to say what does."""
BATCH_SIZE = click.option(
    "-b", "--batch-size", "batch_size", metavar="N", default=32, show_default=True, help="Batch size."
)
WEIGHTS = click.option("-w", "weights", type=PATH, metavar="FILE", help="Caffe model: weights.")
MEAN = click.option(
    "-m",
    "mean",
    type=PATH,
    metavar="FILE|B,G,R",
    help="Caffe model: mean (.binaryproto, .npy), or three numbers: blue,green,red.",
)
CAFFE = (
    click.option("-p", "prototxt", type=PATH, metavar="FILE", help="Caffe model: prototxt."),
    WEIGHTS,
    MEAN,
    click.option("-l", "labels", type=PATH, metavar="FILE", help="Caffe model: labels, one a line, CSV or JSON."),
)
DEVICE = click.option(
    "--device", metavar="NAME", default="auto", show_default=True, help="auto, cpu, onnxruntime, cuda, …"
)
GROUPS = click.option(
    "--groups", type=PATH, metavar="FILE", help="Groups of labels (TOML), in place of the model's own."
)
NAMES = click.option(
    "--model",
    multiple=True,
    metavar="NAME|FILE",
    help="Model, by name or .onnx file; given again, another that looks at the same frames.  [default: open_nsfw]",
)
MODEL = (NAMES, DEVICE, GROUPS)
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
KEEP = (
    click.option(
        "-t",
        "--keep",
        "targets",
        multiple=True,
        metavar="A,B",
        help="Keep only these labels or groups; also: 'a|b', 'a & !b', '(a|b) & c'.",
    ),
    click.option("-x", "all_but_background", is_flag=True, help="Keep all but the model's background label."),
)
TARGETS = (
    *KEEP,
    click.option("--drop", "dropped", multiple=True, metavar="A,B", help="Take segments of these away."),
)
EFFECTS = (
    click.option(
        "--blur",
        "blurred",
        multiple=True,
        metavar="A,B",
        help="Blur the picture in segments of these, beyond recognition; --margin lets them grow.",
    ),
    click.option(
        "--mute",
        "muted",
        multiple=True,
        metavar="A,B",
        help="Silence the sound in segments of these; --margin lets them grow.",
    ),
    click.option(
        "--speed",
        "sped",
        multiple=True,
        metavar="A,B=X",
        help=f"Play segments of these X times as fast, {float(SLOWEST):g} to {float(FASTEST):g}.",
    ),
)
MIN_SCORE = click.option(
    "-s", "min_score", type=float, metavar="X", help=f"Min score, 0 to 1.  [default: {OR} {USUAL.min_score}]"
)
RULE = (
    click.option(
        "-u", "min_cut", type=float, metavar="S", help=f"Min cut, seconds.  [default: {OR} {USUAL.min_length}]"
    ),
    click.option(
        "-g", "max_gap", type=int, metavar="S", help=f"Max gap, seconds.  [default: {OR} {USUAL.max_gap}]"
    ),
    MIN_SCORE,
    click.option(
        "-v",
        "min_coverage",
        type=float,
        metavar="X",
        help=f"Min coverage, 0 to 1.  [default: {OR} {USUAL.min_coverage}]",
    ),
    click.option(
        "--rules", type=PATH, metavar="FILE", help="Rules of single labels, as `tune` writes them (TOML)."
    ),
    click.option(
        "--smooth",
        metavar="none|median[:S]|viterbi[:S]",
        help="What evens out odd seconds first, with the median's window or Viterbi's switch cost in seconds."
        f"  [default: none; {SMOOTH.window}, {SMOOTH.switch_cost}]",
    ),
    click.option(
        "--method",
        type=click.Choice(OWN_METHODS),
        help="Whose a second is: the winner's (plain); every label's that reaches its min score, as where labels "
        "do not exclude each other (each); every label's for which the seconds around speak together, as where "
        f"many labels are seldom sure (evidence).  [default: {OR} {USUAL.method}]",
    ),
    click.option("--classic", is_flag=True, help="Find segments exactly as the first program did."),
)
EDGES = (
    click.option(
        "--margin",
        metavar="S[,S]",
        help="Seconds by which what is kept grows, before and after; below 0 it shrinks. With --drop alone, what "
        "is dropped shrinks by as much.  [default: 0]",
    ),
    click.option(
        "--refine/--no-refine",
        default=None,
        help="Move edges to the frame.  [default: where something is kept or dropped]",
    ),
)
OUTPUT = click.option("-o", "output", type=PATH, metavar="DIR", help="Output folder.  [default: the movie's]")
FILE = click.option("-o", "output", type=PATH, metavar="FILE", help="The file to write, or a folder for it.")
"""Of commands that write one; what it is without, each says."""
PLACES = (
    OUTPUT,
    click.option(
        "-d", "temporary", type=PATH, metavar="DIR", help="Folder for unfinished files.  [default: the output's]"
    ),
)
CUT = (
    click.option("-c", "clips", is_flag=True, help="Do not concatenate: one film a segment, in MOVIE.cut/."),
    click.option(
        "-n", "keep_original", is_flag=True, help="Accepted; the movie is kept unless --replace is given."
    ),
    click.option(
        "--mode",
        type=click.Choice(MODES),
        help="Cut to the frame and encode no more than the edges; or copy all, from keyframe on; or encode all."
        f"  [default: {MODES[0]}]",
    ),
    click.option(
        "--no-verify",
        "verify",
        is_flag=True,
        flag_value=False,
        default=True,
        help="Of mode smart: do not decode the joins of the cut to compare them with the movie.",
    ),
    click.option("--replace", is_flag=True, help="Put the cut in the movie's place."),
)
PNG = click.option("--png", type=PATH, metavar="FILE", help="Draw the result to this picture as well.")
JOIN = click.option("--join", is_flag=True, help="Make one film of several MOVIEs: MOVIE.join.mp4.")
MARK = click.option("--mark", is_flag=True, help="Cut nothing: mark the segments on the whole film.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Print what would be written; write nothing.")
FORCE = click.option("--force", is_flag=True, help="Overwrite outputs that are there already.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


CUTTING = (BATCH_SIZE, *PLACES, *RULE, *EDGES, *CUT, *CAFFE, *MODEL, *WATCHING, FORCE, DRY_RUN, JSON)
"""Of `cut` and the bare form, after the targets."""


def flags(*given: Flag | Sequence[Flag]) -> Callable[[Function], Function]:
    """All of these options for one command, in this order in its help."""

    def add(function: Function) -> Function:
        for one in reversed(given):
            for flag in reversed(one if isinstance(one, Sequence) else (one,)):
                function = flag(function)
        return function

    return add
