"""Sound of mode smart: the source's own packets, but for a few at joins, which are in step and do not click."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from cutting import sound_of
from sounding import CASES, CUTS, RATE, SPANS, STEP, FilmOf, clicks, clock, cut_sound, piece, plan_of, read, sine

import miles_deep as md
from media import AudioTrack, FilmSpec, sound_time
from miles_deep.timecode import Span


@pytest.fixture(params=CASES, ids=[f"{codec} in {container}" for container, codec in CASES])
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


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


@pytest.mark.parametrize(("container", "codec"), [case for case in CASES if case[0] != "mkv"])
def test_in_step_at_every_join(container: str, codec: str, film: FilmOf, tmp_path: Path) -> None:
    """Of Matroska, test_cut_sound has more."""
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
