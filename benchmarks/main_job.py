"""Time the main job on a film against bare decoding, all in one run, whole processes in turn.

Usage: python benchmarks/main_job.py FILM [ROUNDS]

Prints a Markdown table: median wall time, its ratio to bare decoding in the same round (median of the ratios), and
peak resident memory. Every command is a fresh process, as a user starts it.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

SPANS = "[md.Span(134, 143), md.Span(200.5, 230.25), md.Span(401.3, 450.7)]"
BARE = """
import av, sys
film = av.open(sys.argv[1])
film.streams.video[0].thread_type = "AUTO"
for frame in film.decode(video=0):
    pass
"""
EDIT = f"import miles_deep as md, sys; md.edit(sys.argv[1], {SPANS}, sys.argv[2], sys.argv[3], force=True)"
REENCODE = "between(t,134,142.99)+between(t,200.5,230.24)+between(t,401.32,450.69)"


@dataclass(slots=True)
class Job:
    """One command, and what it took in every round."""

    name: str
    command: list[str]
    walls: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Run it once, and note wall seconds and peak MB."""
        began = time.perf_counter()
        process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"{self.name} failed: {' '.join(self.command)}")
        self.walls.append(time.perf_counter() - began)
        self.peaks.append(usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024))


def jobs(film: str, folder: str) -> list[Job]:
    """What is timed; the first is what the others are held against."""
    python = sys.executable
    program = str(Path(python).parent / "miles-deep")
    output = str(Path(folder, "cut.mp4"))
    listed = [Job("bare decode, PyAV, all threads", [python, "-c", BARE, film])]
    if ffmpeg := shutil.which("ffmpeg"):
        listed.insert(
            0, Job("bare decode, ffmpeg program", [ffmpeg, "-i", film, "-map", "0:v", "-f", "null", "-"])
        )
        picked = f"select='{REENCODE}',setpts=N/24/TB"
        x264 = ["-an", "-c:v", "libx264", "-crf", "18", "-preset", "medium", "-y", str(Path(folder, "x264.mp4"))]
        listed.append(
            Job("ffmpeg program, the spans through x264 medium", [ffmpeg, "-i", film, "-vf", picked, *x264])
        )
    make: Callable[[str], list[str]] = lambda mode: [python, "-c", EDIT, film, output, mode]  # noqa: E731
    return [
        *listed,
        Job("miles-deep FILM (every second watched)", [program, film]),
        Job("edit, three spans of 88 s, encode", make("encode")),
        Job("edit, three spans of 88 s, copy", make("copy")),
    ]


def main() -> None:
    """Run all rounds and print the table."""
    film, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as folder:
        listed = jobs(film, folder)
        for _ in range(rounds):
            for job in listed:
                job.run()
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {os.cpu_count()} cores, Python {platform.python_version()},")
    print(f"{time.strftime('%Y-%m-%d')}, {rounds} rounds\n")
    print("| what | wall, s | against bare decode | peak memory, MB |\n| --- | --- | --- | --- |")
    for job in listed:
        ratios = [wall / bare for wall, bare in zip(job.walls, listed[0].walls, strict=True)]
        figures = f"{statistics.median(job.walls):.1f} | {statistics.median(ratios):.2f} | {max(job.peaks):.0f}"
        print(f"| {job.name} | {figures} |")


if __name__ == "__main__":
    main()
