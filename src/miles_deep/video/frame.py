"""A frame, and what is noted while frames are read."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture with its exact presentation time."""

    time: Fraction
    """Seconds from the video's start."""
    duration: Fraction
    """Seconds for which it is shown, as far as the file tells."""
    picture: "VideoFrame"
    """The picture as stored: its own pixel format, not turned."""


@dataclass(slots=True)
class Reading:
    """What came out while frames were read; filled in as the reading goes on."""

    damaged: int = 0
    """Packets and frames that were damaged and skipped."""
    end: Fraction | None = None
    """End of the film's last frame, in seconds, once it is known."""
    given: int = 0
    """Frames that `frames_between` gave; fewer than the file has packets where some cannot be decoded."""
    held: int = 0
    """Those of them that began before the span they were given for."""
