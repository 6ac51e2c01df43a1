"""Whatever the segments and their names, the programs read back the same times and names."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import player_readers as readers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from player_cases import CASES, PLAYERS, cutlist, film

from miles_deep import Segment, Span
from miles_deep.export import FORMATS
from miles_deep.export.cutlist import Cutlist

MILLISECOND, NANOSECOND = Fraction(1, 1000), Fraction(1, 10**9)

READERS = {
    "losslesscut": (readers.losslesscut, MILLISECOND),
    "llc": (readers.llc, NANOSECOND),
    "stash": (readers.stash, MILLISECOND),
    "webvtt": (readers.webvtt, MILLISECOND),
    "srt": (readers.srt, MILLISECOND),
    "csv": (readers.csv_table, NANOSECOND),
    "json": (readers.json_document, NANOSECOND),
}
"""Formats that hold segments, and the least that their times tell apart."""

cheap = settings(deadline=None, max_examples=40)

DURATION = 8000
ticks = st.sampled_from([1, 25, 1000, 12288, 24000, 90000, 30000 * 1001, 999_999_937]).flatmap(
    lambda rate: st.integers(0, DURATION * rate - 1).map(lambda number: Fraction(number, rate))
)
near = st.integers(0, 60).map(lambda number: 500 + Fraction(number, 24_000))
times = st.one_of(ticks, near)
spans = st.tuples(times, times).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: Span(*sorted(pair)))
plain = st.text(
    st.one_of(st.characters(exclude_categories=["C", "Z"]), st.sampled_from(" ,;=#\\'\"&[]{}-0:")), min_size=1
)
names = plain.map(str.strip).filter(lambda name: name and "-->" not in name)
any_text = st.text(st.characters(), max_size=30)


@st.composite
def cutlists(draw, labels=names, mark=True) -> Cutlist:
    found = draw(st.lists(st.builds(Segment, spans, labels, st.floats(0, 1), st.floats(0, 1)), max_size=8))
    video = film(duration=DURATION, lead=draw(st.sampled_from([Fraction(0), Fraction(1, 15)])))
    return cutlist(*found, video=video, mark=mark)


def expected(given_list: Cutlist, format: str) -> list[Span]:
    lead = 0 if format in ("csv", "json") else given_list.video.lead
    return [Span(s.span.start and s.span.start + lead, s.span.end + lead) for s in given_list.segments]


@pytest.mark.parametrize("format", READERS)
@cheap
@given(cutlists())
def test_segments_and_names(format, given_list):
    read, resolution = READERS[format]
    found, wanted = read(FORMATS[format].write(given_list)), expected(given_list, format)
    labels = [segment.label for segment in given_list.segments]
    # Players take angles and braces for markup.
    names = [label.translate(str.maketrans("<>{}", "()()")) for label in labels] if format == "srt" else labels
    assert [one.name for one in found] == names
    edges = sorted({time for span in wanted for time in (span.start, span.end)})
    # Where edges lie closer than a unit, later ones give way.
    crowded = sum(other - one < resolution for one, other in pairwise(edges))
    tolerance = resolution / 2 + resolution * (crowded + (len(wanted) if format == "stash" else 0))
    for one, span in zip(found, wanted, strict=True):
        if resolution == MILLISECOND:
            assert one.start < one.end
        assert abs(one.start - span.start) <= tolerance and abs(one.end - span.end) <= tolerance
    if format not in ("stash", "csv", "json", "llc"):
        for (one, a), (other, b) in pairwise(zip(found, wanted, strict=True)):
            assert one.end <= other.start or a.end > b.start, "cues that did not overlap do"


@cheap
@given(cutlists())
def test_chapters_of_ffmetadata(given_list):
    """A list without gap or overlap, in which every segment has its place to the nanosecond."""
    chapters = readers.ffmetadata(FORMATS["ffmetadata"].write(given_list))
    if not given_list.segments:
        assert not chapters
        return
    assert chapters[0].start == 0
    assert all(one.end == other.start for one, other in pairwise(chapters))
    close = 20 * NANOSECOND
    for span, segment in zip(expected(given_list, "ffmetadata"), given_list.segments, strict=True):
        inside = [one for one in chapters if one.start > span.start - close and one.end < span.end + close]
        assert inside and abs(inside[0].start - span.start) < close and abs(inside[-1].end - span.end) < close
        assert all(segment.label in one.name for one in inside if one.end - one.start > close)


@cheap
@given(cutlists(mark=False))
def test_what_is_skipped(given_list):
    lead = given_list.video.lead
    skipped = [Span(s.start and s.start + lead, s.end + lead) for s in given_list.skipped]
    edits, markers, _ = readers.kodi(FORMATS["kodi"].write(given_list))
    assert not markers and edits == readers.mplayer(FORMATS["mplayer"].write(given_list))
    assert len(edits) == len(skipped)
    for edit, span in zip(edits, skipped, strict=True):
        assert abs(edit.start - span.start) < 17 * MILLISECOND and abs(edit.end - span.end) < 17 * MILLISECOND


@cheap
@given(cutlists(mark=False), st.sampled_from([Fraction(25), Fraction(24000, 1001), Fraction(60000, 1001)]))
def test_frames_that_auto_editor_keeps(given_list, rate):
    given_list = replace(given_list, video=film(duration=DURATION, rate=rate))
    kept = readers.auto_editor(FORMATS["auto-editor"].write(given_list), rate)
    assert len(kept) == len(given_list.kept)
    for one, span in zip(kept, given_list.kept, strict=True):
        assert abs(one.start - span.start) < 17 / rate and abs(one.end - span.end) < 17 / rate


@cheap
@given(cutlists())
def test_markers_of_kodi(given_list):
    edits, markers, comments = readers.kodi(FORMATS["kodi"].write(given_list))
    assert not edits and len(markers) == 2 * len(given_list.segments)
    assert comments == [segment.label[:200] for segment in given_list.segments]
    for marker, other, span in zip(markers[::2], markers[1::2], expected(given_list, "kodi"), strict=True):
        assert marker < other and abs(marker - span.start) < 17 * MILLISECOND


@cheap
@given(cutlists())
def test_chapters_of_youtube(given_list):
    chapters = readers.youtube(FORMATS["youtube"].write(given_list))
    assert DURATION - chapters[-1][0] >= 9
    for span, segment in zip(expected(given_list, "youtube"), given_list.segments, strict=True):
        name = segment.label.replace("<", "(").replace(">", ")")
        # The chapter that shows when it starts is its own, or it started so late that there is no other.
        own = [title for seconds, title in chapters if seconds <= round(span.start)][-1]
        assert name in own or name in chapters[-1][1]
    assert bool(FORMATS["youtube"].notes(given_list)) == (len(chapters) < 3)


@pytest.mark.parametrize("format", [name for name in PLAYERS if name not in ("mplayer", "auto-editor")])
@cheap
@given(cutlists(labels=any_text), st.booleans())
def test_any_name_is_well_formed(format, given_list, mark):
    given_list = replace(given_list, mark=mark, video=replace(film(), path=film().path / "\udcff\n"))
    text = FORMATS[format].write(given_list)
    text.encode()  # would complain of half a surrogate pair
    if format in READERS and mark:
        assert len(READERS[format][0](text)) == len(given_list.segments)
    elif format == "kodi":
        readers.kodi(text)


@pytest.mark.parametrize("format", PLAYERS)
def test_no_number_has_an_exponent(format):
    text = FORMATS[format].write(replace(CASES["fractions"], mark=False))
    assert "e-" not in text
