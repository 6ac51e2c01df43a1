"""Numbers of frames: exact, whatever the rate and however long the film."""

import math
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from nle_cases import NTSC, film, steady, varying

from miles_deep import Span
from miles_deep.export.frames import RATES, SMPTE_RATES, FrameCount, count_frames, rate_text, resampling_note

TICKS = {"exact": None, "mkv": Fraction(1, 1000), "mpegts": Fraction(1, 90000)}
"""Units to which containers round times."""


@pytest.mark.parametrize("rate", [24 * NTSC, 30 * NTSC, 60 * NTSC, Fraction(25)], ids=rate_text)
def test_two_hours_do_not_drift(rate):
    """A span from the time of a frame to that of another has their numbers, from the first to the last."""
    video = steady(rate, math.ceil(7200 * rate), Fraction(1, 1000))
    count, ticks = count_frames(video, "edl"), video.index.frame_ticks
    assert (count.rate, count.total, count.resampled) == (rate, len(ticks), False)
    for number in [*range(50), *range(50, len(ticks) - 50, 997), *range(len(ticks) - 50, len(ticks))]:
        time = int(ticks[number]) * video.index.tick
        assert count.frames_in(Span(time, 8000)) == (number, len(ticks))
        # The number is that of the frame which an editor shows then, though the container has moved the time.
        assert abs(time - number / rate) <= Fraction(1, 2000)


@cache
def exact(rate: Fraction) -> FrameCount:
    """Of 60,000 frames, their times not rounded."""
    return count_frames(steady(rate, 60_000), "edl")


@given(rate=some.sampled_from(SMPTE_RATES), data=some.data())
@settings(deadline=None)
def test_frames_of_any_span_are_those_that_begin_in_it(rate, data):
    """Against plain arithmetic of fractions."""
    count = exact(rate)
    start, length = (data.draw(some.fractions(0, 1400, max_denominator=10**6)) for _ in range(2))
    span = Span(start, start + (length or 1))
    expected = tuple(min(math.ceil(time * rate), 60_000) for time in (span.start, span.end))
    assert count.frames_in(span) == expected


@pytest.mark.parametrize("container", TICKS)
@pytest.mark.parametrize("rate", SMPTE_RATES, ids=rate_text)
@pytest.mark.parametrize("header", ["right", "none", "off", "wrong"])
def test_the_rate_is_known_by_the_frames(rate, container, header):
    """Of a film of twelve seconds, whatever its header says of it."""
    video = steady(rate, math.ceil(12 * rate), TICKS[container])
    headers = {
        "right": rate,
        "none": None,
        "off": rate * Fraction(100_010, 100_000),
        "wrong": rate * Fraction(11, 10),
    }
    told = film([int(tick) for tick in video.index.frame_ticks], video.index.tick, 1, headers[header])
    assert count_frames(told, "otio").rate == rate


@pytest.mark.parametrize(
    ("format", "own", "counted"),
    [
        ("edl", Fraction(15), Fraction(30)),
        ("edl", Fraction(25, 2), Fraction(25)),
        ("edl", Fraction(10), Fraction(30)),
        ("edl", Fraction(15) * NTSC, 30 * NTSC),
        ("edl", Fraction(100), Fraction(50)),
        ("edl", Fraction(120), Fraction(60)),
        ("edl", Fraction(120) * NTSC, 60 * NTSC),
        ("edl", Fraction(1000, 33), Fraction(30)),
        ("edl", Fraction(48), Fraction(48)),
        ("xmeml", Fraction(48), Fraction(48)),
        ("fcpxml", Fraction(48), Fraction(24)),
        ("otio", Fraction(15), Fraction(15)),
        ("otio", Fraction(1000, 33), Fraction(1000, 33)),
    ],
)
def test_a_rate_that_a_format_cannot_hold(format, own, counted):
    video = steady(own, 6000)
    count = count_frames(video, format)
    assert (count.native, count.rate) == (own, counted)
    assert bool(resampling_note(video, format)) == count.resampled == (own != counted)
    for number in (0, 1, 2, 3, 1000, 5999):
        first, after = count.frames_in(Span(number / own, (number + 1) / own))
        # To the nearest frame of the new rate: exact, where that is a multiple.
        assert abs(first / counted - number / own) <= 1 / counted / 2
        if (counted / own).denominator == 1:
            assert (first, after) == (number * counted / own, (number + 1) * counted / own)


def test_multiples_stay_exact_where_times_are_rounded():
    """15 frames a second are 30 in steps of two, even where 0.0667 s is written as 0.067."""
    video = steady(15, 3000, Fraction(1, 1000))
    times = video.index.frame_times
    numbers = [count_frames(video, "edl").frames_in(Span(0, time))[1] for time in times[1::7]]
    assert numbers == list(range(2, 6000, 14))


def test_notes():
    assert resampling_note(steady(24 * NTSC, 240), "edl") == ()
    cannot = "edl: the format cannot hold 15 frames a second; resampled to 30"
    assert resampling_note(steady(15, 30), "edl") == (cannot,)
    varies = "otio: the film's frame rate varies; resampled to 30 frames a second"
    assert resampling_note(varying([33, 34, 33, 33, 50, 34, 33, 33]), "otio") == (varies,)


@pytest.mark.parametrize("format", RATES)
@given(gaps=some.lists(some.integers(5, 400), min_size=2, max_size=50), data=some.data())
@settings(max_examples=40)
def test_variable_rates_are_right_to_half_a_frame(format, gaps, data):
    video = varying([5, 400, *gaps])  # At least two that differ.
    count = count_frames(video, format)
    assert count.rate in SMPTE_RATES and count.resampled
    start = data.draw(some.fractions(0, video.duration * Fraction(9, 10), max_denominator=10**5))
    first, after = count.frames_in(Span(start, video.duration))
    assert abs(first / count.rate - start) <= 1 / count.rate / 2
    assert after == count.total and abs(count.total / count.rate - video.duration) <= 1 / count.rate / 2


def test_a_film_that_is_usually_30():
    """A held frame does not make it slower; frames are those of the usual rate."""
    count = count_frames(varying([33, 33, 34] * 100 + [4000] + [33, 33, 34] * 100), "edl")
    assert count.rate == 30
    assert count.frames_in(Span(10, 14)) == (300, 420)


@pytest.mark.parametrize("format", RATES)
def test_one_frame(format):
    video = steady(25, 1)
    assert count_frames(video, format).rate == 25
    assert count_frames(video, format).frames_in(Span(0, 1)) == (0, 1)


def test_the_last_frame_is_held():
    """All of it can be kept, and frames before it are still exact."""
    count = count_frames(film(range(100), Fraction(1, 25), 50, Fraction(25)), "edl")
    assert (count.rate, count.total, count.frames_in(Span(1, 6))) == (25, 149, (25, 149))
    assert count.frames_in(Span(0, Fraction(7, 25))) == (0, 7)


def test_film_that_ends_before_its_span():
    count = count_frames(steady(25, 100), "edl")
    assert count.frames_in(Span(3, 9)) == (75, 100)
    assert count.frames_in(Span(8, 9)) == (100, 100)


def test_order_of_decoding_does_not_matter():
    """Packets are listed as they are decoded; frames are counted as they are shown."""
    shuffled = np.random.default_rng(7).permutation(500)
    video = film([int(tick) for tick in shuffled], Fraction(1, 25), 1, Fraction(25))
    assert count_frames(video, "edl").frames_in(Span(4, 8)) == (100, 200)
