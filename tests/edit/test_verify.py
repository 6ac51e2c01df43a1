"""What verification finds wrong with a cut, and that it finds nothing wrong with a good one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

import miles_deep as md
from media import AudioTrack, FilmSpec, corrupt
from miles_deep.edit.cutter import cut, plan_cut
from miles_deep.edit.pieces import Copy, EditPlan, Mode
from miles_deep.edit.take import Take
from miles_deep.edit.treatment import Effect, Treatment
from miles_deep.edit.verify import faults
from miles_deep.edit.verify.joins import Due
from miles_deep.edit.verify.look import paired
from miles_deep.timecode import Span
from miles_deep.video import Video
from miles_deep.video.frame import Frame

FilmOf = Callable[[FilmSpec], Path]
Packets = list[av.Packet]

SPEC = FilmSpec(duration=Fraction(5), width=128, height=96, gop=25, bframes=3, texture=True)
SPANS = (
    Span(Fraction(61, 100), Fraction(232, 100)),  # 9 frames, a group of 25, 8 frames
    Span(Fraction(311, 100), Fraction(391, 100)),  # 20 frames of one group
)
FRAME = Fraction(1, 25)


@dataclass(frozen=True)
class Good:
    """A cut as it should be."""

    video: Video
    plan: EditPlan
    path: Path


def smart_cut(
    source: Path, out: Path, spans: Sequence[Span] = SPANS, effects: Sequence[Effect] = (), mode: Mode = "smart"
) -> Good:
    video = md.probe(source)
    take = Take(video, spans, effects)
    plan, _ = plan_cut([take], mode, out)
    return Good(video, plan, cut([take], out, mode, look=None).path)


@pytest.fixture(scope="module")
def good(film: FilmOf, tmp_path_factory: pytest.TempPathFactory) -> Good:
    made = smart_cut(film(SPEC), tmp_path_factory.mktemp("verified") / "good.mp4")
    assert [type(part) is Copy for piece in made.plan.pieces for part in piece.parts] == [
        False,
        True,
        False,
        False,
    ]
    return made


def remuxed(source: Path, out: Path, change: Callable[[Packets], Iterable[av.Packet]]) -> Path:
    """The film with other packets."""
    with av.open(str(source)) as film, av.open(str(out), "w") as copy:
        streams = {stream.index: copy.add_stream_from_template(stream, opaque=True) for stream in film.streams}
        for packet in change([packet for packet in film.demux() if packet.size]):
            packet.stream = streams[packet.stream.index]
            copy.mux_one(packet)
    return out


def pictures(packets: Packets) -> Packets:
    return [packet for packet in packets if packet.stream.type == "video"]


def found(good: Good, path: Path) -> list[tuple[float, str, tuple[int, ...]]]:
    return [
        (round(float(fault.time), 2), fault.what, tuple(fault.keyframes))
        for fault in faults([good.video], good.plan, path)
    ]


def whats(good: Good, path: Path) -> set[str]:
    return {what for _, what, _ in found(good, path)}


GOOD = {
    "h264": SPEC,
    "open-gop-h264-mkv": FilmSpec("mkv", duration=Fraction(5), width=128, height=96, gop=25, open_gop=True),
    "hevc": FilmSpec("mp4", "hevc", duration=Fraction(5), width=128, height=96, gop=25, texture=True),
    "mpeg2-ts": FilmSpec(
        "ts", "mpeg2video", (AudioTrack("mp2"),), duration=Fraction(5), width=128, height=96, gop=25
    ),
    "mpeg4-avi": FilmSpec(
        "avi", "mpeg4", (AudioTrack("mp3"),), duration=Fraction(5), width=128, height=96, bframes=0
    ),
    "vfr-vp9": FilmSpec(
        "webm", "vp9", (AudioTrack("opus"),), duration=Fraction(5), width=128, height=96, vfr=True
    ),
    "one-keyframe": FilmSpec(duration=Fraction(5), width=128, height=96, gop=100_000),
}


@pytest.mark.parametrize("spec", GOOD.values(), ids=GOOD)
@pytest.mark.parametrize("mode", ["smart", "encode"])
def test_nothing_is_wrong_with_a_good_cut(spec: FilmSpec, mode: Mode, film: FilmOf, tmp_path: Path) -> None:
    made = smart_cut(film(spec), tmp_path / f"cut{spec.suffix}", mode=mode)
    assert faults([made.video], made.plan, made.path) == []


def test_blurred_muted_and_faster_pieces_are_compared_with_what_they_should_be(
    film: FilmOf, tmp_path: Path
) -> None:
    effects = [
        Effect(Span(1, Fraction(3, 2)), Treatment(blur=True)),
        Effect(Span(Fraction(3, 2), 3), Treatment(speed=3)),
        Effect(Span(4, 5), Treatment(mute=True)),
    ]
    made = smart_cut(film(SPEC), tmp_path / "treated.mp4", [Span(0, 5)], effects)
    assert faults([made.video], made.plan, made.path) == []
    plain = smart_cut(film(SPEC), tmp_path / "plain.mp4", [Span(0, 5)], effects[1:])
    assert "are not the film's" in " ".join(whats(made, plain.path)), "a picture that should be blurred is not"


LONG = FilmSpec(duration=Fraction(30), width=96, height=96, texture=True, audio=())
BLUR = Treatment(blur=True)


def part_blurred(source: Path, out: Path, *spans: Span) -> Good:
    return smart_cut(source, out, [Span(0, 30)], [Effect(span, BLUR) for span in spans])


@pytest.fixture(scope="module")
def blurred(film: FilmOf, tmp_path_factory: pytest.TempPathFactory) -> Good:
    """Blurred from 2 s to 28 s, in several groups of pictures."""
    return part_blurred(film(LONG), tmp_path_factory.mktemp("blurred") / "good.mp4", Span(2, 28))


def test_blurred_pictures_are_told_from_others_all_along(blurred: Good, tmp_path: Path) -> None:
    assert faults([blurred.video], blurred.plan, blurred.path) == []
    path = part_blurred(blurred.video.path, tmp_path / "holed.mp4", Span(2, 10), Span(20, 28)).path
    assert (10.08, "10 frames are not blurred", ()) in found(blurred, path)


@pytest.mark.parametrize("lost", [range(250, 300), range(270, 271)], ids=["2 seconds", "a frame"])
def test_frames_missing_far_from_any_join_are_found(lost: range, blurred: Good, tmp_path: Path) -> None:
    def without(packets: Packets) -> Packets:
        shown = sorted(pictures(packets), key=lambda packet: packet.pts)
        left_out = {shown[number].pts for number in lost}
        return [packet for packet in packets if packet.pts not in left_out]

    what = f"{len(lost)} frames are missing" if len(lost) > 1 else "1 frame is missing"
    assert (lost[0] / 25, what, ()) in found(blurred, remuxed(blurred.path, tmp_path / "missing.mp4", without))


def test_frames_of_a_faster_piece_are_counted(film: FilmOf, tmp_path: Path) -> None:
    fast = [Effect(Span(2, 28), Treatment(speed=2))]
    made = smart_cut(film(LONG), tmp_path / "fast.mp4", [Span(0, 30)], fast)
    assert faults([made.video], made.plan, made.path) == []

    def without(packets: Packets) -> Packets:
        return [packet for packet in packets if not 6 <= packet.pts * packet.time_base < 7]

    [(time, what, _)] = found(made, remuxed(made.path, tmp_path / "missing.mp4", without))
    assert (time, what) == (6.0, "25 frames are missing")


def encoded_anew(
    source: Path,
    out: Path,
    change: Callable[[NDArray[np.uint8]], None] = lambda rows: None,
    tags: tuple[int, int, int] = (2, 2, 2),
) -> Path:
    """The film's picture by another encoder; with other samples, or other tags (matrix, primaries, transfer)."""
    with av.open(str(source)) as film, av.open(str(out), "w") as copy:
        stream = copy.add_stream("libx264", rate=25, options={"crf": "18"})
        stream.width, stream.height, stream.pix_fmt = (
            film.streams.video[0].width,
            film.streams.video[0].height,
            "yuv420p",
        )
        stream.codec_context.colorspace, stream.codec_context.color_primaries, stream.codec_context.color_trc = (
            tags
        )
        for number, frame in enumerate(film.decode(video=0)):
            rows = frame.to_ndarray()
            change(rows)
            other = av.VideoFrame.from_ndarray(rows, "yuv420p")
            other.pts, other.time_base = number, FRAME
            other.colorspace, other.color_primaries, other.color_trc = tags
            copy.mux(stream.encode(other))
        copy.mux(stream.encode(None))
    return out


