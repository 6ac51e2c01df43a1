"""Encoding anew cannot be seen, and what says how pixels are to be shown survives it."""

from collections.abc import Callable
from fractions import Fraction
from itertools import takewhile
from pathlib import Path

import av
import numpy as np
import pytest
from av.codec.codec import UnknownCodecError
from numpy.typing import NDArray

import miles_deep as md
from media import MATRIX, SPECIAL, FilmSpec, decode_video, make_film, read_frame_number
from miles_deep.edit import MODES, Mode
from miles_deep.edit.codecs import VIDEO_ENCODERS, can_encode, pixel_format, video_encoder
from miles_deep.timecode import Span

TEXTURED = {
    "h264": (".mp4", "yuv420p"),
    "hevc": (".mkv", "yuv420p"),
    "vp8": (".webm", "yuv420p"),
    "vp9": (".webm", "yuv420p"),
    "av1": (".mkv", "yuv420p"),
    "mpeg4": (".avi", "yuv420p"),
    "msmpeg4v2": (".avi", "yuv420p"),
    "msmpeg4v3": (".avi", "yuv420p"),
    "wmv1": (".wmv", "yuv420p"),
    "wmv2": (".wmv", "yuv420p"),
    "mpeg1video": (".mkv", "yuv420p"),
    "mpeg2video": (".ts", "yuv420p"),
    "mjpeg": (".mov", "yuvj420p"),
    "flv1": (".flv", "yuv420p"),
    "prores": (".mov", "yuv422p10le"),
}
EXACT = {
    "ffv1": (".mkv", "yuv422p10le"),
    "huffyuv": (".avi", "yuv422p"),
    "png": (".mov", "rgb24"),
    "rawvideo": (".avi", "yuv420p"),
    "qtrle": (".mov", "rgb24"),
}


def texture(number: int) -> NDArray[np.uint8]:
    """A soft gradient with grain that moves: what coarse coding spoils first."""
    dice = np.random.default_rng(7)
    y, x = np.mgrid[0:180, 0:320]
    grain = np.kron(dice.normal(0, 12, (90, 160)), np.ones((2, 2)))
    waves = 60 * np.sin((x + 3 * number) / 23) + 40 * np.cos((y - 2 * number) / 17)
    grey = 128 + waves + np.roll(grain, (number, 2 * number), (0, 1))
    return np.clip(np.stack([grey, 0.8 * grey + x / 8, 255 - grey], -1), 0, 255).astype(np.uint8)


def textured_film(path: Path, codec: str, pix_fmt: str) -> Path:
    """A second of texture, coded as well as the codec goes."""
    encoder = VIDEO_ENCODERS[codec].name if codec in VIDEO_ENCODERS else codec
    with av.open(str(path), "w", format={".wmv": "asf"}.get(path.suffix)) as out:
        stream = out.add_stream(
            encoder, rate=25, options=dict(VIDEO_ENCODERS[codec].options) if encoder != codec else {}
        )
        stream.width, stream.height, stream.pix_fmt = 320, 180, pix_fmt
        stream.codec_context.gop_size = 10
        stream.codec_context.bit_rate = 0 if encoder.startswith("lib") else 8_000_000
        stream.codec_context.max_b_frames = 0
        for number in range(25):
            frame = av.VideoFrame.from_ndarray(texture(number), "rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def planes(path: Path) -> list[NDArray[np.float64]]:
    """Every frame as stored numbers, in the order they are shown."""
    with av.open(str(path)) as film:
        film.streams.video[0].codec_context.thread_type = "NONE"
        return [np.asarray(frame.to_ndarray(), np.float64) for frame in film.decode(video=0)]


def likeness(frame: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """PSNR in dB."""
    error = np.mean((frame - other) ** 2)
    return float(20 * np.log10((1023 if frame.max() > 255 else 255) / np.sqrt(error))) if error else np.inf


@pytest.mark.parametrize(
    ("codec", "suffix", "pix_fmt"), [(c, *rest) for c, rest in TEXTURED.items()], ids=TEXTURED
)
def test_quality(codec: str, suffix: str, pix_fmt: str, tmp_path: Path) -> None:
    source = textured_film(tmp_path / f"in{suffix}", codec, pix_fmt)
    result = md.edit(source, [Span(0, Fraction(31, 100)), Span(Fraction(57, 100), 1)], tmp_path / f"out{suffix}")
    assert result.path.suffix == suffix
    before, after = planes(source), planes(result.path)
    kept = [*before[:8], *before[15:]]
    assert len(after) == len(kept) == result.frames
    assert min(likeness(*pair) for pair in zip(kept, after, strict=True)) >= 38
    with av.open(str(result.path)) as film:
        assert film.streams.video[0].codec_context.codec.canonical_name == codec
    if codec in VIDEO_ENCODERS and VIDEO_ENCODERS[codec].quantiser:  # no more bytes than can be seen
        assert result.path.stat().st_size <= 1.1 * source.stat().st_size * len(kept) / len(before)


@pytest.mark.parametrize(("codec", "suffix", "pix_fmt"), [(c, *rest) for c, rest in EXACT.items()], ids=EXACT)
def test_lossless_codecs_lose_nothing(codec: str, suffix: str, pix_fmt: str, tmp_path: Path) -> None:
    source = textured_film(tmp_path / f"in{suffix}", codec, pix_fmt)
    result = md.edit(source, [Span(Fraction(2, 10), Fraction(6, 10))], tmp_path / f"out{suffix}")
    before, after = planes(source)[5:15], planes(result.path)
    assert len(after) == len(before)
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True))


