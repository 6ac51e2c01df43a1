"""Tracks of sound that are cut by themselves, and what is heard in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

import miles_deep as md
from media import AudioTrack, FilmSpec
from miles_deep.edit.output import create
from miles_deep.edit.pieces import EditPlan, Mode, Piece
from miles_deep.edit.sound import sound_track
from miles_deep.edit.sound.aac import adts_header
from miles_deep.edit.source import Source
from miles_deep.edit.target import muxer
from miles_deep.timecode import Span
from miles_deep.video.frame import Reading

RATE = 48_000

Samples = NDArray[np.generic]

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


def with_sound(
    film: Path, out: Path, codec: str, sample_format: str, samples: Samples, layout: str, **options: str
) -> Path:
    """A copy of a silent film with a sound track; `options` are the encoder's."""
    with av.open(str(film)) as source, av.open(str(out), "w") as target:
        picture = target.add_stream_from_template(source.streams.video[0], opaque=True)
        sound = target.add_stream(codec, rate=RATE, options=options)
        sound.layout, sound.format = layout, sample_format
        packets = [packet for packet in source.demux(video=0) if packet.size]
        for packet in packets:
            packet.stream = picture
        for at in range(0, len(samples), RATE // 2):
            part = samples[at : at + RATE // 2]
            planes = part.T if sample_format.endswith("p") else part.reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(planes), sample_format, layout)
            frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
            packets += sound.encode(frame)
        packets += sound.encode(None)
        target.mux(sorted(packets, key=lambda packet: packet.dts * packet.time_base))
    return out


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


def clicks(track: Track, plan: EditPlan) -> float:
    """How much sharper the sound bends around the joins than elsewhere."""
    bends, near = roughness(track.samples), np.zeros(track.samples.shape[1] - 2, bool)
    for join in plan.pieces[:-1]:
        at = round(join.output_end * RATE)
        near[at - RATE // 8 : at + RATE // 8] = True
    inside = slice(RATE // 10, -RATE // 10)
    return float(bends[near].max() / bends[inside][~near[inside]].max())
