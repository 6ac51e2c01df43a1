"""The files for editors: golden, and read back by OpenTimelineIO's adapters and by plain means."""

import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from xml.etree import ElementTree

import nle_cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from nle_cases import CASES, NTSC, cutlist, of_frames, steady
from opentimelineio import adapters, schema
from player_cases import golden_path

from miles_deep import Segment
from miles_deep.export import FORMATS
from miles_deep.export.cutlist import Cutlist
from miles_deep.export.frames import timecode_number
from miles_deep.export.sequence import sequence_of

EDITORS = ("edl", "fcpxml", "xmeml", "otio")
Ranges = list[tuple[str, int, int, int]]
"""Name, first frame of the source on its timecode, first frame in the sequence, frames."""


def expected(given: Cutlist, format: str) -> Ranges:
    sequence = sequence_of(given, format)
    return [(clip.name, sequence.start + clip.source, clip.record, clip.frames) for clip in sequence.clips]


def of_track(track: schema.Track) -> Ranges:
    """As OpenTimelineIO has read it."""
    ranges = []
    for clip in track.find_clips():
        source, record = clip.source_range, clip.range_in_parent()
        assert source.duration.value == record.duration.value
        values = (source.start_time.value, record.start_time.value, source.duration.value)
        assert all(value == int(value) for value in values)
        ranges.append((clip.name, *map(int, values)))
    return ranges


def timelines(text: str, adapter: str, **more: object) -> Sequence[schema.Timeline]:
    read = adapters.read_from_string(text, adapter, **more)
    return [read] if isinstance(read, schema.Timeline) else list(read)


@pytest.mark.parametrize("format", EDITORS)
@pytest.mark.parametrize("case", CASES)
def test_golden(case, format):
    """`python tools/golden.py` makes them anew."""
    assert FORMATS[format].write(CASES[case]).encode() == golden_path(case, format).read_bytes()


# By OpenTimelineIO


@pytest.mark.parametrize("case", CASES)
def test_otio_reads_back(case):
    given = CASES[case]
    [timeline] = timelines(FORMATS["otio"].write(given), "otio_json")
    sounds = [stream for stream in given.video.streams if stream.kind == "audio"]
    assert [track.kind for track in timeline.tracks] == ["Video"] + ["Audio"] * len(sounds)
    for track in timeline.tracks:
        assert of_track(track) == expected(given, "otio")
        for clip in track:
            film, sequence = clip.media_reference, sequence_of(given, "otio")
            assert film.target_url == sequence.url
            available = (film.available_range.start_time.value, film.available_range.duration.value)
            assert available == (sequence.start, sequence.total)
    markers = [(m.name, m.comment, m.marked_range.start_time.value) for m in timeline.tracks.markers]
    assert markers == [(m.name, m.comment, m.start) for m in sequence_of(given, "otio").markers]


@pytest.mark.parametrize("case", CASES)
def test_edl_reads_back(case):
    given = CASES[case]
    sequence = sequence_of(given, "edl")
    [timeline] = timelines(FORMATS["edl"].write(given), "cmx_3600", rate=float(sequence.rate))
    channels = min(2, sum(track.channels for track in sequence.sound))
    assert [track.name for track in timeline.tracks] == ["V", "A1", "A2"][: channels + 1] * bool(sequence.clips)
    for track in timeline.tracks:
        assert [each[1:] for each in of_track(track)] == [each[1:] for each in expected(given, "edl")]
        if not given.mark:
            labels = [clip.metadata["cmx_3600"]["comments"][-1] for clip in track]
            assert labels == [f"COMMENT: {name}" for name, *_ in expected(given, "edl")]
        assert {clip.name for clip in track} == {sequence.file_name}
        assert {clip.media_reference.target_url for clip in track} == {sequence.url}


@pytest.mark.parametrize("case", CASES)
def test_xmeml_reads_back(case):
    given = CASES[case]
    sequence = sequence_of(given, "xmeml")
    [timeline] = timelines(FORMATS["xmeml"].write(given), "fcp_xml")
    # Of the tracks of one source's channels, it reads the first.
    assert [track.kind for track in timeline.tracks] == ["Video"] + ["Audio"] * len(sequence.sound)
    for track in timeline.tracks:
        assert of_track(track) == expected(given, "xmeml")
        for clip in track:
            film = clip.media_reference
            assert film.target_url == sequence.url and film.name == sequence.file_name
            assert film.available_range.duration.value == sequence.total
            assert film.available_range.start_time.value == sequence.start
            assert film.available_range.start_time.rate == pytest.approx(float(sequence.rate), rel=1e-12)
    markers = [(m.name, m.marked_range.start_time.value) for m in timeline.tracks.markers]
    assert markers == [(m.name, m.start) for m in sequence.markers]


WHOLE_RATES = [case for case, given in CASES.items() if sequence_of(given, "fcpxml").rate.denominator == 1]


# It asks whether elements are true, which Python 3.12 does not like any more.
@pytest.mark.filterwarnings("ignore:Testing an element:DeprecationWarning")
@pytest.mark.parametrize("case", WHOLE_RATES)
def test_fcpxml_reads_back(case):
    """Where the rate is whole: of 24000/1001 the adapter that reads makes 23."""
    given = CASES[case]
    [timeline] = timelines(FORMATS["fcpxml"].write(given), "fcpx_xml")
    assert timeline.name == sequence_of(given, "fcpxml").title
    for track in timeline.tracks:
        assert of_track(track) == expected(given, "fcpxml")
        assert {clip.media_reference.target_url for clip in track} == {sequence_of(given, "fcpxml").url}