@pytest.mark.film
def test_quality_of_a_real_film(big_buck_bunny: Path, tmp_path: Path) -> None:
    span = Span(Fraction(2441, 10), Fraction(2451, 10))
    result = md.edit(big_buck_bunny, [span], tmp_path / "out.mp4")
    with av.open(str(big_buck_bunny)) as source, av.open(str(result.path)) as output:
        stream = source.streams.video[0]
        source.seek(int(span.start / stream.time_base), stream=stream)
        first = stream.start_time * stream.time_base
        times = ((frame.pts * stream.time_base - first, frame) for frame in source.decode(stream))
        wanted = [frame for time, frame in takewhile(lambda it: it[0] < span.end, times) if time >= span.start]
        pairs = list(zip(wanted, output.decode(video=0), strict=True))
        assert len(pairs) == result.frames == 24
        assert min(likeness(*(frame.to_ndarray().astype(float) for frame in pair)) for pair in pairs) >= 38


def test_x264_is_told_a_quality_nobody_can_tell_from_the_source(
    film: Callable[[FilmSpec], Path], tmp_path: Path
) -> None:
    """x264 writes its settings into the film."""
    spec = FilmSpec(audio=(), duration=Fraction(2))
    data = md.edit(film(spec), [Span(0, 1)], tmp_path / "out.mp4").path.read_bytes()
    settings = data[data.index(b"x264 - core") :].split(b"\0")[0]
    assert b"rc=crf" in settings
    assert float(settings.split(b"crf=")[1].split()[0]) <= 20


