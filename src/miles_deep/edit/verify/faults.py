"""Look at what was made: every join decoded as a player would, and compared with the films."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.edit.pieces import Copy, EditPlan
from miles_deep.edit.verify.in_step import out_of_step
from miles_deep.edit.verify.joins import Layout, Passage
from miles_deep.edit.verify.look import Kind, Look, Trouble
from miles_deep.edit.verify.originals import Originals
from miles_deep.errors import VideoError
from miles_deep.video.clock import DECODING_TIMES_ONLY
from miles_deep.video.container import open_film
from miles_deep.video.frame import Frame, Reading
from miles_deep.video.probe import probe
from miles_deep.video.straight import StraightDecoder
from miles_deep.video.video import Video


@dataclass(frozen=True, slots=True)
class Fault:
    """Something of an output that is not as planned."""

    time: Fraction
    """Seconds of the output."""
    what: str
    """In a user's words."""
    film: int
    """Number of the film that it is of."""
    keyframes: frozenset[int]
    """Numbers, in the film's packet index, of keyframes at which copying shall neither begin nor end next time;
    empty where none is to blame."""
    sound: int | None = None
    """Index, in the first film's file, of the sound track that is at fault; None: it is the picture."""


def faults(videos: Sequence[Video], plan: EditPlan, made: Path) -> list[Fault]:
    """What is wrong with an output, in order of time; nothing, if all is well.

    Around every place where one part of the plan meets another, at the beginning and at the end, the output is
    decoded by one decoder from a keyframe over the place to another keyframe: the frames have to be those planned,
    in number, order and time; copied ones have to be the film's own, bit for bit, encoded ones alike. Copied
    stretches are counted as a whole. Sound has to be in step with the picture where pieces begin and end.

    Args:
        videos: the films, by `Piece.film`.
        plan: what was to be made.
        made: the finished file.

    Raises:
        VideoError: a film cannot be read.
    """
    layout = Layout(videos, plan)
    try:
        film = probe(made)
        packets = film.index.frame_ticks
    except VideoError:
        troubles = [Trouble(Kind.BROKEN, layout.starts[n], n) for n in range(len(layout.parts))]
        return list(_told(troubles, layout))
    troubles = list(_pictures(videos, layout, film))
    faulty = {trouble.part for trouble in troubles}
    troubles += [trouble for trouble in _copies(layout, film, packets) if trouble.part not in faulty]
    found = list(_told(troubles, layout))
    found += [Fault(heard.time, heard.what, heard.film, frozenset(), heard.stream) for heard in out_of_step(videos, plan, film)]
    return sorted(found, key=lambda fault: fault.time)


def _told(troubles: Sequence[Trouble], layout: Layout) -> Iterator[Fault]:
    """Faults: for each part, one of a kind."""
    for number, kind in sorted({(trouble.part, trouble.kind) for trouble in troubles}):
        alike = [trouble for trouble in troubles if (trouble.part, trouble.kind) == (number, kind)]
        count, time = sum(trouble.count for trouble in alike), min(trouble.time for trouble in alike)
        blamed = layout.keyframes(number, time)
        for film in sorted({layout.parts[number][0].film, *blamed}):
            yield Fault(time, kind.told(count), film, blamed.get(film, frozenset()))


def _pictures(videos: Sequence[Video], layout: Layout, film: Video) -> Iterator[Trouble]:
    """Decode every join, and look."""
    copies = any(isinstance(part, Copy) for _, part in layout.parts)
    rounding = film.index.tick + max(video.index.tick for video in videos)
    if not copies:
        if any(video.variable_frame_rate for video in videos):
            return  # encoders that count frames put them elsewhere
        rounding += max(video.index.usual_gap for video in videos) / 2
    with closing(_Player(film)) as player, closing(Originals(videos)) as originals:
        jump = layout.jump(film.keyframes, rounding)
        for passage in chain(layout.passages(film.keyframes, rounding), [jump] if jump is not None else []):
            if passage.left is not None:
                originals.rewind()
            look = Look(layout, originals, rounding)
            if look.over(passage, player.frames(passage), player.reading):
                # Maybe the film itself is damaged here: now for all of what the output's decoder saw.
                player.rewind()
                with (
                    closing(Originals(videos, strict=True)) as sure,
                    closing(Originals(videos, alone=True)) as again,
                ):
                    look = Look(layout, sure, rounding, again)
                    yield from look.over(passage, player.frames(passage), player.reading)


def _copies(layout: Layout, film: Video, packets: NDArray[np.int64]) -> Iterator[Trouble]:
    """See whether the packets of all copied frames are there, at their times."""
    if not film.ordered or film.container in DECODING_TIMES_ONLY:
        return
    for number, (piece, part) in enumerate(layout.parts):
        if not isinstance(part, Copy):
            continue
        index = layout.video(number).index
        first, after = layout.frames(number)
        start, tick = layout.starts[number], film.index.tick
        rounding = tick + index.tick
        slack = min(2 * rounding, index.usual_gap / 2)
        edges = [float((time - slack) / tick) for time in (start, layout.ends(number))]
        since, until = np.searchsorted(packets, edges)
        there = packets[since:until] * float(tick)
        due = (index.frame_ticks[first:after] * float(index.tick)).clip(min=float(part.span.start))
        due += float(piece.output_time(Fraction(0)))
        if len(there) != len(due):
            kind = Kind.MISSING if len(there) < len(due) else Kind.EXTRA
            yield Trouble(kind, start, number, abs(len(there) - len(due)))
        elif (wrong := np.abs(there - due) > float(rounding)).any():
            yield Trouble(Kind.TIME, Fraction(float(due[wrong.argmax()])), number, int(wrong.sum()))


class _Player:
    """Decodes stretches of an output, in order."""

    def __init__(self, film: Video) -> None:
        self._film = film
        self.reading = Reading()
        self._open()

    def _open(self) -> None:
        self._container = open_film(self._film.path)
        self._decoder = StraightDecoder(self._film, self._container, self.reading, keep_damaged=True)
        self._ahead: Frame | None = None

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def rewind(self) -> None:
        """The next passage may be before the last one."""
        self.close()
        self._open()

    def frames(self, passage: Passage) -> Iterator[Frame]:
        """The frames of a passage, as a player shows them that jumps to its keyframe."""
        frame = self._ahead
        if passage.left is not None:
            frame = None
            self._decoder.seek(passage.left)
        if passage.start > 0 and (frame is None or frame.time < passage.start):
            frame = self._decoder.seek(passage.keyframe)
        frame = frame or self._decoder.next()
        while frame is not None and frame.time < passage.end:
            if frame.time >= passage.start:
                yield frame
            frame = self._decoder.next()
        self._ahead = frame
