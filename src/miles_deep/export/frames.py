"""Numbers of frames, counted exactly, for editors that know no other time.

A frame's number is how many frames of the film are shown before it: counted by their presentation times, never
seconds times a rate. Where an editor knows no such rate, or the film has no constant one, the numbers are those of
the film resampled to a rate that the editor does know.
"""

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from miles_deep.timecode import Span
from miles_deep.video import Video
from miles_deep.video.packets import PacketIndex

SMPTE_RATES = tuple(
    rate
    for whole in (24, 25, 30, 48, 50, 60)
    for rate in (Fraction(whole * 1000, 1001), Fraction(whole))
    if whole % 25 or rate == whole
)
"""Frames a second for which there is a timecode (SMPTE 12M-1): 24000/1001, 24, 25, 30000/1001 …"""

RATES: dict[str, tuple[Fraction, ...] | None] = {
    "edl": SMPTE_RATES,
    # What a project of Final Cut Pro can have.
    "fcpxml": tuple(rate for rate in SMPTE_RATES if not 47 < rate < 49),
    "xmeml": SMPTE_RATES,
    "otio": None,
}
"""Format to the frames a second that it can say; None: any, as long as it is constant."""

DROPPED = {Fraction(30000, 1001): 2, Fraction(60000, 1001): 4}
"""Frames a second to the numbers that drop-frame timecode leaves out every minute but the tenth (SMPTE 12M-1)."""

TIMECODE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)", re.ASCII)
"""Hours, minutes, seconds, a mark that is not a colon in drop-frame, frames."""

SAME = Fraction(1, 4000)
"""Fraction by which rates may differ and be the same: 24 and 24000/1001 are four times as far apart."""


@dataclass(frozen=True, slots=True)
class FrameCount:
    """How the frames of a film are numbered."""

    index: PacketIndex
    native: Fraction
    """Frames a second that the film has; where they vary, the usual ones."""
    rate: Fraction
    """Frames a second that are counted."""
    varies: bool
    """Whether the film has no constant rate."""
    total: int
    """Frames of the whole film, at least 1."""

    @property
    def resampled(self) -> bool:
        """Whether the numbers are not those of the film's own frames."""
        return self.varies or self.rate != self.native

    def frames_in(self, span: Span) -> tuple[int, int]:
        """Numbers of the first frame in a span and of the first after it; equal where there is none in it.

        A frame is in a span when it begins in it. A resampled edge is moved to the nearest frame.
        """
        if self.varies:
            edges = [_nearest_whole(time * self.rate) for time in (span.start, span.end)]
        else:
            edges = [_nearest_whole(own * self.rate / self.native) for own in self.index.frames_in(span)]
        first, after = (min(edge, self.total) for edge in edges)
        return first, after


def count_frames(video: Video, format: str) -> FrameCount:
    """Number a film's frames as a format can say them; `format` is a key of `RATES`."""
    index = video.index
    # A last frame that is held is as much of a variable rate as one before.
    varies = index.variable_frame_rate or index.last_duration * index.tick > 2 * index.usual_gap
    native = _usual_rate(video) if varies else _constant_rate(video)
    known = SMPTE_RATES if varies and RATES[format] is None else RATES[format]
    rate = native if known is None else _carried(native, known)
    total = index.end * rate if varies else len(index.frame_ticks) * rate / native
    return FrameCount(index, native, rate, varies, max(1, _nearest_whole(total)))


def resampling_note(video: Video, format: str) -> tuple[str, ...]:
    """What a user should know of the numbers of frames: nothing, or that they are resampled."""
    count = count_frames(video, format)
    if count.varies:
        return (f"{format}: the film's frame rate varies; resampled to {rate_text(count.rate)} frames a second",)
    if count.resampled:
        cannot = f"the format cannot hold {rate_text(count.native)} frames a second"
        return (f"{format}: {cannot}; resampled to {rate_text(count.rate)}",)
    return ()


def rate_text(rate: Fraction) -> str:
    """Frames a second as people write them: 25, 29.97, 23.976."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def timecode_number(timecode: str, rate: Fraction) -> int | None:
    """The number of the frame that a timecode names; None where it is none of this rate.

    As SMPTE 12M-1 counts: the numbers that drop-frame leaves out are those of the first frames of each minute but
    every tenth.
    """
    match = TIMECODE.fullmatch(timecode)
    if match is None:
        return None
    hours, minutes, seconds, frames = (int(match[group]) for group in (1, 2, 3, 5))
    whole = math.ceil(rate)
    dropped = DROPPED.get(rate, 0) if match[4] != ":" else 0
    if minutes > 59 or seconds > 59 or frames >= whole or (frames < dropped and seconds == 0 and minutes % 10):
        return None
    minutes += 60 * hours
    return (60 * minutes + seconds) * whole + frames - dropped * (minutes - minutes // 10)


def drops_frames(timecode: str | None, rate: Fraction) -> bool:
    """Whether timecode at a rate is drop-frame: where the film has none that says otherwise, if it can be."""
    match = TIMECODE.fullmatch(timecode or "")
    return rate in DROPPED and (match is None or match[4] != ":")


def _constant_rate(video: Video) -> Fraction:
    """Frames a second of a film whose frames are all shown for as long."""
    last = len(video.index.frame_ticks) - 1
    time = int(video.index.frame_ticks[last]) * video.index.tick
    measured = last / time if last else None
    stated = video.frame_rate
    if stated and measured and abs(time * stated - last) >= Fraction(1, 2):
        stated = None  # The header tells of another number of frames than there are.
    for rate in (stated, measured):
        if rate and abs((near := _nearest(rate, SMPTE_RATES)) / rate - 1) < SAME:
            return near
    measured = measured or 1 / video.index.usual_gap
    return stated or measured.limit_denominator(1001) or measured


def _usual_rate(video: Video) -> Fraction:
    """Frames a second at which most frames follow each other, in a film where not all do."""
    usual = 1 / video.index.usual_gap
    stated = video.frame_rate
    # Containers that round to milliseconds know the rate better than the gaps do.
    return stated if stated and abs(stated / usual - 1) < Fraction(1, 50) else usual


def _carried(rate: Fraction, known: tuple[Fraction, ...]) -> Fraction:
    """The known rate that is best for a film: its own, or a whole multiple or part of it, or else the nearest."""
    if rate in known:
        return rate
    multiples = [other for other in known if (other / rate).denominator == 1]
    parts = [other for other in known if (rate / other).denominator == 1]
    return _nearest(rate, multiples or parts or list(known))


def _nearest(rate: Fraction, known: "tuple[Fraction, ...] | list[Fraction]") -> Fraction:
    return min(known, key=lambda other: max(other / rate, rate / other))


def _nearest_whole(number: Fraction) -> int:
    return math.floor(number + Fraction(1, 2))
