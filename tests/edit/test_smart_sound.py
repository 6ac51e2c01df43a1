"""Sound of mode smart: the source's own packets, but for a few at joins, which are in step and do not click."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from cutting import sound_of
from numpy.typing import NDArray
from test_cut_sound import RATE, with_sound

import miles_deep as md
from media import AudioTrack, FilmSpec, sound_time
from miles_deep.edit.output import create
from miles_deep.edit.pieces import EditPlan, Mode, Piece
from miles_deep.edit.sound import mp3, sound_track
from miles_deep.edit.sound.aac import adts_header, common_header, config_of, window_of, with_header
from miles_deep.edit.sound.stretches import FADE, stretches_of
from miles_deep.edit.sound.tempo import FASTEST, SLOWEST, factors
from miles_deep.edit.source import Source
from miles_deep.edit.target import muxer
from miles_deep.timecode import Span
from miles_deep.video.frame import Reading

SPANS = (
    (Fraction(51, 100), Fraction(153, 100)),
    (Fraction(3), Fraction(397, 100)),
    (Fraction(463, 100), Fraction(6)),
)
STEP = Fraction(20, 1000)
"""Seconds by which sound may be off."""

CASES = [
    ("mp4", "aac"),
    ("mov", "aac"),
    ("mkv", "aac"),
    ("ts", "aac"),
    ("avi", "aac"),
    ("mkv", "opus"),
    ("mp4", "opus"),
    ("ts", "opus"),
    ("mkv", "mp3"),
    ("mp4", "mp3"),
    ("avi", "mp3"),
    ("mkv", "ac3"),
    ("ts", "ac3"),
    ("avi", "ac3"),
    ("mkv", "eac3"),
    ("mp4", "eac3"),
    ("ts", "mp2"),
    ("mkv", "mp2"),
]

FilmOf = Callable[[FilmSpec], Path]
"""The fixture `film`."""


def silent(container: str, seconds: int = 6) -> FilmSpec:
    return clock(container, None, seconds)


def clock(container: str, codec: str | None, seconds: int = 6) -> FilmSpec:
    """A small film with the clock sound."""
    audio = (AudioTrack(codec),) if codec else ()
    return FilmSpec(
        container, "mpeg4", audio, duration=Fraction(seconds), rate=Fraction(5), width=96, height=72, bframes=0
    )


def plan_of(*pieces: Piece, mode: Mode = "smart") -> EditPlan:
    """A plan of the pieces, one after the other."""
    placed: list[Piece] = []
    for piece in pieces:
        start = placed[-1].output_end if placed else Fraction(0)
        fields = {"blur": piece.blur, "speed": piece.speed, "muted": piece.muted, "film": piece.film}
        placed.append(Piece(piece.asked, piece.span, start, (), **fields))
    return EditPlan(mode, tuple(placed))


def piece(start: float | Fraction, end: float | Fraction, **fields: object) -> Piece:
    span = Span(Fraction(start), Fraction(end))
    return Piece(span, span, Fraction(0), (), **fields)


def cut_sound(paths: Sequence[Path], plan: EditPlan, out: Path, track: int = 0) -> list[str]:
    """Write a film that is one track of sound; gives the notes."""
    videos = [md.probe(path) for path in paths]
    notes: list[str] = []
    with av.open(str(paths[0])) as source:
        template = source.streams.audio[track]
        output = create(out, muxer(out))
        sources = [Source(video, template.index) for video in videos]
        packets = sound_track(sources, plan, template, output, Reading(), notes)
        output.start_encoding()
        for packet in packets:
            output.mux_one(packet)
        output.close()
    return notes


@dataclass(frozen=True)
class Track:
    """A track as it is in a file."""

    payloads: tuple[bytes, ...]
    times: tuple[Fraction, ...]
    samples: NDArray[np.float64]
    """[channels, samples], from time 0 of the file on."""
    said: tuple[str, ...]
    """By FFmpeg while it was decoded."""

    def copied(self, *sources: "Track") -> list[bool]:
        """Of each packet, whether it is one of a source's."""
        known = {data for source in sources for data in source.payloads}
        known |= {data[7:] for data in known if adts_header(data)}
        return [data in known for data in self.payloads]


