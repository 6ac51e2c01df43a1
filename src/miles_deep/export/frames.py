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

    video: Video
    native: Fraction
    """Frames a second that the film has; where they vary, the usual ones."""
    rate: Fraction
    """Frames a second that are counted."""

    @property
    def resampled(self) -> bool:
        """Whether the numbers are not those of the film's own frames."""
        return self.video.variable_frame_rate or self.rate != self.native

    @property
    def total(self) -> int:
        """Frames of the whole film."""
        index = self.video.index
        if self.video.variable_frame_rate:
            return max(1, _nearest_whole(index.end * self.rate))
        return max(1, self._resample(len(index.frame_ticks)))

    def frames_in(self, span: Span) -> tuple[int, int]:
        """Numbers of the first frame in a span and of the first after it; equal where there is none in it.

        A frame is in a span when it begins in it. A resampled edge is moved to the nearest frame.
        """
        if self.video.variable_frame_rate:
            edges = [_nearest_whole(time * self.rate) for time in (span.start, span.end)]
        else:
            edges = [self._resample(number) for number in self.video.index.frames_in(span)]
        first, after = (min(edge, self.total) for edge in edges)
        return first, after

    def _resample(self, number: int) -> int:
        return _nearest_whole(number * self.rate / self.native)


def count_frames(video: Video, format: str) -> FrameCount:
    """Number a film's frames as a format can say them; `format` is a key of `RATES`."""
    native = _usual_rate(video) if video.variable_frame_rate else _constant_rate(video)
    known = RATES[format]
    if known is None and video.variable_frame_rate:
        known = SMPTE_RATES
    return FrameCount(video, native, native if known is None else _carried(native, known))


def resampling_note(video: Video, format: str) -> tuple[str, ...]:
    """What a user should know of the numbers of frames: nothing, or that they are resampled."""
    count = count_frames(video, format)
    if video.variable_frame_rate:
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
    measured = last / video.index.frame_times[last] if last else None
    stated = video.frame_rate
    if stated and measured and abs(video.index.frame_times[last] * stated - last) >= Fraction(1, 2):
        stated = None  # The header tells of another number of frames than there are.
    for rate in (stated, measured):
        if rate and abs((near := _nearest(rate, SMPTE_RATES)) / rate - 1) < SAME:
            return near
    return stated or (measured or 1 / video.index.usual_gap).limit_denominator(1001)


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
