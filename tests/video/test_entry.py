"""Where decoding can start, and the units that tell of it."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import miles_deep as md
from media import CODED, FIELDS, FieldSpec, FilmSpec, make_field_film
from miles_deep.video.entry import FRESH, NONE, RECOVERY, EntryReader
from miles_deep.video.nal import (
    AvcConfiguration,
    Bits,
    BitText,
    BrokenUnit,
    Framing,
    HevcConfiguration,
    escape,
    exp_golomb,
    framing,
    unescape,
)

Film = Callable[[FilmSpec], Path]

SHORT = {"audio": (), "duration": Fraction(2), "gop": 15, "texture": True}
"""As in `test_splice`, which shares the films."""


def entries(path: Path) -> list[int]:
    """What the packets are at which decoding can start, in order."""
    index = md.probe(path).index
    assert index.entry.dtype == np.uint8 and len(index.entry) == len(index.pts)
    assert not index.entry[~index.keyframe].any()
    return [int(entry) for entry in index.entry if entry != NONE]


@pytest.mark.parametrize(
    "spec",
    [
        FilmSpec("mp4", **SHORT),
        FilmSpec("ts", start=Fraction(7, 5), **SHORT),
        FilmSpec("mp4", "hevc", **SHORT),
        FilmSpec("mp4", "mpeg4", **SHORT),
    ],
    ids=str,
)
def test_closed_groups_begin_anew(film: Film, spec: FilmSpec) -> None:
    assert entries(film(spec)) == [FRESH] * 4


def test_open_groups_count_on_in_h264(film: Film) -> None:
    found = entries(film(FilmSpec("mp4", open_gop=True, bframes=3, encoder="b-pyramid=none", **SHORT)))
    assert found == [FRESH, *[RECOVERY] * (len(found) - 1)] and len(found) > 2


def test_open_groups_begin_anew_in_hevc(film: Film) -> None:
    """Their pictures say by themselves that what leads them may be missing."""
    found = entries(film(FilmSpec("mkv", "hevc", open_gop=True, bframes=4, encoder="b-adapt=0", **SHORT)))
    assert found == [FRESH] * len(found) and len(found) > 2


def test_a_picture_that_is_only_right_after_a_while_is_none(film: Film) -> None:
    spec = CODED["h264-intra-refresh-mkv"]
    assert md.probe(film(spec)).index.keyframe.sum() > 1
    assert entries(film(spec)) == [FRESH]


def test_fields_with_a_recovery_point(tmp_path: Path) -> None:
    spec: FieldSpec = next(spec for spec in FIELDS.values() if spec.open_gop and spec.container == "mkv")
    found = entries(make_field_film(spec, tmp_path / f"fields{spec.suffix}"))
    assert found == [FRESH, *[RECOVERY] * (len(found) - 1)] and len(found) > 2


@given(st.binary(max_size=300), st.sampled_from([0, 1, 2, 4]))
def test_broken_packets_are_no_entries(data: bytes, prefix: int) -> None:
    for codec in ("h264", "hevc"):
        context = av.CodecContext.create(codec, "r")
        context.extradata = b"\1" * 4 + bytes([0xFC | (prefix - 1)]) + b"\xe0\0" if prefix else None
        packet: av.Packet = av.Packet(data)
        assert EntryReader(context).read(packet) in (NONE, FRESH, RECOVERY)


@pytest.mark.parametrize(("slices", "entry"), [(b"\x65\x88\x84", FRESH), (b"\x41\x88\x84", RECOVERY)])
@pytest.mark.parametrize("message", [b"\6\6\xff\xff", b"\6\xff\xff\xff\xff", b"\6\6\0\0\x80", b"\6"])
def test_a_broken_message_does_not_hide_an_entry(message: bytes, slices: bytes, entry: int) -> None:
    packet: av.Packet = av.Packet(Framing(0).join([message, slices]))
    assert EntryReader(av.CodecContext.create("h264", "r")).read(packet) == entry


@pytest.mark.parametrize("prefix", [1, 2])
def test_a_unit_too_long_for_its_length_is_broken(prefix: int) -> None:
    longest = b"\x65" * (256**prefix - 1)
    assert Framing(prefix).split(Framing(prefix).join([longest])) == [longest]
    with pytest.raises(BrokenUnit, match="lengths"):
        Framing(prefix).join([longest + b"\x65"])


@pytest.mark.parametrize(("sequences", "pictures"), [(32, 1), (1, 256)])
def test_a_description_does_not_count_too_far(sequences: int, pictures: int) -> None:
    full = AvcConfiguration(b"\1\x64\0\x1f", 4, (b"\x67",) * sequences, (b"\x68",) * pictures, b"")
    with pytest.raises(BrokenUnit, match="no room"):
        full.write()


def test_empty_sets_are_left_out() -> None:
    avc = AvcConfiguration(b"\1\x64\0\x1f", 4, (b"", b"\x67"), (b"\x68", b""), b"\xfd")
    read = AvcConfiguration.read(avc.write())
    assert (read.sequences, read.pictures, read.tail) == ((b"\x67",), (b"\x68",), b"\xfd")
    hevc = HevcConfiguration(b"\1" * 22, ((33, (b"", b"\x42\1")),))
    assert HevcConfiguration.read(hevc.write()).units == (b"\x42\1",)


@given(st.lists(st.binary(min_size=1, max_size=40).map(lambda data: b"\x65" + escape(data + b"\x80"))))
def test_units_go_through_either_framing(units: list[bytes]) -> None:
    for prefix in (0, 2, 4):
        frame = Framing(prefix)
        assert frame.split(frame.join(units)) == units


@given(st.binary(max_size=80))
def test_escaping_is_undone(data: bytes) -> None:
    assert unescape(escape(data)) == data
    assert b"\0\0\1" not in escape(data) and b"\0\0\0" not in escape(data)


@given(st.integers(0, 2**31), st.integers(0, 7), st.integers(1, 200))
def test_numbers_are_put_in_the_middle_of_bits(number: int, before: int, after: int) -> None:
    text = BitText(b"\xaa" * 4 + bytes([after]))
    text.replace(before, before + 9, exp_golomb(number))
    bits = Bits(text.payload())
    assert bits.u(before) == 0xAA >> (8 - before) and bits.ue() == number
    assert bits.u(23 - before) == int("10" * 16, 2) & (1 << (23 - before)) - 1


@given(st.binary(max_size=60))
def test_descriptions_are_read_or_broken(data: bytes) -> None:
    for configuration in (AvcConfiguration, HevcConfiguration):
        try:
            read = configuration.read(b"\1" + data)
        except BrokenUnit:
            continue
        assert configuration.read(read.write()) == read


@pytest.mark.parametrize(("codec", "kind"), [("h264", AvcConfiguration), ("hevc", HevcConfiguration)])
def test_a_films_description_comes_out_as_it_was(
    film: Film, codec: str, kind: type[AvcConfiguration] | type[HevcConfiguration]
) -> None:
    with av.open(str(film(FilmSpec("mp4", codec, **SHORT)))) as opened:
        extradata = opened.streams.video[0].codec_context.extradata
    assert kind.read(extradata).write() == extradata
    assert framing(codec, extradata) == Framing(4)
