"""Encoded pictures between copied packets: what was copied is not changed by a bit, and no decoder complains."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import av.logging
import numpy as np
import pytest
from numpy.typing import NDArray

import miles_deep as md
from media import FilmSpec
from miles_deep.edit.splice import CannotSplice, Splice, splice_for
from miles_deep.edit.splice.guarded import GuardedSplice
from miles_deep.edit.target import muxer
from miles_deep.video import Video
from miles_deep.video.container import main_picture, open_film
from miles_deep.video.entry import FRESH, NONE, RECOVERY
from miles_deep.video.nal import AvcConfiguration, BrokenUnit, Framing, HevcConfiguration

Film = Callable[[FilmSpec], Path]
Picture = NDArray[np.generic]

LEAST = 0.93
"""SSIM of an encoded frame to the source's. The films' texture is noise; real ones come out at 0.98 and more."""


def spec(container: str, codec: str = "h264", **fields: object) -> FilmSpec:
    """Three groups and a piece of a fourth; `test_entry` shares the plain ones."""
    known = {"audio": (), "duration": Fraction(2), "gop": 15, "texture": True}
    return FilmSpec(container, codec, **(known | fields))  # type: ignore[arg-type]


SPLICED = {
    "h264 mp4": (spec("mp4"), "mp4 mkv ts"),
    "h264 ts": (spec("ts", start=Fraction(7, 5)), "ts mov"),
    "h264 without B-frames": (spec("mkv", bframes=0), "mkv"),
    "h264 pyramid": (spec("mkv", bframes=5, encoder="b-pyramid=normal:b-adapt=0:ref=5"), "mp4"),
    "h264 open": (spec("mp4", open_gop=True, bframes=3, encoder="b-pyramid=none"), "mp4 ts"),
    "h264 baseline": (spec("mkv", bframes=0, encoder="cabac=0:ref=2"), "mkv"),
    "h264 fields": (spec("ts", interlaced=True, start=Fraction(7, 5)), "ts"),
    "h264 10 bits": (spec("mkv", pix_fmt="yuv420p10le"), "mp4"),
    "h264 full range": (spec("mp4", pix_fmt="yuvj420p"), "mp4"),
    "h264 scaling lists": (spec("mkv", encoder="cqm=jvt"), "mkv ts"),
    "hevc mp4": (spec("mp4", "hevc"), "mkv"),
    "hevc open": (spec("mkv", "hevc", open_gop=True, bframes=4, encoder="b-adapt=0"), "mp4 ts"),
    "hevc 10 bits": (spec("mkv", "hevc", pix_fmt="yuv420p10le"), "mkv"),
    "vp8": (spec("webm", "vp8"), "webm"),
    "vp9": (spec("webm", "vp9"), "mp4"),
    "av1": (spec("mp4", "av1"), "webm"),
    "mpeg2 open": (spec("ts", "mpeg2video", open_gop=True, start=Fraction(7, 5)), "mp4"),
    "mpeg2 fields": (spec("ts", "mpeg2video", interlaced=True, start=Fraction(7, 5)), "ts"),
    "mpeg4": (spec("mp4", "mpeg4"), "ts"),
    "mpeg4 quarter-pel": (spec("mkv", "mpeg4", bframes=3, encoder="flags=+qpel+mv4"), "mkv"),
}


@dataclass(frozen=True)
class Mix:
    """A film made of encoded and copied groups, put together as a cut's executor would."""

    path: Path
    copied: dict[int, bool]
    """Whether a frame was copied, by its time in ticks, in the order shown."""
    source: dict[int, Picture]


@dataclass(frozen=True)
class Source:
    """A film read whole."""

    video: Video
    packets: list[bytes]
    pictures: dict[int, av.VideoFrame]

    def encode(self, splice: Splice, ticks: list[int], following: bytes | None) -> "Iterator[av.Packet]":
        tick = self.video.index.tick
        frames = []
        for time in ticks:
            frame = self.pictures[time]
            again = av.VideoFrame.from_ndarray(frame.to_ndarray(), format=frame.format.name)
            again.pts, again.time_base = time, tick
            frames.append(again)
        yield from splice.encoded(frames, tick, following)