def read(path: Path, track: int = 0) -> Track:
    with av.open(str(path)) as film:
        stream = film.streams.audio[track]
        packets = [packet for packet in film.demux(stream) if packet.size]
        payloads, times = (
            [bytes(packet) for packet in packets],
            [packet.pts * stream.time_base for packet in packets],
        )
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.open(str(path)) as film, av.logging.Capture() as said:
            parts, at = [], None
            for frame in film.decode(film.streams.audio[track]):
                values = frame.to_ndarray()
                if not frame.format.is_planar:
                    values = values.reshape(-1, frame.layout.nb_channels).T
                if values.dtype.kind != "f":
                    values = values / 2.0 ** (8 * values.dtype.itemsize - 1)
                at = frame.pts * frame.time_base if at is None else at
                parts.append(values)
            rate = frame.sample_rate
    finally:
        av.logging.set_level(None)
    samples = np.concatenate(parts, axis=1).astype(np.float64)
    lead = round((at - min(Fraction(0), at)) * rate)
    samples = np.pad(samples, ((0, 0), (lead, 0)))
    return Track(tuple(payloads), tuple(times), samples, tuple(message for _, _, message in said))


def sine(container: str, codec: str, film: FilmOf, folder: Path) -> Path:
    """A film with a steady tone, of which every cut at a wrong place can be heard."""
    encoder = {"mp3": "libmp3lame", "opus": "libopus"}.get(codec, codec)
    kind = {"libopus": "flt", "mp2": "s16"}.get(encoder, "fltp")
    tone = 0.4 * np.sin(2 * np.pi * 441 * np.arange(6 * RATE) / RATE)[:, None].repeat(2, axis=1)
    samples = np.round(tone * 2**15).astype(np.int16) if kind == "s16" else tone.astype(np.float32)
    path = folder / f"sine-{codec}.{container}"
    return with_sound(film(silent(container)), path, encoder, kind, samples, "stereo")


