"""Smart cuts: the frames asked for, most of them the source's own packets, and a look at what was made."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import av.logging
import numpy as np
import pytest
from cutting import ROUNDING, expected_pictures

import miles_deep as md
from media import FilmSpec, colour_at, decode_audio, decode_video, read_colour, read_frame_number
from miles_deep.edit import EditPlan
from miles_deep.edit.cutter import cut
from miles_deep.edit.take import Take
from miles_deep.edit.verify import Fault
from miles_deep.edit.writing import Progress
from miles_deep.errors import OptionError
from miles_deep.timecode import Span
from miles_deep.video import Video

Film = Callable[[FilmSpec], Path]

SPANS = (Span(Fraction(61, 100), Fraction(311, 100)), Span(Fraction(361, 100), Fraction(533, 100)))
CODECS = {
    "h264": FilmSpec("mp4", "h264", gop=25, duration=Fraction(6)),
    "h264-open": FilmSpec("mkv", "h264", gop=25, open_gop=True, bframes=1, duration=Fraction(6)),
    "hevc": FilmSpec("mp4", "hevc", gop=25, duration=Fraction(6)),
    "vp9": FilmSpec("webm", "vp9", gop=25, bframes=0, duration=Fraction(6), audio=()),
    "av1": FilmSpec("mkv", "av1", gop=25, bframes=0, duration=Fraction(6)),
    "mpeg2": FilmSpec("ts", "mpeg2video", gop=15, duration=Fraction(6)),
    "mpeg4": FilmSpec("avi", "mpeg4", gop=25, bframes=0, duration=Fraction(6)),
    "mjpeg": FilmSpec("mov", "mjpeg", bframes=0, pix_fmt="yuvj420p", duration=Fraction(6)),
}


@contextlib.contextmanager
def complaining() -> Iterator[list[tuple[int, str, str]]]:
    """What decoders say that is wrong."""
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture() as said:
            complaints: list[tuple[int, str, str]] = []
            yield complaints
            complaints += [one for one in said if "swscaler" not in one[1]]
    finally:
        av.logging.set_level(None)


def payloads(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [bytes(packet) for packet in film.demux(film.streams.video[0]) if packet.size]


def numbers(path: Path) -> list[int]:
    return [read_frame_number(rgb) for _, rgb in decode_video(path)]


def colours(path: Path) -> list[tuple[Fraction, tuple[float, float, float]]]:
    seen = decode_video(path)
    return [(time - seen[0][0], read_colour(rgb)) for time, rgb in seen]


@pytest.mark.parametrize("spec", CODECS.values(), ids=CODECS)
def test_what_is_copied_is_the_sources_bit_for_bit(spec: FilmSpec, film: Film, tmp_path: Path) -> None:
    source, output = film(spec), tmp_path / f"out{spec.suffix}"
    result = md.edit(source, SPANS, output)
    assert (result.mode, result.notes) == ("smart", ())
    with complaining() as complaints:
        assert numbers(output) == [number for _, number in expected_pictures(spec, SPANS)]
    assert not complaints
    own, place, kept = payloads(source), -1, 0
    for payload in payloads(output):
        if payload in own[place + 1 :]:
            place, kept = own.index(payload, place + 1), kept + 1
    # Of MPEG-4 in some containers, a header stands before the first packet of a stretch.
    assert result.copied - 2 * (spec.codec == "mpeg4") <= kept
    assert result.copied >= (result.frames if spec.codec == "mjpeg" else 50)


def test_times_of_decoding_ascend_over_joins(film: Film, tmp_path: Path) -> None:
    """Also where the encoder holds more frames back than the film ever does."""
    for number, spec in enumerate((CODECS["h264"], FilmSpec("mp4", "h264", gop=25, bframes=2, texture=True))):
        result = md.edit(film(spec), SPANS, tmp_path / f"{number}.mp4")
        with av.open(str(result.path)) as made:
            found = [packet for packet in made.demux(made.streams.video[0]) if packet.size]
        assert all(one.dts < other.dts for one, other in pairwise(found))
        assert all(packet.dts <= packet.pts for packet in found)


def test_progress_goes_by_the_output(film: Film, tmp_path: Path) -> None:
    told: list[tuple[Fraction, Fraction]] = []
    result = md.edit(film(CODECS["h264"]), SPANS, tmp_path / "o.mp4", progress=lambda *now: told.append(now))
    assert {length for _, length in told} == {result.duration}
    assert all(one <= other for (one, _), (other, _) in pairwise(told))
    assert told[-1][0] > result.duration - Fraction(1, 5)


def test_a_frame_that_is_held_is_shown_from_the_cut_on(film: Film, tmp_path: Path) -> None:
    spec = FilmSpec("mkv", "h264", vfr=True, gop=12, duration=Fraction(6))
    result = md.edit(film(spec), SPANS, tmp_path / "out.mkv")
    seen = decode_video(result.path)
    found = [(time - seen[0][0], read_frame_number(rgb)) for time, rgb in seen]
    for (time, number), (belongs, expected) in zip(found, expected_pictures(spec, SPANS), strict=True):
        assert number == expected and abs(time - belongs) <= ROUNDING


def test_hdr_stays(film: Film, tmp_path: Path) -> None:
    """Every frame tells how it was mastered, the encoded ones too."""
    display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
    spec = FilmSpec(
        "mp4",
        "hevc",
        gop=25,
        pix_fmt="yuv420p10le",
        encoder=f"hdr10=1:max-cll=1000,400:master-display={display}",
        duration=Fraction(6),
        audio=(),
    )
    result = md.edit(film(spec), SPANS, tmp_path / "out.mp4")
    assert (result.mode, result.notes) == ("smart", ())
    with av.open(str(result.path)) as made:
        frames = [{data.type.name for data in frame.side_data} for frame in made.decode(video=0)]
    assert len(frames) == result.frames
    assert all({"MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"} <= kinds for kinds in frames)


def test_data_goes_along(film: Film, tmp_path: Path) -> None:
    """A record holds until the next one, so the one before a cut's start comes out at it."""
    source = tmp_path / "in.ts"
    with (
        av.open(str(film(FilmSpec("ts", "h264", gop=25, duration=Fraction(6))))) as old,
        av.open(str(source), "w") as new,
    ):
        tracks = {track.index: new.add_stream_from_template(track) for track in old.streams}
        places = new.add_data_stream("klv")
        packets = [packet for packet in old.demux() if packet.dts is not None]
        start = min(packet.pts * packet.time_base for packet in packets if packet.stream.type == "video")
        for packet in packets:
            packet.stream = tracks[packet.stream.index]
        for second in range(6):
            record = av.Packet(b"record %d" % second)
            record.stream, record.time_base = places, Fraction(1, 1000)
            record.pts = record.dts = round((start + second) * 1000)
            packets.append(record)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            new.mux_one(packet)
    result = md.edit(source, SPANS, tmp_path / "out.ts")
    assert result.notes == ()
    with av.open(str(result.path)) as made:
        begin = made.streams.video[0].start_time * made.streams.video[0].time_base
        found = [
            (float(round(packet.pts * packet.time_base - begin, 2)), bytes(packet)[-1:])
            for packet in made.demux(made.streams.data[0])
            if packet.size
        ]
    assert found == [(0, b"0"), (0.36, b"1"), (1.36, b"2"), (2.36, b"3"), (2.48, b"3"), (2.84, b"4"), (3.84, b"5")]


