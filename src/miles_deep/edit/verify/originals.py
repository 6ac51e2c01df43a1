"""The frames of films, read beside an output that is looked through."""

import math
from collections.abc import Sequence
from contextlib import ExitStack, closing
from fractions import Fraction

import numpy as np

from miles_deep.video.container import main_picture, open_film
from miles_deep.video.entry import FRESH
from miles_deep.video.frame import Frame, Reading
from miles_deep.video.packets import PacketIndex
from miles_deep.video.straight import StraightDecoder
from miles_deep.video.video import Video

FRAMES_OF_A_SEEK = 12
"""How many frames are decoded in the time that a seek takes, with what the decoder's threads had begun."""

READ_AHEAD = 4
"""Frames."""


class Originals:
    """Gives frames of some films, asked for in the order of the films and of time; one film is open at a time."""

    def __init__(self, videos: Sequence[Video], strict: bool = False, alone: bool = False) -> None:
        """
        Args:
            videos: the films.
            strict: leave out what is damaged, from there to the next keyframe: what a decoder makes up for it
                depends on what it decoded before.
            alone: decode in one thread, in which there is but one way to make it up.
        """
        self._videos, self._strict, self._alone = videos, strict, alone
        self._spoiled = False
        self._opened = ExitStack()
        self._film = -1
        self._frame: Frame | None = None
        self.reading = Reading()
        """Is told what was damaged."""

    def close(self) -> None:
        """Close the film that is open."""
        self._opened.close()

    def at(self, film: int, time: Fraction) -> Frame | None:
        """The frame of a film that is shown from a time on; None where its decoder gives none.

        Args:
            film: its number.
            time: that of a frame by the film's packet index, in seconds; never before the one asked for last.
        """
        if film != self._film:
            self._open(film)
        if (entry := self._better_entry(self._videos[film].index, time)) is not None:
            damaged = self.reading.damaged
            self._frame = self._decoder.seek(entry) or self._frame
            self._spoiled = self.reading.damaged > damaged
        while self._frame is None or self._frame.time < time:
            damaged = self.reading.damaged
            following = self._decoder.next()
            if self.reading.damaged > damaged:
                self._spoiled = True
            elif following is not None and following.picture.key_frame:
                self._spoiled = False
            if following is None:
                return None
            self._frame = following
        return self._frame if self._frame.time == time and not (self._spoiled and self._strict) else None

    def read_on(self) -> None:
        """Read as far ahead as the output's decoder did to be sure that a passage was over; before `close`."""
        for _ in range(READ_AHEAD if self._film >= 0 else 0):
            self._decoder.next()

    def rewind(self) -> None:
        """From now on, times may be earlier than before."""
        self._opened.close()
        self._film = -1

    def _open(self, film: int) -> None:
        self._opened.close()
        video = self._videos[film]
        container = self._opened.enter_context(open_film(video.path))
        context = main_picture(container, video.path).codec_context
        if self._strict:
            context.options = {"err_detect": "explode"}
        if self._alone:
            context.thread_count = 1
        decoder = StraightDecoder(video, container, self.reading, keep_damaged=True)
        self._decoder = self._opened.enter_context(closing(decoder))
        self._film, self._frame, self._spoiled = film, None, False
        index = video.index
        self._entries = np.sort(index.pts[index.keyframe & (index.entry == FRESH)])

    def _better_entry(self, index: PacketIndex, time: Fraction) -> Fraction | None:
        """When the keyframe is shown at which to enter the film, where that is nearer than reading on."""
        number = int(np.searchsorted(self._entries, math.floor(time / index.tick), side="right")) - 1
        if number < 0:
            return None
        keyframe = int(self._entries[number])
        here = round(self._frame.time / index.tick) if self._frame is not None else 0
        between = np.searchsorted(index.frame_ticks, [here, keyframe])
        return keyframe * index.tick if between[1] - between[0] > FRAMES_OF_A_SEEK else None
