"""The benchmark: all jobs in turn, round after round, so that whatever else the machine does hits all of them."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from miles_deep import errors
from miles_deep.bench.figures import Run, Took, summed_up
from miles_deep.bench.jobs import Asked, Job, Jobs, keeping, network_job, plan_jobs
from miles_deep.bench.machine import busy
from miles_deep.bench.process import run
from miles_deep.bench.report import Report
from miles_deep.model import load_model
from miles_deep.model.catalog import CATALOG, DEFAULT
from miles_deep.model.runtime import DEVICES
from miles_deep.video import probe

Tell = Callable[[str, int, int], None]
"""Is told which job runs now, how many are done, and how many there are."""

MAX_ROUNDS = 100


def measure(
    film: str | Path | None = None,
    model: str | Path = DEFAULT,
    device: str = "auto",
    rounds: int = 3,
    quick: bool = False,
    tell: Tell | None = None,
) -> Report:
    """Measure this machine.

    Every figure comes of processes started anew. The user's cache is neither used nor filled.

    Args:
        film: what to watch; None measures the network alone.
        model: a catalogue name, or an `.onnx` file that carries its labels.
        device: `auto`, or the one name in `model.runtime.DEVICES` that is to be measured.
        rounds: how often all jobs are run.
        quick: leaves out the choice of efforts and batch sizes.
        tell: is told how far it is.

    Raises:
        VideoError: the film cannot be read.
        ModelError: the model cannot be read, or not run on the device.
        OptionError: an option is out of range.
        MilesDeepError: a job failed.
    """
    if not 1 <= rounds <= MAX_ROUNDS:
        raise errors.OptionError(f"the rounds must be 1 to {MAX_ROUNDS}, not {rounds}")
    name = load_model(model).card.name
    video = None if film is None else probe(film)
    tell = tell or _nobody
    with tempfile.TemporaryDirectory(prefix="miles-deep-bench-") as folder:
        # Absolute names, so that none begins with a dash.
        model = str(model) if str(model) in CATALOG else str(Path(model).absolute())
        asked = Asked(None if video is None else video.path.absolute(), model, device, Path(folder), quick)
        notes = busy()
        tell("warming up", 0, 1)
        jobs = plan_jobs(asked, _warm_devices(asked))
        if video is not None:
            _run(keeping(asked), asked)
        took, failed = _run_rounds(jobs, asked, rounds, tell)
        return summed_up(video, name, rounds, jobs, took, (*notes, *failed))


def _warm_devices(asked: Asked) -> list[str]:
    """The devices that are there, their compiled networks now in the cache.

    Raises:
        DeviceError, OptionError: the one asked for is not there.
        ModelError: the model cannot be run on it.
    """
    if asked.device != "auto":
        _run(network_job(asked, asked.device, 1), asked)
        return [asked.device]
    found = []
    for device in DEVICES:
        try:
            _run(network_job(asked, device, 1), asked)
        except errors.DeviceError:
            continue
        found.append(device)
    return found


def _run_rounds(jobs: Jobs, asked: Asked, rounds: int, tell: Tell) -> tuple[Took, list[str]]:
    """Run every job in every round. Returns what they took, and a line for each that was left out."""
    every = list(jobs)
    took: Took = {job: [] for job in every}
    failed: list[str] = []
    for number in range(rounds * len(every)):
        job = every[number % len(every)]
        if job not in took:
            continue
        tell(f"round {number // len(every) + 1} of {rounds}: {job.name}", number, rounds * len(every))
        try:
            took[job].append(_run(job, asked))
        except errors.MilesDeepError as error:
            if not job.optional:
                raise
            del took[job]
            failed.append(f"left out: {error}")
    return took, failed


def _run(job: Job, asked: Asked) -> Run:
    """Run one job, with a cache of the benchmark's own."""
    spent = run(job.name, job.command, {**os.environ, "MILES_DEEP_CACHE": str(asked.folder / "cache")})
    if not job.tells:
        return Run(spent)
    told = json.loads(job.tells.read_bytes())
    if "error" in told:
        kind: type[errors.MilesDeepError] = getattr(errors, told["error"])
        raise kind(told["message"])
    return Run(spent, told)


def _nobody(name: str, done: int, total: int) -> None:
    """Told by none."""
