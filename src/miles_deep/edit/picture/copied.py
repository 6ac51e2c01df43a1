"""The packets of a stretch that comes out as it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from miles_deep.edit.pieces import Copy, Piece
from miles_deep.errors import VideoError
from miles_deep.video.container import Damage, go_to, go_to_beginning, main_picture, open_film, packets
from miles_deep.video.packets import packet_stamp
from miles_deep.video.straight import SEEK_MARGINS
from miles_deep.video.video import Video


@dataclass(frozen=True, slots=True)
class Copied:
    """One packet of the source, and where it goes."""

    packet: "Packet[Stream]"
    shown: Fraction
    """When its frame is shown, seconds of the output."""
    order: Fraction
    """When the frame would be shown if those of the stretch were shown as they are decoded."""


def copied_packets(video: Video, piece: Piece, part: Copy) -> Iterator[Copied]:
    """The packets of a part, in decoding order.

    Raises:
        VideoError: the film is not any more what it was.
    """
    index = video.index
    pts = index.pts[part.first_packet : part.last_packet + 1]
    # Leading pictures of an open group, shown before its keyframe, need the group that is cut away.
    kept = pts >= pts[0]
    ascending = iter(np.sort(pts[kept]))

    def place(ticks: int) -> Fraction:
        # A frame that is held from before the piece is shown from the piece's beginning on.
        return piece.output_time(max(ticks * index.tick, piece.span.start))

    with open_film(video.path) as container:
        source = main_picture(container, video.path)
        found = _packets_from(video, container, source, part.first_packet)
        for packet, keep, ticks in zip(found, kept, pts, strict=False):
            if keep:
                yield Copied(packet, place(int(ticks)), place(int(next(ascending))))


def _packets_from(
    video: Video, container: InputContainer, source: VideoStream, number: int
) -> Iterator["Packet[Stream]"]:
    """The packets of a film's picture from one on, in decoding order."""
    stamp = int(video.index.stamp[number])
    for margin in (*SEEK_MARGINS, None):
        if margin is None:
            go_to_beginning(container, source)
        else:
            go_to(container, source, stamp - round(margin / cast(Fraction, source.time_base)))
        found = False
        for packet in packets(container, Damage(), source):
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
