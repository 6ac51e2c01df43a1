"""The small films of the matrix: codecs x containers x features, made as the tests make theirs."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import media.write
from media import AudioTrack, FilmSpec, SubtitleTrack, make_film
from miles_deep.timecode import Span

# The encoders of the tests' films, and one that only this matrix asks for.
media.write.ENCODERS["prores"] = ("prores_ks", lambda spec: {"profile": "standard", "vendor": "apl0"})

PLACES = {
    "h264": "mp4 mov mkv ts avi",
    "hevc": "mp4 mov mkv ts",
    "vp9": "mp4 mkv webm",
    "av1": "mp4 mkv webm",
    "mpeg2video": "mp4 mov mkv ts avi",
    "mpeg4": "mp4 mov mkv ts avi",
    "mjpeg": "mp4 mov mkv avi",
    "prores": "mov mkv",
}
"""Codec to the containers it is at home in."""

SOUND = {"webm": "opus", "avi": "mp3"}
"""Container to its codec; AAC elsewhere."""

FEATURES = (
    "closed GOP",
    "open GOP",
    "VFR",
    "10 bit",
    "interlaced",
    "two tracks",
    "5.1",
    "subtitles",
    "no sound",
    "rotated",
)
LENGTH = Fraction(10)
SMALL_SPANS = (Span(Fraction("1.32"), 3), Span(Fraction("5.08"), Fraction("8.36")))
"""Of every film of the matrix. All edges are frames, at 25 a second and in the VFR pattern, so that no program's
idea of what lies between two frames matters; one is a keyframe."""

OPEN = {
    "h264": {"encoder": "b-adapt=0", "bframes": 3},
    "hevc": {"encoder": "b-adapt=0", "bframes": 4},
    "mpeg2video": {},
    "av1": {"encoder": "svtav1-params=irefresh-type=1"},
}
"""Codecs with open groups, and how they are got."""

TEN_BIT = {"h264", "hevc", "vp9", "av1"}
INTERLACED = {"h264", "mpeg2video"}
CLOCKLESS = {"mpeg2video"}
"""Codecs whose encoder takes a few frame rates only."""


def make_small(spec: FilmSpec, path: Path) -> None:
    """Make a film of the matrix."""
    if spec.codec != "vp9" or spec.pix_fmt == "yuv420p":
        make_film(spec, path)
        return
    # PyAV's libvpx knows 8 bits only; the ffmpeg program's knows more.
    plain = path.with_stem("plain-" + path.stem)
    make_film(replace(spec, pix_fmt="yuv420p"), plain)
    how = f"-c:v libvpx-vp9 -pix_fmt {spec.pix_fmt} -deadline realtime -cpu-used 8 -b:v 500k -c:a copy"
    groups = f"-g {spec.gop} -keyint_min {spec.gop}"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(plain), *f"{how} {groups}".split(), str(path)]
    subprocess.run(command, check=True)
    plain.unlink()


def matrix() -> Iterator[tuple[str, str, str, FilmSpec]]:
    """(codec, container, feature, film) of every combination there is."""
    for codec, containers in PLACES.items():
        for container in containers.split():
            for feature in FEATURES:
                if (spec := _film(codec, container, feature)) is not None:
                    yield codec, container, feature, spec


def _film(codec: str, container: str, feature: str) -> FilmSpec | None:
    track = AudioTrack(SOUND.get(container, "aac"))
    plain = FilmSpec(
        container,
        codec,
        (track,),
        duration=LENGTH,
        gop=15,
        start=Fraction(7, 5) if container == "ts" else Fraction(0),
        bframes=0 if container == "avi" else 2,
        pix_fmt={"mjpeg": "yuvj420p", "prores": "yuv422p10le"}.get(codec, "yuv420p"),
        texture=True,
    )
    match feature:
        case "closed GOP":
            return plain
        case "open GOP" if codec in OPEN and container != "avi":
            return replace(plain, open_gop=True, **OPEN[codec])  # type: ignore[arg-type]
        case "VFR" if codec not in CLOCKLESS and container != "avi":
            return replace(plain, vfr=True)
        case "10 bit" if codec in TEN_BIT and container != "avi":
            return replace(plain, pix_fmt="yuv420p10le")
        case "10 bit" if codec == "prores":
            return plain
        case "interlaced" if codec in INTERLACED and container != "avi":
            return replace(plain, interlaced=True)
        case "two tracks":
            second = AudioTrack(track.codec, "deu", 48000 if container == "webm" else 44100, 1, 1, default=False)
            return replace(plain, audio=(track, second))
        case "5.1":
            surround = "ac3" if container == "avi" else track.codec
            return replace(plain, audio=(AudioTrack(surround, channels=6),))
        case "subtitles" if container in ("mp4", "mov"):
            return replace(plain, subtitles=(SubtitleTrack("mov_text"), SubtitleTrack("mov_text", "deu")))
        case "subtitles" if container == "mkv":
            subtitles = (SubtitleTrack("subrip", default=True), SubtitleTrack("ass", "deu", forced=True))
            return replace(plain, subtitles=subtitles)
        case "subtitles" if container == "webm":
            return replace(plain, subtitles=(SubtitleTrack("webvtt"),))
        case "no sound":
            return replace(plain, audio=())
        case "rotated" if container in ("mp4", "mov", "mkv"):
            return replace(plain, rotation=90)
    return None