def roughness(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """How sharply sound bends at each sample: high for a click, low for a low tone."""
    return np.abs(np.diff(samples[0], 2))


CUTS = (piece("0.513", "1.531"), piece("3.0007", "3.97"), piece("4.63", "5.9"))
"""On no frame, on no packet; of a tone that comes round every 1/441 s, at another place of its round each time."""


@pytest.fixture(params=CASES, ids=[f"{codec} in {container}" for container, codec in CASES])
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


def clicks(track: Track, plan: EditPlan) -> float:
    """How much sharper the sound bends around the joins than elsewhere."""
    bends, near = roughness(track.samples), np.zeros(track.samples.shape[1] - 2, bool)
    for join in plan.pieces[:-1]:
        at = round(join.output_end * RATE)
        near[at - RATE // 8 : at + RATE // 8] = True
    inside = slice(RATE // 10, -RATE // 10)
    return float(bends[near].max() / bends[inside][~near[inside]].max())


def test_packets_are_copied_but_for_a_few_that_do_not_click(
    case: tuple[str, str], film: FilmOf, tmp_path: Path
) -> None:
    container, codec = case
    source = sine(container, codec, film, tmp_path)
    plan, out = plan_of(*CUTS), tmp_path / f"out.{container}"
    assert not cut_sound([source], plan, out)
    before, after = read(source), read(out)
    copied = after.copied(before)
    assert len(copied) - sum(copied) <= (6 if codec == "opus" else 4) * 3
    assert all(copied[-20:]), "nothing is encoded where nothing is joined"
    assert not after.said
    assert clicks(after, plan) < 1.1
    steps = {round((later - time) * RATE) for time, later in pairwise(after.times)}
    assert max(steps) - min(steps) <= (RATE // 1000 if container in ("mkv", "ts") else 0), "packets without a gap"
    assert abs(after.samples.shape[1] / RATE - float(plan.length)) <= max(steps) / RATE


@pytest.mark.parametrize("codec", ["ac3", "mp3"])
def test_packets_that_are_only_copied_do_click(codec: str, film: FilmOf, tmp_path: Path) -> None:
    """So the measure that smart is held to is one."""
    plan = plan_of(*CUTS, mode="copy")
    cut_sound([sine("mkv", codec, film, tmp_path)], plan, tmp_path / "out.mkv")
    assert clicks(read(tmp_path / "out.mkv"), plan) > 2


def test_in_step_at_every_join(case: tuple[str, str], film: FilmOf, tmp_path: Path) -> None:
    container, codec = case
    result = md.edit(
        film(clock(container, codec)), [Span(*span) for span in SPANS], tmp_path / f"out.{container}", verify=False
    )
    assert not result.notes
    sound, place = sound_of(result.path, 0), Fraction(0)
    assert sound.start <= Fraction(1, 20)
    for span in result.spans:
        for at in (Fraction(3, 100), span.length / 2, span.length - Fraction(1, 4)):
            heard = sound.window(place + at, Fraction(1, 5))
            assert sound_time(heard, sound.rate) == pytest.approx(float(span.start + at), abs=float(STEP))
        place += span.length


@pytest.mark.parametrize(("container", "codec"), [("mkv", "aac"), ("avi", "mp3"), ("ts", "ac3"), ("mkv", "opus")])
def test_nothing_adds_up_over_many_joins(container: str, codec: str, film: FilmOf, tmp_path: Path) -> None:
    pieces = [piece(Fraction(at, 1000), Fraction(at + 313, 1000)) for at in range(111, 5500, 350)]
    plan, out = plan_of(*pieces), tmp_path / f"out.{container}"
    cut_sound([film(clock(container, codec))], plan, out)
    track = read(out)
    for one in plan.pieces:
        first = round((one.output_start + Fraction(1, 20)) * RATE)
        heard = track.samples[0, first : first + RATE // 5]
        assert sound_time(heard, RATE) == pytest.approx(float(one.span.start) + 0.05, abs=float(STEP))
    assert abs(track.samples.shape[1] / RATE - float(plan.length)) <= STEP


def test_all_but_a_join_decodes_to_the_same_samples(film: FilmOf, tmp_path: Path) -> None:
    """AAC: what is aliased in a copied packet cancels with what our own packets add to it."""
    source = film(clock("mp4", "aac"))
    plan = plan_of(piece(0, 1), piece(Fraction(4), Fraction(6)))
    cut_sound([source], plan, tmp_path / "out.mp4")
    before, after = read(source).samples[0], read(tmp_path / "out.mp4").samples[0]
    assert np.abs(after[: RATE - 4096] - before[: RATE - 4096]).max() < 1e-6
    assert np.abs(after[: RATE - 300] - before[: RATE - 300]).max() < 0.02
    begin = 2 * RATE
    shift = min(
        range(-512, 513), key=lambda shift: np.abs(after[begin:][:RATE] - before[5 * RATE + shift :][:RATE]).max()
    )
    right = before[4 * RATE + shift :][: len(after) - RATE]
    assert np.abs(after[RATE + 4096 :][: len(right) - 4096] - right[4096:]).max() < 1e-6
    assert np.abs(after[RATE + 300 :][: len(right) - 300] - right[300:]).max() < 0.02


def test_the_whole_film_is_copied_whole(case: tuple[str, str], film: FilmOf, tmp_path: Path) -> None:
    container, codec = case
    source = film(clock(container, codec))
    cut_sound([source], plan_of(piece(0, 6)), tmp_path / f"out.{container}")
    before, after = read(source), read(tmp_path / f"out.{container}")
    assert all(after.copied(before))
    assert len(before.payloads) - len(after.payloads) <= 2


def test_pieces_that_follow_each_other_are_not_joined(film: FilmOf, tmp_path: Path) -> None:
    """The picture of one is blurred, that of the other not; the sound goes on."""
    source = film(clock("mp4", "aac"))
    cut_sound([source], plan_of(piece(1, 2), piece(2, 3, blur=True), piece(3, 4)), tmp_path / "out.mp4")
    assert all(read(tmp_path / "out.mp4").copied(read(source)))


@pytest.mark.parametrize("mode", ["smart", "encode"])
@pytest.mark.parametrize("codec", ["aac", "opus", "pcm_s16le"])
def test_muted(codec: str, mode: Mode, film: FilmOf, tmp_path: Path) -> None:
    source = film(clock("mkv", codec))
    muted = (Span(Fraction(1), Fraction(2)), Span(Fraction(4), Fraction(9, 2)))
    plan = plan_of(piece("0.5", 3, muted=muted[:1]), piece("3.5", "5.5", muted=muted[1:]), mode=mode)
    assert not cut_sound([source], plan, tmp_path / "out.mkv")
    track = read(tmp_path / "out.mkv")
    assert not track.said
    level = np.abs(track.samples[0])
    for silent_from, silent_to in ((0.5, 1.5), (3.0, 3.5)):
        inside = level[round((silent_from + 0.03) * RATE) : round((silent_to - 0.03) * RATE)]
        assert inside.max() < 0.002
    for at, truth in ((0.1, 0.6), (1.55, 2.05), (2.2, 2.7), (2.55, 3.55), (3.55, 4.55), (4.2, 5.2)):
        heard = track.samples[0, round(at * RATE) :][: RATE // 5]
        assert sound_time(heard, RATE) == pytest.approx(truth, abs=float(STEP))
    if codec == "aac" and mode == "smart":
        assert sum(track.copied(read(source))) > 0.5 * len(track.payloads)


@pytest.mark.parametrize("mode", ["smart", "encode"])
@pytest.mark.parametrize("speed", [Fraction(8), Fraction(1, 4), Fraction(5, 4)])
def test_speed_keeps_the_pitch_and_the_length(speed: Fraction, mode: Mode, film: FilmOf, tmp_path: Path) -> None:
    source = sine("mp4", "aac", film, tmp_path)
    plan = plan_of(piece("0.5", "1.5"), piece("1.5", "5", speed=speed), piece(5, 6), mode=mode)
    cut_sound([source], plan, tmp_path / "out.mp4")
    track = read(tmp_path / "out.mp4")
    assert abs(track.samples.shape[1] / RATE - float(plan.length)) <= 2 * STEP
    first, last = (round(time * RATE) for time in (plan.pieces[1].output_start, plan.pieces[1].output_end))
    inside = track.samples[0, first + RATE // 20 : last - RATE // 20]
    spectrum = np.abs(np.fft.rfft(inside * np.hanning(len(inside))))
    assert np.argmax(spectrum) * RATE / len(inside) == pytest.approx(441, abs=1.5 * RATE / len(inside))
    assert np.abs(inside).max() > 0.3
    if mode == "smart":
        copied = track.copied(read(source))
        assert all(copied[:40])
        assert all(copied[-40:])


def test_sound_of_several_films(film: FilmOf, tmp_path: Path) -> None:
    films = [
        film(clock("mp4", "aac")),
        film(FilmSpec("mkv", "mpeg4", (AudioTrack(seed=1),), duration=Fraction(5))),
    ]
    plan = plan_of(piece(1, 3), piece("0.5", "2.5", film=1), piece(4, 5))
    assert not cut_sound(films, plan, tmp_path / "out.mp4")
    track = read(tmp_path / "out.mp4")
    assert not track.said
    copied = track.copied(*map(read, films))
    assert len(copied) - sum(copied) <= 8
    for at, truth in ((0.5, 1.5), (2.05, 0.55), (3.7, 2.2), (4.05, 4.05)):
        assert sound_time(track.samples[0, round(at * RATE) :][: RATE // 5], RATE) == pytest.approx(
            truth, abs=0.02
        )


def test_a_gap_in_the_source_stays_a_gap(film: FilmOf, tmp_path: Path) -> None:
    """Packets are missing in the middle: silence stands there, and what comes later is in step."""
    whole, holed = film(clock("mp4", "aac")), tmp_path / "holed.mkv"
    with av.open(str(whole)) as source, av.open(str(holed), "w") as target:
        tracks = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.size and not (
                packet.stream.type == "audio" and 2 <= packet.pts * packet.time_base < Fraction(28, 10)
            ):
                packet.stream = tracks[packet.stream.index]
                target.mux_one(packet)
    plan = plan_of(piece(1, 4), piece(5, 6))
    cut_sound([holed], plan, tmp_path / "out.mkv")
    track = read(tmp_path / "out.mkv")
    assert not track.said
    assert np.abs(track.samples[0, round(1.05 * RATE) : round(1.75 * RATE)]).max() < 0.002
    for at, truth in ((0.1, 1.1), (0.75, 1.75), (1.85, 2.85), (2.75, 3.75), (3.05, 5.05)):
        assert sound_time(track.samples[0, round(at * RATE) :][: RATE // 5], RATE) == pytest.approx(
            truth, abs=0.02
        )


def test_every_track_with_all_its_channels(film: FilmOf, tmp_path: Path) -> None:
    tracks = (
        AudioTrack("aac", channels=6),
        AudioTrack("ac3", seed=1, channels=6),
        AudioTrack("aac", seed=2, channels=1),
    )
    spec = FilmSpec("mp4", "mpeg4", tracks, duration=Fraction(6), rate=Fraction(5), width=96, height=72, bframes=0)
    result = md.edit(film(spec), [Span(*span) for span in SPANS], tmp_path / "out.mp4")
    assert not result.notes
    for number, track in enumerate(tracks):
        before, after = read(film(spec), number), read(result.path, number)
        copied = after.copied(before)
        assert len(copied) - sum(copied) <= 12
        assert not after.said
        assert len(after.samples) == track.channels


def test_sound_that_cannot_be_joined_is_encoded_or_copied_whole(film: FilmOf, tmp_path: Path) -> None:
    source = film(clock("mkv", "vorbis"))
    assert not cut_sound([source], plan_of(*CUTS), tmp_path / "out.mkv")
    assert all(read(tmp_path / "out.mkv").copied(read(source)))
    source = film(FilmSpec("wmv", "wmv2", (AudioTrack("wmav2"),), duration=Fraction(6), bframes=0))
    [note] = cut_sound([source], plan_of(*CUTS), tmp_path / "out.wmv")
    assert note == "audio track 1: wmav2 cannot be cut in step between packets, so it is encoded"
    [note] = cut_sound([film(clock("mkv", "vorbis"))], plan_of(piece(1, 3, speed=Fraction(2))), tmp_path / "o.mkv")
    assert "vorbis" in note


def test_stretches_stand_up_against_each_other_and_fade_where_sound_breaks_off() -> None:
    muted = (Span(Fraction(1), Fraction(2)), Span(Fraction(5), Fraction(9)))
    plan = plan_of(
        piece(0, 3, muted=muted), piece(3, 6, blur=True, muted=muted), piece(8, 9), piece(9, 10, film=1)
    )
    found = stretches_of(plan, 1000)
    assert [(one.start, one.end, one.mute) for one in found] == [
        (0, 1000, False),
        (1000, 2000, True),
        (2000, 5000, False),
        (5000, 6000, True),
        (6000, 7000, False),
        (7000, 8000, False),
    ]
    assert [(one.fade_in, one.fade_out) for one in found] == [(False, True), *[(True, True)] * 4, (True, False)]
    assert found[2].time(2500, 1000) == Fraction(5, 2)
    assert found[4].place(Fraction(8), 1000) == 6000
    assert 0 < FADE <= Fraction(1, 100)


@pytest.mark.parametrize("speed", [Fraction(1, 10), Fraction(3, 10), Fraction(1), Fraction(8), Fraction(100)])
def test_speeds_that_atempo_takes(speed: Fraction) -> None:
    product = Fraction(1)
    for step in factors(speed):
        assert SLOWEST <= step <= FASTEST
        product *= step
    assert product == speed


def test_headers_of_aac() -> None:
    low_complexity, high_efficiency = bytes([0x11, 0x90]), bytes([0x2B, 0x92, 0x08, 0x00])
    config = config_of(low_complexity, b"")
    assert config is not None
    assert (config.rate, config.channels) == (48000, 2)
    assert config_of(high_efficiency, b"") is None
    assert config_of(bytes([0x11, 0x80]), b"") is None  # channels told in the data
    assert config_of(None, b"") is None
    header = bytes([0xFF, 0xF1, 0x4C, 0x80, 0x01, 0x7F, 0xFC])
    packet = with_header(b"\x21" * 300, common_header(header + b"\x21" * 9))
    assert adts_header(packet) == packet[:7]
    assert (packet[3] & 3) << 11 | packet[4] << 3 | packet[5] >> 5 == len(packet) == 307
    assert config_of(None, packet) == config
    assert window_of(packet) == window_of(b"\x21" * 300)


def test_mp3_frames_hold_what_the_next_one_wants(film: FilmOf) -> None:
    """A frame that needs bytes of those before it finds them behind frames that knew nothing of it."""
    before = read(film(clock("mkv", "mp3"))).payloads
    parsed = [mp3.parse(data) for data in before]
    wanting = [at for at, frame in enumerate(parsed) if frame is not None and at > 8 and frame.back > 100]
    assert wanting, "the encoder keeps a reservoir"
    ours = list(before[:5])
    for at, data in enumerate(ours):  # as if nothing were needed of those before it
        ours[at] = data[:4] + bytes([0, data[5] & 0x7F]) + data[6:]
    for at in wanting[:5]:
        made = mp3.bridged(ours, before[at - 5 : at], before[at])
        assert made is not None
        frames = [mp3.parse(data) for data in made]
        back = parsed[at].back
        areas, source = (b"".join(one.area for one in some) for some in (frames, parsed[at - 5 : at]))
        assert areas[-back:] == source[-back:]
        for old, new in zip(map(mp3.parse, ours), frames, strict=True):
            assert (new.version, new.rate, new.channels, new.data_length) == (
                old.version,
                old.rate,
                old.channels,
                old.data_length,
            )
