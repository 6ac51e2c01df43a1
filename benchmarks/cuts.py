"""Prove what a smart cut promises, beside smartcut and a full re-encode: speed, exactness, quality, bytes, matrix.

Usage: python benchmarks/cuts.py FILM [--peer DIR] [--rounds N] [--films DIR] [--mode MODE] [--part figures|matrix]

FILM is Big Buck Bunny. DIR after --peer is a virtual environment that holds smartcut 1.7, which pins a PyAV of its
own: `python -m venv DIR && DIR/bin/pip install smartcut==1.7`. --films keeps what is made of FILM, the films of
the matrix, and smartcut's cuts of these; without it, they are made anew, which takes minutes.

Prints Markdown. Needs the ffmpeg and ffprobe programs.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median

from cut_check import Checked, check
from cut_films import Task, tasks
from miles_deep.bench.figures import ratio
from miles_deep.bench.jobs import Job
from miles_deep.bench.process import Spent, run
from miles_deep.bench.report import Table
from miles_deep.timecode import Span

TESTS = Path(__file__).parents[1] / "tests"
"""The matrix's films are made as the tests' are."""

OURS, PEER, FULL = "ours", "smartcut 1.7", "full x264"
EDIT = "import miles_deep as md, sys; md.edit(sys.argv[1], [{spans}], sys.argv[2], sys.argv[3], force=True)"


@dataclass(frozen=True, slots=True)
class Cut:
    """One program's work on one film."""

    task: Task
    by: str
    output: Path
    job: Job


def cuts(task: Task, folder: Path, mode: str, peer: Path | None) -> Iterator[Cut]:
    """The programs that cut a film."""
    film, stem = str(task.film.absolute()), task.film.stem
    output = folder / f"{stem}-ours{task.film.suffix}"
    code = EDIT.format(spans=", ".join(f"md.Span('{span.start}', '{span.end}')" for span in task.spans))
    yield Cut(task, OURS, output, Job(OURS, (sys.executable, "-P", "-c", code, film, str(output), mode)))
    if peer:
        output = folder / f"{stem}-peer{task.film.suffix}"
        edges = ",".join(f"{float(edge):g}" for span in task.spans for edge in (span.start, span.end))
        command = (str(peer / "bin" / "smartcut"), film, str(output), "--keep", edges)
        yield Cut(task, PEER, output, Job(PEER, command))
    output = folder / f"{stem}-full.mp4"
    yield Cut(task, FULL, output, Job(FULL, encoding(film, task.spans, output)))


def encoding(film: str, spans: tuple[Span, ...], output: Path) -> tuple[str, ...]:
    """A full re-encode, as quick as the ffmpeg program does it: it seeks to each span."""
    inputs = [
        word
        for span in spans
        for word in ("-ss", f"{float(span.start):g}", "-to", f"{float(span.end):g}", "-i", film)
    ]
    joined = "".join(f"[{n}:v:0][{n}:a:0]" for n in range(len(spans))) + f"concat=n={len(spans)}:v=1:a=1[v][a]"
    how = ("-map", "[v]", "-map", "[a]", "-c:v", "libx264", "-preset", "medium", "-c:a", "aac", "-y", str(output))
    return ("ffmpeg", "-nostdin", "-v", "error", *inputs, "-filter_complex", joined, *how)


def measure(listed: list[Cut], rounds: int) -> dict[Cut, list[Spent]]:
    """Every program on every film, in turn, so many times."""
    took: dict[Cut, list[Spent]] = {cut: [] for cut in listed}
    for number in range(rounds):
        for cut in listed:
            print(f"round {number + 1}: {cut.task.name}, {cut.by} …", file=sys.stderr)
            took[cut].append(run(cut.by, cut.job.command, os.environ))
    return took


