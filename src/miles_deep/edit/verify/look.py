"""A passage of an output, frame by frame, beside what was planned."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

from av.video.frame import VideoFrame

from miles_deep.edit.picture.blur import Blur
from miles_deep.edit.pieces import Copy
from miles_deep.edit.verify.joins import Due, Layout, Passage
from miles_deep.edit.verify.likeness import Judge, same, same_tags
from miles_deep.edit.verify.originals import Originals
from miles_deep.video.frame import Frame, Reading


class Kind(IntEnum):
    """What can be wrong with frames."""

    BROKEN = 0
    MISSING = 1
    EXTRA = 2
    PICTURE = 3
    TIME = 4
    DAMAGE = 5
    COLOUR = 6
    UNBLURRED = 7

    def told(self, count: int) -> str:
        """In a user's words, of so many frames."""
        are, frames = ("is", "1 frame") if count == 1 else ("are", f"{count} frames")
        return {
            Kind.BROKEN: "nothing can be decoded",
            Kind.MISSING: f"{frames} {are} missing",
            Kind.EXTRA: f"{frames} {are} too many",
            Kind.PICTURE: f"{frames} {are} not the film's",
            Kind.TIME: f"{frames} {are} shown at a wrong time",
            Kind.DAMAGE: f"{frames} {are} damaged",
            Kind.COLOUR: f"{frames} {are} marked as of other colours",
            Kind.UNBLURRED: f"{frames} {are} not blurred",
        }[self]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong with a part of an output."""

    kind: Kind
    time: Fraction
    """Seconds of the output."""
    part: int
    count: int = 1
    """Of frames."""


class Look:
    """One look at a passage."""

    def __init__(
        self, layout: Layout, originals: Originals, rounding: Fraction, again: Originals | None = None
    ) -> None:
        """
        Args:
            layout: what was planned.
            originals: where the films' frames come from.
            rounding: seconds by which times may be off.
            again: the films' frames, decoded another way; given for a look at every picture, which lets pass those
                that come out differently each time.
        """
        self._layout, self._originals, self._rounding, self._again = layout, originals, rounding, again
        self._judge = Judge()
        self._blurs: dict[int, Blur] = {}
        self._found: list[Trouble] = []

    def over(self, passage: Passage, frames: Iterator[Frame], reading: Reading) -> list[Trouble]:
        """What is wrong in a passage.

        Args:
            passage: what is looked at.
            frames: of the output, from those of the passage on.
            reading: is told what is damaged of them, as they come.
        """
        before, source = reading.damaged, self._originals.reading
        mended = source.damaged
        part, broken = self._layout.at(passage.start), None
        for due, frame in paired(self._layout.due(passage, self._again is not None), frames, self._rounding):
            part = due.part if due is not None else part
            if broken is None and reading.damaged > before:
                broken = part
            if frame is not None and due is not None:
                self._check(due, frame)
            elif frame is not None:
                self._found.append(Trouble(Kind.EXTRA, frame.time, part))
            elif due is not None and self._original(due) is not None:
                self._found.append(Trouble(Kind.MISSING, due.time, part))
        self._wrong(self._judge.close())
        if self._again is not None:
            self._originals.read_on()
        more = reading.damaged - before - (source.damaged - mended)
        if more > 0:
            place = part if broken is None else broken
            self._found.append(Trouble(Kind.DAMAGE, max(passage.start, self._layout.starts[place]), place, more))
        return self._found

    def _check(self, due: Due, frame: Frame) -> None:
        """See whether a frame is what it should be."""
        if abs(frame.time - due.time) > self._rounding:
            self._found.append(Trouble(Kind.TIME, due.time, due.part))
        if not due.compared or (original := self._original(due)) is None:
            return
        piece, part = self._layout.parts[due.part]
        picture = original.picture
        if not same_tags(frame.picture, picture):
            self._found.append(Trouble(Kind.COLOUR, due.time, due.part))
        if isinstance(part, Copy):
            if not same(frame.picture, picture) and self._is_certain(due, picture):
                self._wrong([(due.time, due.part)])
            return
        if not self._is_certain(due, picture):
            return
        if piece.blur:
            if piece.film not in self._blurs:
                self._blurs[piece.film] = Blur(picture.format.name)
            picture = self._blurs[piece.film].blurred(picture)
        self._wrong(self._judge.add(due.time, due.part, frame.picture, picture))

    def _is_certain(self, due: Due, picture: VideoFrame) -> bool:
        """Whether a picture of a film comes out the same each time: not where the film lacks what it refers to."""
        if self._again is None:
            return True
        other = self._again.at(self._layout.parts[due.part][0].film, due.source)
        return other is not None and same(picture, other.picture)

    def _original(self, due: Due) -> Frame | None:
        return self._originals.at(self._layout.parts[due.part][0].film, due.source)

    def _wrong(self, pictures: Iterable[tuple[Fraction, int]]) -> None:
        self._found += [Trouble(Kind.PICTURE, time, part) for time, part in pictures]


def paired(
    dues: Iterator[Due], frames: Iterable[Frame], rounding: Fraction
) -> Iterator[tuple[Due | None, Frame | None]]:
    """Put frames beside those that are due, by their times; None stands beside one that has no other.

    Args:
        dues: in order of time.
        frames: in order of time.
        rounding: seconds by which times may be off.
    """
    due, following = next(dues, None), next(dues, None)
    gap = following.time - due.time if due is not None and following is not None else Fraction(0)
    for frame in frames:
        while due is not None and following is not None and following.time - frame.time < frame.time - due.time:
            yield due, None
            due, following = following, next(dues, None)
        if due is None or due.time - frame.time > max(rounding, gap / 2):
            yield None, frame
            continue
        yield due, frame
        if following is not None:
            gap = following.time - due.time
        due, following = following, next(dues, None)
    while due is not None:
        yield due, None
        due, following = following, next(dues, None)
