"""What is known of a film before it is watched."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Literal

from miles_deep.video.packets import PacketIndex

Kind = Literal["video", "audio", "subtitle", "attachment", "data", "unknown"]


Indexing = Callable[[Path, Fraction], PacketIndex]
"""Gives the packets of the film at a path, whose time 0 is that many seconds on the file's clock."""


def _read_index(path: Path, start: Fraction) -> PacketIndex:
    from miles_deep.video.indexing import index_packets  # here, since it brings in PyAV

    return index_packets(path, start)


@dataclass(frozen=True, slots=True)
class Stream:
    """One track of a film, as its container describes it."""

    index: int
    """Its number in the file."""
    kind: Kind
    codec: str
    """FFmpeg's name of the codec; empty where it is unknown."""
    language: str | None
    """ISO 639 code, as written in the file."""
    title: str | None
    dispositions: tuple[str, ...]
    """`default`, `forced`, `attached_pic` and the like, in FFmpeg's words."""
    channels: int = 0
    """Of sound; 0 where there is none or the file does not tell."""
    sample_rate: int = 0
    """Samples of sound a second; 0 as above."""


@dataclass(frozen=True, slots=True)
class Colour:
    """How stored values mean colours, as numbers of ITU-T H.273; 2 is "not said"."""

    matrix: int
    full_range: bool
    primaries: int
    transfer: int


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a stored picture is turned to stand upright: first transposed, then mirrored."""

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @property
    def degrees(self) -> int:
        """The clockwise turn: 0, 90, 180 or 270. Mirroring on top of it is not told."""
        return {(False, False): 0, (True, True): 90, (False, True): 180, (True, False): 270}[
            self.transpose, self.mirror_x
        ]


@dataclass(frozen=True)
class Video:
    """One input file and what probing told about it."""

    path: Path
    container: str
    """FFmpeg's name of the container format, such as `matroska,webm`."""
    streams: tuple[Stream, ...]
    """All tracks, in file order."""
    picture: int
    """Index of the stream that is the film."""
    width: int
    """Of a stored frame, pixels."""
    height: int
    pixel_aspect: Fraction
    """Width of a stored pixel over its height."""
    pixel_format: str
    """FFmpeg's name, such as `yuv420p10le`."""
    colour: Colour
    orientation: Orientation
    display_matrix: tuple[int, ...] | None
    """The nine numbers that tell players how to turn the picture; None: not at all."""
    interlaced: bool
    ordered: bool
    """Whether the file tells of every packet when its frame is shown; raw streams and h264 in AVI do not."""
    late: int
    """Ticks by which FFmpeg's presentation times are late; see `clock.Clock`."""
    frame_rate: Fraction | None
    """Average frames a second; None where the file does not tell."""
    start: Fraction
    """When the first frame is shown, on the file's own clock, in seconds. The video's time starts there."""
    lead: Fraction
    """Seconds for which another track runs before the first frame is shown: players count from there."""
    duration: Fraction
    """Seconds from the first frame shown to the end of the last one, as the header says; where it says
    nothing, counted."""
    promised: bool
    """Whether the header says so of the picture itself, and not only of the longest track."""
    timecode: str | None = None
    """What the first frame's clock showed when it was made, as the file says: `01:00:00:00`, by which editors find
    the frame again; None where it does not say. A semicolon before the frames: drop-frame (SMPTE 12M)."""
    indexing: Indexing = field(default=_read_index, repr=False, compare=False)
    """Where `index` is from: the file, unless somebody knows it from another time."""

    @cached_property
    def index(self) -> PacketIndex:
        """Time, size and kind of every packet of the film; reads the whole file once, without decoding."""
        return self.indexing(self.path, self.start)

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of a frame that stands upright, in its pixels."""
        return (self.height, self.width) if self.orientation.transpose else (self.width, self.height)

    @property
    def upright_aspect(self) -> Fraction:
        """Width of a pixel of an upright frame over its height."""
        return 1 / self.pixel_aspect if self.orientation.transpose else self.pixel_aspect

    @property
    def keyframes(self) -> tuple[Fraction, ...]:
        """Seconds at which decoding can start, in order."""
        return self.index.keyframes

    @property
    def variable_frame_rate(self) -> bool:
        """Whether frames are shown for unequal times."""
        return self.index.variable_frame_rate
