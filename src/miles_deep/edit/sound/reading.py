"""Reading a sound track from several films, one after the other, from any place on."""

import contextlib
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from types import TracebackType
from typing import Self, cast

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream

from miles_deep.edit.source import Source
from miles_deep.video.container import STREAMS_OF_BYTES, Damage, go_to, go_to_beginning, open_film, packets

EARLIER = Fraction(1)
"""Seconds by which packets may stand before the beginning of their track."""

OPEN_AT_ONCE = 2
"""Films that stay open: those on the two sides of a join."""


class Tracks:
    """The sources of one track, opened as they are needed."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._open: dict[int, InputContainer] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for container in self._open.values():
            container.close()
        self._open.clear()

    def track(self, film: int) -> AudioStream:
        """The track in one of the films; others may be closed for it."""
        source = self._sources[film]
        container = self._open.pop(film, None) or open_film(source.video.path)
        while len(self._open) >= OPEN_AT_ONCE:
            self._open.pop(next(iter(self._open))).close()
        self._open[film] = container
        return cast(AudioStream, container.streams[source.stream])

    def time(self, film: int, time: Fraction) -> Fraction:
        """Seconds from a video's start, of a time of its file's clock."""
        return time - self._sources[film].video.start

    def packets_from(self, film: int, time: Fraction) -> "Iterator[tuple[Packet[Stream], Fraction | None]]":
        """Packets from a time of the film on, each with its own time, seconds from the video's start.

        From the beginning where seeking fails. The flushing packet comes last. What else is read from the film by
        this object must not be read in between.
        """
        track, start = self.track(film), self._sources[film].video.start
        tick = cast(Fraction, track.time_base)
        for packet in _packets_from(self._open[film], track, start + time):
            yield packet, None if packet.pts is None else packet.pts * tick - start


def _packets_from(container: InputContainer, track: Stream, time: Fraction) -> "Iterator[Packet[Stream]]":
    """Packets of a track from a time of the file's clock on; from the beginning where seeking fails."""
    wanted = int(time / cast(Fraction, track.time_base))
    if wanted > (track.start_time or 0):
        with contextlib.suppress(FFmpegError):  # as where the track has no packets at all
            go_to(container, track, wanted)
        source = packets(container, Damage(), track)
        first = next(source, None)
        if first is not None and (first.pts is None or first.pts <= wanted):
            yield first
            yield from source
            return
    with contextlib.suppress(FFmpegError):
        _rewind(container, track)  # to the film's beginning, or where the seek came out too late
    yield from packets(container, Damage(), track)


def _rewind(container: InputContainer, track: Stream) -> None:
    """Go to a track's very first packet, which may stand before its beginning to get decoders going."""
    if container.format.name in STREAMS_OF_BYTES:
        go_to_beginning(container, track)
    else:
        go_to(container, track, (track.start_time or 0) - math.ceil(EARLIER / cast(Fraction, track.time_base)))
