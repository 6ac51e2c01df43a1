"""Timecode: SMPTE 12M-1, counted out number by number, against ours and OpenTimelineIO's."""

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import pytest
from nle_cases import NTSC
from opentimelineio.opentime import RationalTime

from miles_deep.export.frames import DROPPED, SMPTE_RATES, drops_frames, rate_text, timecode_number


def counted(hour: int, whole: int, dropped: int) -> Iterator[str]:
    """All timecodes of an hour, in order, as a clock would count them that leaves some numbers out."""
    for minute in range(60):
        for second in range(60):
            leave = dropped if second == 0 and minute % 10 else 0
            for frame in range(leave, whole):
                yield f"{hour:02}:{minute:02}:{second:02}{';' if dropped else ':'}{frame:02}"


@pytest.mark.parametrize(("rate", "whole"), [(30 * NTSC, 30), (60 * NTSC, 60)], ids=["29.97", "59.94"])
def test_drop_frame_all_day(rate, whole):
    """More than ten minutes one by one, then more than a minute of other hours: 30,000 numbers and more."""
    hour_long = 3600 * whole - 54 * DROPPED[rate]
    for hour in (0, 1, 9, 10, 19, 23):
        some = 610 * whole if hour == 0 else 62 * whole
        for number, code in enumerate(islice(counted(hour, whole, DROPPED[rate]), some), hour * hour_long):
            assert RationalTime(number, float(rate)).to_timecode(float(rate)) == code
            assert timecode_number(code, rate) == number
    assert RationalTime(24 * hour_long - 1, float(rate)).to_timecode(float(rate)) == f"23:59:59;{whole - 1}"
    assert timecode_number(f"23:59:59;{whole - 1}", rate) == 24 * hour_long - 1


@pytest.mark.parametrize("rate", SMPTE_RATES, ids=rate_text)
def test_the_second_hour_without_dropping(rate):
    """As OpenTimelineIO writes and reads them at the double nearest to the rate."""
    whole = math.ceil(rate)
    for number, code in islice(enumerate(counted(1, whole, 0), 3600 * whole), 0, None, 67):
        assert RationalTime(number, float(rate)).to_timecode(float(rate), False) == code
        assert RationalTime.from_timecode(code, float(rate)).value == number
        assert timecode_number(code, rate) == number


@pytest.mark.parametrize("rate", DROPPED, ids=rate_text)
def test_drop_frame_keeps_up_with_the_clock(rate):
    """Within two frames of real time all day, and exact every ten minutes but for what 30000/1001 leaves."""
    for hour in range(24):
        seconds = timecode_number(f"{hour:02}:00:00;00", rate) / rate
        assert abs(seconds - hour * 3600) <= Fraction(hour, 24) * Fraction(87, 1000)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1:00:00:00",
        "01:00:00:24",
        "01:60:00:00",
        "01:00:60:00",
        "xx:00:00:00",
        "01:00:00",
        "01:00:00:00 ",
        "\u0660\u0661:00:00:00",
    ],
)
def test_no_timecode(text):
    assert timecode_number(text, Fraction(24)) is None


def test_numbers_that_drop_frame_leaves_out():
    assert timecode_number("00:01:00;00", 30 * NTSC) is None
    assert timecode_number("00:01:00;02", 30 * NTSC) == 1800
    assert timecode_number("00:10:00;00", 30 * NTSC) == 17_982
    assert timecode_number("00:01:00:00", 30 * NTSC) == 1800
    assert timecode_number("00:01:00.03", 60 * NTSC) is None


def test_when_frames_are_dropped():
    assert drops_frames(None, 30 * NTSC) and drops_frames("01:00:00;00", 60 * NTSC)
    assert not drops_frames("01:00:00:00", 30 * NTSC)
    assert drops_frames("no timecode", 30 * NTSC)
    assert not drops_frames(None, Fraction(30)) and not drops_frames("01:00:00;00", 24 * NTSC)
