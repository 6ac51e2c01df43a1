"""Reading a film's frames in the order they are shown: slower than by visits, but in need of no plan."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from fractions import Fraction
from typing import cast

import av.error
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from miles_deep.errors import VideoError
from miles_deep.video.clock import Clock
from miles_deep.video.container import (
    Damage,
    go_to,
    go_to_beginning,
    main_picture,
    open_film,
    packets,
    picture_decoder,
)
from miles_deep.video.frame import Frame, Reading
from miles_deep.video.video import Video

SEEK_AHEAD = Fraction(10)
"""Seconds between two wanted times from which on seeking is tried; below, reading on is cheaper, since a seek
falls back to the keyframe before the wanted time."""

SEEK_MARGINS = (Fraction(0), Fraction(5), Fraction(30))
"""Seconds before the wanted time to seek to, tried in turn: a container without an index may land too late."""


def straight_frames(
    video: Video, times: Iterable[Fraction], reading: Reading, since: Fraction | None = None
) -> Iterator[tuple[Fraction, Frame]]:
    """Read the frames shown at given times, every frame on the way decoded, as a player would.

    Args:
        video: what `probe` told.
        times: seconds from the video's start, ascending; may be endless.
        reading: is told what was damaged, and where the film ended.
        since: where to begin decoding, at the latest; None: where it seems best for the first time.

    Yields:
        (time, frame), one for every time before the film's end, in order.

    Raises:
        VideoError: the film cannot be opened, or not one frame of it can be decoded.
    """
    wanted = iter(times)
    want = next(wanted, None)
    if want is None:
        return
    with open_film(video.path) as container, closing(StraightDecoder(video, container, reading)) as decoder:
        # Once a time: where keyframes lie far apart, or after the film's end, a seek leads no nearer than it has.
        sought = want if want > SEEK_AHEAD else None
        shown = decoder.seek(want if since is None else since) if sought is not None else None
        while (frame := decoder.next()) is not None:
            while want < frame.time:
                yield want, shown or frame
                want = next(wanted, None)
                if want is None:
                    return
            shown = frame
            if want - frame.time > SEEK_AHEAD and want != sought:
                sought, shown = want, decoder.seek(want) or shown
        if shown is None:
            raise VideoError(f"{video.path}: not one frame can be decoded")
        reading.end = shown.time + shown.duration
        while want is not None and want < reading.end:
            yield want, shown
            want = next(wanted, None)


class StraightDecoder:
    """One pass over a film's frames in the order they are shown, with jumps ahead."""

    def __init__(
        self, video: Video, container: InputContainer, reading: Reading, keep_damaged: bool = False
    ) -> None:
        self._video, self._container, self._reading = video, container, reading
        self._keep_damaged = keep_damaged
        self._stream: VideoStream = main_picture(container, video.path)
        self._decoder = picture_decoder(self._stream)
        self._decoder.thread_type = "AUTO"
        self._clock = Clock(self._stream, video.late)
        self._seekable = self._clock.ordered
        self._usual = 1 / video.frame_rate if video.frame_rate else Fraction(0)
        self._frames = self._read()

    def next(self) -> Frame | None:
        """The next frame shown; None at the film's end."""
        return next(self._frames, None)

    def close(self) -> None:
        """End the pass, so that the decoder, its threads and pictures go with this object.

        Pass and object refer to each other; left to the garbage collector, decoders pile up, one for each stretch.
        """
        self._frames.close()

    def seek(self, want: Fraction) -> Frame | None:
        """Jump ahead to the frames around a time, or stay where that cannot be done.

        Returns:
            A frame at or before `want`, or None where nothing was jumped over.
        """
        if not self._seekable:
            return None
        tick = cast(Fraction, self._stream.time_base)
        for margin in SEEK_MARGINS:
            target = max(Fraction(0), want - margin) + self._video.start
            go_to(self._container, self._stream, int(target / tick))
            self._restart(jumped=True)
            first = next(self._frames, None)
            if first is not None and first.time <= want and self._entered:
                return first
        # Nothing to rely on: from the beginning, and never again.
        self._seekable = False
        go_to_beginning(self._container, self._stream)
        self._restart(jumped=False)
        return None

    def _restart(self, jumped: bool) -> None:
        self._clock.reset()
        if self._decoder.is_open:
            self._decoder.flush_buffers()
        self._frames = self._read(jumped)

    def _read(self, jumped: bool = False) -> Generator[Frame, None, None]:
        damage = Damage()
        previous: int | None = None
        entry: int | None = None
        self._entered = not jumped  # whether what came out first is the keyframe that was jumped to
        for packet in packets(self._container, damage, self._stream):
            self._reading.damaged += damage.packets
            damage.packets = 0
            if jumped and packet.size and not packet.is_keyframe:
                # A transport stream is entered anywhere, and MPEG-4's decoder paints on grey from there.
                continue
            if jumped:
                entry, jumped = self._clock.read(packet), False
            elif entry is not None and packet.pts is not None and packet.pts - (self._clock.late or 0) < entry:
                continue  # a leading picture, of a group whose forerunner was jumped over
            for picture in self._decode(packet):
                ticks = self._clock.shown(picture, previous)
                self._entered = self._entered or (previous is None and ticks == entry)
                if ticks is None or (previous is not None and ticks <= previous):
                    continue
                previous = ticks
                if picture.is_corrupt and not self._keep_damaged:
                    continue
                time = self._clock.seconds(ticks) - self._video.start
                if time < 0:
                    continue
                length = self._clock.seconds(picture.duration) if picture.duration > 0 else self._usual
                yield Frame(time, length, picture)

    def _decode(self, packet: "Packet[Stream]") -> list[VideoFrame]:
        self._clock.mark(packet)
        try:
            pictures = self._decoder.decode(packet)
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self._reading.damaged += 1
            return []
        self._reading.damaged += sum(picture.is_corrupt for picture in pictures)
        return pictures
