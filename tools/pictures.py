"""Draw the README's pictures: what the program prints and draws of Big Buck Bunny, and what it cuts out of it.

Usage: python tools/pictures.py MILES_DEEP FILM
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console

import miles_deep as md

COLUMNS = 100
IMAGES = Path(__file__).parents[1] / "docs" / "images"
COMMANDS = (["bbb.mp4"], ["bbb.mp4", "-x"])
ACROSS, WIDTH, HEIGHT = 10, 128, 72
RABBIT = ["-t", "rabbit", "bbb.mp4", "--model", "imagenet"]


def output_of(program: str, arguments: list[str], folder: str) -> str:
    """What a command prints on a terminal of `COLUMNS`."""
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [program, *arguments],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.stdout


def terminal(program: str, folder: str) -> str:
    """The commands and what they print, as SVG without anything fetched from elsewhere."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    for arguments in COMMANDS:
        console.print(f"[bold green]$[/] [bold]miles-deep {' '.join(arguments)}[/]")
        console.print(output_of(program, arguments, folder), markup=False)
    return re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="miles-deep"), flags=re.DOTALL)


def sheet(film: Path, step: int = 1) -> Image.Image:
    """One small picture for every second of a film, or every so many."""
    video = md.probe(film)
    scaler = md.Scaler(video, lambda width, height, aspect: (WIDTH, HEIGHT))
    seconds = [Fraction(2 * second + 1, 2) for second in range(0, int(video.duration), step)]
    pictures = [scaler.rgb(frame) for _, frame in md.frames_at(video, seconds)]
    blank = np.full_like(pictures[0], 255)
    pictures += [blank] * (-len(pictures) % ACROSS)
    rows = [np.hstack(pictures[start : start + ACROSS]) for start in range(0, len(pictures), ACROSS)]
    return Image.fromarray(np.vstack(rows))


def rabbit(program: str, folder: str) -> str:
    """Cut the rabbit out of Big Buck Bunny, and draw what was kept; gives what the program printed."""
    printed = output_of(program, [*RABBIT, "--force"], folder)
    sheet(Path(folder, "bbb.cut.mp4"), step=2).save(IMAGES / "rabbit.jpg", quality=80)
    return printed


if __name__ == "__main__":
    executable, movie = sys.argv[1:]
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copy(movie, Path(scratch, "bbb.mp4"))
        drawn = terminal(str(Path(executable).absolute()), scratch)
        (IMAGES / "summary.svg").write_text(drawn, encoding="utf-8")
        plot = ["plot", "bbb.mp4", "-x", "-o", str(IMAGES / "plot.png"), "--force"]
        output_of(str(Path(executable).absolute()), plot, scratch)
        sheet(Path(scratch, "bbb.cut.mp4")).save(IMAGES / "cut.jpg", quality=85)
        rabbit(str(Path(executable).absolute()), scratch)