def read(path: Path) -> Source:
    video = md.probe(path)
    start = round(video.start / video.index.tick)
    with open_film(path) as container:
        packets = [bytes(packet) for packet in container.demux(main_picture(container, path)) if packet.size]
    with open_film(path) as container:
        pictures = {frame.pts - start: frame for frame in container.decode(main_picture(container, path))}
    return Source(video, packets, pictures)


def mix(path: Path, out: Path, copied_first: bool = False) -> Mix:
    """Groups in turn encoded and copied; leading pictures of a copied group are encoded with those before it."""
    film = read(path)
    index = film.video.index
    made: list[tuple[int, bool, bytes]] = []
    copied: dict[int, bool] = {}
    with open_film(path) as container, av.open(str(out), "w", muxer(out)) as output:
        source = main_picture(container, path)
        splice = splice_for(film.video, source, muxer(out))
        starts = [number for number, kind in enumerate(index.entry) if kind == FRESH or (kind and splice.lands)]
        track = output.add_stream_from_template(source, opaque=True)
        if splice.extradata is not None:
            track.codec_context.extradata = splice.extradata
        for group, (first, after) in enumerate(pairwise([*starts, len(index.pts)])):
            own = [int(time) for time in index.pts[first:after]]
            if (group % 2 == 0) == copied_first:
                kept = [number for number in range(first, after) if index.pts[number] >= index.pts[first]]
                for number in kept:
                    payload = splice.copied(film.packets[number], number == first)
                    made.append((int(index.pts[number]), bool(index.keyframe[number]), payload))
                    copied[int(index.pts[number])] = True
                continue
            is_last = after == len(index.pts)
            leads = [] if is_last else [time for time in index.pts[after:] if time < index.pts[after]]
            ticks = sorted(own + [int(time) for time in leads])
            following = None if is_last else film.packets[after]
            for packet in film.encode(splice, ticks, following):
                assert packet.time_base == index.tick and packet.dts is None
                made.append((packet.pts, packet.is_keyframe, bytes(packet)))
            copied |= dict.fromkeys(ticks, False)
        times = sorted(time for time, _, _ in made)
        delay = max(early - time for early, (time, _, _) in zip(times, made, strict=True))
        for early, (time, key, payload) in zip(times, made, strict=True):
            packet = av.Packet(payload)
            packet.stream, packet.time_base = track, index.tick
            packet.pts, packet.dts, packet.is_keyframe = time + delay, early, key
            packet.duration = round(index.usual_gap / index.tick)
            output.mux(packet)
    shown = {time: film.pictures[time].to_ndarray() for time in sorted(copied)}
    return Mix(out, copied, shown)


def decoded(path: Path) -> tuple[list[Picture], list[tuple[int, str, str]]]:
    """A film's frames, and what decoder and demuxer said against it."""
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture(local=False) as said, av.open(str(path)) as film:
            frames = [frame.to_ndarray() for frame in film.decode(video=0)]
            return frames, list(said)
    finally:
        av.logging.set_level(None)


def likeness(one: Picture, other: Picture) -> float:
    """SSIM over blocks of 8x8 of the planes as they lie there (Wang et al. 2004)."""
    peak = 1023 if one.dtype == np.uint16 else 255

    def blocks(picture: Picture) -> NDArray[np.float64]:
        rows, columns = picture.shape[0] // 8, picture.shape[1] // 8
        cut = picture[: rows * 8, : columns * 8].astype(np.float64)
        return cut.reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3).reshape(-1, 64)

    a, b = blocks(one), blocks(other)
    means, spreads = (a.mean(1), b.mean(1)), (a.var(1), b.var(1))
    common = (a * b).mean(1) - means[0] * means[1]
    small, little = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    upper = (2 * means[0] * means[1] + small) * (2 * common + little)
    return float((upper / ((means[0] ** 2 + means[1] ** 2 + small) * (sum(spreads) + little))).mean())


