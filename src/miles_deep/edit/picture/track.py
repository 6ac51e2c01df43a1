"""The picture track of the output: encoded anew, or packet by packet, or both by turns."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from itertools import chain
from typing import cast

from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from miles_deep.edit.picture.copied import Copied, PacketReader
from miles_deep.edit.picture.encoder import add_encoder
from miles_deep.edit.picture.rendered import rendered
from miles_deep.edit.pieces import Copy, EditPlan, Run
from miles_deep.edit.source import Source
from miles_deep.edit.splice import Splice
from miles_deep.video.clock import DECODING_TIMES_ONLY
from miles_deep.video.frame import Reading

Packets = Iterator["Packet[Stream]"]


def encoded_picture(
    sources: Sequence[Source], plan: EditPlan, template: VideoStream, output: OutputContainer, reading: Reading
) -> Packets:
    """Add a picture track that is encoded anew, and give its packets in order. Frames keep their times."""
    even = all(piece.speed == 1 for piece in plan.pieces)
    stream = add_encoder([source.video for source in sources], template, output, even)
    return _encode(sources, plan, stream, stream.codec_context.time_base, reading)


def _encode(
    sources: Sequence[Source], plan: EditPlan, stream: VideoStream, clock: Fraction, reading: Reading
) -> Packets:
    last = -1
    for run in plan.runs:
        video = sources[run[0][0].film].video
        for frame in rendered(video, run, cast(str, stream.codec_context.pix_fmt), reading):
            last = max(last + 1, round(frame.time / clock))
            frame.picture.pts, frame.picture.time_base = last, clock
            yield from stream.encode(frame.picture)
    yield from stream.encode(None)


def copied_picture(
    sources: Sequence[Source],
    plan: EditPlan,
    template: VideoStream,
    output: OutputContainer,
    reading: Reading,
    splice: Splice | None = None,
) -> Packets:
    """Add a picture track of the source's packets, and give its packets in order.

    Args:
        sources: of the track.
        plan: of the output.
        template: the track of the first film, opened.
        output: the film being written.
        reading: is told what was damaged.
        splice: encodes what of the plan is not copied; None where all is.

    Raises:
        ValueError: the container cannot hold what this film's packets are like.
    """
    video = sources[0].video
    held = max(source.video.index.held_back for source in sources)
    if splice is not None:
        held = max(held, template.codec_context.reorder_depth)
    tells_order = output.format.name not in DECODING_TIMES_ONLY or video.container in DECODING_TIMES_ONLY
    if held and not tells_order:
        raise ValueError("it does not say when frames are shown")
    stream = output.add_stream_from_template(template, opaque=True)
    # The file may tell of the track what it does not of its codec.
    if video.pixel_aspect != 1:
        stream.codec_context.sample_aspect_ratio = video.pixel_aspect
    if template.average_rate:
        stream.codec_context.framerate = template.average_rate
    if output.format.name in video.container.split(","):  # hvc1, say, which some players want to hev1
        stream.codec_context.codec_tag = template.codec_context.codec_tag
    if splice is not None and splice.extradata is not None:
        stream.codec_context.extradata = splice.extradata
    return Track(sources, plan, stream, reading, held, splice).packets()


class Track:
    """A picture track in which packets of the source and encoded runs take turns."""

    def __init__(
        self,
        sources: Sequence[Source],
        plan: EditPlan,
        stream: VideoStream,
        reading: Reading,
        held: int,
        splice: Splice | None,
    ) -> None:
        self._sources, self._plan, self._stream = sources, plan, stream
        self._reading, self._splice = reading, splice
        self._tick = sources[0].video.index.tick
        gap = max(1, round(sources[0].video.index.usual_gap / self._tick))
        # When the frames are shown, in order, as far as they may still be wanted.
        self._shown: deque[int] = deque((-gap * before for before in range(held, 0, -1)), maxlen=held + 1)
        self._last: int | None = None
        self._readers: list[PacketReader] = []

    def packets(self) -> Packets:
        """All packets of the track, in decoding order."""
        with ExitStack() as opened:
            self._readers = [opened.enter_context(PacketReader(source.video)) for source in self._sources]
            yield from self._all()

    def _all(self) -> Packets:
        runs = list(self._plan.runs)
        waiting: deque[Iterator[Copied]] = deque()
        for run, following in zip(runs, [*runs[1:], None], strict=True):
            if isinstance(run[0][1], Copy):
                yield from self._copied(waiting.popleft() if waiting else self._taken(run))
                continue
            first: Copied | None = None
            if following is not None and isinstance(following[0][1], Copy):
                taken = self._taken(following)
                first = next(taken)
                waiting.append(chain([first], taken))
            yield from self._encoded(run, bytes(first.packet) if first is not None else None)

    def _taken(self, run: Run) -> Iterator[Copied]:
        [(piece, part)] = run
        return self._readers[piece.film].copied(piece, cast(Copy, part))

    def _copied(self, taken: Iterable[Copied]) -> Packets:
        first = True
        for copied in taken:
            packet = copied.packet
            if first and self._splice is not None:
                packet = with_payload(packet, self._splice.copied(bytes(packet), first))
            first = False
            packet.duration = round((packet.duration or 0) * packet.time_base / self._tick)
            yield self._placed(packet, round(copied.shown / self._tick), round(copied.order / self._tick))

    def _encoded(self, run: Run, following: bytes | None) -> Packets:
        ascending: deque[int] = deque()
        lengths: dict[int, int] = {}
        film = self._sources[run[0][0].film].video

        def frames() -> Iterator[VideoFrame]:
            last = -1
            for frame in rendered(film, run, film.pixel_format, self._reading):
                last = max(last + 1, round(frame.time / self._tick))
                frame.picture.pts, frame.picture.time_base = last, self._tick
                ascending.append(last)
                lengths[last] = round(frame.length / self._tick)
                yield frame.picture

        splice = cast(Splice, self._splice)
        for packet in splice.encoded(frames(), self._tick, following):
            shown = cast(int, packet.pts)
            packet.duration = lengths.pop(shown)
            yield self._placed(packet, shown, ascending.popleft())

    def _placed(self, packet: "Packet[Stream]", shown: int, order: int) -> "Packet[Stream]":
        """A packet with its times. It is decoded when the frame is shown that many before it as are held back."""
        self._shown.append(order)
        decoded = min(self._shown[0], shown)
        decoded = decoded if self._last is None else max(decoded, self._last + 1)
        self._last = decoded
        packet.stream, packet.time_base = self._stream, self._tick
        packet.pts, packet.dts = shown, decoded
        return packet


def with_payload(packet: "Packet[Stream]", payload: bytes) -> "Packet[Stream]":
    """The packet itself, or one like it with other bytes."""
    if len(payload) == packet.size and payload == bytes(packet):
        return packet
    other: Packet[Stream] = Packet(payload)
    other.time_base, other.duration, other.is_keyframe = packet.time_base, packet.duration, packet.is_keyframe
    for data in packet.iter_sidedata():
        other.set_sidedata(data)
    return other
