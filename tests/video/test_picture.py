"""Scaler: from a stored frame to upright RGB of the wanted size, in the right colours."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from media import FilmSpec, colour_at, make, read_colour, read_frame_number, read_orientation
from media.picture import clock_frame
from miles_deep.model import Preprocess
from miles_deep.video import Scaler, frames_at, probe

Films = Callable[[FilmSpec], Path]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("size", [(64, 48), (48, 64), (33, 47), (320, 320)])
def test_resize(rotation: int, size: tuple[int, int], film: Films) -> None:
    """Size and upright go together: what is asked for is told of, and given to, the upright picture."""
    asked = []

    def resize(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
        asked.append((width, height, aspect))
        return size

    video = probe(film(FilmSpec(duration=Fraction(1), rotation=rotation)))
    [(_, frame)] = frames_at(video, [Fraction(1, 2)])
    rgb = Scaler(video, resize).rgb(frame)
    assert asked == [(160, 120, 1)]
    assert rgb.shape == (size[1], size[0], 3)
    assert read_orientation(rgb) == 0
    assert read_frame_number(rgb) == 12
    assert read_colour(rgb) == pytest.approx(colour_at(Fraction(12, 25)), abs=6)


@pytest.mark.parametrize("color", [None, ("bt601", "tv"), ("bt709", "tv"), ("bt601", "pc"), ("bt709", "pc")])
@pytest.mark.parametrize("container, codec", [("mp4", "h264"), ("mkv", "hevc"), ("mkv", "ffv1")])
def test_matrix_and_range(color: tuple[str, str] | None, container: str, codec: str, tmp_path: Path) -> None:
    """Within the rounding of the coder: a wrong matrix is off by 20 and more, a wrong range by 10."""
    path = tmp_path / f"film.{container}"
    spec = make(path, container, codec, color=color, duration=Fraction(1), rate=Fraction(5), audio=())
    video = probe(path)
    scaler, times = Scaler(video), spec.clock_times()
    for time, frame in frames_at(video, times):
        rgb = scaler.rgb(frame)
        assert read_colour(rgb) == pytest.approx(colour_at(time), abs=4)
        black, white = sorted(rgb[65:85, [10, 150]].mean(axis=(0, 2)))  # the two parity cells
        assert black < 4 and white > 251


@pytest.mark.parametrize("size, matrix", [((640, 480), "bt601"), ((1280, 720), "bt709"), ((720, 1280), "bt709")])
def test_untagged_colours_are_those_of_the_size(size: tuple[int, int], matrix: str, tmp_path: Path) -> None:
    """Computed with the matrix that players take, in a file that has no place to say so."""
    path = tmp_path / "film.avi"
    width, height = size
    times = {"duration": Fraction(1), "rate": Fraction(5)}
    spec = make(
        path, "avi", "mpeg4", color=(matrix, "tv"), width=width, height=height, audio=(), bframes=0, **times
    )
    video = probe(path)
    assert video.colour.primaries == 2  # truly untagged
    scaler = Scaler(video, lambda width, height, aspect: (160, 120))
    for time, frame in frames_at(video, spec.clock_times()):
        assert read_colour(scaler.rgb(frame)) == pytest.approx(colour_at(time), abs=5)


@pytest.mark.parametrize(
    "codec, pix_fmt",
    [
        ("libx264rgb", "rgb24"),
        ("ffv1", "bgr0"),
        ("ffv1", "gbrp10le"),
        ("png", "rgb24"),
        ("ffv1", "yuv444p"),
        ("ffv1", "yuv422p10le"),
        ("ffv1", "yuva420p"),
        ("ffv1", "yuv420p16le"),
    ],
)
def test_pixel_formats(codec: str, pix_fmt: str, film: Films, tmp_path: Path) -> None:
    """RGB needs no matrix and has no limited range; more bits and other samplings are all the same."""
    source = probe(film(FilmSpec()))
    pictures = [Scaler(source).rgb(frame) for _, frame in frames_at(source, map(Fraction, range(3)))]
    path = tmp_path / ("film.mov" if codec == "png" else "film.mkv")
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=1, width=160, height=120, pix_fmt=pix_fmt)
        for rgb in pictures:
            frame = av.VideoFrame.from_ndarray(rgb, "rgb24")
            out.mux(stream.encode(frame.reformat(format=pix_fmt, dst_colorspace="ITU601")))
        out.mux(stream.encode(None))
    video = probe(path)
    got = [Scaler(video).rgb(frame) for _, frame in frames_at(video, map(Fraction, range(3)))]
    assert [read_frame_number(rgb) for rgb in got] == [0, 25, 50]
    for rgb, picture in zip(got, pictures, strict=True):
        assert read_colour(rgb) == pytest.approx(read_colour(picture), abs=4)
        assert np.abs(rgb[10:20, 10:20].astype(int) - picture[10:20, 10:20]).max() < 6
        assert read_orientation(rgb) == 0


def test_grey_films_are_grey(film: Films, tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    ramp = np.arange(0, 256, dtype=np.uint8).reshape(1, -1).repeat(16, axis=0)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=1, width=256, height=16, pix_fmt="gray")
        out.mux(stream.encode(av.VideoFrame.from_ndarray(ramp, "gray")))
        out.mux(stream.encode(None))
    video = probe(path)
    [(_, frame)] = frames_at(video, [Fraction(0)])
    rgb = Scaler(video).rgb(frame)
    assert rgb.shape == (16, 256, 3)
    assert np.all(rgb[..., 0] == rgb[..., 1]) and np.all(rgb[..., 1] == rgb[..., 2])
    assert np.all(np.diff(rgb[8, :, 0].astype(int)) >= 0)
    assert np.abs(rgb[8, :, 0].astype(int) - ramp[8]).max() <= 2


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_anamorphic_films_are_resized_by_the_shape_shown(rotation: int, tmp_path: Path) -> None:
    """160 x 120 stored with pixels twice as wide as high is shown as 320 x 120."""
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, width=160, height=120)
        stream.codec_context.sample_aspect_ratio = Fraction(2)
        if rotation:
            stream.set_display_rotation(rotation)
        upright = (120, 160) if rotation % 180 else (160, 120)
        out.mux(stream.encode(clock_frame(5, 0, *upright, "yuv420p", "bt601", False, rotation)))
        out.mux(stream.encode(None))
    video = probe(path)
    [(_, frame)] = frames_at(video, [Fraction(0)])
    spec = Preprocess(48, 48, "shortest_side", resize_height=60)
    rgb = Scaler(video, spec.resized).rgb(frame)
    assert rgb.shape == ((160, 60, 3) if rotation % 180 else (60, 160, 3))
    assert read_frame_number(rgb) == 5
    assert spec.crop(rgb).shape == (48, 48, 3)
    assert np.array_equal(spec.crop(rgb), rgb[6:54, 56:104] if rotation % 180 == 0 else rgb[56:104, 6:54])


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_pictures_made_smaller_are_those_that_pillow_makes(film: Films, interpolation: str) -> None:
    """Every pixel counts, as in training, where pictures were most often resized with Pillow."""
    video = probe(film(FilmSpec(width=192, height=108)))
    whole = Scaler(video)
    small = Scaler(video, lambda width, height, aspect: (48, 27), interpolation)
    for _, frame in frames_at(video, [Fraction(1, 2)]):
        pillow = Image.fromarray(whole.rgb(frame).copy()).resize((48, 27), Image.Resampling[interpolation.upper()])
        assert np.abs(small.rgb(frame).astype(int) - np.asarray(pillow)).mean() < 1.5