DELIMITERS = {"h264": b"\x09\xf0", "hevc": b"\x46\1\x50"}
"""Access unit delimiters, for any kinds of slice."""


def kinds(payload: bytes, codec: str) -> list[int]:
    """Kinds of the units of a packet of a stream of bytes."""
    return [unit[0] & 31 if codec == "h264" else unit[0] >> 1 & 63 for unit in Framing(0).split(payload)]


def well_delimited(path: Path, codec: str) -> bool:
    """Whether a delimiter is each picture's first unit, and its only one."""
    [delimiter] = kinds(b"\0\0\1" + DELIMITERS[codec], codec)
    found = [kinds(payload, codec) for payload in read(path).packets]
    return all(units[0] == delimiter and units.count(delimiter) == 1 for units in found)


@pytest.mark.parametrize(
    ("film_spec", "container"),
    [
        pytest.param(film_spec, container, id=f"{name} in {container}")
        for name, (film_spec, containers) in SPLICED.items()
        for container in containers.split()
    ],
)
def test_copied_frames_stay_and_encoded_ones_are_like_them(
    film: Film, tmp_path: Path, film_spec: FilmSpec, container: str
) -> None:
    made = mix(film(film_spec), tmp_path / f"mix.{container}", copied_first=container in ("mkv", "ts"))
    frames, complaints = decoded(made.path)
    assert not complaints
    assert container != "ts" or film_spec.codec not in DELIMITERS or well_delimited(made.path, film_spec.codec)
    assert len(frames) == len(made.copied)
    assert {True, False} == set(made.copied.values())
    for frame, (time, was_copied) in zip(frames, sorted(made.copied.items()), strict=True):
        if was_copied:
            assert np.array_equal(frame, made.source[time]), f"frame at {time}"
        else:
            assert likeness(frame, made.source[time]) > LEAST, f"frame at {time}"


@pytest.mark.parametrize(("length", "bframes"), [(1, 1), (2, 1), (3, 3), (11, 3)])
def test_copying_goes_on_at_a_recovery_point(film: Film, tmp_path: Path, length: int, bframes: int) -> None:
    """However long the run before it is: counts of frames may collide, and places may be out of reach."""
    path = film(spec("mp4", open_gop=True, bframes=bframes, encoder="b-pyramid=none"))
    whole, out = read(path), tmp_path / "landed.mp4"
    index = whole.video.index
    entry, after = [int(number) for number in np.flatnonzero(index.entry == RECOVERY)][:2]
    times = [time for time in sorted(whole.pictures) if time < index.pts[entry]][-length:]
    with open_film(path) as container, av.open(str(out), "w") as output:
        source = main_picture(container, path)
        splice = splice_for(whole.video, source, "mp4")
        assert splice.lands
        track = output.add_stream_from_template(source, opaque=True)
        track.codec_context.extradata = splice.extradata
        made = [(packet.pts, bytes(packet)) for packet in whole.encode(splice, times, whole.packets[entry])]
        kept = [number for number in range(entry, after) if index.pts[number] >= index.pts[entry]]
        made += [(int(index.pts[n]), splice.copied(whole.packets[n], n == entry)) for n in kept]
        early = sorted(time for time, _ in made)
        for dts, (time, payload) in zip(early, made, strict=True):
            packet = av.Packet(payload)
            packet.stream, packet.time_base = track, index.tick
            packet.pts, packet.dts, packet.is_keyframe = time + 10 * (early[1] - early[0]), dts, dts == early[0]
            output.mux(packet)
    frames, complaints = decoded(out)
    assert not complaints and len(frames) == len(made)
    for frame, time in zip(frames[length:], sorted(int(index.pts[number]) for number in kept), strict=True):
        assert np.array_equal(frame, whole.pictures[time].to_ndarray())