def speeds(took: dict[Cut, list[Spent]]) -> Table:
    """Wall time, its ratio to the others' in the same round, peak memory."""
    rows = []
    for cut, spents in took.items():
        walls = [spent.wall for spent in spents]
        against = {
            other.by: ratio(walls, [spent.wall for spent in took[other]])
            for other in took
            if other.task == cut.task and other.by != OURS and cut.by == OURS
        }
        ratios = [f"{against[by]:.2f}" if against.get(by) else "" for by in (PEER, FULL)]
        peak = max((spent.peak or 0 for spent in spents), default=0)
        rows.append((f"{cut.task.name}: {cut.by}", f"{median(walls):.2f}", *ratios, f"{peak / 1e6:.0f}"))
    return Table(("film and program", "wall, s", "ratio to smartcut", "to x264", "peak, MB"), tuple(rows))


def proofs(took: dict[Cut, list[Spent]]) -> tuple[Table, list[str]]:
    """What came out, held against the films; and what the ffmpeg programs print of it."""
    rows, said = [], []
    for cut in took:
        if cut.by == FULL:
            continue
        print(f"checked: {cut.task.name}, {cut.by} …", file=sys.stderr)
        found = check(cut.task.film, cut.task.spans, cut.output)
        rows.append((f"{cut.task.name}: {cut.by}", *_cells(found)))
        said += [f"- {cut.task.name}, {cut.by}: `{line}`" for line in dict.fromkeys(found.warnings)]
    head = ("film and program", "asked", "delivered", "right", "copied", "edge SSIM, least", "mean")
    more = ("packets as in the source", "but for headers", "sound off, ms", "warnings")
    return Table((*head, *more), tuple(rows)), said


def _cells(found: Checked) -> tuple[str, ...]:
    return (
        str(found.asked),
        str(found.delivered),
        str(found.right),
        f"{found.equal / found.asked:.1%}",
        "" if found.least is None else f"{found.least:.4f}",
        "" if found.mean is None else f"{found.mean:.4f}",
        str(found.copied),
        str(found.headed),
        f"{found.slipped * 1000:.1f}",
        str(len(found.warnings)),
    )


FIGURES = """Wall and peak of whole processes, medians of {rounds} rounds in turn; the full re-encode is the ffmpeg
program's (`libx264 -preset medium`, at its own quality, seeking to each span)."""

PROOFS = """The last round's films, frame by frame against the source as the ffmpeg program decodes both.
*Right*: the frame asked for, in its place (the nearest of all frames of the spans and a second around them).
*Copied*: equal to the bit. *SSIM*: luma of the others. *Packets*: the picture's that are the source's to the
byte, in its order, and those that are but for parameter sets beside their slices. *Sound*: most that it is off
the picture at a span's start or end. *Warnings*: lines that `ffmpeg -v warning -i OUT -f null -` and `ffprobe
-v warning OUT` print."""


def figures(film: Path, folder: Path, mode: str, peer: Path | None, rounds: int) -> str:
    """The tables of the three films, as Markdown."""
    with tempfile.TemporaryDirectory() as scratch:
        listed = [cut for task in tasks(film, folder) for cut in cuts(task, Path(scratch), mode, peer)]
        took = measure(listed, rounds)
        table, said = proofs(took)
    parts = [[FIGURES.format(rounds=rounds)], speeds(took).markdown(), [PROOFS], table.markdown(), said]
    return "\n\n".join("\n".join(part) for part in parts if part)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("film", type=Path)
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--films", type=Path)
    parser.add_argument("--mode", default="smart")
    parser.add_argument("--part", choices=("figures", "matrix"))
    parser.add_argument("--only", default="", help="cells whose CODEC-CONTAINER-FEATURE has this in it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = asked.films or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        if asked.part != "matrix":
            print(figures(asked.film, folder, asked.mode, asked.peer, asked.rounds), end="\n\n")
        if asked.part != "figures":
            sys.path[:0] = [str(TESTS), str(TESTS / "edit")]
            matrix = import_module("cut_matrix")
            print(matrix.matrix_table(matrix.run_matrix(folder, asked.mode, asked.peer, asked.only)))


if __name__ == "__main__":
    main()
