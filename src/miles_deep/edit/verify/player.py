"""An output, decoded stretch by stretch as a player does."""

from collections.abc import Iterator

from miles_deep.edit.verify.joins import Passage
from miles_deep.video.container import open_film
from miles_deep.video.frame import Frame, Reading
from miles_deep.video.straight import StraightDecoder
from miles_deep.video.video import Video


class Player:
    """Decodes stretches of an output, in order."""

    def __init__(self, film: Video) -> None:
        self._film = film
        self.reading = Reading()
        """Is told what is damaged."""
        self._open()

    def _open(self) -> None:
        self._container = open_film(self._film.path)
        self._decoder = StraightDecoder(self._film, self._container, self.reading, keep_damaged=True)
        self._ahead: Frame | None = None

    def close(self) -> None:
        """Close the file."""
        self._decoder.close()
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
