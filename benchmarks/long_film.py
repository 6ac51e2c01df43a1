"""Time the exact analysis of a film of an hour against one of ten minutes: time a minute and memory must not grow.

Usage: python benchmarks/long_film.py FILM [ROUNDS]

Both are FILM over and over, its packets copied, as often as comes closest. Prints a Markdown table.
"""

import os
import sys
import tempfile
from pathlib import Path
from statistics import median

import av

import miles_deep as md
from miles_deep.bench.figures import ratio
from miles_deep.bench.jobs import Asked, analysis, network_job
from miles_deep.bench.process import Spent, run
from miles_deep.bench.report import Table
from miles_deep.model.catalog import DEFAULT

MINUTES = (10, 60)


def loop(film: str, path: Path, minutes: float) -> float:
    """Write a film's picture over and over, without encoding anything. Returns the length in minutes."""
    length = md.probe(film).index.end
    times = max(1, round(60 * minutes / length))
    with av.open(str(path), "w", "matroska") as out:
        for number in range(times):
            with av.open(film) as source:
                stream = source.streams.video[0]
                copied = out.streams.video[0] if number else out.add_stream_from_template(stream)
                shift = round(number * length / stream.time_base)
                for packet in source.demux(stream):
                    if packet.size:
                        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                        packet.stream = copied
                        out.mux(packet)
    return float(times * length / 60)


def measure_lengths(film: str, rounds: int) -> str:
    """The table, as Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MILES_DEEP_CACHE": str(Path(folder, "cache"))}
        lengths: list[float] = []
        jobs = []
        for minutes in MINUTES:
            path = Path(folder, f"{minutes}.mkv")
            lengths.append(loop(film, path, minutes))
            (scratch := Path(folder, str(minutes))).mkdir()
            jobs.append(analysis(Asked(path, DEFAULT, "auto", scratch, quick=True), "exact"))
        warm = network_job(Asked(None, DEFAULT, "auto", Path(folder), quick=True), "auto", 1)
        run(warm.name, warm.command, environment)
        took: list[list[Spent]] = [[] for _ in jobs]
        for _ in range(rounds):
            for minutes, job, spents in zip(MINUTES, jobs, took, strict=True):
                print(f"exact, {minutes} minutes …", file=sys.stderr)
                spents.append(run(job.name, job.command, environment))
    paces = [[spent.wall / length for spent in spents] for spents, length in zip(took, lengths, strict=True)]
    peaks = [max((spent.peak or 0) for spent in spents) for spents in took]
    rows = tuple(
        (
            f"{length:.1f}",
            f"{median(spent.wall for spent in spents):.1f}",
            f"{median(pace):.2f}",
            f"{ratio(pace, paces[0]):.3f}",
            f"{peak / 1e6:.0f}",
            f"{peak / peaks[0]:.3f}" if peaks[0] else "",
        )
        for length, spents, pace, peak in zip(lengths, took, paces, peaks, strict=True)
    )
    head = ("exact, minutes of film", "wall, s", "wall a minute, s", "ratio", "peak, MB", "ratio of peaks")
    return "\n".join(Table(head, rows).markdown())


if __name__ == "__main__":
    print(measure_lengths(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3))