def inverted(rows: NDArray[np.uint8]) -> None:
    luma = rows.shape[0] * 2 // 3
    rows[luma:] = 255 - rows[luma:]


def test_wrong_colours_are_found(film: FilmOf, tmp_path: Path) -> None:
    made = smart_cut(film(SPEC), tmp_path / "good.mp4", mode="encode")
    assert whats(made, encoded_anew(made.path, tmp_path / "as before.mp4")) == set()
    wrong = {"42 frames are not the film's", "20 frames are not the film's"}
    assert whats(made, encoded_anew(made.path, tmp_path / "inverted.mp4", inverted)) == wrong
    wrong = {"42 frames are marked as of other colours", "20 frames are marked as of other colours"}
    assert whats(made, encoded_anew(made.path, tmp_path / "tagged.mp4", tags=(1, 1, 1))) == wrong


@pytest.mark.parametrize("frames", [-1, 1])
def test_a_span_that_is_a_frame_off_is_found(frames: int, good: Good, tmp_path: Path) -> None:
    moved = [SPANS[0], Span(SPANS[1].start + frames * FRAME, SPANS[1].end + frames * FRAME)]
    path = smart_cut(good.video.path, tmp_path / "moved.mp4", moved).path
    assert (1.68, "20 frames are not the film's", ()) in found(good, path)


