"""The test films keep what they promise: without that, no test that uses them proves anything."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from media import (
    CODED,
    FIELDS,
    MATRIX,
    MIXED,
    ONE_KEYFRAME,
    SPECIAL,
    AudioTrack,
    FieldSpec,
    FilmSpec,
    SubtitleTrack,
    chapter_times,
    chapters,
    colour_at,
    corrupt,
    cue_times,
    decode_audio,
    decode_plainly,
    decode_video,
    make,
    make_field_film,
    make_film,
    read_colour,
    read_frame_number,
    read_orientation,
    sound_seed,
    sound_time,
    subtitle_cues,
    text_file,
    truncate,
)

pytestmark = pytest.mark.slow
"""These try the films that the tests are made with, not the program."""

MILLISECONDS = {"mkv": Fraction(1, 1000), "webm": Fraction(1, 1000), "wmv": Fraction(1, 1000)}
"""Containers that round every time, and to what; the others hold them exactly."""


@pytest.fixture
def film_path(tmp_path: Path) -> Iterator[Path]:
    """Where to make a film; removed at once, so that a hundred of them do not pile up."""
    path = tmp_path / "a film, with spaces"
    yield path
    path.unlink()


def check_pictures(path: Path, spec: FilmSpec) -> None:
    pictures = decode_video(path)
    numbers = [read_frame_number(rgb) for _, rgb in pictures]
    assert numbers == [number for number, _ in spec.shown()]
    for (number, truth), (time, rgb) in zip(spec.shown(), pictures, strict=True):
        assert abs(time - truth) <= MILLISECONDS.get(spec.container, Fraction(1, 90000)), number
        assert rgb.shape == (spec.height, spec.width, 3)
        assert np.allclose(read_colour(rgb), colour_at(truth - spec.start), atol=6), number
    assert {read_orientation(rgb) for _, rgb in pictures[::20]} == {0}


def check_sound(path: Path, spec: FilmSpec) -> None:
    """Eight looks of 100 ms, spread over the track: each tells the time it is laid at within 2 ms."""
    for index, track in enumerate(spec.audio):
        sound, rate, start = decode_audio(path, index)
        assert rate == track.rate
        begin = max(spec.start + track.start, Fraction(0), start)
        assert begin - (spec.start + track.start) < Fraction(1, 10) or spec.start < 0
        assert start + Fraction(len(sound), rate) >= spec.end() - Fraction(1, 50)
        window = min(rate // 10, len(sound) // 2)
        first = int((begin - start) * rate) + window // 4
        last = int((spec.end() - start) * rate) - 3 * window // 2
        for at in np.linspace(first, last, 8).astype(int):
            piece = sound[at : at + window]
            truth = float(start - spec.start) + at / rate
            assert sound_time(piece, rate, near=truth) == pytest.approx(truth, abs=0.002), (index, at / rate)
            if window == rate // 10:
                assert sound_seed(piece, rate) == track.seed


@pytest.mark.parametrize("spec", MATRIX, ids=str)
def test_every_container_and_codec(spec: FilmSpec, film_path: Path) -> None:
    make_film(spec, film_path)
    check_pictures(film_path, spec)
    check_sound(film_path, spec)
    with av.open(str(film_path)) as film:
        assert film.streams.video[0].codec_context.codec.canonical_name == spec.codec


@pytest.mark.parametrize("spec", SPECIAL.values(), ids=SPECIAL)
def test_every_special_film(spec: FilmSpec, film_path: Path) -> None:
    """The first half is enough here: MATRIX has shown that the codecs hold out for the whole length."""
    spec = replace(spec, duration=min(spec.duration, Fraction(6)))
    make_film(spec, film_path)
    check_pictures(film_path, spec)
    check_sound(film_path, spec)
    check_tags(film_path, spec)
    for index in range(len(spec.subtitles)):
        check_cues(subtitle_cues(film_path, index), cue_times(spec))
    check_cues(chapters(film_path), chapter_times(spec) if spec.chapters else [])


def check_cues(found: list[tuple[Fraction, Fraction, str]], truth: list[tuple[Fraction, Fraction, str]]) -> None:
    assert [text for *_, text in found] == [text for *_, text in truth]
    for (start, end, _), (true_start, true_end, text) in zip(found, truth, strict=True):
        assert abs(start - true_start) <= Fraction(1, 1000), text
        assert abs(end - true_end) <= Fraction(1, 1000), text


def check_tags(path: Path, spec: FilmSpec) -> None:
    """What the header says, and what the packets are."""
    with av.open(str(path)) as film:
        video = film.streams.video[0]
        frame = next(film.decode(video))
        assert frame.rotation % 360 == spec.rotation  # PyAV says -180 and -90
        assert (frame.width > frame.height) == (spec.rotation % 180 == 0)
        assert frame.interlaced_frame == spec.interlaced
        assert frame.format.components[0].bits == (10 if spec.pix_fmt.endswith("10le") else 8)
        if spec.color:
            assert (frame.colorspace, frame.color_range) == (
                {"bt709": 1, "bt601": 6}[spec.color[0]],
                {"tv": 1, "pc": 2}[spec.color[1]],
            )
        if spec.container != "h264":
            assert (film.duration is None) == spec.missing_duration
            assert film.metadata.get("title", spec.title) == spec.title
        if spec.pix_fmt == "yuva420p":  # FFmpeg's own vp9 decoder leaves the alpha out
            assert video.metadata.get("alpha_mode") == "1" or frame.format.name == "yuva420p"
        pictures = [stream for stream in film.streams.video if Disposition.attached_pic in stream.disposition]
        assert len(pictures) == spec.cover
        for stream, track in zip(film.streams.audio, spec.audio, strict=True):
            assert stream.language == (track.language if spec.container != "avi" else None)
            if spec.container not in ("avi", "ts"):
                assert (Disposition.default in stream.disposition) == track.default
            assert stream.codec_context.channels == track.channels
        for subtitles, cues in zip(film.streams.subtitles, spec.subtitles, strict=True):
            assert subtitles.language == cues.language
            assert (Disposition.forced in subtitles.disposition) == cues.forced


def keyframes(path: Path) -> tuple[list[Fraction], bool]:
    """Times of the keyframes, and whether pictures that come after one are shown before it."""
    with av.open(str(path)) as film:
        packets = [p for p in film.demux(film.streams.video[0]) if p.pts is not None]
    times = [p.pts * p.time_base for p in packets if p.is_keyframe]
    newest, leading = packets[0].pts, False
    for packet in packets:
        newest = packet.pts if packet.is_keyframe else newest
        leading |= packet.pts < newest
    return times, leading


@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg2video"])
@pytest.mark.parametrize("open_gop", [False, True], ids=["closed", "open"])
def test_groups_of_pictures(codec: str, open_gop: bool, film_path: Path) -> None:
    spec = make(film_path, "mkv", codec, audio=(), duration=Fraction(4), open_gop=open_gop)
    times, leading = keyframes(film_path)
    assert leading == open_gop
    if codec != "mpeg2video":  # it makes a closed group as short as its B-frames need
        assert times == spec.frame_times()[::30]
    make(film_path, "mp4", audio=(), duration=Fraction(4), gop=ONE_KEYFRAME)
    assert len(keyframes(film_path)[0]) == 1


@pytest.mark.parametrize("codec", ["aac", "mp3", "ac3", "opus", "vorbis", "flac", "pcm_s16le", "mp2"])
def test_sound_of_every_codec(codec: str, film_path: Path) -> None:
    tracks = tuple(AudioTrack(codec, seed=seed) for seed in range(3))
    spec = make(film_path, "mkv", audio=tracks, duration=Fraction(3), rate=Fraction(5))
    check_sound(film_path, spec)


def test_long_film_comes_round_again(film_path: Path) -> None:
    spec = make(film_path, "mkv", duration=Fraction(40), rate=Fraction(5))
    check_pictures(film_path, spec)
    check_sound(film_path, spec)


def test_numbers_survive_scaling_and_heavy_coding(film_path: Path) -> None:
    make(film_path, "mp4", audio=(), duration=Fraction(2))
    for number, (_, rgb) in enumerate(decode_video(film_path)):
        frame = av.VideoFrame.from_ndarray(rgb, "rgb24")
        small = frame.reformat(64, 48, "yuv420p", interpolation="AREA")
        jpeg = av.CodecContext.create("mjpeg", "w")
        jpeg.width, jpeg.height, jpeg.pix_fmt, jpeg.time_base = 64, 48, "yuvj420p", Fraction(1, 25)
        jpeg.options = {"qmin": "31", "qmax": "31"}
        [packet] = jpeg.encode(small) + jpeg.encode(None)
        [coarse] = av.CodecContext.create("mjpeg", "r").decode(packet)
        pixels = coarse.to_ndarray(format="rgb24")
        assert read_frame_number(pixels) == number
        for turns in range(4):
            assert read_orientation(np.rot90(pixels, -turns)) == 90 * turns


def test_a_blend_or_a_turned_picture_has_no_number(film_path: Path) -> None:
    make(film_path, "mp4", audio=(), duration=Fraction(1))
    pictures = [rgb for _, rgb in decode_video(film_path)]
    spoilt = [pictures[3] // 2 + pictures[4] // 2, np.rot90(pictures[5]), pictures[6] // 255, 255 - pictures[7]]
    for rgb in spoilt:
        with pytest.raises(ValueError, match=r"parity|neither"):
            read_frame_number(rgb)
    with pytest.raises(ValueError, match="silence"):
        sound_time(np.zeros(4800, np.float32), 48000)


@pytest.mark.parametrize("spec", CODED.values(), ids=CODED)
def test_every_coding(spec: FilmSpec, film_path: Path) -> None:
    """The clock is read through the texture, and no two frames are the same."""
    make_film(spec, film_path)
    pictures = decode_video(film_path)
    assert [read_frame_number(rgb) for _, rgb in pictures] == [number for number, _ in spec.shown()]
    for (_, truth), (time, rgb) in zip(spec.shown(), pictures, strict=True):
        assert abs(time - truth) <= MILLISECONDS.get(spec.container, Fraction(1, 90000))
        assert np.allclose(read_colour(rgb), colour_at(truth - spec.start), atol=15)
    assert len({rgb.tobytes() for _, rgb in pictures}) == len(pictures)


def nal_units(packet: bytes) -> list[int]:
    """First bytes of the NAL units of an H.264 packet, in annex B's form or in mp4's."""
    if packet.startswith((b"\0\0\0\1", b"\0\0\1")):
        return [unit[0] for unit in packet.split(b"\0\0\1")[1:]]
    heads, at = [], 0
    while at < len(packet):
        heads.append(packet[at + 4])
        at += 4 + int.from_bytes(packet[at : at + 4], "big")
    return heads


def test_codings_are_what_their_names_say(film_path: Path) -> None:
    """References left out, hidden pictures, recovery points in place of keyframes."""

    def packets(name: str) -> list[bytes]:
        make_film(CODED[name], film_path)
        with av.open(str(film_path)) as film:
            return [bytes(packet) for packet in film.demux(film.streams.video[0]) if packet.size]

    pyramid = [
        {unit >> 5 & 3 for unit in nal_units(p) if unit & 31 in (1, 5)} for p in packets("h264-pyramid-mp4")
    ]
    assert pyramid.count({0}) > 30
    assert sum(5 in [unit & 31 for unit in nal_units(p)] for p in packets("h264-intra-refresh-mp4")) == 1
    assert len(keyframes(film_path)[0]) == 4
    hevc = {unit[0] >> 1 & 63 for data in packets("hevc-rasl-ts") for unit in data.split(b"\0\0\1")[1:]}
    assert hevc >= {8, 21}  # H.265, table 7-1: RASL_N, CRA
    assert sum(data[-1] & 0xE0 == 0xC0 for data in packets("vp9-alt-ref-mp4")) >= 4  # superframes
    assert sum(not data[0] & 0x10 for data in packets("vp8-alt-ref-webm")) == 15


@pytest.mark.parametrize("spec", [*FIELDS.values(), MIXED], ids=str)
def test_field_coded_films(spec: FieldSpec, film_path: Path) -> None:
    """Each field is a picture of its own, and FFmpeg finds nothing to complain of."""
    make_field_film(spec, film_path)
    before = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    with av.logging.Capture() as complaints:
        film = decode_plainly(film_path, Fraction(spec.rate))
    av.logging.set_level(before)
    assert complaints == []
    assert [frame.time for frame in film.frames] == [Fraction(n, spec.rate) for n in range(spec.frames)]
    assert len({frame.digest for frame in film.frames}) == spec.frames
    with av.open(str(film_path)) as opened:
        interlaced = [frame.interlaced_frame for frame in opened.decode(opened.streams.video[0])]
    assert interlaced == [number >= spec.whole for number in range(spec.frames)]
    with av.open(str(film_path)) as opened:
        packets = [packet for packet in opened.demux(opened.streams.video[0]) if packet.size]
    fields = [[unit for unit in nal_units(bytes(packet)) if unit & 31 in (1, 5)] for packet in packets]
    most = {2} if spec.container in ("mkv", "mp4") else {1}
    assert {len(units) for units in fields} == (most | {1} if spec.whole else most)
    slices = [unit for units in fields for unit in units]
    assert len(slices) == 2 * spec.frames - spec.whole
    assert sum(unit >> 5 == 0 for unit in slices) >= (spec.frames // 2 if spec.bframes else 0)
    assert sum(unit & 31 == 5 for unit in slices) == (1 if spec.open_gop else -(-spec.frames // spec.gop))


def test_truncated_film_opens_and_ends_early(film_path: Path, tmp_path: Path) -> None:
    for spec in (SPECIAL["faststart-mp4"], FilmSpec("mkv"), MATRIX[-1]):
        make_film(spec, film_path)
        cut = truncate(film_path, tmp_path / "cut", 0.6)
        numbers = [read_frame_number(rgb) for _, rgb in decode_video(cut)]
        assert 100 < len(numbers) < 200
        assert numbers[:100] == list(range(100))


@pytest.mark.parametrize("container", ["mp4", "mkv", "avi", "ts", "wmv"])
def test_corrupt_film_keeps_its_headers_and_sound(container: str, film_path: Path, tmp_path: Path) -> None:
    [spec] = [spec for spec in MATRIX if spec.container == container and spec.codec == "h264"]
    make_film(spec, film_path)
    spoilt = tmp_path / "spoilt"
    hit = corrupt(film_path, spoilt, seed=3, count=40)
    assert len(hit) == 40 and spec.start <= hit[0] <= hit[-1] <= spec.end()
    before, after = film_path.read_bytes(), spoilt.read_bytes()
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) in range(30, 41)
    check_sound(spoilt, spec)
    with pytest.raises((ValueError, AssertionError)):
        check_pictures(spoilt, spec)


def test_specs_are_keys_with_readable_names(tmp_path: Path) -> None:
    known = {spec: str(spec) for spec in [*MATRIX, *SPECIAL.values()]}
    assert len(set(known.values())) == len(known)
    assert known[FilmSpec()] == "mp4-h264"
    turned = FilmSpec("mov", "hevc", (), rotation=90, subtitles=(SubtitleTrack("mov_text", forced=True),))
    assert str(turned) == "mov-hevc-audio=none-subtitles=mov_text-forced-rotation=90"
    assert replace(turned, rotation=0) != turned
    with pytest.raises(av.error.InvalidDataError):
        av.open(str(text_file(tmp_path / "notes.mp4")))