@pytest.mark.parametrize(
    ("film_spec", "reason"),
    [
        (spec("webm", "vp9", pix_fmt="yuva420p"), "transparency"),
        (spec("mkv", "ffv1"), "ffv1"),
        (spec("avi", "wmv2", bframes=0), "wmv2"),
    ],
    ids=str,
)
def test_what_cannot_be_spliced_is_told(film: Film, film_spec: FilmSpec, reason: str) -> None:
    path = film(film_spec)
    with open_film(path) as container, pytest.raises(CannotSplice, match=reason):
        splice_for(md.probe(path), main_picture(container, path), "matroska")


def test_pictures_that_stand_alone_are_only_copied(film: Film) -> None:
    path = film(spec("mov", "mjpeg", pix_fmt="yuvj420p"))
    with open_film(path) as container:
        splice = splice_for(md.probe(path), main_picture(container, path), "mov")
    assert splice.extradata is None and splice.copied(b"picture", True) == b"picture"


def test_a_film_without_its_parameter_sets_is_told(film: Film) -> None:
    path = film(spec("mp4"))
    video = md.probe(path)
    with open_film(path) as container:
        source = main_picture(container, path)
        source.codec_context.extradata = b"\1\x64\0\x1f\xff\xe0\0"
        with pytest.raises(CannotSplice, match="parameter sets"):
            splice_for(video, source, "mp4")
    assert NONE in video.index.entry


def spliced(path: Path, extradata: bytes) -> Splice:
    """The splice of a film whose header says something else than it does."""
    with open_film(path) as container:
        source = main_picture(container, path)
        source.codec_context.extradata = extradata
        return splice_for(md.probe(path), source, "mp4")


def header(path: Path) -> bytes:
    with open_film(path) as container:
        return main_picture(container, path).codec_context.extradata or b""


MESSAGE = b"\x06\x05\x01\x2a\x80"
"""An h264 SEI."""


@pytest.mark.parametrize("extra", [b"", MESSAGE], ids=["empty", "no set"])
@pytest.mark.parametrize("bframes", [0, 3])
def test_odd_units_among_the_parameter_sets_do_no_harm(film: Film, extra: bytes, bframes: int) -> None:
    path = film(spec("mp4")) if bframes else film(spec("mkv", bframes=0))
    avc = AvcConfiguration.read(header(path))
    odd = replace(avc, sequences=(extra, *avc.sequences), pictures=(extra, *avc.pictures))
    made = AvcConfiguration.read(spliced(path, odd.write()).extradata or b"")
    assert next(unit for unit in made.sequences if unit != MESSAGE)[1:4] == avc.sequences[0][1:4]
    assert made.sequences.count(MESSAGE) == made.pictures.count(MESSAGE) == bool(extra)


def test_an_empty_unit_among_hevc_parameter_sets_does_no_harm(film: Film) -> None:
    path = film(spec("mp4", "hevc"))
    hevc = HevcConfiguration.read(header(path))
    odd = replace(hevc, arrays=tuple((kind, (b"", *units)) for kind, units in hevc.arrays))
    assert spliced(path, odd.write()).extradata == spliced(path, hevc.write()).extradata


@pytest.mark.parametrize(
    ("sequences", "pictures", "reason"),
    [(1, 255, "no room"), (31, 1, "no room"), (0, 1, "without"), (-1, 1, "too early")],
)
def test_a_header_that_ours_does_not_fit_in_is_told(
    film: Film, sequences: int, pictures: int, reason: str
) -> None:
    path = film(spec("mp4"))
    avc = AvcConfiguration.read(header(path))
    sets = avc.sequences * sequences if sequences >= 0 else (avc.sequences[0][:5],)
    with pytest.raises(CannotSplice, match=reason):
        spliced(path, replace(avc, sequences=sets, pictures=avc.pictures * pictures).write())


