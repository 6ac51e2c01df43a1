"""frames_at: the one way in which frames are read from a film."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from itertools import chain, takewhile

import av.error
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from miles_deep.timecode import Span
from miles_deep.video.clock import DECODING_TIMES_ONLY, Clock
from miles_deep.video.container import (
    Damage,
    go_to,
    go_to_beginning,
    main_picture,
    open_film,
    packets,
)
from miles_deep.video.frame import Frame, Reading
from miles_deep.video.hardware import Accelerator, decoder_for
from miles_deep.video.packets import packet_stamp
from miles_deep.video.straight import SEEK_AHEAD, SEEK_MARGINS, StraightDecoder, straight_frames
from miles_deep.video.video import Video
from miles_deep.video.visits import Visit, plan_visits

READ_ON = 1_000_000
"""Bytes of packets that are rather read and dropped than jumped over: a disk that turns reads so many in the time
of a seek."""


def frames_at(
    video: Video, times: Iterable[Fraction], reading: Reading | None = None
) -> Iterator[tuple[Fraction, Frame]]:
    """Read the frames shown at given times.

    The frame shown at t is the last one whose time is not after t; before the first frame, the first. A damaged
    frame counts as not shown: the one before it stays. The pictures are, bit for bit, those of a decoder that
    reads the whole film.

    Args:
        video: what `probe` told.
        times: seconds from the video's start, ascending; may be endless. Times at or after the film's
            end yield nothing.
        reading: is told what was damaged, and where the film ended.

    Yields:
        (time, frame), one for every time before the film's end, in order.

    Raises:
        VideoError: the film cannot be opened, or not one frame of it can be decoded.
    """
    with closing(FrameReader(video)) as reader:
        yield from reader.at(times, reading)


class FrameReader:
    """`frames_at` with the file and the decoder kept open, for one caller who asks many times.

    Groups of pictures without a wanted frame are left out by seeking. In the others, decoding starts at the
    keyframe, leaves out what no other picture refers to, and stops after the last wanted frame.
    """

    def __init__(self, video: Video, threads: int = 0, accelerator: Accelerator | None = None) -> None:
        """`threads` is how many the decoder may use (0: as many as it likes), `accelerator` what it decodes in."""
        self._video = video
        self._container = open_film(video.path)
        self._stream = main_picture(self._container, video.path)
        self._decoder = decoder_for(self._stream, accelerator, threads)
        self._clock = Clock(self._stream, video.late)
        self._usual = 1 / video.frame_rate if video.frame_rate else Fraction(0)
        self._start = self._clock.ticks(video.start)
        # One packet may be no frame (a field, or two frames in AVI's packed bitstreams): all have to be decoded.
        self._whole = video.container in DECODING_TIMES_ONLY or video.interlaced
        self._packets: Iterator[Packet[Stream]] = iter(())
        self._pushed_back: Packet[Stream] | None = None  # what the next visit begins with
        self._next: int | None = None  # number of the packet that `_packets` gives next, while that is known

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def at(self, times: Iterable[Fraction], reading: Reading | None = None) -> Iterator[tuple[Fraction, Frame]]:
        """Read the frames shown at given times, as `frames_at` does; may be called again with any times."""
        reading = reading if reading is not None else Reading()
        if not self._video.ordered:
            yield from straight_frames(self._video, times, reading)
            return
        reading.end = self._video.index.end
        wanted = list(takewhile(lambda time: time < self._video.index.end, times))
        given = 0
        for visit in plan_visits(self._video.index, wanted):
            for time, frame in self.visit(visit, reading):
                yield time, frame
                given += 1
            if wanted[given:] and wanted[given] <= visit.times[-1][-1]:
                yield from straight_frames(self._video, wanted[given:], reading, self._before(visit))
                return

    def visit(self, visit: Visit, reading: Reading) -> Iterator[tuple[Fraction, Frame]]:
        """Read what is wanted of some groups of pictures, up to the first frame that does not come out.

        None does where it is damaged, or where the keyframe before it was none to start decoding at.
        """
        before, wanted = reading.damaged, deque(zip(visit.ticks, visit.times, strict=True))
        entered = visit.entry == 0
        for picture in self._pictures(visit, reading):
            ticks = self._clock.shown(picture, None)
            if not entered and ticks != int(self._video.index.pts[visit.entry]) + self._start:
                break  # at a recovery point FFmpeg holds pictures back, and gives wrong ones where x264 wrote it
            entered = True
            if ticks is None or picture.is_corrupt or ticks - self._start < wanted[0][0]:
                continue
            if ticks - self._start > wanted[0][0]:
                break
            length = self._clock.seconds(picture.duration) if picture.duration > 0 else self._usual
            frame = Frame(self._clock.seconds(ticks) - self._video.start, length, picture)
            for time in wanted.popleft()[1]:
                yield time, frame
            if not wanted:
                return
        reading.damaged = before  # whoever reads these groups again counts anew

    def _before(self, visit: Visit) -> Fraction:
        """A time in the group before a visit's first one."""
        index = self._video.index
        return max(Fraction(0), (int(index.pts[visit.entry]) - 1) * index.tick)

    def _pictures(self, visit: Visit, reading: Reading) -> Iterator[VideoFrame]:
        """Decode a visit's packets, as few as its frames need."""
        entry = self._enter(visit)
        if entry is None:
            return
        if self._decoder.is_open:
            self._decoder.flush_buffers()
        index = self._video.index
        unread, begins = set(visit.ticks), entry.is_keyframe
        first, last = int(index.pts[visit.entry]), int(index.pts[visit.last])
        dropped = False
        for packet in chain([entry], self._packets):
            ticks = self._ticks(packet)
            if dropped and ticks is None and packet.size:
                continue  # the second field of a picture that was left out has no time of its own
            dropped = False
            if not packet.size:
                break
            if packet.is_keyframe and packet is not entry:
                if ticks is not None and ticks > last:
                    self._pushed_back = packet
                    break
                begins = False
            elif begins and ticks is not None and ticks < first:
                self._count(ticks)
                dropped = True
                continue  # a leading picture, of a group whose forerunner was left out
            self._count(ticks)
            self._decoder.skip_frame = "DEFAULT" if self._whole or ticks in unread else "NONREF"
            yield from self._decode(packet, reading)
            unread.discard(ticks)
            if not unread and not self._whole:
                break
        yield from self._decode(None, reading)

    def _decode(self, packet: "Packet[Stream] | None", reading: Reading) -> Sequence[VideoFrame]:
        try:
            pictures = self._decoder.decode(packet)
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            reading.damaged += 1
            return []
        reading.damaged += sum(picture.is_corrupt for picture in pictures)
        return pictures

    def _enter(self, visit: Visit) -> "Packet[Stream] | None":
        """Go to the packet at which a visit starts."""
        index = self._video.index
        near = self._next is not None and self._next <= visit.entry
        if near and index.size[self._next : visit.entry].sum() < READ_ON and (packet := self._find(visit)):
            return packet
        keyframe = int(index.pts[visit.entry]) + self._start + self._video.late
        for margin in SEEK_MARGINS if visit.entry else ():
            go_to(self._container, self._stream, keyframe - int(margin / index.tick))
            if packet := self._find_from_here(visit):
                return packet
        go_to_beginning(self._container, self._stream)
        return self._find_from_here(visit)

    def _find_from_here(self, visit: Visit) -> "Packet[Stream] | None":
        """As `_find`, after a seek."""
        self._pushed_back = None
        self._packets = packets(self._container, Damage(), self._stream)
        return self._find(visit)

    def _find(self, visit: Visit) -> "Packet[Stream] | None":
        """Read on to the packet at which a visit starts; None: it was not to be found from here."""
        index = self._video.index
        self._next = None
        first, self._pushed_back = self._pushed_back, None
        for packet in chain([first] if first is not None else [], self._packets):
            ticks = self._ticks(packet)
            if ticks is None:
                continue
            if packet_stamp(packet) == index.stamp[visit.entry]:
                self._next = visit.entry
                return packet
            if packet.is_keyframe and ticks > index.pts[visit.entry]:
                return None
        return None

    def _ticks(self, packet: "Packet[Stream]") -> int | None:
        """When a packet's frame is shown, counted from the video's start; None: not at all."""
        if not packet.size or packet.is_discard:
            return None
        ticks = self._clock.read(packet)
        return None if ticks is None else ticks - self._start

    def _count(self, ticks: int | None) -> None:
        if self._next is not None and ticks is not None:
            self._next += 1