def anamorphic(path: Path, encoder: str) -> Path:
    """PAL as 16:9: the pixels are not square."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(encoder, rate=25)
        stream.width, stream.height, stream.pix_fmt = 180, 144, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(64, 45)
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(texture(number)[:144, :180].copy(), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("suffix", "encoder"),
    [
        (".mp4", "libx264"),
        (".mkv", "libx264"),
        (".mov", "libx264"),
        (".ts", "libx264"),
        (".mkv", "libx265"),
        (".avi", "mpeg4"),
        (".mp4", "libvpx-vp9"),
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_shape_of_the_pixels(mode: Mode, suffix: str, encoder: str, tmp_path: Path) -> None:
    source = anamorphic(tmp_path / f"in{suffix}", encoder)
    result = md.edit(source, [Span(0, 1)], tmp_path / f"out{suffix}", mode)
    assert not result.notes
    with av.open(str(result.path)) as output:
        stream = output.streams.video[0]
        assert stream.sample_aspect_ratio == pytest.approx(Fraction(64, 45), rel=0.01)
        assert (stream.width, stream.height) == (180, 144)


@pytest.mark.parametrize("mode", MODES)
def test_the_user_is_told_where_the_shape_of_the_pixels_gets_lost(mode: Mode, tmp_path: Path) -> None:
    source = anamorphic(tmp_path / "in.mp4", "libvpx-vp9")
    result = md.edit(source, [Span(0, 1)], tmp_path / "out.webm", mode)
    assert result.notes == ("webm cannot tell players that the pixels are 64:45: shown as square ones",)


@pytest.mark.parametrize("name", ["alpha-webm", "alpha-ffv1"])
def test_alpha(name: str, film: Callable[[FilmSpec], Path], tmp_path: Path) -> None:
    """The grey corner is half transparent, all else is opaque, before and after."""
    spec = SPECIAL[name]
    result = md.edit(film(spec), [Span(1, 2)], tmp_path / f"out{spec.suffix}")
    with av.open(str(result.path)) as output:
        stream = output.streams.video[0]
        decoder = av.CodecContext.create("libvpx-vp9" if spec.codec == "vp9" else spec.codec, "r")
        decoder.extradata = stream.codec_context.extradata
        decoder.width, decoder.height = stream.width, stream.height
        frames = [
            frame for packet in output.demux(stream) for frame in decoder.decode(packet if packet.size else None)
        ]
    assert len(frames) == 25
    for frame in frames:
        assert frame.format.name == "yuva420p"
        alpha = np.frombuffer(frame.planes[3], np.uint8).reshape(-1, frame.planes[3].line_size)[:120, :160]
        assert np.abs(alpha[95:115, 138:155].astype(int) - 128).max() <= 6
        assert alpha[:85].min() >= 250


def test_frames_of_another_size_are_scaled_to_the_first(tmp_path: Path) -> None:
    """Some broadcasts change their size on the way; a film has one."""
    path = tmp_path / "in.ts"
    parts = []
    for part, (width, height) in enumerate([(160, 120), (320, 240)]):
        spec = FilmSpec(
            "ts", "mpeg2video", (), duration=Fraction(1), width=width, height=height, start=Fraction(part)
        )
        parts.append(make_film(spec, tmp_path / f"{part}.ts").read_bytes())
    path.write_bytes(b"".join(parts))
    result = md.edit(path, [Span(0, 5)], tmp_path / "out.ts", "encode")
    seen = decode_video(result.path)
    assert {rgb.shape for _, rgb in seen} == {(120, 160, 3)}
    assert [read_frame_number(rgb) for _, rgb in seen][-10:] == list(range(15, 25))


@pytest.mark.parametrize("spec", [*MATRIX, *SPECIAL.values()], ids=str)
def test_every_film_has_an_encoder_that_takes_its_pixels(spec: FilmSpec) -> None:
    for container in ("matroska", "mp4", "asf"):
        encoder = video_encoder(spec.codec, container)
        assert av.Codec(encoder.name, "w").type == "video"
        bits = [
            av.VideoFormat(name).components[0].bits
            for name in (spec.pix_fmt, pixel_format(encoder.name, spec.pix_fmt))
        ]
        assert bits[0] == bits[1]


def test_every_encoder_in_the_table_is_in_this_build() -> None:
    for codec, encoder in VIDEO_ENCODERS.items():
        assert av.Codec(encoder.name, "w").is_encoder, codec
    assert not can_encode("nonsense")
    with pytest.raises(UnknownCodecError):
        av.Codec("nonsense", "w")
    assert video_encoder("nonsense", "matroska").name == "libx264"
    assert video_encoder("ffv1", "matroska").name == "ffv1"


@pytest.mark.parametrize(
    ("encoder", "source", "chosen"),
    [
        ("libx264", "yuv422p10le", "yuv422p10le"),
        ("libx264", "yuv420p12le", "yuv420p10le"),
        ("libx264", "gbrp", "yuv444p"),
        ("libx264", "pal8", "yuv420p"),
        ("libvpx-vp9", "yuva420p", "yuva420p"),
        ("libsvtav1", "yuv444p", "yuv420p"),
        ("libsvtav1", "yuv422p10le", "yuv420p10le"),
        ("mpeg4", "yuv422p", "yuv420p"),
        ("mpeg2video", "yuv444p", "yuv420p"),
    ],
)
def test_pixel_formats(encoder: str, source: str, chosen: str) -> None:
    assert pixel_format(encoder, source) == chosen
