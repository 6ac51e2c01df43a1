"""Sound whose packets are all copied."""

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import cast

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream

from miles_deep.edit.pieces import EditPlan
from miles_deep.edit.sound.adding import add_copied
from miles_deep.edit.sound.reading import Tracks
from miles_deep.edit.source import Source
from miles_deep.video.container import Damage, open_film, packets

LONGEST_COPIED = Fraction(40, 1000)
"""Seconds: a join of copied packets is out of step by up to half a packet, and 20 ms is what we allow."""

PREROLL = Fraction(1)
"""Seconds before a piece from which on packets are looked at: seeking is not exact everywhere."""


def copied_sound(
    sources: Sequence[Source], plan: EditPlan, template: AudioStream, output: OutputContainer
) -> "Iterator[Packet[Stream]]":
    """Add a sound track whose packets are copied, and give them in order, pieces up against each other."""
    stream = add_copied(template, output)
    return _copy(sources, plan, stream)


def packet_length(source: Source) -> Fraction:
    """Seconds that a packet of the track usually lasts, by its first few; 0 where they do not tell."""
    with open_film(source.video.path) as container:
        track = container.streams[source.stream]
        some = itertools.islice(packets(container, Damage(), track), 25)
        lengths = sorted(packet.duration or 0 for packet in some if packet.size)
        return lengths[len(lengths) // 2] * cast(Fraction, track.time_base) if lengths else Fraction(0)


def _copy(sources: Sequence[Source], plan: EditPlan, stream: AudioStream) -> "Iterator[Packet[Stream]]":
    written = Fraction(0)
    with Tracks(sources) as tracks:
        for piece in plan.pieces:
            shift: Fraction | None = None
            for packet, time in tracks.packets_from(piece.film, piece.span.start - PREROLL):
                if time is None or not packet.duration:
                    continue
                tick = packet.time_base
                length = packet.duration * tick
                place = piece.output_time(time)
                if place < written - length / 2 and shift is None:
                    continue
                if place >= piece.output_end - length / 2:
                    break
                if shift is None:
                    # Up against the piece before it, unless the track pauses here.
                    shift = written - place if place < written + length else Fraction(0)
                packet.stream = stream
                packet.pts = packet.dts = round((place + shift) / tick)
                written = place + shift + length
                yield packet
