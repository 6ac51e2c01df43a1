"""Which frames stand for the seconds of a film. Every strategy is only a choice of times; all of it is pure."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from miles_deep.classify.certainty import Surroundings
from miles_deep.classify.looks import Look
from miles_deep.classify.questions import LABEL, Question
from miles_deep.video import Reading
from miles_deep.video.packets import PacketIndex


@dataclass(frozen=True, slots=True)
class Second:
    """What is known of one second of the film."""

    time: Fraction
    """The middle of the second."""
    values: Look
    looked: bool
    """Whether its own frame was looked at; else it is inferred from its neighbours."""


Strategy = Generator[list[Fraction], Mapping[Fraction, Look], list[Second]]
"""Yields times to look at, ascending; is sent everything that was seen so far; returns all seconds of the film."""


def midpoint(second: int, end: Fraction) -> Fraction:
    """The middle of second k, or of the part of it before the film's end."""
    return (second + min(Fraction(second + 1), end)) / 2


def midpoints(end: Fraction) -> list[Fraction]:
    """The middle of every second of a film."""
    return [midpoint(second, end) for second in range(math.ceil(end))]


def exact(
    index: PacketIndex, reading: Callable[[], Reading], effort: float, questions: Sequence[Question] = LABEL
) -> Strategy:
    """Look at every second: the frame shown at its midpoint."""
    end = index.end
    while True:
        seen = yield midpoints(end)
        actual = reading().end
        if actual is None or actual >= end:
            return [Second(time, seen[time], True) for time in midpoints(end) if time in seen]
        end = actual  # the last frames cannot be decoded: the last second is shorter than it seemed


LONGEST = Fraction(6)
"""Seconds between looks at most, however certain: in a group of ten seconds, as encoders write where nobody tells
them not to, much comes and goes."""

MOST = 0.7
"""Part of the seconds left from which on a wave is all of them: the others would be asked for in the next, and
groups of pictures be decoded twice. So it is with 1,000 labels, of which another wins in two seconds of three."""


def adaptive(
    index: PacketIndex, reading: Callable[[], Reading], effort: float, questions: Sequence[Question] = LABEL
) -> Strategy:
    """Look at keyframes, one a second at most, then at seconds that are not certain enough, until all are.

    Keyframes are cheap, and encoders put them where shots begin. How certain a second is that was not looked
    at, `certainty.Surroundings` tells from the looks around it and the sizes of the packets between.
    """
    wave = asked = _keyframes(index)
    while True:
        seen = yield wave
        times = midpoints(min(index.end, reading().end or index.end))
        unseen = [time for time in times if time not in seen]
        if not seen:
            wave = [time for time in unseen if time not in asked]
        else:
            around = Surroundings(index, seen, questions)
            sure = dict(zip(unseen, around.certainty(unseen), strict=True))
            candidates = sorted(set(unseen) - set(asked))
            uncertain = [time for time in candidates if sure[time] < effort or effort == 1]
            wave = _filled(uncertain, candidates, index.keyframes)
            wave = sorted({*wave, *_midway(sorted(seen), candidates, times[-1])})
            if len(wave) > MOST * len(candidates):
                wave = candidates
        asked = [*asked, *wave]
        if not wave:
            break
    if not seen:
        return []
    rows = around.between(times)
    return [Second(time, seen.get(time, row), time in seen) for time, row in zip(times, rows, strict=True)]


def _keyframes(index: PacketIndex) -> list[Fraction]:
    """One keyframe of each second that has any: the nearest to its middle, and the middle itself where that is
    when a keyframe is shown. The first middle, where the film has no keyframe."""
    keyframes = set(index.keyframes)
    middles = midpoints(index.end)
    frames = index.frame_times
    nearest: dict[int, Fraction] = {}
    for time in sorted(keyframes):
        second = min(math.floor(time), len(middles) - 1)
        if second not in nearest or abs(time - middles[second]) < abs(nearest[second] - middles[second]):
            nearest[second] = time
    shown = {second: frames[bisect_right(frames, middles[second]) - 1] for second in nearest}
    chosen = [middles[second] if shown[second] in keyframes else time for second, time in nearest.items()]
    return sorted(time for time in chosen if time < index.end) or middles[:1]


def _midway(looks: list[Fraction], candidates: list[Fraction], last: Fraction) -> list[Fraction]:
    """A candidate in the middle of each stretch between looks that is longer than `LONGEST`, and the last of all
    where more than half of that lies after the last look."""
    found = []
    for start, end in pairwise([*looks, 2 * last - looks[-1]]):
        inside = candidates[bisect_right(candidates, start) : bisect_left(candidates, end)]
        if end - start > LONGEST and inside:
            found.append(min(inside, key=lambda time: abs(time - (start + end) / 2)))
    return found


def _filled(
    uncertain: list[Fraction], candidates: list[Fraction], keyframes: Sequence[Fraction]
) -> list[Fraction]:
    """The candidates that lie in a group of pictures before an uncertain second of it, and that second.

    The group is decoded up to there anyway, and what the network takes for a frame is little beside that: on Big
    Buck Bunny as many labels are right for 15 % less time.
    """
    reach = {bisect_right(keyframes, time): time for time in uncertain}
    return [time for time in candidates if time <= reach.get(bisect_right(keyframes, time), -1)]


SAMPLINGS: dict[str, Callable[[PacketIndex, Callable[[], Reading], float, Sequence[Question]], Strategy]] = {
    "exact": exact,
    "adaptive": adaptive,
}
"""Name to strategy: what `sampling=` takes. It is told of the film's packets, what came out of the decoders so
far, the effort, and what has to be certain of a second."""

EFFORT = 0.9
"""How certain the answer of a second must be to go without a look, where nobody says."""
