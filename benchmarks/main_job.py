"""Time the main job's edits on a film against bare decoding, all in one run, whole processes in turn.

Usage: python benchmarks/main_job.py FILM [ROUNDS]

Prints a Markdown table: median wall time, its ratio to bare decoding in the same round (median of the ratios), and
peak resident memory. `miles-deep bench FILM` measures the watching.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from miles_deep.bench.figures import ratio
from miles_deep.bench.jobs import Job, decoders
from miles_deep.bench.process import Spent, run
from miles_deep.bench.report import Figure, Report, tables

SPANS = "[md.Span(134, 143), md.Span(200.5, 230.25), md.Span(401.3, 450.7)]"
EDIT = f"import miles_deep as md, sys; md.edit(sys.argv[1], {SPANS}, sys.argv[2], sys.argv[3], force=True)"
REENCODE = "between(t,134,142.99)+between(t,200.5,230.24)+between(t,401.32,450.69)"


def jobs(film: str, folder: str) -> list[Job]:
    """What is timed; the first is what the others are held against."""
    output = str(Path(folder, "cut.mp4"))
    listed = list(decoders(film))
    if ffmpeg := shutil.which("ffmpeg"):
        picked = f"select='{REENCODE}',setpts=N/24/TB"
        x264 = ("-an", "-c:v", "libx264", "-crf", "18", "-preset", "medium", "-y", str(Path(folder, "x264.mp4")))
        command = (ffmpeg, "-nostdin", "-i", film, "-vf", picked, *x264)
        listed.append(Job("ffmpeg program, the spans through x264 medium, without sound", command))
    for mode in ("encode", "copy"):
        listed.append(Job(f"edit, three spans of 88 s, {mode}", (sys.executable, "-c", EDIT, film, output, mode)))
    return listed


def measure_edits(film: str, rounds: int) -> str:
    """The table, as Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        listed = jobs(str(Path(film).absolute()), folder)
        took: dict[Job, list[Spent]] = {job: [] for job in listed}
        for number in range(rounds * len(listed)):
            job = listed[number % len(listed)]
            print(f"{job.name} …", file=sys.stderr)
            took[job].append(run(job.name, job.command, os.environ))
    bare = [spent.wall for spent in took[listed[0]]]
    figures = tuple(
        Figure(
            job.name,
            median(spent.wall for spent in spents),
            ratio([spent.wall for spent in spents], bare),
            max((spent.peak for spent in spents if spent.peak is not None), default=None),
        )
        for job, spents in took.items()
    )
    [table] = tables(Report({}, "", rounds, "", whole=figures))
    return "\n".join(table.markdown())


if __name__ == "__main__":
    print(measure_edits(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3))
