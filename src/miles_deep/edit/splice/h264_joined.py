"""h264: encoded runs under the source's own sequence parameter set, so that nothing changes at a join.

The slices are encoded under x264's set, and their headers are written anew.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from miles_deep.edit.splice.encoder import BOTTOM_FIRST, GROUP, rewritten, run
from miles_deep.edit.splice.h264 import H264Splice
from miles_deep.edit.splice.h264_landing import STEP, TAIL, has_room, restart_at, tail_orders, with_distance
from miles_deep.edit.splice.h264_sets import PICTURE, SEQUENCE, allowing_gaps, going_with, read_sequence
from miles_deep.edit.splice.h264_slices import Place, place_of, read_coding, replaced
from miles_deep.edit.splice.protocol import Splice
from miles_deep.video.nal import H264_IDR, H264_SEI, H264_SLICE, BrokenUnit, Framing
from miles_deep.video.video import Video

CAPTIONS = 4
"""Kind of SEI message that holds closed captions. The others belong to x264's parameter set."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """An encoded picture whose place is not yet fixed."""

    packet: "Packet[Stream]"
    units: list[bytes]
    frame_num: int

    @property
    def fresh(self) -> bool:
        """Whether counting begins with it."""
        return self.frame_num == 0


class H264Joined(H264Splice):
    """Encoded runs from which copying can also go on at a recovery point."""

    @property
    def lands(self) -> bool:  # type: ignore[override]
        """See `Splice`.

        Where B-frames are referred to, pictures after a recovery point also order to forget some before it, and
        decoders complain if those are not there.
        """
        return self._reorder == 0 or (self._reorder == 1 and has_room(self._sequence))

    @property
    def fits(self) -> bool:
        """Whether x264's pictures can be told under the source's sequence parameter set."""
        sequence = self._sequence
        return self._single and sequence.plain and (sequence.order_type == 0 or sequence.frames_only)

    def encoded(
        self, frames: Iterable[VideoFrame], clock: Fraction, following: bytes | None
    ) -> "Iterator[Packet[Stream]]":
        """See `Splice`."""
        target = self._place(following) if following is not None else None
        pictures = self._numbered(run(self._encoder, self._restarting(frames, target), clock))
        if target is None or self._sequence.order_type != 0:
            for picture in pictures:
                yield self._put(picture, STEP * picture.frame_num)
            return
        tail: deque[_Picture] = deque()
        for picture in pictures:
            tail.append(picture)
            if len(tail) > TAIL:
                first = tail.popleft()
                yield self._put(first, STEP * first.frame_num)
        yield from self._landing(list(tail), target)

    def _landing(self, tail: list[_Picture], target: Place) -> "Iterator[Packet[Stream]]":
        """The last pictures of a run, in places from which the target is ahead."""
        begin = max((number for number, picture in enumerate(tail) if picture.fresh), default=0)
        for picture in tail[:begin]:
            yield self._put(picture, STEP * picture.frame_num)
        last = tail[begin:]
        if last:
            before = STEP * (last[0].frame_num - 1)
            orders = tail_orders(before, len(last), last[0].fresh, target, self._sequence)
            for picture, order in zip(last, orders, strict=True):
                yield self._put(picture, order)

    def _place(self, following: bytes) -> Place | None:
        """Where a copied picture is that goes on counting from ours; None: it begins anew."""
        slices = [unit for unit in self._framing.split(following) if unit[0] & 31 in (H264_SLICE, H264_IDR)]
        if not slices or slices[0][0] & 31 == H264_IDR:
            return None
        try:
            return place_of(slices[0], self._sequence)
        except BrokenUnit:
            return None  # nor will a decoder know

    def _restarting(self, frames: Iterable[VideoFrame], target: Place | None) -> Iterator[tuple[VideoFrame, bool]]:
        number = 0
        for frame, behind in with_distance(frames, TAIL):
            landing = target is not None and restart_at(number, behind, target, self._sequence)
            # The last frames' numbers are minded by `restart_at` alone.
            number = 0 if landing or (number >= GROUP and behind == TAIL) else number
            yield frame, number == 0
            number += 1

    def _numbered(self, packets: "Iterator[Packet[Stream]]") -> Iterator[_Picture]:
        number = 0
        for packet in packets:
            units = Framing(0).split(bytes(packet))
            number = 0 if any(unit[0] & 31 == H264_IDR for unit in units) else number
            yield _Picture(packet, [unit for unit in units if _is_kept(unit)], number)
            number += 1

    def _put(self, picture: _Picture, order: int) -> "Packet[Stream]":
        """The picture under the source's sequence parameter set."""
        place = Place(picture.frame_num, order)
        bottom = -1 if self._field_order in BOTTOM_FIRST else 1
        units = [
            replaced(unit, self._made_under, self._coding, self._sequence, place, bottom)
            if unit[0] & 31 in (H264_SLICE, H264_IDR)
            else unit
            for unit in picture.units
        ]
        # A stream of bytes has no description: each keyframe brings the sets along.
        sets = [*self._theirs, *self._ours] if picture.fresh and not self._framing.prefix else []
        return rewritten(picture.packet, self._framing.join([*sets, *units]))

    def _pictures(self) -> dict[str, int | str]:
        return {"bframes": 0, "ref": 1, "weightp": 0, "scenecut": 0, "keyint": "infinite"}

    def _our_sets(self, context: VideoCodecContext) -> list[bytes]:
        units = Framing(0).split(context.extradata or b"")
        self._made_under = next(read_sequence(unit) for unit in units if unit[0] & 31 == SEQUENCE)
        sets = [unit for unit in units if unit[0] & 31 == PICTURE]
        self._coding = read_coding(sets[0])
        # Copying may go on with any number; where frames are missing, gaps have to be allowed.
        self._theirs = list(map(_allowing_gaps, self._theirs))
        if self._configuration is not None:
            gapped = tuple(map(_allowing_gaps, self._configuration.sequences))
            self._configuration = replace(self._configuration, sequences=gapped)
        return [going_with(unit, self._sequence.id) for unit in sets]


def h264_splice(video: Video, source: VideoStream, container: str) -> Splice:
    """Runs under the source's sequence parameter set, or under one of their own where that does not do."""
    joined = H264Joined(video, source, container)
    return joined if joined.fits else H264Splice(video, source, container)


def _allowing_gaps(unit: bytes) -> bytes:
    return allowing_gaps(unit) if unit[0] & 31 == SEQUENCE else unit


def _is_kept(unit: bytes) -> bool:
    kind = unit[0] & 31
    return kind in (H264_SLICE, H264_IDR) or (kind == H264_SEI and unit[1] == CAPTIONS)