class Looks:
    """Finds fault with the first films that it is shown."""

    def __init__(self, *faulty: Sequence[int], sound: int | None = None) -> None:
        """`faulty`: for each film, which of the keyframes that it was joined at are to blame."""
        self.faulty, self.sound = list(faulty), sound
        self.plans: list[EditPlan] = []

    def __call__(
        self, videos: Sequence[Video], plan: EditPlan, made: Path, progress: Progress | None = None
    ) -> list[Fault]:
        assert made.exists(), "it is looked at before it takes its name"
        self.plans.append(plan)
        if not self.faulty:
            return []
        return [Fault(Fraction(3, 2), "a frame is grey", 0, frozenset(self.faulty.pop(0)), self.sound)]


def test_a_join_that_fails_is_encoded_wider_then_all_is(film: Film, tmp_path: Path) -> None:
    source = film(CODECS["h264"])
    take = Take(md.probe(source), [Span(Fraction(1, 2), Fraction(11, 2))])
    once = Looks([25])
    result = cut([take], tmp_path / "once.mp4", look=once)
    assert (result.mode, len(once.plans)) == ("smart", 2)
    assert result.notes == ("a frame is grey at 0:00:01.500 of the cut, so more is encoded there",)
    assert result.copied == once.plans[0].copied_frames - 25
    twice = Looks([25], [50])
    result = cut([take], tmp_path / "twice.mp4", look=twice)
    assert (result.mode, result.copied, len(twice.plans)) == ("encode", 0, 2)
    assert [note.split(", so ")[1] for note in result.notes] == ["more is encoded there", "everything is encoded"]
    result = cut([take], tmp_path / "blameless.mp4", look=Looks([]))
    assert result.mode == "encode"
    for name in ("once", "twice", "blameless"):
        assert numbers(tmp_path / f"{name}.mp4") == list(range(13, 138))
    assert cut([take], tmp_path / "unseen.mp4", look=None).mode == "smart"


