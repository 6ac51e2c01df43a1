"""What is measured: each job is a program with arguments, run as a fresh process."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from miles_deep.classify.pipeline import FIRST_BATCH
from miles_deep.classify.sampling import EFFORT

BATCH_SIZES = (1, 2, 4, 8, 16, 32)
"""Those of the first program's README."""

USUAL_BATCH = 32
"""The command line's own."""

EFFORTS = tuple(sorted({0.6, 0.7, 0.8, 0.9, EFFORT, 0.99}))

PROGRAM = (sys.executable, "-P", "-c", "from miles_deep_program import main; main()")
"""`miles-deep`, as its console script does it, wherever that lies."""

INSIDE = (sys.executable, "-P", "-m", "miles_deep.bench.inside")

PYAV = """
import av, sys
with av.open(sys.argv[1]) as film:
    film.streams.video[0].thread_type = "AUTO"
    for packet in film.demux(video=0):
        try:
            packet.decode()
        except av.error.InvalidDataError:
            pass
"""
"""Decodes a film, no more. A program by itself, so that nothing of Miles Deep is in what it takes."""


@dataclass(frozen=True, slots=True)
class Job:
    """One program to run."""

    name: str
    """For people to read."""
    command: tuple[str, ...]
    scores: Path | None = None
    """The file in which it leaves the film's scores."""
    tells: Path | None = None
    """The file in which it leaves what it measured of itself."""
    optional: bool = False
    """Whether the rest goes on without it where it fails."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """All that is run in a round."""

    decode: tuple[Job, ...] = ()
    """Bare decoding; the first is what everything is held against."""
    exact: Job | None = None
    adaptive: Job | None = None
    cached: Job | None = None
    """A command that starts from kept scores."""
    first: Job | None = None
    """An analysis that ends with its first batch."""
    efforts: dict[float, Job] = field(default_factory=dict)
    """Adaptive analyses."""
    batches: dict[int, Job] = field(default_factory=dict)
    """Exact analyses, by batch size."""
    networks: dict[tuple[str, int], Job] = field(default_factory=dict)
    """The network alone, by device and batch size."""

    def __iter__(self) -> Iterator[Job]:
        """Every job once."""
        whole = (self.exact, self.adaptive, self.cached, self.first)
        several = (*self.efforts.values(), *self.batches.values(), *self.networks.values())
        return iter(dict.fromkeys(job for job in (*self.decode, *whole, *several) if job is not None))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is measured, and where it may write."""

    film: Path | None
    model: str
    device: str
    folder: Path
    """For what the jobs leave; empty, and gone afterwards."""
    quick: bool


def plan_jobs(asked: Asked, devices: list[str]) -> Jobs:
    """The jobs of a round; without a film, the network alone."""
    sizes = (USUAL_BATCH,) if asked.quick else BATCH_SIZES
    networks = {(device, size): network_job(asked, device, size) for device in devices for size in sizes}
    if asked.film is None:
        return Jobs(networks=networks)
    film = str(asked.film)
    exact, adaptive = analysis(asked, "exact"), analysis(asked, "adaptive", effort=EFFORT)
    tag = ("-a", "--force", "-s", "0.6", "--sampling", "exact", "-o", str(asked.folder))
    first = asked.folder / "first.json"
    return Jobs(
        decode=tuple(decoders(film)),
        exact=exact,
        adaptive=adaptive,
        cached=Job("cached: tags from kept scores", (*PROGRAM, film, *tag, *_model(asked))),
        first=Job(
            f"start to first batch classified ({FIRST_BATCH} frames)",
            (*INSIDE, str(first), "first-batch", film, asked.model, asked.device, "exact"),
            tells=first,
        ),
        efforts={}
        if asked.quick
        else {
            effort: adaptive if effort == EFFORT else analysis(asked, "adaptive", effort=effort)
            for effort in EFFORTS
        },
        batches={}
        if asked.quick
        else {
            size: exact if size == USUAL_BATCH else analysis(asked, "exact", batch_size=size)
            for size in BATCH_SIZES
        },
        networks=networks,
    )


def decoders(film: str) -> Iterator[Job]:
    """Bare decoding: the ffmpeg program where it is there, and PyAV."""
    if ffmpeg := shutil.which("ffmpeg"):
        command = (ffmpeg, "-nostdin", "-i", film, "-map", "0:v", "-f", "null", "-")
        yield Job("bare decode, ffmpeg program", command, optional=True)
    yield Job("bare decode, PyAV, all threads", (sys.executable, "-P", "-c", PYAV, film))


def analysis(asked: Asked, sampling: str, effort: float | None = None, batch_size: int = USUAL_BATCH) -> Job:
    """A whole analysis that neither uses nor fills the cache, and leaves its scores in a file."""
    name = f"{sampling}, batch {batch_size}" if effort is None else f"{sampling}, effort {effort:g}"
    scores = asked.folder / f"{sampling}-{effort}-{batch_size}.parquet"
    how = [
        "--sampling",
        sampling,
        "--batch-size",
        str(batch_size),
        "--scores",
        str(scores),
        "--force",
        "--no-cache",
    ]
    how += ["--effort", str(effort)] if effort is not None else []
    return Job(name, (*PROGRAM, "analyze", str(asked.film), *how, *_model(asked)), scores)


def keeping(asked: Asked) -> Job:
    """An exact analysis that is kept: untimed, it fills the cache for all that comes after."""
    command = (*PROGRAM, "analyze", str(asked.film), "--sampling", "exact", *_model(asked))
    return Job("exact, to fill the cache", command)


def network_job(asked: Asked, device: str, batch_size: int) -> Job:
    """The network alone."""
    result = asked.folder / f"{device}-{batch_size}.json"
    command = (*INSIDE, str(result), "network", asked.model, device, str(batch_size))
    return Job(f"network on {device}, batch {batch_size}", command, tells=result, optional=True)


def _model(asked: Asked) -> tuple[str, ...]:
    return ("--model", asked.model, "--device", asked.device)
