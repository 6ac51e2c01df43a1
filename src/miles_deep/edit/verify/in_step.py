"""Whether the sound of an output is in step with its picture, where its pieces begin and end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av.error
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from miles_deep.edit.pieces import EditPlan, Piece
from miles_deep.edit.sound.reading import Tracks
from miles_deep.edit.source import Source
from miles_deep.timecode import Span, within
from miles_deep.video.video import Video

ALLOWED = Fraction(20, 1000)
"""Seconds by which sound may be off; half of what broadcasters allow each other (EBU R 37)."""

RATE = 4000
"""Samples a second that are compared."""

HEARD = Fraction(3, 10)
"""Seconds that are compared."""

SEARCHED = Fraction(15, 100)
"""Seconds to either side in which the sound is looked for."""

AFTER = Fraction(5, 100)
"""Seconds between a join and what is compared: joins are faded."""

PREROLL = Fraction(1, 10)
"""Seconds decoded before what is wanted and thrown away: decoders need some packets to settle."""

JITTER = Fraction(5, 1000)
"""Seconds by which the times of packets may be off before it counts as a gap."""

QUIET = 1e-3
"""Level (root of the mean square; 1 is full scale) below which there is nothing to compare."""

SILENT = 0.01
"""Part of its level at which sound is gone."""

CLEAR, BETTER = 0.7, 0.2
"""How alike (normalised correlation) the sound has to be where it is found, and by how much more than anywhere
within what is allowed: tones and beats are like themselves in many places."""

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heard:
    """Sound that is not what it should be."""

    time: Fraction
    """Seconds of the output."""
    film: int
    """Number of the film that it is of."""
    track: int
    """Number among the sound tracks, from 1."""
    stream: int
    """Its index in the first film's file."""
    late: Fraction | None
    """Seconds by which it is late; early, where negative; None: there is none."""

    @property
    def what(self) -> str:
        """In a user's words."""
        if self.late is None:
            return f"sound track {self.track} is silent"
        off = "late" if self.late > 0 else "early"
        return f"sound track {self.track} is {abs(float(self.late)) * 1000:.0f} ms {off}"


def out_of_step(videos: Sequence[Video], plan: EditPlan, film: Video) -> Iterator[Heard]:
    """Sound of an output that is not in step with its picture.

    Looks at what is played as usual; muted pieces and those of another speed say nothing. Tracks are known by
    their number among those of sound; where the output leaves one out, none is looked at.

    Args:
        videos: the films, by `Piece.film`.
        plan: what was to be made.
        film: what was made.
    """
    made, *sources = (_tracks(video) for video in (film, *videos))
    if any(len(tracks) != len(made) for tracks in sources):
        return
    allowed = ALLOWED + max(Fraction(1, 1000), film.index.tick)
    for number, track in enumerate(made):
        originals = [Source(video, tracks[number]) for video, tracks in zip(videos, sources, strict=True)]
        with Tracks([Source(film, track)]) as one, Tracks(originals) as other:
            for piece in plan.pieces:
                for place in _places(piece):
                    time = piece.output_time(place)
                    sound = _samples(one, 0, time, HEARD)
                    around = _samples(other, piece.film, place - SEARCHED, HEARD + 2 * SEARCHED)
                    if _gone(sound, around):
                        yield Heard(time, piece.film, number + 1, sources[0][number], None)
                    elif (late := _late(sound, around, allowed)) is not None:
                        yield Heard(time, piece.film, number + 1, sources[0][number], late)


def _tracks(video: Video) -> list[int]:
    return [stream.index for stream in video.streams if stream.kind == "audio" and stream.codec]


def _places(piece: Piece) -> list[Fraction]:
    """Where a piece is listened to, seconds of the film."""
    if piece.speed != 1:
        return []
    first, last = piece.span.start + AFTER, piece.span.end - AFTER - HEARD
    if last < first:
        return []
    places = [first, last] if last - first > HEARD else [first]
    return [place for place in places if not within(piece.muted, Span(place - AFTER, place + HEARD + AFTER))]


def _gone(sound: Samples, around: Samples) -> bool:
    """Whether there is no sound where there is some all the time in the film."""
    level = min(_level(part) for part in np.array_split(around, 4))
    return level > QUIET / SILENT and _level(sound) < level * SILENT


def _late(sound: Samples, around: Samples, allowed: Fraction) -> Fraction | None:
    """Seconds by which sound is late; None: no more than allowed, or it cannot be told.

    Args:
        sound: of the output.
        around: of the film, from `SEARCHED` before the place up to as long after it.
        allowed: seconds.
    """
    if min(_level(sound), _level(around)) < QUIET:
        return None
    sound = sound - sound.mean()
    count = len(sound)
    sums = np.concatenate([[0], np.cumsum(around)])
    squares = np.concatenate([[0], np.cumsum(around**2)])
    spread = squares[count:] - squares[:-count] - (sums[count:] - sums[:-count]) ** 2 / count
    norms = np.sqrt(np.maximum(spread, count * QUIET**2) * np.square(sound).sum())
    alike = np.correlate(around, sound, "valid") / norms
    best, middle, near = int(alike.argmax()), round(SEARCHED * RATE), round(min(allowed, SEARCHED) * RATE)
    within = float(alike[middle - near : middle + near + 1].max())
    if alike[best] < CLEAR or alike[best] - within < BETTER:
        return None
    return Fraction(middle - best, RATE)


def _level(sound: Samples) -> float:
    return float(np.sqrt(np.square(sound - sound.mean()).mean()))


def _samples(tracks: Tracks, film: int, start: Fraction, length: Fraction) -> Samples:
    """One channel at `RATE` from a time of a film on; silence where there is none."""
    rate = tracks.track(film).codec_context.sample_rate or RATE  # damaged films may not tell
    native = np.zeros(round(length * rate))
    expected: Fraction | None = None
    for packet, stamp in tracks.packets_from(film, start - PREROLL):
        if stamp is not None and stamp >= start + length:
            break
        try:
            frames = cast(list[AudioFrame], packet.decode())
        except av.error.FFmpegError:
            continue
        for frame in frames:
            if frame.pts is not None:
                time = tracks.time(film, frame.pts * cast(Fraction, frame.time_base))
                if expected is None or abs(time - expected) > JITTER:
                    expected = time
            if expected is None:
                continue
            sound = _mono(frame)
            place = round((expected - start) * rate)
            part = sound[max(0, -place) : max(0, len(native) - place)]
            native[max(0, place) : max(0, place) + len(part)] = part
            expected += Fraction(frame.samples, frame.sample_rate)
    # The mean over each of the fewer samples' time.
    sums = np.concatenate([[0], np.cumsum(native)])
    places = np.linspace(0, len(native), round(length * RATE) + 1)
    return cast(Samples, np.diff(np.interp(places, np.arange(len(sums)), sums)) * (RATE / rate))


def _mono(frame: AudioFrame) -> Samples:
    samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    mono = samples.mean(axis=0, dtype=np.float64)
    if samples.dtype.kind == "f":
        return cast(Samples, mono)
    if samples.dtype == np.uint8:
        return cast(Samples, (mono - 128) / 128)
    return cast(Samples, mono / -float(np.iinfo(np.dtype(samples.dtype.str)).min))
