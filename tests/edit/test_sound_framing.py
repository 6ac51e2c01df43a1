"""What new packets have to be like, codec by codec."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from sounding import CUTS, RATE, FilmOf, clock, cut_sound, plan_of, read, silent, with_sound

from miles_deep.edit.sound import ac3, mp3
from miles_deep.edit.sound.aac import adts_header, common_header, config_of, window_of, with_header
from miles_deep.edit.sound.tempo import FASTEST, SLOWEST, factors


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


@pytest.mark.parametrize("codec", ["ac3", "eac3"])
def test_new_packets_say_what_the_sources_say_of_speech(codec: str, film: FilmOf, tmp_path: Path) -> None:
    """Receivers turn each packet up or down by that."""
    tone = np.sin(np.arange(6 * RATE) / 20).astype(np.float32)[:, None].repeat(2, axis=1)
    source = with_sound(film(silent("mkv")), tmp_path / "in.mkv", codec, "fltp", tone, "stereo", dialnorm="-20")
    cut_sound([source], plan_of(*CUTS), tmp_path / "out.mkv")
    track = read(tmp_path / "out.mkv")
    assert not all(track.copied(read(source)))
    assert {ac3.parse(data) for data in track.payloads} == {ac3.Frame(1536, 20)}


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