@pytest.mark.parametrize(
    ("number", "time", "keyframes"),
    [(0, 0.0, (25,)), (5, 0.2, (25,)), (9, 0.36, (25,)), (33, 1.32, (50,)), (34, 1.36, (50,)), (61, 2.44, ())],
    ids=["first", "encoded", "first copied", "last copied", "after a copy", "last"],
)
def test_a_frame_that_is_missing_is_found(
    number: int, time: float, keyframes: tuple[int, ...], good: Good, tmp_path: Path
) -> None:
    def without(packets: Packets) -> Packets:
        shown = sorted(pictures(packets), key=lambda packet: packet.pts)
        return [packet for packet in packets if packet is not shown[number]]

    told = found(good, remuxed(good.path, tmp_path / "missing.mp4", without))
    assert any("missing" in what or "not the film's" in what for _, what, _ in told)
    if number:  # else all others are that much too early
        assert (time, keyframes) in [(when, blamed) for when, _, blamed in told]


@pytest.mark.parametrize("number", [3, 20, 40])
def test_two_frames_that_changed_places_are_found(number: int, good: Good, tmp_path: Path) -> None:
    def swapped(packets: Packets) -> Packets:
        shown = sorted(pictures(packets), key=lambda packet: packet.pts)
        one, other = shown[number], shown[number + 1]
        one.pts, other.pts = other.pts, one.pts
        return packets

    assert found(good, remuxed(good.path, tmp_path / "swapped.mp4", swapped))


@pytest.mark.parametrize("kept", [slice(1), slice(1, None)], ids=["of the film only", "of the encoder only"])
def test_pictures_without_their_parameter_sets_are_found(kept: slice, good: Good, tmp_path: Path) -> None:
    path = tmp_path / "grey.mp4"
    with av.open(str(good.path)) as film, av.open(str(path), "w") as copy:
        stream = copy.add_stream_from_template(film.streams.video[0], opaque=True)
        stream.codec_context.extradata = with_picture_parameters(stream.codec_context.extradata, kept)
        for packet in film.demux(film.streams.video[0]):
            if packet.size:
                packet.stream = stream
                copy.mux_one(packet)
    assert "damaged" in " ".join(whats(good, path))


def with_picture_parameters(avcc: bytes, kept: slice) -> bytes:
    """An AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1.2) with some of its picture parameter sets."""
    at = 6
    for _ in range(avcc[5] & 31):
        at += 2 + int.from_bytes(avcc[at : at + 2], "big")
    units, end = [], at + 1
    for _ in range(avcc[at]):
        size = 2 + int.from_bytes(avcc[end : end + 2], "big")
        units.append(avcc[end : end + size])
        end += size
    assert len(units) > 1, "the encoder has a set of its own"
    return avcc[:at] + bytes([len(units[kept])]) + b"".join(units[kept]) + avcc[end:]


@pytest.mark.parametrize("late", [60, -60])
def test_sound_that_is_out_of_step_is_found(late: int, good: Good, tmp_path: Path) -> None:
    def shifted(packets: Packets) -> Packets:
        for packet in packets:
            if packet.stream.type == "audio":
                ticks = round(Fraction(late, 1000) / packet.time_base)
                packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
        return packets

    told = faults([good.video], good.plan, remuxed(good.path, tmp_path / "shifted.mp4", shifted))
    assert told
    for fault in told:
        assert "sound track 1" in fault.what
        assert ("late" in fault.what) == (late > 0)
        assert not fault.keyframes
        assert good.video.streams[fault.sound].kind == "audio"


