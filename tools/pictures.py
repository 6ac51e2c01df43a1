"""Draw the README's picture: what the program prints about Big Buck Bunny. Needs the demo's film.

Usage: python tools/pictures.py MILES_DEEP FILM
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

COLUMNS = 100
TARGET = Path(__file__).parents[1] / "docs" / "images" / "summary.svg"
COMMANDS = (["bbb.mp4"], ["bbb.mp4", "-x"])


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


def draw(program: str, film: Path) -> str:
    """The commands and what they print, as SVG without anything fetched from elsewhere."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(film, Path(folder, "bbb.mp4"))
        for arguments in COMMANDS:
            console.print(f"[bold green]$[/] [bold]miles-deep {' '.join(arguments)}[/]")
            console.print(output_of(program, arguments, folder), markup=False)
    return re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="miles-deep"), flags=re.DOTALL)


if __name__ == "__main__":
    executable, movie = sys.argv[1:]
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(draw(str(Path(executable).absolute()), Path(movie)), encoding="utf-8")