def test_sound_out_of_step_is_encoded_and_the_picture_is_not(film: Film, tmp_path: Path) -> None:
    take = Take(md.probe(film(CODECS["h264"])), SPANS)
    looks = Looks([], sound=1)
    result = cut([take], tmp_path / "out.mp4", look=looks)
    assert (result.mode, len(looks.plans)) == ("smart", 2)
    assert result.copied == looks.plans[0].copied_frames
    assert result.notes == ("a frame is grey at 0:00:01.500 of the cut, so that sound track is encoded",)
    with av.open(str(take.video.path)) as source, av.open(str(result.path)) as made:
        theirs = {bytes(packet) for packet in source.demux(audio=0) if packet.size}
        ours = [bytes(packet) for packet in made.demux(audio=0) if packet.size]
    assert not theirs & set(ours)


def effects(*stretches: tuple[float, float, md.Treatment]) -> list[md.Effect]:
    return [md.Effect(Span(Fraction(start), Fraction(end)), how) for start, end, how in stretches]


def test_blurred_frames_tell_nothing_and_the_others_everything(film: Film, tmp_path: Path) -> None:
    spec = CODECS["h264"]
    blurred = effects((2, 3, md.Treatment(blur=True)))
    result = md.edit(film(spec), [Span(0, 6)], tmp_path / "out.mp4", effects=blurred)
    assert (result.frames, result.copied, result.notes) == (150, 125, ())
    for number, (_, rgb) in enumerate(decode_video(result.path)):
        detail = np.abs(np.diff(rgb.astype(int), axis=1)).max()
        assert (detail < 60) == (50 <= number < 75)
        if detail >= 60:
            assert read_frame_number(rgb) == number