def test_sound_is_looked_at_where_another_track_was_left_out(film: FilmOf, tmp_path: Path) -> None:
    tracks = (AudioTrack("ac3", "ger"), AudioTrack(seed=1), AudioTrack(language="fra", seed=2))
    made = smart_cut(film(replace(SPEC, container="mkv", audio=tracks)), tmp_path / "cut.mkv")

    def without_the_first(late: int) -> Path:
        path = tmp_path / f"left-out.{late}.mkv"
        with av.open(str(made.path)) as film, av.open(str(path), "w") as copy:
            kept = [film.streams.video[0], *film.streams.audio[1:]]
            streams = {stream.index: copy.add_stream_from_template(stream, opaque=True) for stream in kept}
            for stream in kept:
                streams[stream.index].metadata.update(stream.metadata)
            for packet in film.demux(kept):
                if packet.size:
                    if packet.stream.index == kept[-1].index:
                        ticks = round(Fraction(late, 1000) / packet.time_base)
                        packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
                    packet.stream = streams[packet.stream.index]
                    copy.mux_one(packet)
        return path

    assert whats(made, without_the_first(0)) == set()
    told = faults([made.video], made.plan, without_the_first(60))
    assert told
    assert {fault.sound for fault in told} == {made.video.streams[-1].index}
    assert all("sound track 3" in fault.what for fault in told)


def test_sound_that_is_gone_is_found(good: Good, tmp_path: Path) -> None:
    def gone(packets: Packets) -> Packets:
        return [packet for packet in packets if packet.stream.type == "video" or packet.pts * packet.time_base < 1]

    path = remuxed(good.path, tmp_path / "gone.mp4", gone)
    assert whats(good, path) == {"sound track 1 is silent"}


def test_one_is_told_how_far_the_look_is(good: Good) -> None:
    told: list[tuple[Fraction, Fraction]] = []
    faults([good.video], good.plan, good.path, lambda done, total: told.append((done, total)))
    assert len(told) > 2
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] == told[0][1]


def test_a_file_that_cannot_be_read_is_found(good: Good, tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(good.path.read_bytes()[:200])
    assert "nothing can be decoded" in whats(good, path)


def test_films_that_are_joined_are_each_compared_with_their_own(film: FilmOf, tmp_path: Path) -> None:
    one, other = (md.probe(film(spec)) for spec in (SPEC, replace(SPEC, start=Fraction(7, 5))))
    takes = [Take(one, SPANS), Take(other, [Span(Fraction(1, 3), 3)])]
    plan, _ = plan_cut(takes, "smart", tmp_path / "joined.mp4")
    path = cut(takes, tmp_path / "joined.mp4", look=None).path
    assert faults([one, other], plan, path) == []
    later = plan_cut([takes[0], Take(other, [Span(Fraction(1, 3) + FRAME, 3 + FRAME)])], "smart", path)[0]
    assert {fault.film for fault in faults([one, other], later, path)} == {1}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["h264", "hevc", "mpeg2-ts"])
def test_what_is_wrong_with_the_film_is_not_wrong_with_the_cut(
    name: str, seed: int, film: FilmOf, tmp_path: Path
) -> None:
    spec = GOOD[name]
    source = tmp_path / f"damaged{spec.suffix}"
    corrupt(film(spec), source, seed=seed)
    made = smart_cut(source, tmp_path / f"cut{spec.suffix}")
    assert faults([made.video], made.plan, made.path) == []


def test_frames_are_put_beside_those_that_are_due() -> None:
    def pairs(due: Sequence[int], shown: Sequence[int]) -> list[tuple[int | None, int | None]]:
        """Times in milliseconds."""
        dues = [Due(Fraction(time, 1000), Fraction(0), 0, False) for time in due]
        frames = [Frame(Fraction(time, 1000), FRAME, av.VideoFrame(16, 16)) for time in shown]
        return [
            (wanted and round(wanted.time * 1000), frame and round(frame.time * 1000))
            for wanted, frame in paired(iter(dues), frames, Fraction(1, 1000))
        ]

    assert pairs([10, 50, 90], [10, 51, 89]) == [(10, 10), (50, 51), (90, 89)]
    assert pairs([10, 50, 90], [10, 90]) == [(10, 10), (50, None), (90, 90)]
    assert pairs([10, 50, 90], [10]) == [(10, 10), (50, None), (90, None)]
    assert pairs([10, 50, 90], [10, 20, 50, 90, 130]) == [(10, 10), (None, 20), (50, 50), (90, 90), (None, 130)]
    assert pairs([10, 15, 100], [10, 15, 100]) == [(10, 10), (15, 15), (100, 100)], "a burst"
    assert pairs([], [10]) == [(None, 10)]
