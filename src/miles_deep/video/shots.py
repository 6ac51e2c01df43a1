"""Where one shot ends and the next begins."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from miles_deep.timecode import Span, merge
from miles_deep.video.video import Video

SIZE = (64, 36)
"""Width and height at which frames are compared: noise is gone, what is in the picture is not."""

LEAST_CHANGE = 15.0
"""Mean absolute difference from the frame before, of 255, below which there is no shot change."""

RATIO = 3.0
"""How many times the differences around it a shot change's must be, so that fast motion is none. This and
`LEAST_CHANGE` are those of PySceneDetect's AdaptiveDetector, there of HSV values, here of RGB."""

AROUND = 2
"""Differences on either side that one is held against."""

Changes = dict[Fraction, float]
"""Times of frames, seconds from the video's start, to how much each differs from the one before: the mean absolute
difference of RGB values, 0…255."""


def frames_to_compare(video: Video, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Numbers, in the order shown, of the first frame and of that after the last, for stretches that hold all of
    some spans and enough around them to tell their shot changes."""
    margin = (AROUND + 1) * video.index.usual_gap
    wider = merge(Span(max(Fraction(0), span.start - margin), span.end + margin) for span in spans)
    return [video.index.frames_in(span) for span in wider]


def frame_changes(video: Video, runs: Sequence[tuple[int, int]]) -> Changes:
    """Decode runs of frames, and compare each frame with the one before it; the first of a run has none.

    Raises:
        VideoError: the film cannot be decoded.
    """
    # Here, since what was compared once need not be again.
    from miles_deep.video.frames import FrameReader
    from miles_deep.video.picture import Scaler

    scaler, times = Scaler(video, lambda width, height, aspect: SIZE), video.index.frame_times
    changes: Changes = {}
    with closing(FrameReader(video)) as reader:
        for first, after in runs:
            before: NDArray[np.int16] | None = None
            for time, frame in reader.at(times[first:after]):
                now = scaler.rgb(frame).astype(np.int16)
                if before is not None:
                    changes[time] = float(np.abs(now - before).mean())
                before = now
    return changes


def shot_changes(changes: Mapping[Fraction, float]) -> list[Fraction]:
    """Frames that differ from the one before as only a cut does. Returns their times, ascending."""
    times = sorted(changes)
    values = [changes[time] for time in times]
    found = []
    for place, value in enumerate(values):
        around = values[max(0, place - AROUND) : place] + values[place + 1 : place + 1 + AROUND]
        usual = sum(around) / len(around) if around else 0.0
        if value >= LEAST_CHANGE and value >= RATIO * max(usual, 1.0):
            found.append(times[place])
    return found
