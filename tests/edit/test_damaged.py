"""Damaged and truncated films: an output that decodes, or one error; the source is not touched."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from cutting import state

import miles_deep as md
from media import AudioTrack, FilmSpec, corrupt, decode_video, read_frame_number, truncate
from miles_deep.edit import MODES, EditResult, Mode
from miles_deep.errors import MilesDeepError, VideoError
from miles_deep.timecode import Span

Film = Callable[[FilmSpec], Path]
LENGTH = Fraction(4)
SPECS = [
    FilmSpec("mp4", duration=LENGTH),
    FilmSpec("mkv", "hevc", duration=LENGTH),
    FilmSpec("avi", "mpeg4", (AudioTrack("mp3"),), duration=LENGTH, bframes=0),
    FilmSpec("ts", "mpeg2video", (AudioTrack("mp2"),), duration=LENGTH, start=Fraction(7, 5)),
    FilmSpec("webm", "vp9", (AudioTrack("opus"),), duration=LENGTH),
    FilmSpec("wmv", "wmv2", (AudioTrack("wmav2"),), duration=LENGTH, bframes=0),
    FilmSpec("mov", "mjpeg", duration=LENGTH, pix_fmt="yuvj420p"),
    FilmSpec("ts", "h264", duration=LENGTH, start=Fraction(7, 5)),
    FilmSpec("mkv", "av1", duration=LENGTH),
    FilmSpec("mp4", "hevc", duration=LENGTH, fragmented=True),
]
SPANS = [Span(Fraction(1, 2), Fraction(3, 2)), Span(Fraction(21, 10), Fraction(31, 10))]


def frames(path: Path) -> int:
    """How many frames can be decoded; sound and subtitles must not fail either."""
    count = 0
    with av.open(str(path)) as film:
        for packet in film.demux():
            try:
                decoded = packet.decode() if packet.stream.type in ("video", "audio") else []
            except av.error.FFmpegError:
                continue
            count += len(decoded) if packet.stream.type == "video" else 0
    return count


def edit_or_one_error(source: Path, output: Path, mode: Mode) -> EditResult | None:
    """The edit, or None where it failed as it should: one line, no file."""
    before = state(source)
    try:
        return md.edit(source, SPANS, output, mode)
    except MilesDeepError as error:
        assert "\n" not in str(error)
        assert source.name in str(error) or output.stem in str(error) or "nothing to keep" in str(error)
        assert not output.exists()
        return None
    finally:
        assert state(source) == before
        assert not list(output.parent.glob(".miles-deep-*"))


@pytest.mark.parametrize("seed", range(20))
def test_flipped_bytes(seed: int, film: Film, tmp_path: Path) -> None:
    spec = SPECS[seed % len(SPECS)]
    source = tmp_path / f"film{spec.suffix}"
    corrupt(film(spec), source, seed, count=20)
    for mode in MODES:
        result = edit_or_one_error(source, tmp_path / f"{mode}{spec.suffix}", mode)
        assert result is not None, "headers are whole, so the film is worth cutting"
        assert 0 < frames(result.path) <= result.frames
        if mode == "encode":
            assert frames(result.path) == result.frames


@pytest.mark.parametrize("fraction", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_truncated(spec: FilmSpec, fraction: float, film: Film, tmp_path: Path) -> None:
    source = truncate(film(spec), tmp_path / f"film{spec.suffix}", fraction)
    for mode in MODES:
        result = edit_or_one_error(source, tmp_path / f"{mode}{spec.suffix}", mode)
        unreadable = spec.container in ("mp4", "mov") and not spec.fragmented  # the index was at the end
        assert (result is None) == unreadable
        if result is not None:
            assert result.frames - frames(result.path) in (range(4) if mode == "copy" else (0,))


def test_a_truncated_film_is_cut_as_far_as_it_goes(film: Film, tmp_path: Path) -> None:
    spec = FilmSpec("mkv", duration=Fraction(4))
    source = truncate(film(spec), tmp_path / "film.mkv", 0.6)
    result = md.edit(source, [Span(0, 1), Span(Fraction(3, 2), 4)], tmp_path / "out.mkv")
    numbers = [read_frame_number(rgb) for _, rgb in decode_video(result.path)]
    there = len(md.probe(source).index.frame_times)
    assert 40 < there < 90
    assert numbers[:25] == list(range(25))
    assert numbers[25:] == list(range(38, 38 + len(numbers) - 25))
    assert result.frames == len(numbers)
    assert there - 4 <= numbers[-1] < there


def test_damage_is_told(film: Film, tmp_path: Path) -> None:
    source = tmp_path / "film.mp4"
    corrupt(film(SPECS[0]), source, seed=3, count=40)
    [note] = md.edit(source, [Span(0, 4)], tmp_path / "out.mp4", "encode").notes
    count, *words = note.split()
    assert int(count) >= 1
    assert " ".join(words).startswith("damaged packet")


def test_a_damaged_stretch_that_is_not_kept_does_not_matter(film: Film, tmp_path: Path) -> None:
    """Frames before and after it are whole."""
    spec = FilmSpec(duration=Fraction(4), gop=25)
    source = tmp_path / "film.mp4"
    hit = corrupt(film(spec), source, seed=1, count=1)
    [bad] = {int(time) for time in hit}
    good = [second for second in range(4) if second != bad]
    result = md.edit(source, [Span(second, second + 1) for second in good], tmp_path / "out.mp4")
    numbers = [read_frame_number(rgb) for _, rgb in decode_video(result.path)]
    assert numbers == [number for second in good for number in range(25 * second, 25 * second + 25)]


def test_nothing_of_what_is_to_be_kept_can_be_decoded(film: Film, tmp_path: Path) -> None:
    """All packets from 2 s on are blanked."""
    spec = FilmSpec("mp4", "h264", duration=Fraction(4), gop=25, bframes=0)
    source = tmp_path / "film.mp4"
    data = bytearray(film(spec).read_bytes())
    with av.open(str(film(spec))) as opened:
        for packet in opened.demux(video=0):
            if packet.size and packet.pts * packet.time_base >= 2:
                data[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    source.write_bytes(data)
    with pytest.raises(VideoError, match=r"film\.mp4: not one frame of what is to be kept can be decoded"):
        md.edit(source, [Span(Fraction(5, 2), 4)], tmp_path / "out.mp4", "encode")
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    result = md.edit(source, [Span(1, 4)], tmp_path / "out.mp4", "encode")
    assert result.frames == 25 == frames(result.path)
