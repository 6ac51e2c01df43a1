"""Decode, gather into batches, infer: the one place that has threads."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.channel import Channel, ChannelClosed
from miles_deep.machine import cores
from miles_deep.model.model import Model
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
    """[N, K]."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame ready for the network."""

    time: Fraction
    rgb: NDArray[np.uint8]
    """[H, W, 3]; a view of the scaler's own buffer."""


class Pipeline:
    """Looks at frames of one film with one model.

    Several decoders work side by side, each on groups of pictures of its own, and the network on what they find.
    Decoding groups apart needs less work than letting many threads share each frame, and nobody waits for others:
    the table is in docs/benchmarks.md. Threads live only while `look` runs; files and decoders stay open between.
    """

    def __init__(
        self, video: Video, model: Model, batch_size: int, accelerator: Accelerator | None = None
    ) -> None:
        self._video, self._model, self._batch_size = video, model, batch_size
        # While the film is opened. What goes wrong in it is told by the first inference, which tries again.
        self._preparing = threading.Thread(target=self._prepare, name="prepare")
        self._preparing.start()
        self._readers: list[FrameReader] = []
        try:
            available, groups = cores(), len(video.keyframes) if video.ordered else 1
            # Hardware decodes one thing after the other, whoever asks.
            count = 1 if accelerator else max(1, min(available, groups // 2, MAX_DECODERS))
            for _ in range(count):
                self._readers.append(FrameReader(video, -(-available // count), accelerator))
            self._readings = [Reading() for _ in range(count + 1)]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the files."""
        _join([self._preparing])
        for reader in self._readers:
            reader.close()

    @property
    def reading(self) -> Reading:
        """What came out so far, all decoders together."""
        ends = [reading.end for reading in self._readings if reading.end is not None]
        return Reading(sum(reading.damaged for reading in self._readings), min(ends, default=None))

    def look(self, times: Sequence[Fraction]) -> Iterator[Seen]:
        """Score the frames shown at some times.

        Args:
            times: seconds from the video's start, ascending.

        Yields:
            A batch's scores as soon as they are there; times at or after the film's end are left out.

        Raises:
            VideoError: the film cannot be decoded.
            ModelError: the network cannot be run.
        """
        work = _Work(self._video, times, len(self._readers))
        pictures: Channel[Picture] = Channel(QUEUED_BATCHES * self._batch_size)
        results: Channel[Seen] = Channel(QUEUED_BATCHES)
        workers = [
            threading.Thread(target=self._decode, args=(number, work, pictures), name=f"decode-{number}")
            for number in range(len(self._readers))
        ]
        workers.append(threading.Thread(target=self._infer, args=(pictures, results), name="infer"))
        try:
            for worker in workers:
                worker.start()
            yield from results
        finally:
            results.close()
            pictures.close()
            _join(workers)

    def _prepare(self) -> None:
        with contextlib.suppress(Exception):
            self._model.prepare()

    def _decode(self, number: int, work: "_Work", pictures: Channel[Picture]) -> None:
        try:
            spec = self._model.card.preprocess
            scaler = Scaler(self._video, spec.resized, spec.interpolation)
            reading = self._readings[number]

            def send(time: Fraction, frame: Frame) -> None:
                pictures.send(Picture(time, spec.crop(scaler.rgb(frame))))

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

    def _infer(self, pictures: Channel[Picture], results: Channel[Seen]) -> None:
        try:
            spec = self._model.card.preprocess
            batch = np.empty((self._batch_size, spec.height, spec.width, 3), np.uint8)
            times: list[Fraction] = []
            full = min(FIRST_BATCH, self._batch_size)
            self._preparing.join()
            for picture in pictures:
                batch[len(times)] = picture.rgb
                times.append(picture.time)
                if len(times) == full:
                    results.send(Seen(times, self._model.infer(batch[:full])))
                    times, full = [], min(2 * full, self._batch_size)
            if times:
                results.send(Seen(times, self._model.infer(batch[: len(times)])))
            results.close()
        except ChannelClosed:
            pictures.close()
        except BaseException as error:
            pictures.close()
            results.close(error)


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
