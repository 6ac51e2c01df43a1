"""What is heard: the samples of the output, decoded from the films and put in their places."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import cast

import av.error
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.packet import Packet
from av.stream import Stream
from numpy.typing import NDArray

from miles_deep.edit.sound.frames import Evener, Samples, middle_of, values_a_sample
from miles_deep.edit.sound.reading import Tracks
from miles_deep.edit.sound.stretches import FADE, SoundStretch
from miles_deep.edit.sound.tempo import at_speed
from miles_deep.video.frame import Reading

PREROLL = Fraction(1)
"""Seconds decoded before a stretch and thrown away: decoders need a few packets to settle (Opus asks for 80 ms,
RFC 7845 section 4.6; an MP3 frame may use bits of several before it)."""

JITTER = Fraction(10, 1000)
"""Seconds by which timestamps may be off before it counts as a gap: containers round to 1 ms, some to more. With
what a frame can be off, sound stays in step within 20 ms."""

Heard = tuple[int, AudioFrame]
"""The sample of the output with which a frame begins, and the frame."""


class Signal:
    """The sound of one track of the output."""

    def __init__(self, tracks: Tracks, like: AudioCodecContext, reading: Reading) -> None:
        """`like`: what decodes the first film's track, whose rate and channels all of the sound has."""
        self.rate = like.sample_rate
        self._tracks, self._reading = tracks, reading
        self._even = Evener(like)
        self._fade = round(FADE * self.rate)

    def frames(self, stretches: Iterable[SoundStretch], first: int = 0) -> Iterator[AudioFrame]:
        """The stretches' sound from a sample of the output on, without gaps: silence stands where there is none.

        Each frame's `pts` counts the output's samples before it. Stretches are in order and do not overlap.
        """
        return self.joined(((one, self.heard(one, max(one.start, first))) for one in stretches), first)

    def joined(self, parts: Iterable[tuple[SoundStretch, Iterable[Heard]]], first: int) -> Iterator[AudioFrame]:
        """As `frames`, of stretches for each of which it is given what is heard, before and after it too."""
        written = first
        for stretch, heard in parts:
            for place, frame in heard:
                if place >= stretch.end:
                    break
                step = values_a_sample(frame)
                begin = max(stretch.start, written)
                samples = frame.to_ndarray()[:, max(0, begin - place) * step : (stretch.end - place) * step]
                if not samples.shape[1]:
                    continue
                place = max(place, begin)
                yield from self._silence(written, place)
                yield self._even.frame(self._faded(samples, frame, place, stretch), place)
                written = place + samples.shape[1] // step
            yield from self._silence(written, stretch.end)
            written = max(written, stretch.end)

    def heard(self, stretch: SoundStretch, first: int) -> Iterator[Heard]:
        """Frames of a stretch from a sample of the output on, some from before it or after it."""
        if stretch.mute:
            return iter(())
        if stretch.speed == 1:
            return self._decoded(stretch, stretch.time(first, self.rate) - PREROLL)
        return self._hurried(stretch)

    def _hurried(self, stretch: SoundStretch) -> Iterator[Heard]:
        """At another speed; always from the beginning of the stretch on, so that it is the same each time."""
        begin, end = stretch.time(stretch.start, self.rate), stretch.time(stretch.end, self.rate)
        count = round((end - begin) * self.rate)
        as_it_is = SoundStretch(stretch.film, 0, count, -begin * self.rate)
        place = stretch.start
        for frame in at_speed(self.frames([as_it_is]), stretch.speed):
            yield place, frame
            place += frame.samples

    def _decoded(self, stretch: SoundStretch, since: Fraction) -> Iterator[Heard]:
        """What the film holds from a time on. Packets are counted: single times may be rounded."""
        track = self._tracks.track(stretch.film)
        tick = cast(Fraction, track.time_base)
        expected: int | None = None
        for packet, _ in self._tracks.packets_from(stretch.film, since):
            for decoded in self.decoded(track.codec_context, packet):
                if decoded.pts is not None:
                    exact = stretch.place(self._tracks.time(stretch.film, decoded.pts * tick), self.rate)
                    if expected is None or abs(exact - expected) > JITTER * self.rate:
                        expected = round(exact)
                if expected is None:
                    continue
                for frame in self.even(decoded):
                    yield expected, frame
                    expected += frame.samples

    def decoded(self, decoder: AudioCodecContext, packet: "Packet[Stream]") -> list[AudioFrame]:
        """What a packet holds; nothing where it is damaged."""
        try:
            return decoder.decode(packet)
        except av.error.FFmpegError:
            self._reading.damaged += 1
            return []

    def even(self, frame: AudioFrame) -> list[AudioFrame]:
        """A frame as all of them are."""
        return self._even.frames(frame)

    def _faded(self, samples: Samples, frame: AudioFrame, place: int, stretch: SoundStretch) -> Samples:
        """The samples, of which the first stands at `place`, with the stretch's fades (raised cosines)."""
        step, length = values_a_sample(frame), samples.shape[1] // values_a_sample(frame)
        fade = min(self._fade, (stretch.end - stretch.start) // 2)
        into, out = stretch.start + fade - place, place + length - (stretch.end - fade)
        if not fade or not ((stretch.fade_in and into > 0) or (stretch.fade_out and out > 0)):
            return samples
        at = place + np.arange(length)
        gain = np.ones(length)
        if stretch.fade_in:
            gain *= _rise((at - stretch.start + 0.5) / fade)
        if stretch.fade_out:
            gain *= _rise((stretch.end - at - 0.5) / fade)
        middle = middle_of(frame)
        faded = (samples.astype(np.float64) - middle) * np.repeat(gain, step) + middle
        rounded: Samples = faded if samples.dtype.kind == "f" else np.rint(faded)
        return rounded.astype(samples.dtype)

    def _silence(self, start: int, end: int) -> Iterator[AudioFrame]:
        """Frames of silence, from one sample of the output up to another; a second each at most."""
        if start >= end:
            return
        for place in range(start, end, self.rate):
            yield self._even.silence(place, min(self.rate, end - place))


def _rise(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """A raised cosine from 0 at 0 to 1 at 1."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(share, 0, 1))
