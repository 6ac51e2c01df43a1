"""What a cut should be, worked out from the spec of its film, and what it is, read from the file."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from media import FilmSpec, decode_audio, decode_video, read_colour, read_frame_number
from miles_deep.edit import EditResult, Mode
from miles_deep.timecode import Span

SPANS = (Span(Fraction(131, 100), Fraction(311, 100)), Span(Fraction(561, 100), Fraction(833, 100)))
"""No edge is within 2 ms of a frame of any test film, so that a container's rounding moves none across it."""

ROUNDING = Fraction(2, 1000)
"""Seconds by which containers that count milliseconds may be off."""


@dataclass(frozen=True)
class Cut:
    """A film, what was asked of it, and what came of that."""

    spec: FilmSpec
    source: Path
    asked: tuple[Span, ...]
    result: EditResult

    @cached_property
    def pictures(self) -> list[tuple[Fraction, int, tuple[float, float, float]]]:
        """(time, number, colour) of every frame a viewer sees; time 0 is the first one's."""
        seen = decode_video(self.result.path)
        return [(time - seen[0][0], read_frame_number(rgb), read_colour(rgb)) for time, rgb in seen]

    @cached_property
    def expected(self) -> list[tuple[Fraction, int]]:
        """(time, number) of every frame that should be seen: those that are asked for, or, for `copy`, those
        of the spans that are said to have come out."""
        spans = self.result.spans if self.result.mode == "copy" else self.asked
        return expected_pictures(self.spec, spans)

    @property
    def first_picture(self) -> Fraction:
        """When the first frame is shown, on the file's own clock."""
        return first_picture(self.result.path)


CutOf = Callable[[FilmSpec, Mode], Cut]
"""The fixture `cut_of`."""


@cache
def film_pictures(spec: FilmSpec) -> tuple[tuple[Fraction, int], ...]:
    """(seconds from the first frame shown, number) of a film's frames."""
    start = spec.shown()[0][1]
    return tuple((time - start, number) for number, time in spec.shown())


def film_end(spec: FilmSpec) -> Fraction:
    """Seconds from the first frame shown to the end of the last."""
    return spec.end() - spec.shown()[0][1]


def spans_for(spec: FilmSpec) -> tuple[Span, ...]:
    """Two stretches of a film, or all of it where it is too short."""
    return SPANS if film_end(spec) > 9 else (Span(0, film_end(spec)),)


@cache
def _edges(spec: FilmSpec) -> tuple[tuple[Fraction, ...], Fraction]:
    """When each frame of a film begins, and the last one ends; for how long a frame usually is shown."""
    times = (*(time for time, _ in film_pictures(spec)), film_end(spec))
    return times, sorted(after - time for time, after in pairwise(times))[len(times) // 2 - 1]


def delivered(spec: FilmSpec, spans: Sequence[Span]) -> list[Span]:
    """What of a film comes out to the frame: from the first frame in each span to the one after the last; but not
    more than was asked for where a frame is held beyond an edge for at least as long as frames usually are."""
    times, usual = _edges(spec)
    out = []
    for span in spans:
        first = next(time for time in times if time + ROUNDING / 2 >= span.start)
        after = next((time for time in times if time + ROUNDING / 2 >= span.end), times[-1])
        held_before = first - span.start + ROUNDING / 2 >= usual and first > times[0]
        held_after = after - span.end >= usual
        out.append(Span(span.start if held_before else first, span.end if held_after else after))
    return out


def expected_pictures(spec: FilmSpec, spans: Sequence[Span]) -> list[tuple[Fraction, int]]:
    """(time in the output, number) of the frames shown in the spans."""
    pictures, output = [], Fraction(0)
    film = film_pictures(spec)
    for span, whole in zip(spans, delivered(spec, spans), strict=True):
        inside = [(time, number) for time, number in film if in_span(time, span)]
        if whole.start == span.start and (not inside or inside[0][0] > whole.start + ROUNDING):
            inside.insert(0, (whole.start, max(number for time, number in film if time < span.start)))
        pictures += [(output + time - whole.start, number) for time, number in inside]
        output += whole.length
    return pictures


def in_span(time: Fraction, span: Span) -> bool:
    """Whether a frame of this true time is in a span whose edges may be rounded to milliseconds."""
    return span.start <= time + ROUNDING / 2 < span.end


def state(path: Path) -> tuple[str, int, int]:
    """What must not change of a file: its bytes, its time of change, its number of names."""
    status = path.stat()
    return hashlib.sha256(path.read_bytes()).hexdigest(), status.st_mtime_ns, status.st_nlink


def first_picture(path: Path) -> Fraction:
    with av.open(str(path)) as film:
        stamps = [packet.pts if film.format.name not in ("avi", "asf") else packet.dts for packet in _some(film)]
        return min(stamp for stamp in stamps if stamp is not None) * film.streams.video[0].time_base


def _some(film: av.container.InputContainer) -> list[av.Packet]:
    return [packet for _, packet in zip(range(20), film.demux(film.streams.video[0]), strict=False) if packet.size]


@dataclass(frozen=True)
class Sound:
    """One track of a film, laid on the clock on which its first picture is at 0."""

    samples: NDArray[np.float32]
    rate: int
    start: Fraction

    def window(self, at: Fraction, length: Fraction) -> NDArray[np.float32]:
        """The samples from `at` on; zeros where the track has none."""
        first, count = round((at - self.start) * self.rate), round(length * self.rate)
        padded = np.zeros(count, np.float32)
        part = self.samples[max(first, 0) : max(first + count, 0)]
        padded[max(-first, 0) :][: len(part)] = part
        return padded


def sound_of(path: Path, track: int) -> Sound:
    samples, rate, start = decode_audio(path, track)
    return Sound(samples, rate, start - first_picture(path))
