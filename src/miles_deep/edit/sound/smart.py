"""Sound whose packets are copied bit for bit, but for those at joins, which are encoded anew."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import cast

from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream

from miles_deep.edit.pieces import EditPlan
from miles_deep.edit.sound.adding import add_copied
from miles_deep.edit.sound.copying import LONGEST_COPIED
from miles_deep.edit.sound.framing import Framing, framing_of
from miles_deep.edit.sound.joining import Beginning, Joiner
from miles_deep.edit.sound.reading import Tracks
from miles_deep.edit.sound.renewal import Renewal, renewal_for
from miles_deep.edit.sound.signal import Signal
from miles_deep.edit.sound.stretches import stretches_of
from miles_deep.edit.source import Source
from miles_deep.video.container import Damage, open_film, packets
from miles_deep.video.frame import Reading

LOOKED_AT = 12
"""Packets that tell whether all of a track are alike."""

EDIT_LISTS = frozenset({"mp4", "mov", "3gp", "3g2", "ipod"})
"""Muxers of containers that tell players to begin in the middle of a packet, wherever that is."""

RUN_UPS = frozenset({"matroska", "webm", "ogg"})
"""Muxers of containers that tell players how much of the beginning to leave out: what the template says."""

COUNTERS = frozenset({"avi"})
"""Muxers of containers that have no times but the number of packets."""

LONGEST_COUNTED = Fraction(27, 1000)
"""Seconds: the same where packets have no times of their own. There nothing stands before the first one, which may
take what comes after it off by as much again. MP3 at 44.1 kHz has 26 ms, AC-3 at 48 kHz 32 ms."""

Packets = Iterator["Packet[Stream]"]


def smart_sound(
    sources: Sequence[Source], plan: EditPlan, template: AudioStream, output: OutputContainer, reading: Reading
) -> Packets | None:
    """Add a sound track of copied packets, new ones at its joins, and give them in order.

    What is of a film whose packets are of another kind than the first one's is encoded. None, and no track, where
    new packets cannot be put between those of this one.
    """
    framing = _framing(sources[0])
    if framing is None or framing.samples > longest_joined(output.format.name) * template.sample_rate:
        return None
    renewal = renewal_for(template.codec_context, framing, output.format.name)
    if renewal is None:
        return None
    stream = add_copied(template, output)
    container = output.format.name
    declared = template.codec_context.delay if container in RUN_UPS else 0
    begin = Beginning(container in EDIT_LISTS, declared > 0 or container in COUNTERS, declared)
    return _packets(sources, plan, stream, renewal, begin, reading)


def longest_joined(container: str) -> Fraction:
    """Seconds of the longest packets that can stand in step behind a join, in the container of a muxer."""
    return LONGEST_COUNTED if container in COUNTERS else LONGEST_COPIED


def _packets(
    sources: Sequence[Source],
    plan: EditPlan,
    stream: AudioStream,
    renewal: Renewal,
    begin: Beginning,
    reading: Reading,
) -> Packets:
    stretches = stretches_of(plan, renewal.rate)
    alike = {0} | {one.film for one in stretches if one.film and _framing(sources[one.film]) == renewal.framing}
    stretches = [replace(one, foreign=one.film not in alike) for one in stretches]
    with Tracks(sources) as copied, Tracks(sources) as decoded:
        signal = Signal(decoded, copied.track(0).codec_context, reading)
        joiner = Joiner(stretches, copied, signal, renewal, begin)
        tick = Fraction(1, renewal.rate)
        for packet, start in joiner.packets():
            packet.stream = stream
            packet.time_base, packet.duration = tick, renewal.framing.samples
            packet.pts = packet.dts = start
            yield packet


def _framing(source: Source) -> Framing | None:
    """How a track is divided into packets; None where that cannot be told, or not all are alike."""
    with open_film(source.video.path) as container:
        track = container.streams[source.stream]
        context = cast(AudioCodecContext, track.codec_context)
        some = packets(container, Damage(), track)
        # The first one may be an odd one.
        found = [bytes(packet) for packet in islice(some, LOOKED_AT) if packet.size][2:]
    framings = [framing_of(context, data) for data in found]
    return framings[0] if framings and framings.count(framings[0]) == len(framings) else None
