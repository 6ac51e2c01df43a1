"""A codec's splice, any trouble of which has the one name that a cut knows how to get over."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from miles_deep.edit.splice.protocol import CannotSplice, Splice
from miles_deep.video.nal import BrokenUnit

TROUBLE = (BrokenUnit, IndexError, ValueError, OverflowError, FFmpegError)
"""What taking apart a film's packets comes to where they are not what they should be, and what encoders raise."""


class GuardedSplice:
    """A splice that raises nothing of its own but CannotSplice; see `Splice`."""

    def __init__(self, splice: Splice, codec: str) -> None:
        self._splice, self._codec = splice, codec
        self.extradata: bytes | None = splice.extradata
        self.lands: bool = splice.lands

    def encoded(
        self, frames: Iterable[VideoFrame], clock: Fraction, following: bytes | None
    ) -> "Iterator[Packet[Stream]]":
        """See `Splice`. What making the frames raises is not the splice's, and goes through."""
        theirs: list[Exception] = []

        def given() -> Iterator[VideoFrame]:
            try:
                yield from frames
            except TROUBLE as error:
                theirs.append(error)
                raise

        try:
            yield from self._splice.encoded(given(), clock, following)
        except TROUBLE as error:
            if error in theirs:
                raise
            raise self._told(error) from error

    def copied(self, payload: bytes, first: bool) -> bytes:
        """See `Splice`."""
        try:
            return self._splice.copied(payload, first)
        except TROUBLE as error:
            raise self._told(error) from error

    def _told(self, error: Exception) -> CannotSplice:
        return CannotSplice(f"its {self._codec} packets cannot have encoded pictures between them ({error})")
