"""A cutlist as editors see it: clips and markers in numbers of frames, on one line of time."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.frames import FrameCount, count_frames, drops_frames, timecode_number
from miles_deep.export.notation import single_line
from miles_deep.video import Stream, Video


@dataclass(frozen=True, slots=True)
class SequenceClip:
    """Frames of the film that are shown, and when."""

    name: str
    source: int
    """Number of its first frame in the film, whose own first frame is 0."""
    record: int
    """Number of its first frame in the sequence."""
    frames: int
    """How many are shown, at least 1."""


@dataclass(frozen=True, slots=True)
class SequenceMarker:
    """A segment, marked on the whole film."""

    name: str
    comment: str
    """Its score and coverage."""
    start: int
    """Number of its first frame in the film and in the sequence, which are the same."""
    frames: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """Clips of one film, one after another. All text in it is one line that XML can hold."""

    title: str
    file_name: str
    url: str
    """Of the film: `file:///films/my%20film.mp4`, bytes that are no ASCII percent-encoded."""
    video: Video
    rate: Fraction
    """Frames a second."""
    drop: bool
    """Whether timecode is drop-frame."""
    start: int
    """What the film's timecode counts at its first frame."""
    total: int
    """Frames of the film."""
    clips: tuple[SequenceClip, ...]
    markers: tuple[SequenceMarker, ...]

    @property
    def whole_rate(self) -> int:
        """Frames a second that timecode counts: 30 for 30000/1001."""
        return math.ceil(self.rate)

    @property
    def frames(self) -> int:
        """Frames of all clips."""
        return sum(clip.frames for clip in self.clips)

    @property
    def sound(self) -> tuple[Stream, ...]:
        """The film's audio tracks; two channels where the file does not tell."""
        tracks = [stream for stream in self.video.streams if stream.kind == "audio"]
        return tuple(replace(track, channels=track.channels or 2) for track in tracks)


def sequence_of(cutlist: Cutlist, format: str) -> Sequence:
    """Lay a cutlist out for a format; `format` is a key of `frames.RATES`."""
    video = cutlist.video
    count = count_frames(video, format)
    return Sequence(
        title=text(video.path.stem),
        file_name=text(video.path.name),
        url=video.path.absolute().as_uri(),
        video=video,
        rate=count.rate,
        drop=drops_frames(video.timecode, count.rate),
        start=_start(video.timecode, count),
        total=count.total,
        clips=_whole(count, text(video.path.stem)) if cutlist.mark else _clips(cutlist, count),
        markers=_markers(cutlist, count) if cutlist.mark else (),
    )


def text(name: str) -> str:
    """A name on one line, of characters that XML 1.0 can hold."""
    return single_line(name).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def _start(timecode: str | None, count: FrameCount) -> int:
    own = timecode_number(timecode or "", count.native)
    return 0 if own is None else round(own * count.rate / count.native)


def _whole(count: FrameCount, name: str) -> tuple[SequenceClip, ...]:
    return (SequenceClip(name, 0, 0, count.total),)


def _clips(cutlist: Cutlist, count: FrameCount) -> tuple[SequenceClip, ...]:
    clips: list[SequenceClip] = []
    record = 0
    for clip in cutlist.clips:
        first, after = count.frames_in(clip.span)
        if first < after:
            clips.append(SequenceClip(text(clip.name or cutlist.video.path.stem), first, record, after - first))
            record += after - first
    return tuple(clips)


def _markers(cutlist: Cutlist, count: FrameCount) -> tuple[SequenceMarker, ...]:
    markers = []
    for segment in cutlist.segments:
        first, after = count.frames_in(segment.span)
        if first < after:
            comment = f"score {segment.score:.3f}, coverage {segment.coverage:.3f}"
            markers.append(SequenceMarker(text(segment.label), comment, first, after - first))
    return tuple(markers)
