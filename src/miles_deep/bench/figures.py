"""From what every job took in every round to the figures of a report."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from miles_deep.bench.jobs import Job, Jobs
from miles_deep.bench.machine import machine
from miles_deep.bench.process import Spent
from miles_deep.bench.report import Figure, Report, Speed
from miles_deep.classify import Scores
from miles_deep.timecode import clock
from miles_deep.video import Video


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job."""

    spent: Spent
    told: dict[str, float] = field(default_factory=dict)
    """What it measured of itself; see `bench.inside`."""


Took = dict[Job, list[Run]]
"""The runs of every job that did not fail, one a round."""


def summed_up(
    video: Video | None, model: str, rounds: int, jobs: Jobs, took: Took, notes: Sequence[str]
) -> Report:
    """The report of all rounds."""
    decode = [job for job in jobs.decode if job in took]
    base = took[decode[0]] if decode else []
    exact = _scores(jobs.exact)

    def figure(job: Job) -> Figure:
        runs = took[job]
        partly = all("at" in run.told for run in runs)
        walls = [run.told["at"] - run.spent.began if partly else run.spent.wall for run in runs]
        return Figure(
            job.name,
            median(walls),
            None if partly else ratio(walls, [run.spent.wall for run in base]),
            max((run.spent.peak for run in runs if run.spent.peak is not None), default=None),
            *_compared(_scores(job), exact),
        )

    whole = [*decode, *(job for job in (jobs.exact, jobs.adaptive, jobs.cached, jobs.first) if job is not None)]
    return Report(
        machine=machine(),
        date=datetime.date.today().isoformat(),
        rounds=rounds,
        model=model,
        film="" if video is None else _described(video),
        seconds=0 if exact is None else len(exact),
        whole=tuple(map(figure, whole)),
        efforts={effort: figure(job) for effort, job in jobs.efforts.items()},
        batches={size: figure(job) for size, job in jobs.batches.items()},
        speeds=tuple(
            _speed(device, size, took[job]) for (device, size), job in jobs.networks.items() if job in took
        ),
        notes=tuple(notes),
    )


def ratio(walls: Sequence[float], against: Sequence[float]) -> float | None:
    """The median of the rounds' ratios: what slows a whole round down falls out of it."""
    return median(wall / bare for wall, bare in zip(walls, against, strict=True)) if against else None


def agreement(scores: Scores, exact: Scores) -> float:
    """The fraction of seconds, 0…1, that have the label they have in the exact scores."""
    same = min(len(scores), len(exact))
    equal = scores.values[:same].argmax(axis=1) == exact.values[:same].argmax(axis=1)
    return float(np.sum(equal)) / max(len(scores), len(exact), 1)


def _scores(job: Job | None) -> Scores | None:
    return Scores.load(job.scores) if job is not None and job.scores is not None else None


def _compared(scores: Scores | None, exact: Scores | None) -> tuple[int | None, float | None]:
    """How many seconds were looked at, and the agreement."""
    if scores is None or exact is None:
        return None, None
    return int(scores.looked.sum()), agreement(scores, exact)


def _speed(device: str, batch_size: int, runs: Sequence[Run]) -> Speed:
    rate = median(run.told["frames"] / run.told["seconds"] for run in runs)
    return Speed(
        device, batch_size, rate, max((run.spent.peak for run in runs if run.spent.peak is not None), default=None)
    )


def _described(video: Video) -> str:
    rate = f", {float(video.frame_rate):.5g} fps" if video.frame_rate else ""
    codec = video.streams[video.picture].codec
    return f"{video.path.name}: {clock(video.duration)}, {video.width}x{video.height} {codec}{rate}"
