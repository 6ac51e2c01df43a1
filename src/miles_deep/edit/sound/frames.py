"""Frames of sound that are all alike."""

from fractions import Fraction
from typing import Any

import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

USUAL_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""Number of channels to the layout meant when a file names none (FFmpeg's av_channel_layout_default)."""

Samples = NDArray[Any]


def layout_of(context: AudioCodecContext) -> str:
    """Name of the channel layout; where the file tells the number of channels only, the usual one."""
    count = context.layout.nb_channels
    unnamed = context.layout.name == f"{count} channels"
    return USUAL_LAYOUTS.get(count, context.layout.name) if unnamed else context.layout.name


def values_a_sample(frame: AudioFrame) -> int:
    """How many values of a row of the frame's array belong to one sample."""
    return 1 if frame.format.is_planar else frame.layout.nb_channels


def middle_of(frame: AudioFrame) -> int:
    """The value that is silence."""
    return 128 if frame.format.name in ("u8", "u8p") else 0


class Evener:
    """Makes all frames of a track alike, where it changes its rate or channels on the way, as broadcasts do."""

    def __init__(self, like: AudioCodecContext) -> None:
        self._rate, self._channels = like.sample_rate, like.layout.nb_channels
        self._layout = layout_of(like)
        self._format = like.format.name if like.format is not None else "fltp"
        self._resamplers: dict[tuple[str, str, int], AudioResampler] = {}

    def frames(self, frame: AudioFrame) -> list[AudioFrame]:
        """The frame itself where it is like the track, else what it comes to."""
        given = (frame.format.name, frame.layout.name, frame.sample_rate)
        if (given[0], frame.layout.nb_channels, given[2]) == (self._format, self._channels, self._rate):
            return [frame]
        if given not in self._resamplers:
            self._resamplers[given] = AudioResampler(self._format, self._layout, self._rate)
        return self._resamplers[given].resample(frame)

    def frame(self, samples: Samples, number: int) -> AudioFrame:
        """A frame like all of them; `number` counts the output's samples before it."""
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), self._format, self._layout)
        frame.sample_rate = self._rate
        frame.pts, frame.time_base = number, Fraction(1, self._rate)
        return frame

    def silence(self, number: int, count: int) -> AudioFrame:
        """A frame of `count` silent samples."""
        pattern = AudioFrame(self._format, self._layout, 1)
        like = pattern.to_ndarray()
        values = count * values_a_sample(pattern)
        return self.frame(np.full((len(like), values), middle_of(pattern), like.dtype), number)
