"""Sound that is muted, played at another speed, of several films, with gaps."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from sounding import RATE, STEP, FilmOf, clock, cut_sound, piece, plan_of, read, sine

import miles_deep as md
from media import AudioTrack, FilmSpec, sound_time
from miles_deep.edit.pieces import Mode
from miles_deep.edit.sound.stretches import FADE, stretches_of
from miles_deep.timecode import Span


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


def test_a_film_of_another_kind_of_sound_is_encoded(film: FilmOf, tmp_path: Path) -> None:
    """Its packets would not be decoded by what the track's header says."""
    other = FilmSpec("mkv", "mpeg4", (AudioTrack("aac", rate=44100, channels=1),), duration=Fraction(5), bframes=0)
    films = [film(clock("mp4", "aac")), film(other)]
    cut_sound(films, plan_of(piece(1, 3), piece(1, 3, film=1), piece(4, 5)), tmp_path / "out.mp4")
    track = read(tmp_path / "out.mp4")
    assert not track.said
    copied = track.copied(read(films[0]))
    assert all(copied[:85])
    assert not any(copied[98:183])
    assert all(copied[-35:])
    for at, truth in ((0.5, 1.5), (2.05, 1.05), (3.7, 2.7), (4.05, 4.05)):
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


@pytest.mark.parametrize("mode", ["smart", "copy", "encode"])
def test_a_track_that_holds_nothing(mode: Mode, film: FilmOf, tmp_path: Path) -> None:
    source = tmp_path / "in.mkv"
    with av.open(str(film(clock("mkv", "aac")))) as whole, av.open(str(source), "w") as target:
        picture = target.add_stream_from_template(whole.streams.video[0])
        target.add_stream_from_template(whole.streams.audio[0])
        for packet in whole.demux(video=0):
            if packet.size:
                packet.stream = picture
                target.mux_one(packet)
    cut_sound([source], plan_of(piece(1, 3), mode=mode), tmp_path / "out.mkv")
    assert np.abs(read(tmp_path / "out.mkv").samples).max() < 1e-3


def test_a_track_whose_header_asks_for_gigabytes_a_second_is_left_out(film: FilmOf, tmp_path: Path) -> None:
    """As in a damaged AVI: nSamplesPerSec and nAvgBytesPerSec of its WAVEFORMATEX are overwritten."""
    spec = FilmSpec("avi", "mpeg4", (AudioTrack("pcm_s16le", channels=1),), duration=Fraction(2), bframes=0)
    data, source = bytearray(film(spec).read_bytes()), tmp_path / "in.avi"
    form = data.index((1).to_bytes(2, "little") * 2 + RATE.to_bytes(4, "little"))
    data[form + 4 : form + 12] = (2_000_000_000).to_bytes(4, "little") * 2
    source.write_bytes(data)
    for mode in ("smart", "encode"):
        result = md.edit(source, [Span(0, 1)], tmp_path / f"{mode}.avi", mode)
        assert "audio track 1: 2000000000 samples a second cannot be: left out" in result.notes
        assert not [stream for stream in md.probe(result.path).streams if stream.kind == "audio"]
        assert result.path.stat().st_size < 1_000_000