# By plain means, at every rate


def read_edl(text: str, given: Cutlist) -> Ranges:
    rate = sequence_of(given, "edl").rate
    assert text.splitlines()[1] == f"FCM: {'' if ';' in text else 'NON-'}DROP FRAME"
    events = re.findall(r"^\d{3,}  .*$", text, re.M)
    labels = re.findall(r"^\* COMMENT: (.*)$", text, re.M)
    ranges = []
    for event, label in zip(events, labels, strict=True):
        _, _, channels, cut, *codes = event.split()
        assert (channels, cut) == ("AA/V", "C")
        first, after, record, until = (timecode_number(code, rate) for code in codes)
        assert after - first == until - record
        ranges.append((label, first, record, after - first))
    return ranges


def frames(seconds: str, rate: Fraction) -> int:
    number = Fraction(seconds.removesuffix("s")) * rate
    assert number.denominator == 1
    return int(number)


def read_fcpxml(text: str, given: Cutlist) -> Ranges:
    root = ElementTree.fromstring(text.encode())
    rate = 1 / Fraction(root.find("resources/format").get("frameDuration").removesuffix("s"))
    return [
        (clip.get("name"), *(frames(clip.get(part), rate) for part in ("start", "offset", "duration")))
        for clip in root.findall("library/event/project/sequence/spine/asset-clip")
    ]


def read_xmeml(text: str, given: Cutlist) -> Ranges:
    root = ElementTree.fromstring(text.encode())
    rate = sequence_of(given, "xmeml").rate
    kind = (str(math.ceil(rate)), "FALSE" if rate.denominator == 1 else "TRUE")
    assert {(each.findtext("timebase"), each.findtext("ntsc")) for each in root.iter("rate")} == {kind}
    start = int(root.findtext(".//file/timecode/frame"))
    ranges = []
    for clip in root.findall(".//video/track/clipitem"):
        first, after, record, until = (int(clip.findtext(part)) for part in ("in", "out", "start", "end"))
        assert after - first == until - record
        ranges.append((clip.findtext("name"), start + first, record, after - first))
    return ranges


READERS: dict[str, Callable[[str, Cutlist], Ranges]] = {
    "edl": read_edl,
    "fcpxml": read_fcpxml,
    "xmeml": read_xmeml,
}
RATES = [24 * NTSC, Fraction(25), 30 * NTSC, Fraction(30), Fraction(50), 60 * NTSC]
FILMS = {
    (rate, timecode): steady(rate, 9000, Fraction(1, 90000), timecode=timecode, size=(640, 360))
    for rate in RATES
    for timecode in (None, "00:58:30:00", "00:58:30;02")
}


@given(
    film=some.sampled_from(list(FILMS.values())), edges=some.sets(some.integers(0, 9000), min_size=2, max_size=12)
)
@settings(max_examples=40, deadline=None)
def test_what_is_asked_is_what_is_written(film, edges):
    """Any frames of any film come back from every format, none more and none less."""
    ordered = sorted(edges)[: len(edges) // 2 * 2]
    pairs = list(zip(ordered[::2], ordered[1::2], strict=True))
    segments = [of_frames(film, first, after, f"label {place}") for place, (first, after) in enumerate(pairs)]
    asked = cutlist(film, *segments)
    start = timecode_number(film.timecode or "", film.frame_rate) or 0
    wanted, record = [], 0
    for place, (first, after) in enumerate(pairs):
        wanted.append((f"label {place}", start + first, record, after - first))
        record += after - first
    for format, read in READERS.items():
        assert read(FORMATS[format].write(asked), asked) == wanted, format
    [timeline] = timelines(FORMATS["otio"].write(asked), "otio_json")
    assert of_track(timeline.tracks[0]) == wanted


def test_two_hours_later():
    """The last frames of two hours at 23.976."""
    film = steady(24 * NTSC, 172_627, Fraction(1, 1000))
    asked = cutlist(film, of_frames(film, 172_600, 172_627, "end"))
    for format, read in READERS.items():
        assert read(FORMATS[format].write(asked), asked) == [("end", 172_600, 0, 27)], format


def test_past_midnight():
    film = steady(25, 9000, timecode="23:59:00:00")
    text = FORMATS["edl"].write(cutlist(film, of_frames(film, 1499, 1502)))
    assert "C        23:59:59:24 00:00:00:02 00:00:00:00 00:00:00:03\n" in text
    assert 'start="2159999/25s"' in FORMATS["fcpxml"].write(cutlist(film, of_frames(film, 1499, 1502)))


def test_nothing_of_a_frame_is_left_out():
    """What lies between two frames has no clip; clips after it are where they would be."""
    film = steady(25, 100)
    segments: list[Segment] = [of_frames(film, 0, 10), nle_cases.segment("0.41", "0.43"), of_frames(film, 20, 30)]
    ranges = expected(cutlist(film, *segments), "edl")
    assert [each[1:] for each in ranges] == [(0, 0, 10), (20, 10, 10)]