def frames_between(
    video: Video, spans: Sequence[Span], reading: Reading | None = None
) -> Iterator[tuple[int, Frame]]:
    """Read every frame of some stretches of a film.

    Damaged frames come too, as the decoder mended them: they are what a viewer of the film sees.

    Args:
        video: what `probe` told.
        spans: ascending, not overlapping.
        reading: is told what was damaged.

    Yields:
        (number of the span, frame) for the frame shown when a span begins and every one whose time lies in it.
    """
    reading = reading if reading is not None else Reading()
    with (
        open_film(video.path) as container,
        closing(StraightDecoder(video, container, reading, keep_damaged=True)) as decoder,
    ):
        frame = decoder.seek(spans[0].start) if spans and spans[0].start > SEEK_AHEAD else None
        frame = frame or decoder.next()
        shown = None
        for number, span in enumerate(spans):
            if frame is not None and span.start - frame.time > SEEK_AHEAD:
                frame = decoder.seek(span.start) or frame
            while frame is not None and frame.time <= span.start:
                shown, frame = frame, decoder.next()
            if shown is not None and (frame is not None or span.start < shown.time + shown.duration):
                reading.given += 1
                reading.held += shown.time < span.start
                yield number, shown
            while frame is not None and frame.time < span.end:
                shown, frame = frame, decoder.next()
                reading.given += 1
                yield number, shown
