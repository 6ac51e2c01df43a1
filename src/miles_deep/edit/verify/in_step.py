"""Whether the sound of an output is in step with its picture, where its pieces begin and end."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av.error
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from miles_deep.edit.pieces import EditPlan, Piece
from miles_deep.edit.sound.reading import Tracks
from miles_deep.edit.sound.track import MOST_SAMPLES
from miles_deep.edit.source import Source
from miles_deep.timecode import Span, within
from miles_deep.video.video import Stream, Video

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
"""Seconds decoded before what is wanted and thrown away, enough for a likeness: the first packets may come out
somewhat wrong, and what is written, for which `edit.sound` decodes a whole second, is not made of this."""

JITTER = Fraction(5, 1000)
"""Seconds by which the times of packets may be off before it counts as a gap: half of what `edit.sound` lets pass
as it writes, since what was let pass there is to be seen here."""

QUIET = 1e-3
"""Level (root of the mean square; 1 is full scale) below which there is nothing to compare."""

SILENT = 0.01
"""Part of its level at which sound is gone."""

CLEAR, BETTER = 0.7, 0.2
"""How alike (normalised correlation) the sound has to be where it is found, and by how much more than anywhere
within what is allowed: tones and beats are like themselves in many places."""

Samples = NDArray[np.float64]

_Chain = tuple[Stream, "_Chain | None"]
_Match = tuple[int, "_Chain | None"]


@dataclass(frozen=True, slots=True)
class OutOfStep:
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


def out_of_step(
    videos: Sequence[Video], plan: EditPlan, film: Video, looked: Callable[[Fraction], None]
) -> Iterator[OutOfStep]:
    """Sound of an output that is not in step with its picture.

    Looks at what is played as usual; muted pieces and those of another speed say nothing.

    Args:
        videos: the films, by `Piece.film`.
        plan: what was to be made.
        film: what was made.
        looked: is told of seconds that were listened to, `to_hear` in all.
    """
    allowed = ALLOWED + max(Fraction(1, 1000), film.index.tick)
    partners = [_partners(film, video) for video in videos]
    for track in _tracks(film):
        sources = [tracks.get(track.index) for tracks in partners]
        at = [Source(video, source.index if source else -1) for video, source in zip(videos, sources, strict=True)]
        with Tracks([Source(film, track.index)]) as one, Tracks(at) as other:
            for piece in plan.pieces:
                source = sources[piece.film]
                if source is None or max(source.sample_rate, track.sample_rate) > MOST_SAMPLES:
                    continue
                for time, late in _off(one, other, piece, allowed, looked):
                    known = sources[0] or source
                    number = _tracks(videos[0]).index(known) + 1 if sources[0] else 0
                    yield OutOfStep(time, piece.film, number, known.index, late)


def _off(
    one: Tracks, other: Tracks, piece: Piece, allowed: Fraction, looked: Callable[[Fraction], None]
) -> Iterator[tuple[Fraction, Fraction | None]]:
    """Where in a piece sound is not in step, seconds of the output, and how late it is; None: gone."""
    for place in _places(piece):
        time = piece.output_time(place)
        sound = _samples(one, 0, time, HEARD)
        around = _samples(other, piece.film, place - SEARCHED, HEARD + 2 * SEARCHED)
        looked(HEARD)
        if _gone(sound, around):
            yield time, None
        elif (late := _late(sound, around, allowed)) is not None:
            yield time, late


def to_hear(plan: EditPlan, film: Video) -> Fraction:
    """Seconds of sound that are listened to, of all tracks of an output."""
    return len(_tracks(film)) * HEARD * sum(len(_places(piece)) for piece in plan.pieces)


def _tracks(video: Video) -> list[Stream]:
    return [stream for stream in video.streams if stream.kind == "audio" and stream.codec]


def _partners(film: Video, source: Video) -> dict[int, Stream]:
    """Index of a sound track of an output to the film's track that it comes of.

    They stand in the film's order. Where some were left out, those go together that are most alike."""
    made, tracks = _tracks(film), _tracks(source)
    spare = len(tracks) - len(made)
    # From the last track of the output to the first: how well the rest goes with a film's tracks from each on, and
    # which they are, as pairs of one and those after it.
    best: list[_Match] = [(0, None)] * (len(tracks) + 1)
    for number in range(len(made) - 1, -1, -1):
        found: list[_Match] = [(0, None)] * (len(tracks) + 1)
        for place in range(len(tracks) - 1, -1, -1):
            score, after = best[place + 1]
            found[place] = (score + _alike(made[number], tracks[place]), (tracks[place], after))
            if place - number < spare and found[place + 1][0] > found[place][0]:
                found[place] = found[place + 1]
        best = found
    partners: dict[int, Stream] = {}
    chain = best[0][1]
    for track in made:
        if chain is not None:
            partners[track.index], chain = chain
    return partners


def _alike(one: Stream, other: Stream) -> int:
    """How much speaks for two tracks being the same; languages count most, codecs may be others."""
    named = one.language not in (None, "und") and one.language == other.language
    same = (one.codec == other.codec, one.channels == other.channels, one.sample_rate == other.sample_rate)
    return 4 * named + 2 * (one.title is not None and one.title == other.title) + sum(same)


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
