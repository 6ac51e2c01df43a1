"""What an edit is made of: pieces of films, each copied or encoded part by part."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import Literal

from miles_deep.timecode import Span

Mode = Literal["smart", "copy", "encode"]
MODES: tuple[Mode, ...] = ("smart", "copy", "encode")


@dataclass(frozen=True, slots=True)
class Copy:
    """A stretch whose packets come out as they are."""

    span: Span
    """In seconds of the source."""
    frames: int
    first_packet: int
    """Position in the packet index of the first packet taken; it is a keyframe."""
    last_packet: int
    reason: str


@dataclass(frozen=True, slots=True)
class Encode:
    """A stretch whose frames are encoded anew."""

    span: Span
    """In seconds of the source."""
    frames: int
    """How many come out."""
    reason: str


Part = Copy | Encode


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of the source that goes into the output whole."""

    asked: Span
    span: Span
    """What comes out: from the first frame to the end of the last one, in seconds of the source."""
    output_start: Fraction
    """Where it begins in the output, seconds."""
    parts: tuple[Part, ...]
    """What is done to get it, in order; their spans are the piece's, without a gap."""
    blur: bool = False
    """Whether its picture is blurred beyond recognition."""
    speed: Fraction = Fraction(1)
    """Seconds of the source to a second of output."""
    muted: tuple[Span, ...] = ()
    """Where in it there is no sound, in seconds of the source, in order."""
    film: int = 0
    """Which of the films it is of, where several are joined."""

    @property
    def frames(self) -> int:
        """How many frames it has in the output."""
        return sum(part.frames for part in self.parts)

    @property
    def output_end(self) -> Fraction:
        """Where it ends in the output, seconds."""
        return self.output_time(self.span.end)

    def output_time(self, time: Fraction) -> Fraction:
        """Where a time of the source comes out."""
        return (time - self.span.start) / self.speed + self.output_start


@dataclass(frozen=True, slots=True)
class EditPlan:
    """Pieces in the order of the output; those of one film do not overlap."""

    mode: Mode
    pieces: tuple[Piece, ...]

    @property
    def length(self) -> Fraction:
        """Seconds of output."""
        return self.pieces[-1].output_end

    @property
    def frames(self) -> int:
        """Pictures of the output."""
        return sum(piece.frames for piece in self.pieces)

    @property
    def copied_frames(self) -> int:
        """Those of them that come out as they are."""
        return sum(part.frames for piece in self.pieces for part in piece.parts if isinstance(part, Copy))

    @property
    def runs(self) -> "Iterator[Run]":
        """The parts with their pieces; those of one film that are encoded one after the other are one run."""
        parts = [(piece, part) for piece in self.pieces for part in piece.parts]
        numbered = list(enumerate(parts))
        for _, run in groupby(numbered, key=lambda entry: _encoder(*entry)):
            yield [part for _, part in run]

    def then(self, other: "EditPlan") -> "EditPlan":
        """This plan, and behind it that of another film."""
        film = self.pieces[-1].film + 1
        later = (
            replace(piece, output_start=piece.output_start + self.length, film=film) for piece in other.pieces
        )
        return EditPlan(self.mode, (*self.pieces, *later))


Run = list[tuple[Piece, Part]]
"""A stretch that is copied, or several that are encoded by one encoder."""


def _encoder(number: int, entry: tuple[Piece, Part]) -> object:
    """What parts have to have in common to be encoded as one: nothing but the film."""
    piece, part = entry
    return piece.film if isinstance(part, Encode) else ("copied", number)
