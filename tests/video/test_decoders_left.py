"""Decoders go when a stretch was read: what each holds of threads and pictures must not add up over a film."""

import gc
from fractions import Fraction

import pytest

from media import FilmSpec
from miles_deep.timecode import Span
from miles_deep.video import frames_between, probe
from miles_deep.video.frame import Reading
from miles_deep.video.straight import StraightDecoder, straight_frames


@pytest.mark.parametrize("reads", ["stretches", "times"])
def test_none_waits_for_the_garbage_collector(film, reads: str) -> None:
    video = probe(film(FilmSpec()))
    gc.collect()
    gc.disable()
    try:
        for start in range(3):
            if reads == "stretches":
                assert list(frames_between(video, [Span(Fraction(start), Fraction(start + 1, 2) + 1)]))
            else:
                assert list(straight_frames(video, [Fraction(start)], Reading()))
        assert not [one for one in gc.get_objects() if type(one) is StraightDecoder]
    finally:
        gc.enable()
