"""Measure everything on a film, and write it into docs/benchmarks.md and its picture.

Usage: python benchmarks/document.py FILM [ROUNDS]

Parts of the page between `<!-- NAME: ... -->` and `<!-- end of NAME -->` are replaced, the rest stays.
Takes about half an hour on two cores, which should have nothing else to do.
"""

import re
import sys
from pathlib import Path

from long_film import measure_lengths
from main_job import measure_edits
from miles_deep.bench import measure
from miles_deep.bench.chart import draw
from miles_deep.bench.report import as_markdown

DOCS = Path(__file__).parents[1] / "docs"
PAGE, PICTURE = DOCS / "benchmarks.md", DOCS / "images" / "bench.png"


def replace_part(page: str, name: str, content: str) -> str:
    """The page with what is between the two marks of a part replaced."""
    part = re.compile(rf"(<!-- {name}: [^\n]* -->\n).*?(<!-- end of {name} -->\n)", re.DOTALL)
    replaced, count = part.subn(lambda found: f"{found[1]}{content}\n{found[2]}", page)
    if count != 1:
        raise ValueError(f"{count} parts are called {name}")
    return replaced


def main(film: str, rounds: int) -> None:
    """Measure, draw, write."""
    page = PAGE.read_text(encoding="utf-8")
    report = measure(film, rounds=rounds, tell=lambda name, done, total: print(name, "…", file=sys.stderr))
    parts = {"bench": as_markdown(report), "edits": measure_edits(film, rounds), "long": measure_lengths(film, 2)}
    for name, content in parts.items():
        page = replace_part(page, name, content)
    PICTURE.parent.mkdir(exist_ok=True)
    draw(report, PICTURE, force=True)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3)
