"""Decode, gather into batches, infer: the one place that has threads."""

import contextlib
import threading
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.channel import Channel, ChannelClosed
from miles_deep.errors import ModelError
from miles_deep.machine import cores
from miles_deep.model.ensemble import Classifier, members_of, parts_of
from miles_deep.model.model import Model
from miles_deep.model.preprocess import Preprocess
from miles_deep.video import (
    Accelerator,
    Frame,
    FrameReader,
    Reading,
    Scaler,
    Video,
    Visit,
    plan_visits,
    straight_frames,
)

MAX_DECODERS = 8
"""Each keeps some twenty decoded frames; with so many the network is what everything waits for."""

FIRST_BATCH = 8
"""Frames in the first batch, twice as many in each that follows: so the network begins early, and ends soon after
the last frame where there are few."""

QUEUED_BATCHES = 2
"""Batches of frames that may wait for the network, and of scores that may wait to be taken."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Some frames' scores."""

    times: list[Fraction]
    """Seconds from the video's start at which they are shown, in no order."""
    values: NDArray[np.float32]
    """[N, R], raw: of several models, what those that did not look at these frames would say is NaN."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame ready for the networks."""

    time: Fraction
    rgb: tuple[NDArray[np.uint8], ...]
    """[H, W, 3] in each way that models want it; views of the scalers' own buffers."""


