"""Score a film: a sampling strategy says where to look, the pipeline looks, until every second has its scores."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from fractions import Fraction
from types import TracebackType
from typing import Self

import numpy as np

from miles_deep.classify.looks import Look, Looks
from miles_deep.classify.questions import Question, winner_is
from miles_deep.classify.sampling import EFFORT, SAMPLINGS, Second
from miles_deep.classify.scores import Scores
from miles_deep.classify.sights import Sights
from miles_deep.errors import OptionError
from miles_deep.model.ensemble import Classifier, heads_of
from miles_deep.timecode import clock
from miles_deep.video import Reading, Video
from miles_deep.video.devices import CHOICES

Progress = Callable[[Fraction, Fraction], None]
"""Is told how many seconds of how many are done."""

Checkpoint = Callable[[Looks], None]
"""Is given all that was seen so far, to keep it."""

CHECKPOINT_EVERY = 5.0
"""Seconds of work that may be lost when the process is killed."""

MAX_BATCH = 256
"""A few batches are under way at a time; of 256 frames each they take 200 MB."""


def score(
    video: Video,
    model: Classifier,
    sampling: str = "exact",
    effort: float | None = None,
    batch_size: int = 32,
    hwaccel: str = "none",
    *,
    questions: Sequence[Question] = (),
    known: Mapping[Fraction, Look] | None = None,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Scores:
    """Classify a film. All threads are done when it returns or raises.

    Args:
        video: what `probe` told.
        model: the classifier, or several.
        sampling: a name in `SAMPLINGS`. A film that does not tell when its frames are shown has to be decoded
            whole, so there `exact` is taken always.
        effort: 0.5…1, how certain the answer of a second must be to go without a look; `sampling.EFFORT` where
            None. `exact` has no use for it.
        batch_size: frames given to the network at a time.
        hwaccel: a name in `video.devices.CHOICES`: what to decode with.
        questions: what has to be certain; which label wins, of each head, where nothing is asked.
        known: what was seen before, raw (see `Sights`); it is not looked at again.
        checkpoint: is given all that was seen from time to time, and at the end.
        progress: is told how far it is.

    Raises:
        OptionError: an unknown sampling, or a number out of range.
        VideoError: the film cannot be decoded.
        ModelError: the network cannot be run.
        DeviceError: the hardware asked for is not there, or does not decode the film as software does.
    """
    # Here, since who finds scores that were kept needs no decoder.
    from miles_deep.classify.pipeline import Pipeline
    from miles_deep.video.hardware import choose

    effort = check(sampling, effort, batch_size, hwaccel)
    sampling = sampling if video.ordered else "exact"
    seen, heads = _Memory(Sights(model, known or {}), checkpoint), heads_of(model)
    if progress is not None:
        progress(Fraction(0), video.duration)
    wanted, accelerator = questions or winner_is(heads), choose(video, hwaccel).accelerator
    with closing(Pipeline(video, model, batch_size, accelerator)) as pipeline, seen:
        strategy = SAMPLINGS[sampling](video.index, lambda: pipeline.reading, effort, wanted)
        wave, done, end = next(strategy), Fraction(0), video.index.end
        asked: Looks = {}
        while True:
            lacking = seen.sights.lacking(wave)
            new = sorted(set().union(*lacking))
            goal = end if sampling == "exact" else (done + end) / 2  # how many waves will come nobody knows
            count, whole = 0, sum(map(len, lacking))
            for batch in pipeline.look(new, lacking) if new else ():
                seen.add(dict(zip(batch.times, batch.values, strict=True)))
                count += len(batch.times)
                if progress is not None:
                    progress(done + (goal - done) * Fraction(count, whole), end)
            done = goal
            # Only what was asked for: what is known beside it must not change what comes out.
            asked |= seen.sights.rows(wave)
            try:
                wave = strategy.send(asked)
            except StopIteration as finished:
                seconds: list[Second] = finished.value
                break
        reading = pipeline.reading
    if progress is not None:
        progress(end, end)
    return Scores(
        labels=model.labels,
        times=np.array([float(second.time) for second in seconds]),
        values=np.array([second.values for second in seconds], np.float32).reshape(-1, len(model.labels)),
        duration=min(end, reading.end or end),
        background=model.background,
        groups=model.groups,
        model=model.digest,
        notes=tuple(_notes(video, reading)),
        looked=np.array([second.looked for second in seconds], np.bool_),
        sampling=sampling,
        effort=1.0 if sampling == "exact" else effort,
        heads=heads,
        rules=model.rules,
    )


def check(sampling: str, effort: float | None, batch_size: int, hwaccel: str) -> float:
    """The effort, after it and the other options were found in range. Raises OptionError."""
    if hwaccel not in CHOICES:
        raise OptionError(f"no hardware decoding {hwaccel!r}; there are: {', '.join(CHOICES)}")
    if sampling not in SAMPLINGS:
        raise OptionError(f"no sampling {sampling!r}; there are: {', '.join(SAMPLINGS)}")
    if not isinstance(batch_size, int) or not 1 <= batch_size <= MAX_BATCH:
        raise OptionError(f"the batch size must be 1 to {MAX_BATCH}, not {batch_size}")
    effort = EFFORT if effort is None else effort
    if not isinstance(effort, (int, float)) or not 0.5 <= effort <= 1:
        raise OptionError(f"the effort must be 0.5 to 1, not {effort}")
    return effort


class _Memory:
    """All that was seen of a film, kept from time to time, and at the end, whichever that is."""

    def __init__(self, sights: Sights, checkpoint: Checkpoint | None) -> None:
        self.sights = sights
        self._checkpoint, self._new, self._last = checkpoint, False, time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.keep()

    def add(self, looks: Mapping[Fraction, Look]) -> None:
        """Remember what was just seen."""
        self.sights.add(looks)
        self._new = True
        if time.monotonic() - self._last >= CHECKPOINT_EVERY:
            self.keep()

    def keep(self) -> None:
        """Have it kept, where anything is new."""
        if self._checkpoint is not None and self._new:
            self._checkpoint(self.sights.looks)
        self._new, self._last = False, time.monotonic()


def _notes(video: Video, reading: Reading) -> list[str]:
    notes = []
    if reading.damaged:
        notes.append(f"{reading.damaged} damaged packet{'s' * (reading.damaged > 1)} skipped")
    end = min(video.index.end, reading.end or video.index.end)
    if video.promised and video.duration - end > 1:
        notes.append(
            f"the pictures end at {clock(end)}, though the header promises {clock(video.duration)}; "
            "is the file cut short?"
        )
    return notes
