"""Copied packets are the source's own, in an order that plays; nothing is lost at either end."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from cutting import ROUNDING, Cut, CutOf, expected_pictures, film_pictures

import miles_deep as md
from media import MATRIX, ONE_KEYFRAME, SPECIAL, FilmSpec, decode_video, read_frame_number
from miles_deep.errors import OptionError
from miles_deep.timecode import Span

FILMS = {str(spec): spec for spec in MATRIX} | SPECIAL
for encoded in ("bframes-avi-h264", "bare-h264"):  # these cannot be copied; test_cut has them
    del FILMS[encoded]


@pytest.fixture(params=FILMS.values(), ids=FILMS)
def cut(request: pytest.FixtureRequest, cut_of: CutOf) -> Cut:
    return cut_of(request.param, "copy")


def packets(path: Path) -> list[av.Packet]:
    """The film's own packets, in decoding order."""
    with av.open(str(path)) as film:
        return [packet for packet in film.demux(film.streams.video[0]) if packet.size]


def shown_at(path: Path, container: str) -> list[tuple[Fraction, bool, bytes]]:
    """(time from the first picture shown, keyframe, payload) of every packet, in decoding order."""
    found = packets(path)
    stamps = [packet.dts if container in ("avi", "wmv") else packet.pts for packet in found]
    times = [stamp * packet.time_base for stamp, packet in zip(stamps, found, strict=True)]
    return [
        (time - min(times), packet.is_keyframe, bytes(packet)) for time, packet in zip(times, found, strict=True)
    ]


def test_packets_are_the_sources_bit_for_bit(cut: Cut) -> None:
    """Each packet of a delivered span comes out, once, unchanged, in the order of the source."""
    ours = [bytes(packet) for packet in packets(cut.result.path)]
    source = [bytes(packet) for packet in packets(cut.source)]
    place = -1
    for payload in ours:
        place = source.index(payload, place + 1)
    assert len(ours) == cut.result.frames


def test_decoding_times(cut: Cut) -> None:
    """They ascend, and no frame is decoded after it is shown; decoding begins with a keyframe."""
    found = packets(cut.result.path)
    assert found[0].is_keyframe
    known = [packet for packet in found if packet.dts is not None]
    assert len(known) > len(found) - 4, "Matroska has no decoding times; FFmpeg needs a few packets to guess them"
    assert all(one.dts < other.dts for one, other in pairwise(known))
    assert all(packet.dts <= packet.pts for packet in known)


def test_sound_packets_stand_up_against_each_other(cut: Cut) -> None:
    """No hole and no overlap where two pieces meet: players would crackle, or fall out of step."""
    for index in range(len(cut.spec.audio)):
        with av.open(str(cut.result.path)) as film:
            track = film.streams.audio[index]
            found = [packet for packet in film.demux(track) if packet.size and packet.duration]
            times = [(packet.pts * track.time_base, packet.duration * track.time_base) for packet in found]
        for (start, length), (following, _) in pairwise(times):
            assert abs(start + length - following) <= Fraction(3, 1000)


def test_spans_begin_at_the_keyframe_before_what_was_asked(cut: Cut) -> None:
    """And hold all that was asked."""
    hidden = cut.spec.shown()[0][1] - cut.spec.start
    keyframes = [time - hidden for time, key, _ in shown_at(cut.source, cut.spec.container) if key]
    for span in cut.result.spans:
        assert any(abs(span.start - time) <= ROUNDING for time in keyframes)
    for asked in cut.asked:
        [span] = [span for span in cut.result.spans if span.start <= asked.start < span.end]
        assert asked.end <= span.end
        later = [time for time in keyframes if span.start + ROUNDING < time <= asked.start]
        assert not later, "an earlier keyframe than needed"


@pytest.mark.parametrize("name", ["open-gop-h264", "open-gop-hevc", "open-gop-mpeg2"])
def test_open_groups_lose_the_pictures_that_need_the_group_before(name: str, cut_of: CutOf) -> None:
    """They are shown before the keyframe, so they do not belong to what was asked either."""
    cut = cut_of(SPECIAL[name], "copy")
    source = shown_at(cut.source, cut.spec.container)
    position = next(
        i for i, (time, key, _) in enumerate(source) if key and abs(time - cut.result.spans[1].start) <= ROUNDING
    )
    assert source[position + 1][0] < source[position][0], "the film has leading pictures here"
    assert source[position + 1][2] not in [bytes(packet) for packet in packets(cut.result.path)]
    assert [number for _, number, _ in cut.pictures] == [number for _, number in cut.expected]


def test_one_keyframe_means_all_from_the_beginning(cut_of: CutOf) -> None:
    cut = cut_of(SPECIAL["one-keyframe"], "copy")
    assert cut.spec.gop == ONE_KEYFRAME
    [span] = cut.result.spans
    assert span.start == 0
    assert cut.asked[-1].end <= span.end < cut.asked[-1].end + Fraction(1, 5)


def test_hidden_keyframe(film: Callable[[FilmSpec], Path], tmp_path: Path) -> None:
    """A film trimmed without encoding it anew hides its first frames, and may have no other keyframe."""
    spec = FilmSpec(start=Fraction(-12, 25), gop=ONE_KEYFRAME, duration=Fraction(3))
    with pytest.raises(OptionError, match="no keyframe of this film is shown"):
        md.edit(film(spec), [Span(1, 2)], tmp_path / "out.mp4", "copy")
    assert not list(tmp_path.iterdir())
    result = md.edit(film(spec), [Span(1, 2)], tmp_path / "out.mp4", "encode")
    numbers = [read_frame_number(rgb) for _, rgb in decode_video(result.path)]
    assert numbers == [number for _, number in expected_pictures(spec, [Span(1, 2)])]


def test_copying_the_whole_film_loses_no_frame(film: Callable[[FilmSpec], Path], tmp_path: Path) -> None:
    for name in ("open-gop-hevc", "vfr-mp4", "late-start-mkv", "negative-start-ts", "bframes-avi-mpeg4"):
        spec = SPECIAL[name]
        result = md.edit(film(spec), [Span(0, 100)], tmp_path / f"{name}{spec.suffix}", "copy")
        numbers = [read_frame_number(rgb) for _, rgb in decode_video(result.path)]
        assert numbers == [number for _, number in film_pictures(spec)]