class Pipeline:
    """Looks at frames of one film with one model, or several: a frame is decoded once, and scaled once for all
    models that want it the same way. Files are opened at the first look.

    Several decoders work side by side, each on groups of pictures of its own, and the network on what they find.
    Decoding groups apart needs less work than letting many threads share each frame, and nobody waits for others:
    the table is in docs/benchmarks.md. Threads live only while `look` runs; files and decoders stay open between.
    """

    def __init__(
        self, video: Video, model: Classifier, batch_size: int, accelerator: Accelerator | None = None
    ) -> None:
        self._video, self._models, self._batch_size = video, members_of(model), batch_size
        self._accelerator = accelerator
        self._parts = parts_of(model)
        shapes = [_shape(one.card.preprocess) for one in self._models]
        self._shapes = [shape for number, shape in enumerate(shapes) if shape not in shapes[:number]]
        self._shape_of = [self._shapes.index(shape) for shape in shapes]
        self._preparing = threading.Thread(target=self._prepare, name="prepare")
        self._readers: list[FrameReader] = []
        self._readings: list[Reading] = []

    def close(self) -> None:
        """Close the files."""
        if self._preparing.ident is not None:
            _join([self._preparing])
        for reader in self._readers:
            reader.close()

    @property
    def reading(self) -> Reading:
        """What came out so far, all decoders together."""
        ends = [reading.end for reading in self._readings if reading.end is not None]
        return Reading(sum(reading.damaged for reading in self._readings), min(ends, default=None))

    def look(
        self, times: Sequence[Fraction], lacking: Sequence[Container[Fraction]] | None = None
    ) -> Iterator[Seen]:
        """Score the frames shown at some times.

        Args:
            times: seconds from the video's start, ascending.
            lacking: of each model, those of the times at which it is to look; all of them where None.

        Yields:
            A batch's scores as soon as they are there; times at or after the film's end are left out.

        Raises:
            VideoError: the film cannot be decoded.
            ModelError: the network cannot be run.
        """
        if not self._readers:
            self._open()
        work = _Work(self._video, times, len(self._readers))
        pictures: Channel[Picture] = Channel(max(1, QUEUED_BATCHES * self._batch_size // len(self._shapes)))
        results: Channel[Seen] = Channel(QUEUED_BATCHES)
        workers = [
            threading.Thread(target=self._decode, args=(number, work, pictures), name=f"decode-{number}")
            for number in range(len(self._readers))
        ]
        workers.append(threading.Thread(target=self._infer, args=(pictures, results, lacking), name="infer"))
        try:
            for worker in workers:
                worker.start()
            yield from results
        finally:
            results.close()
            pictures.close()
            _join(workers)

    def _open(self) -> None:
        """Open the film, once for each decoder: where all is known that is asked for, nobody looks."""
        # While the film is opened. What goes wrong in it is told by the first inference, which tries again.
        self._preparing.start()
        available, groups = cores(), len(self._video.keyframes) if self._video.ordered else 1
        # Hardware decodes one thing after the other, whoever asks.
        count = 1 if self._accelerator else max(1, min(available, groups // 2, MAX_DECODERS))
        for _ in range(count):
            self._readers.append(FrameReader(self._video, -(-available // count), self._accelerator))
        self._readings = [Reading() for _ in range(count + 1)]

    def _prepare(self) -> None:
        for model in self._models:
            with contextlib.suppress(Exception):
                model.prepare()

    def _decode(self, number: int, work: "_Work", pictures: Channel[Picture]) -> None:
        try:
            scalers = [(spec, Scaler(self._video, spec.resized, spec.interpolation)) for spec in self._shapes]
            reading = self._readings[number]

            def send(time: Fraction, frame: Frame) -> None:
                pictures.send(Picture(time, tuple(spec.crop(scaler.rgb(frame)) for spec, scaler in scalers)))

            for visit in work.visits():
                if pictures.closed:
                    return
                given = 0
                for time, frame in self._readers[number].visit(visit, reading):
                    send(time, frame)
                    given += 1
                work.leave(visit, given)
            if work.is_last():
                # What did not come out is looked for straight through, all in one pass.
                for time, frame in straight_frames(self._video, work.left, self._readings[-1]):
                    send(time, frame)
                pictures.close()
        except ChannelClosed:
            pass
        except BaseException as error:
            pictures.close(error)

    def _infer(
        self,
        pictures: Channel[Picture],
        results: Channel[Seen],
        lacking: Sequence[Container[Fraction]] | None,
    ) -> None:
        try:
            batches = [_Batch(model, self._batch_size) for model in self._models]
            self._preparing.join()
            for picture in pictures:
                for number, batch in enumerate(batches):
                    if lacking is None or picture.time in lacking[number]:
                        batch.add(picture.time, picture.rgb[self._shape_of[number]])
                        if batch.is_full:
                            results.send(self._seen(number, batch))
            for number, batch in enumerate(batches):
                if batch.times:
                    results.send(self._seen(number, batch))
            results.close()
        except ChannelClosed:
            pictures.close()
        except BaseException as error:
            pictures.close()
            results.close(error)

    def _seen(self, number: int, batch: "_Batch") -> Seen:
        """What a model says of a batch, in its part of raw rows."""
        if len(self._models) == 1:
            return Seen(*batch.infer())
        try:
            times, values = batch.infer()
        except ModelError as error:
            name = self._models[number].card.name
            raise error if name in str(error) else type(error)(f"model {name}: {error}") from error
        raw = np.full((len(times), self._parts[-1].stop), np.nan, np.float32)
        raw[:, self._parts[number]] = values
        return Seen(times, raw)


class _Batch:
    """Frames that are gathered for a model."""

    def __init__(self, model: Model, size: int) -> None:
        spec = model.card.preprocess
        self.times: list[Fraction] = []
        self._model, self._size, self._full = model, size, min(FIRST_BATCH, size)
        self._frames = np.empty((size, spec.height, spec.width, 3), np.uint8)

    def add(self, time: Fraction, rgb: NDArray[np.uint8]) -> None:
        """Copy a frame."""
        self._frames[len(self.times)] = rgb
        self.times.append(time)

    @property
    def is_full(self) -> bool:
        """Whether it is time to infer."""
        return len(self.times) == self._full

    def infer(self) -> tuple[list[Fraction], NDArray[np.float32]]:
        """Times and scores of all that was gathered; the next batch begins, and may be larger."""
        times, values = self.times, self._model.infer(self._frames[: len(self.times)])
        self.times, self._full = [], min(2 * self._full, self._size)
        return times, values


class _Work:
    """Visits that several decoders share."""

    def __init__(self, video: Video, times: Sequence[Fraction], workers: int) -> None:
        self.left: list[Fraction] = []
        self._lock = threading.Lock()
        self._workers = workers
        if video.ordered:
            wanted = [time for time in times if time < video.index.end]
            self._visits = plan_visits(video.index, wanted)
        else:
            self._visits = iter(())
            self.left += times

    def visits(self) -> Iterator[Visit]:
        """The next visits that nobody has taken."""
        while True:
            with self._lock:
                visit = next(self._visits, None)
            if visit is None:
                return
            yield visit

    def leave(self, visit: Visit, given: int) -> None:
        """Note the times of a visit of which only so many were given."""
        times = [time for same in visit.times for time in same]
        with self._lock:
            self.left += times[given:]

    def is_last(self) -> bool:
        """Note that one worker has no more visits; whether it is the last."""
        with self._lock:
            self._workers -= 1
            self.left.sort()
            return self._workers == 0


def _join(threads: Sequence[threading.Thread]) -> None:
    """Wait until all have ended, whatever comes in between: nobody may close a file that a thread still reads."""
    interrupted: KeyboardInterrupt | None = None
    for thread in threads:
        while thread.is_alive():
            try:
                thread.join()
            except KeyboardInterrupt as again:
                interrupted = again
    if interrupted is not None:
        raise interrupted


def _shape(spec: Preprocess) -> Preprocess:
    """What there is to do with a frame before it is in the batch; the rest is part of the network."""
    return replace(spec, channels="rgb", mean=(0.0,) * 3, scale=(1.0,) * 3, layout="nchw")