def test_muting_leaves_the_picture_alone(film: Film, tmp_path: Path) -> None:
    spec = CODECS["h264"]
    muted = effects((1.3, 2.7, md.Treatment(mute=True)))
    result = md.edit(film(spec), [Span(0, 6)], tmp_path / "out.mp4", effects=muted)
    assert (result.frames, result.copied) == (150, 150)
    samples, rate, start = decode_audio(result.path, 0)
    loud = [float(np.abs(samples[round((t - start) * rate) :][: rate // 10]).max()) for t in (0.5, 1.4, 2.5, 3)]
    assert loud[0] > 0.05 and loud[3] > 0.05
    assert loud[1] < 0.002 and loud[2] < 0.002


@pytest.mark.parametrize("speed", [8, Fraction(1, 2)], ids=str)
def test_a_stretch_at_another_speed(speed: Fraction, film: Film, tmp_path: Path) -> None:
    """The frames around it are copied; its own are shown for as long as frames usually are, or longer."""
    spec = CODECS["h264"]
    fast = effects((2, 4, md.Treatment(speed=speed)))
    result = md.edit(film(spec), [Span(0, 6)], tmp_path / "out.mp4", effects=fast)
    assert (result.duration, result.copied) == (4 + 2 / Fraction(speed), 100)
    seen = decode_video(result.path)
    times = [time - seen[0][0] for time, _ in seen]
    for time, (_, rgb) in zip(times, seen, strict=True):
        if 2 <= time < 2 + 2 / Fraction(speed):
            number = read_frame_number(rgb)
            assert abs(2 + (time - 2) * speed - Fraction(number, 25)) <= Fraction(1, 25) * max(1, speed)
    assert min(later - earlier for earlier, later in pairwise(times)) >= Fraction(19, 1000)
    sound = decode_audio(result.path, 0)
    assert abs(len(sound[0]) / sound[1] + float(sound[2] - seen[0][0]) - float(result.duration)) < 0.05


def test_films_joined(film: Film, tmp_path: Path) -> None:
    """Frames of one after those of the other; the second one's sound follows in step."""
    spec = CODECS["h264"]
    other = FilmSpec("mp4", "h264", gop=10, duration=Fraction(6))
    takes = [Take(md.probe(film(one)), SPANS) for one in (spec, other)]
    result = md.join(takes, tmp_path / "out.mp4")
    wanted = [number for _, number in expected_pictures(spec, SPANS)]
    assert numbers(result.path) == wanted * 2
    assert result.frames == 2 * len(wanted)
    truth = spec.clock_times()
    for (_, colour), number in zip(colours(result.path), wanted * 2, strict=True):
        assert np.allclose(colour, colour_at(truth[number]), atol=8)
    once = md.edit(film(spec), SPANS, tmp_path / "one.mp4")
    assert result.duration == 2 * once.duration
    assert result.copied >= once.copied


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        (FilmSpec("mp4", "hevc", gop=25, duration=Fraction(6)), "its picture is hevc"),
        (FilmSpec("mp4", "h264", width=128, height=96, duration=Fraction(2)), "128x96"),
        (FilmSpec("mp4", "h264", audio=(), duration=Fraction(2)), "sound tracks 0, not 1"),
    ],
    ids=["codec", "size", "silent"],
)
def test_films_that_do_not_go_together(spec: FilmSpec, complaint: str, film: Film, tmp_path: Path) -> None:
    takes = [Take(md.probe(film(one)), [Span(0, 1)]) for one in (CODECS["h264"], spec)]
    with pytest.raises(OptionError, match=f"cannot be joined to .*{complaint}"):
        md.join(takes, tmp_path / "out.mp4")
    assert not list(tmp_path.iterdir())


@pytest.mark.film
def test_the_real_film(big_buck_bunny: Path, tmp_path: Path) -> None:
    """What was asked is what comes out, and most of it is copied."""
    spans = [Span(134, 136), Span(Fraction("200.5"), Fraction("207.25"))]
    video = md.probe(big_buck_bunny)
    result = md.edit(video, spans, tmp_path / "out.mp4")
    assert (result.mode, result.notes) == ("smart", ())
    wanted = [time for time in video.index.frame_times if any(s.start <= time < s.end for s in spans)]
    made = md.probe(result.path)
    assert len(made.index.frame_ticks) == result.frames == len(wanted)
    places = [int(np.searchsorted(wanted, span.start)) for span in spans]
    checked = sorted({*range(0, len(wanted), 7), *places, len(wanted) - 1})
    ours = md.frames_at(made, [made.index.frame_times[place] for place in checked])
    theirs = md.frames_at(video, [wanted[place] for place in checked])
    for (_, one), (_, other) in zip(ours, theirs, strict=True):
        difference = one.picture.to_ndarray(format="gray").astype(int) - other.picture.to_ndarray(format="gray")
        assert np.abs(difference).mean() < 2.5
