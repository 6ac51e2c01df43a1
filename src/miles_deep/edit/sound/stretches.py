"""Which stretch of which film is heard when in the output, to the sample. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from miles_deep.edit.pieces import EditPlan, Piece

FADE = Fraction(5, 1000)
"""Seconds over which sound fades where it is cut: long enough not to click, too short to be heard as a fade."""


@dataclass(frozen=True, slots=True)
class SoundStretch:
    """Sound of a film that goes on without a break."""

    film: int
    start: int
    """Sample of the output with which it begins."""
    end: int
    """Sample of the output after its last one."""
    offset: Fraction
    """Samples from where the sound of a second of the film's is, counted at `speed`, to where it comes out."""
    speed: Fraction = Fraction(1)
    mute: bool = False
    foreign: bool = False
    """Whether its packets are of another kind than those of the track."""
    fade_in: bool = False
    fade_out: bool = False

    @property
    def plain(self) -> bool:
        """Whether its packets can be copied."""
        return self.speed == 1 and not self.mute and not self.foreign

    def place(self, time: Fraction, rate: int) -> Fraction:
        """Where a time of the film comes out, in samples of the output."""
        return time * rate / self.speed + self.offset

    def time(self, sample: int, rate: int) -> Fraction:
        """The time of the film that comes out as a sample."""
        return (sample - self.offset) * self.speed / rate


def stretches_of(plan: EditPlan, rate: int) -> list[SoundStretch]:
    """The stretches that a plan makes at a sample rate, in order, one up against the other.

    Sound that goes on from piece to piece is one stretch; everywhere else it fades out and in.
    """
    made: list[SoundStretch] = []
    for stretch in (stretch for piece in plan.pieces for stretch in _of_piece(piece, rate)):
        if made and _goes_on(made[-1], stretch):
            made[-1] = replace(made[-1], end=stretch.end)
        elif stretch.start < stretch.end:
            made.append(stretch)
    last = len(made) - 1
    return [replace(one, fade_in=at > 0, fade_out=at < last) for at, one in enumerate(made)]


def _of_piece(piece: Piece, rate: int) -> Iterator[SoundStretch]:
    """A piece's stretches: muted and not, by turns."""
    offset = (piece.output_start - piece.span.start / piece.speed) * rate

    def stretch(start: Fraction, end: Fraction, mute: bool) -> SoundStretch:
        first, after = (round(piece.output_time(time) * rate) for time in (start, end))
        return SoundStretch(piece.film, first, after, offset, piece.speed, mute)

    heard = piece.span.start
    for muted in piece.muted:
        start, end = max(muted.start, heard), min(muted.end, piece.span.end)
        if start < end:
            yield stretch(heard, start, False)
            yield stretch(start, end, True)
            heard = end
    yield stretch(heard, piece.span.end, False)


def _goes_on(before: SoundStretch, after: SoundStretch) -> bool:
    """Whether the sound of a stretch is the continuation of that of the one before it."""
    if before.mute and after.mute:
        return True
    same = (before.film, before.speed, before.mute) == (after.film, after.speed, after.mute)
    # Places in the output of one moment: half a sample is no difference.
    return same and abs(before.offset - after.offset) < 1
