"""Subtitle and data tracks of the output: every event that holds in a piece, cut to it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, takewhile
from typing import cast

from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream

from miles_deep.edit.pieces import EditPlan, Piece
from miles_deep.timecode import Span
from miles_deep.video.container import Damage, open_film, packets
from miles_deep.video.video import Video

EMPTY_MOV_TEXT = b"\0\0"
"""A text sample of no characters: in MP4 a cue lasts until the next sample, so its end needs one of its own
(3GPP TS 26.245, section 5.17)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One cue, or one picture, of a subtitle track; or one record of a track of data."""

    start: Fraction
    """Seconds from the video's start; of the output once it is cut."""
    end: Fraction | None
    """None: until the next one."""
    packet: "Packet[Stream]"


def copied_events(
    events: Sequence[list[Event]], plan: EditPlan, source: Stream, output: OutputContainer
) -> Iterator["Packet[Stream]"]:
    """Add a track with these events of the films', a list for each, and give its packets in order."""
    stream = output.add_stream_from_template(source)
    codec = source.codec_context.codec.canonical_name if source.codec_context is not None else ""
    return _packets(cut_events(events, plan), codec, stream)


def read_events(video: Video, tracks: Sequence[int]) -> dict[int, list[Event]]:
    """All events of the tracks of these numbers, in order; reads the file to its end, once for all of them."""
    events: dict[int, list[Event]] = {index: [] for index in tracks}
    if not events:
        return events
    with open_film(video.path) as container:
        for packet in packets(container, Damage(), *(container.streams[index] for index in tracks)):
            if packet.pts is None or not packet.size or bytes(packet) == EMPTY_MOV_TEXT:
                continue
            tick = packet.time_base
            start = packet.pts * tick - video.start
            end = start + packet.duration * tick if packet.duration else None
            events[packet.stream.index].append(Event(start, end, packet))
    return {index: sorted(found, key=lambda event: event.start) for index, found in events.items()}


def cut_events(events: Sequence[list[Event]], plan: EditPlan) -> list[Event]:
    """The events of every film as they come out: each once for every stretch in which it is shown, while it is.

    Args:
        events: of each film, in order.
        plan: of the output.
    """
    films = [_Shown(own) for own in events]
    cut: list[Event] = []
    going_on: dict[int, int] = {}
    before: Piece | None = None
    for piece in plan.pieces:
        if before is None or (before.film, before.span.end) != (piece.film, piece.span.start):
            going_on = {}
        places, going_on, before = going_on, {}, piece
        shown = films[piece.film]
        for number in shown.within(piece.span):
            event = shown.events[number]
            start, end = (
                max(event.start, piece.span.start),
                min(shown.ends[number] or piece.span.end, piece.span.end),
            )
            kept_end = piece.output_time(end) if event.end is not None else None
            if number in places:  # the film is treated otherwise from here on, not cut
                place = places[number]
                cut[place] = replace(cut[place], end=kept_end)
            else:
                place = len(cut)
                cut.append(Event(piece.output_time(start), kept_end, event.packet))
            if end == piece.span.end:
                going_on[number] = place
    return cut


class _Shown:
    """The events of a film's track, found by when they are shown."""

    def __init__(self, events: list[Event]) -> None:
        """`events` in order."""
        self.events = events
        self.ends: list[Fraction | None] = [
            event.end if event.end is not None else (following.start if following else None)
            for event, following in zip(events, [*events[1:], None], strict=False)
        ]
        """When each is over; None: never."""
        self._starts = [event.start for event in events]
        bounded = takewhile(lambda end: end is not None, self.ends)
        self._latest = list(accumulate((cast(Fraction, end) for end in bounded), max))
        """When all up to each are over, as far as they are ever."""

    def within(self, span: Span) -> Iterator[int]:
        """Numbers of those that are shown in a span."""
        for number in range(bisect_right(self._latest, span.start), bisect_left(self._starts, span.end)):
            end = self.ends[number]
            if end is None or (end > span.start and end > self._starts[number]):
                yield number


def _packets(events: Iterable[Event], codec: str, stream: Stream) -> Iterator["Packet[Stream]"]:
    tick = Fraction(1, 1000)
    shown_until = Fraction(0)
    for number, event in enumerate(events):
        payload = bytes(event.packet)
        if codec == "ass":
            # The first field counts events; players take a repeated number for a repeated event.
            payload = b"%d,%s" % (number, payload.partition(b",")[2])
        if codec == "mov_text" and event.start > shown_until:
            yield _packet(EMPTY_MOV_TEXT, shown_until, event.start, tick, stream)
        packet = _packet(payload, event.start, event.end, tick, stream)
        for data in event.packet.iter_sidedata():
            packet.set_sidedata(data)
        yield packet
        shown_until = event.end if event.end is not None else event.start
    if codec == "mov_text" and shown_until:
        yield _packet(EMPTY_MOV_TEXT, shown_until, shown_until + tick, tick, stream)


def _packet(
    payload: bytes, start: Fraction, end: Fraction | None, tick: Fraction, stream: Stream
) -> "Packet[Stream]":
    packet: Packet[Stream] = Packet(payload)
    packet.stream = stream
    packet.time_base = tick
    packet.pts = packet.dts = round(start / tick)
    packet.duration = round(end / tick) - packet.pts if end is not None else 0
    packet.is_keyframe = True
    return packet