@pytest.mark.parametrize("cut", [2, 3, 12, 20])
def test_a_broken_hevc_header_is_told(film: Film, cut: int) -> None:
    path = film(spec("mp4", "hevc"))
    hevc = HevcConfiguration.read(header(path))
    arrays = tuple((kind, tuple(unit[:cut] for unit in units)) for kind, units in hevc.arrays)
    if cut < 20:
        with pytest.raises(CannotSplice, match="hevc header is broken"):
            spliced(path, replace(hevc, arrays=arrays).write())
    with pytest.raises(CannotSplice, match="hevc header is broken"):
        spliced(path, hevc.write()[: 23 + cut])


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_picture_too_long_for_the_films_lengths_is_told(film: Film, codec: str) -> None:
    """Lengths of one byte are legal, and two bytes are too few for large pictures."""
    path = film(spec("mp4", codec))
    data = bytearray(header(path))
    data[4 if codec == "h264" else 21] &= 0xFC
    whole = read(path)
    with pytest.raises(CannotSplice, match="lengths have 8 bits"):
        list(whole.encode(spliced(path, bytes(data)), sorted(whole.pictures)[:3], None))


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_parameter_sets_go_behind_the_delimiter(film: Film, codec: str) -> None:
    path = film(spec("mp4", codec))
    read_header = (AvcConfiguration if codec == "h264" else HevcConfiguration).read(header(path))
    if isinstance(read_header, AvcConfiguration):
        sets = [*read_header.sequences, *read_header.pictures]
    else:
        sets = [unit for unit in read_header.units if unit[0] >> 1 != 39]
    pictures = Framing(4).split(read(path).packets[0])[-1:]
    started = Framing(0)
    splice = spliced(path, started.join(sets))
    begin = started.join([DELIMITERS[codec], *pictures])
    told = kinds(splice.copied(begin, True), codec)
    assert told == [*kinds(begin, codec)[:1], *kinds(started.join(sets), codec), *kinds(begin, codec)[1:]]
    assert kinds(splice.copied(started.join(pictures), True), codec) == told[1:]
    assert splice.copied(begin, False) == begin


class Failing:
    """A splice to which everything is too much."""

    extradata: bytes | None = None
    lands = False

    def __init__(self, error: Exception) -> None:
        self.error = error

    def encoded(
        self, frames: "Iterable[av.VideoFrame]", clock: Fraction, following: bytes | None
    ) -> "Iterator[av.Packet]":
        yield from (av.Packet(b"picture") for _ in frames)
        raise self.error

    def copied(self, payload: bytes, first: bool) -> bytes:
        raise self.error


@pytest.mark.parametrize("kind", [BrokenUnit, IndexError, ValueError, OverflowError])
def test_trouble_with_packets_is_told_in_one_line(kind: type[Exception]) -> None:
    splice = GuardedSplice(Failing(kind("worn")), "h264")
    with pytest.raises(CannotSplice, match=r"^its h264 packets .* \(worn\)$"):
        list(splice.encoded([], Fraction(1, 25), None))
    with pytest.raises(CannotSplice, match=r"^its h264 packets .* \(worn\)$"):
        splice.copied(b"packet", True)


def test_trouble_with_the_film_is_no_trouble_of_the_splice() -> None:
    def frames() -> "Iterator[av.VideoFrame]":
        yield av.VideoFrame(16, 16)
        raise ValueError("the film cannot be read")

    with pytest.raises(ValueError, match="cannot be read"):
        list(GuardedSplice(Failing(BrokenUnit("worn")), "h264").encoded(frames(), Fraction(1, 25), None))


def test_a_film_whose_header_is_full_is_encoded(film: Film, tmp_path: Path) -> None:
    full = tmp_path / "full.mp4"
    with open_film(film(spec("mp4"))) as container, av.open(str(full), "w") as output:
        source = main_picture(container, full)
        track = output.add_stream_from_template(source, opaque=True)
        avc = AvcConfiguration.read(source.codec_context.extradata or b"")
        track.codec_context.extradata = replace(avc, sequences=avc.sequences * 31).write()
        for packet in container.demux(source):
            if packet.size:
                packet.stream = track
                output.mux(packet)
    spans = [md.Span(Fraction(1, 5), Fraction(9, 5))]
    result = md.edit(md.probe(full), spans, tmp_path / "cut.mp4", "smart")
    assert result.copied == 0 and any("no room for another parameter set" in note for note in result.notes)
    assert len(decoded(tmp_path / "cut.mp4")[0]) == result.frames
