"""Every container and codec, and every odd film, in both modes: the pictures, the sound, the tracks."""

from fractions import Fraction

import av
import numpy as np
import pytest
from av.stream import Disposition
from cutting import ROUNDING, Cut, CutOf, delivered, sound_of

from media import (
    MATRIX,
    SPECIAL,
    FilmSpec,
    chapter_times,
    chapters,
    colour_at,
    cue_times,
    read_orientation,
    sound_seed,
    sound_time,
    subtitle_cues,
    to_rgb,
)
from miles_deep.edit import MODES
from miles_deep.timecode import Span

FILMS = {str(spec): spec for spec in MATRIX} | SPECIAL
WINDOW = Fraction(1, 5)
"""Seconds of sound looked at: longer than what a codec smears over a join."""
RUN_UP = Fraction(50, 1000)
"""Seconds at the beginning of the output for which a decoder may stay silent: a packet's worth, where the
container or a copied packet leaves it no run-up."""


# For the module, so that pytest runs all that looks at one cut before it goes on to the next.
@pytest.fixture(scope="module", params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module", params=FILMS.values(), ids=FILMS)
def cut(request: pytest.FixtureRequest, mode: str, cut_of: CutOf) -> Cut:
    return cut_of(request.param, mode)


def test_pictures(cut: Cut) -> None:
    """The frames asked for, no other, each when it should be shown, in the colours it had."""
    assert [number for _, number, _ in cut.pictures] == [number for _, number in cut.expected]
    truth = {number: time for number, time in enumerate(cut.spec.clock_times())}
    for (time, number, colour), (belongs, _) in zip(cut.pictures, cut.expected, strict=True):
        assert abs(time - belongs) <= ROUNDING, number
        assert np.allclose(colour, colour_at(truth[number]), atol=8), number


def test_sound(cut: Cut) -> None:
    """In step at the beginning, just before and after every join, in the middle and before the end."""
    hidden = cut.spec.shown()[0][1] - cut.spec.start
    for index, track in enumerate(cut.spec.audio):
        sound, output = sound_of(cut.result.path, index), Fraction(0)
        assert sound.start <= RUN_UP
        for span in delivered(cut.spec, cut.asked if cut.result.mode == "encode" else cut.result.spans):
            window = min(WINDOW, span.length)
            for at in (Fraction(0), (span.length - window) / 2, span.length - window):
                heard = sound.window(output + at, window)
                truth = float(span.start + at + hidden)
                if len(heard) < sound.rate / 10:  # the film of one frame
                    assert np.abs(heard).max() > 0.1
                    continue
                assert sound_time(heard, sound.rate, near=truth) == pytest.approx(truth, abs=0.02), (index, at)
                assert sound_seed(heard, sound.rate) == track.seed
            output += span.length


def test_result_tells_the_truth(cut: Cut) -> None:
    result, spans = cut.result, cut.asked if cut.result.mode == "encode" else cut.result.spans
    true_spans = delivered(cut.spec, spans)
    for told, true in zip(result.spans, true_spans, strict=True):
        assert abs(told.start - true.start) <= ROUNDING
        assert abs(told.end - true.end) <= ROUNDING
    assert result.frames == len(cut.pictures)
    assert abs(result.duration - sum(span.length for span in true_spans)) <= ROUNDING * len(spans)
    assert result.path.exists()


SOUND = "audio track 1: wmav2 cannot be cut in step between packets, so it is encoded"
UNORDERED = "this container does not say when frames are shown, so packets cannot be copied: encoded"
RECOVERY = "the film's keyframes are recovery points that encoded frames cannot lead up to: encoded"
NOT_SMART = {
    "wmv2": "wmv2 packets cannot have encoded pictures between them: encoded",
    "ffv1": "ffv1 packets cannot have encoded pictures between them: encoded",
    "alpha": "its transparency lies in packets of its own: encoded",
}
"""Codecs, or what is special of a film, to why nothing can be copied of it but whole."""


def test_mode_and_notes(cut: Cut, mode: str) -> None:
    """What was asked for is done, and where it is not, or not quite, the user is told; else there is no note."""
    spec, result = cut.spec, cut.result
    kind = "alpha" if spec == SPECIAL["alpha-webm"] else spec.codec
    if mode != "encode" and spec in (SPECIAL["bframes-avi-h264"], SPECIAL["bare-h264"]):
        assert (result.mode, result.notes) == ("encode", (UNORDERED,))
    elif mode == "smart" and spec == SPECIAL["open-gop-h264"]:
        assert (result.mode, result.copied, result.notes) == ("smart", 0, (RECOVERY,))
    elif mode == "smart" and kind in NOT_SMART and result.mode == "encode":
        assert result.notes == (NOT_SMART[kind],)
    else:
        assert result.mode == mode
        assert result.notes == ((SOUND,) if spec.container == "wmv" and mode != "encode" else ())


def test_container_is_the_films(cut: Cut) -> None:
    if cut.spec.container == "h264":  # a bare stream: no container
        assert cut.result.path.suffix == ".mkv"
        return
    assert cut.result.path.suffix == cut.source.suffix
    with av.open(str(cut.source)) as source, av.open(str(cut.result.path)) as output:
        assert output.format.name == source.format.name
        # QuickTime or MP4, Matroska or WebM: FFmpeg reads them alike.
        assert (output.metadata.get("major_brand") == "qt  ") == (cut.spec.container == "mov")
    assert (b"webm" in cut.result.path.read_bytes()[:100]) == (cut.spec.container == "webm")


def tracks(path: str) -> list[tuple[object, ...]]:
    """Kind, codec, language, disposition of every track, in order, and what is kept of its format."""
    with av.open(path) as film:
        found: list[tuple[object, ...]] = []
        for stream in film.streams:
            codec = stream.codec_context.codec.canonical_name if stream.codec_context else None
            kept: tuple[object, ...] = (stream.type, codec, stream.metadata.get("language"), stream.disposition)
            if stream.type == "audio":
                kept += (stream.codec_context.sample_rate, stream.codec_context.channels)
            found.append(kept)
        return found


def test_tracks(cut: Cut) -> None:
    if cut.spec.container == "h264":
        assert [track[:2] for track in tracks(str(cut.result.path))] == [("video", "h264")]
        return
    assert tracks(str(cut.result.path)) == tracks(str(cut.source))


def test_picture_format(cut: Cut) -> None:
    """Size, depth, shape of pixels, colour tags, turn, fields: as in the source. The picture stands upright."""
    with av.open(str(cut.source)) as source, av.open(str(cut.result.path)) as output:
        old, new = next(source.decode(video=0)), next(output.decode(video=0))
        assert (new.width, new.height, new.rotation) == (old.width, old.height, old.rotation)
        assert new.rotation % 360 == cut.spec.rotation
        assert new.format.name == old.format.name
        for tag in ("colorspace", "color_range", "color_primaries", "color_trc"):
            assert getattr(new, tag) == getattr(old, tag), tag
        assert new.interlaced_frame == old.interlaced_frame == cut.spec.interlaced
        if cut.spec.interlaced and cut.result.mode == "encode":  # which field comes first
            fields = [film.streams.video[0].codec_context.field_order for film in (source, output)]
            assert fields[0] == fields[1] > 1
        ratios = [film.streams.video[0].sample_aspect_ratio or 1 for film in (source, output)]
        assert ratios[0] == ratios[1]
        # Turned by the tag, it is upright; by its pixels alone, it lies as the source's does.
        assert read_orientation(to_rgb(new)) == read_orientation(to_rgb(old)) == cut.spec.rotation


def cut_to(
    times: list[tuple[Fraction, Fraction, str]], spec: FilmSpec, spans: tuple[Span, ...]
) -> list[tuple[Fraction, Fraction, str]]:
    """Cues or chapters of a film as they should be in its cut."""
    start, output, kept = spec.shown()[0][1], Fraction(0), []
    for span in spans:
        for begin, end, text in times:
            first, last = max(begin - start, span.start), min(end - start, span.end)
            if first < last:
                kept.append((output + first - span.start, output + last - span.start, text))
        output += span.length
    return kept


def check_times(
    found: list[tuple[Fraction, Fraction, str]], expected: list[tuple[Fraction, Fraction, str]]
) -> None:
    assert [text for *_, text in found] == [text for *_, text in expected]
    for (start, end, text), (true_start, true_end, _) in zip(found, expected, strict=True):
        assert abs(start - true_start) <= ROUNDING, text
        assert abs(end - true_end) <= ROUNDING, text


def test_subtitles_and_chapters(cut: Cut) -> None:
    """Cut to the spans: one that begins before a span begins with it, one that ends after it ends with it."""
    spans = tuple(delivered(cut.spec, cut.asked if cut.result.mode == "encode" else cut.result.spans))
    for index in range(len(cut.spec.subtitles)):
        cues = subtitle_cues(cut.result.path, index)
        shown = [(start - cut.first_picture, end - cut.first_picture, text) for start, end, text in cues]
        check_times(shown, cut_to(cue_times(cut.spec), cut.spec, spans))
    parts = cut_to(chapter_times(cut.spec), cut.spec, spans) if cut.spec.chapters else []
    check_times(chapters(cut.result.path), parts)


def test_title_and_cover(cut: Cut) -> None:
    with av.open(str(cut.source)) as source, av.open(str(cut.result.path)) as output:
        assert output.metadata.get("title") == source.metadata.get("title")
        old, new = [
            [
                bytes(next(packet for packet in film.demux(stream) if packet.size))
                for stream in film.streams.video
                if Disposition.attached_pic in stream.disposition
            ]
            for film in (source, output)
        ]
        assert new == old
        assert len(new) == cut.spec.cover
