"""Decode, gather into batches, infer: the one place that has threads."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.channel import Channel, ChannelClosed
from miles_deep.classify.sampling import SAMPLINGS
from miles_deep.classify.scores import Scores
from miles_deep.errors import OptionError
from miles_deep.model.model import Model
from miles_deep.timecode import clock
from miles_deep.video import Reading, Scaler, Video

Progress = Callable[[Fraction, Fraction], None]
"""Is told how many seconds of how many are done."""

QUEUED_BATCHES = 2
"""Batches that may wait for the network: one to work on while the next is filled."""

MAX_BATCH = 256
"""A few batches are under way at a time; of 256 frames each they take 200 MB."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames ready for the network, with the seconds they stand for."""

    seconds: list[int]
    times: list[Fraction]
    frames: NDArray[np.uint8]
    """[N, H, W, 3], RGB."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A batch's scores."""

    seconds: list[int]
    times: list[Fraction]
    values: NDArray[np.float32]
    """[N, K]."""


def score(
    video: Video,
    model: Model,
    sampling: str = "exact",
    batch_size: int = 32,
    progress: Progress | None = None,
) -> Scores:
    """Classify a film. One thread decodes, one infers, this one gathers; all are done when it returns or raises.

    Raises:
        OptionError: an unknown sampling, or a batch size out of range.
        VideoError: the film cannot be decoded.
        ModelError: the network cannot be run.
    """
    if sampling not in SAMPLINGS:
        raise OptionError(f"no sampling {sampling!r}; there are: {', '.join(SAMPLINGS)}")
    if not 1 <= batch_size <= MAX_BATCH:
        raise OptionError(f"the batch size must be 1 to {MAX_BATCH}, not {batch_size}")

    reading = Reading()
    batches: Channel[Batch] = Channel(QUEUED_BATCHES)
    results: Channel[Scored] = Channel(QUEUED_BATCHES)
    workers = [
        threading.Thread(
            target=_decode, args=(video, model, sampling, batch_size, reading, batches), name="decode"
        ),
        threading.Thread(target=_infer, args=(model, batches, results), name="infer"),
    ]
    times: dict[int, Fraction] = {}
    values: dict[int, NDArray[np.float32]] = {}
    try:
        for worker in workers:
            worker.start()
        for scored in results:
            times.update(zip(scored.seconds, scored.times, strict=True))
            values.update(zip(scored.seconds, scored.values, strict=True))
            if progress is not None:
                progress(min(Fraction(len(times)), video.duration), video.duration)
    finally:
        results.close()
        batches.close()
        for worker in workers:
            if worker.ident is not None:
                worker.join()

    seconds = sorted(times)
    return Scores(
        labels=model.labels,
        times=np.array([float(times[second]) for second in seconds]),
        values=np.array([values[second] for second in seconds], np.float32),
        duration=reading.end if reading.end is not None else video.duration,
        background=model.background,
        groups=model.groups,
        model=model.digest,
        notes=tuple(_notes(video, reading)),
    )


def _decode(
    video: Video, model: Model, sampling: str, batch_size: int, reading: Reading, batches: Channel[Batch]
) -> None:
    spec = model.card.preprocess
    scaler = Scaler(video, spec.resized)
    batch = _empty_batch(batch_size, spec.height, spec.width)
    try:
        for sample in SAMPLINGS[sampling](video, reading):
            if batches.closed:
                return
            batch.frames[len(batch.seconds)] = spec.crop(scaler.rgb(sample.frame))
            batch.seconds.append(sample.second)
            batch.times.append(sample.time)
            if len(batch.seconds) == batch_size:
                batches.send(batch)
                batch = _empty_batch(batch_size, spec.height, spec.width)
        if batch.seconds:
            batches.send(Batch(batch.seconds, batch.times, batch.frames[: len(batch.seconds)]))
        batches.close()
    except ChannelClosed:
        pass
    except BaseException as error:
        batches.close(error)


def _infer(model: Model, batches: Channel[Batch], results: Channel[Scored]) -> None:
    try:
        for batch in batches:
            results.send(Scored(batch.seconds, batch.times, model.infer(batch.frames)))
        results.close()
    except ChannelClosed:
        batches.close()
    except BaseException as error:
        batches.close()
        results.close(error)


def _empty_batch(size: int, height: int, width: int) -> Batch:
    return Batch([], [], np.empty((size, height, width, 3), np.uint8))


def _notes(video: Video, reading: Reading) -> list[str]:
    notes = []
    if reading.damaged:
        notes.append(f"{reading.damaged} damaged packet{'s' * (reading.damaged > 1)} skipped")
    if video.promised and reading.end is not None and video.duration - reading.end > 1:
        notes.append(
            f"the pictures end at {clock(reading.end)}, though the header promises {clock(video.duration)}; "
            "is the file cut short?"
        )
    return notes
