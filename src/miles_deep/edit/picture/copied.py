"""The packets of a stretch that comes out as it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import cast

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from miles_deep.edit.pieces import Copy, Piece
from miles_deep.errors import VideoError
from miles_deep.video.container import Damage, go_to, go_to_beginning, main_picture, open_film, packets
from miles_deep.video.packets import packet_stamp
from miles_deep.video.straight import SEEK_MARGINS
from miles_deep.video.video import Video

UNSTEADY = frozenset({"mpeg"})
"""Containers (program streams) whose packets get other times from FFmpeg after a seek than on the way."""


@dataclass(frozen=True, slots=True)
class Copied:
    """One packet of the source, and where it goes."""

    packet: "Packet[Stream]"
    shown: Fraction
    """When its frame is shown, seconds of the output."""
    order: Fraction
    """When the frame would be shown if those of the stretch were shown as they are decoded."""


class PacketReader:
    """Reads the packets of one film's picture, stretch by stretch, with the film kept open between."""

    def __init__(self, video: Video) -> None:
        self._video = video
        self._film: InputContainer | None = None
        self._straight: Iterator[Packet[Stream]] = iter(())
        self._number = -1  # of the packet read last, where all are read in order

    def __enter__(self) -> "PacketReader":
        return self

    def __exit__(self, *error: object) -> None:
        if self._film is not None:
            self._film.close()

    def copied(self, piece: Piece, part: Copy) -> Iterator[Copied]:
        """The packets of a part, in decoding order; to be read to their end before the next part's.

        Raises:
            VideoError: the film is not any more what it was.
        """
        index = self._video.index
        pts = index.pts[part.first_packet : part.last_packet + 1]
        # Leading pictures of an open group, shown before its keyframe, need the group that is cut away.
        kept = pts >= pts[0]
        ascending = iter(np.sort(pts[kept]))

        def place(ticks: int) -> Fraction:
            # A frame that is held from before the piece is shown from the piece's beginning on.
            return piece.output_time(max(ticks * index.tick, piece.span.start))

        count = 0
        for count, packet in enumerate(islice(self._packets_from(part.first_packet), len(pts)), start=1):
            if kept[count - 1]:
                yield Copied(packet, place(int(pts[count - 1])), place(int(next(ascending))))
        if count < len(pts):
            raise VideoError(f"{self._video.path}: ends before it did when its packets were counted")

    def _packets_from(self, number: int) -> Iterator["Packet[Stream]"]:
        """The packets of the picture from one on, in decoding order: those that the index counts."""
        video, stamp = self._video, int(self._video.index.stamp[number])
        if self._film is None:
            self._film = open_film(video.path)
        source = main_picture(self._film, video.path)
        if video.container in UNSTEADY:
            yield from self._in_order(source, number)
            return
        for margin in (*SEEK_MARGINS, None):
            if margin is None:
                go_to_beginning(self._film, source)
            else:
                go_to(self._film, source, stamp - round(margin / cast(Fraction, source.time_base)))
            found = False
            for packet in packets(self._film, Damage(), source):
                if not packet.size or packet.is_discard:
                    continue
                found = found or packet_stamp(packet) == stamp
                if found:
                    yield packet
                elif packet_stamp(packet) > stamp and packet.is_keyframe:
                    break  # the seek came out too late
            if found:
                return
        seconds = float(int(video.index.pts[number]) * video.index.tick)
        raise VideoError(f"{video.path}: packet at {seconds:g} s was there once and is not any more")

    def _in_order(self, source: Stream, number: int) -> Iterator["Packet[Stream]"]:
        """The same without a seek: all packets are counted from the film's beginning on."""
        film = cast(InputContainer, self._film)
        if self._number < 0 or self._number >= number:
            go_to_beginning(film, source)
            self._straight, self._number = packets(film, Damage(), source), -1
        for packet in self._straight:
            if packet.size and not packet.is_discard and packet.pts is not None:
                self._number += 1
                if self._number >= number:
                    yield packet
