"""Films for whoever reads only a part of one: all the ways in which a frame may need others to be decoded.

Each has the moving texture, so that a frame decoded from a wrong reference, or from none, shows it in its bits.
"""

from dataclasses import replace
from fractions import Fraction

from .spec import ONE_KEYFRAME, FilmSpec

_LATE = Fraction(7, 5)
_ALT_REF = "auto-alt-ref=1:lag-in-frames=25"


def _film(container: str, codec: str = "h264", encoder: str = "", **fields: object) -> FilmSpec:
    """6 seconds without sound."""
    start = _LATE if container in ("ts", "mpg") else Fraction(0)
    spec = FilmSpec(container, codec, (), duration=Fraction(6), start=start, encoder=encoder, texture=True)
    return replace(spec, **{"gop": 40} | fields)  # type: ignore[arg-type]


def _each(codec: str, containers: str, name: str, encoder: str = "", **fields: object) -> dict[str, FilmSpec]:
    return {f"{codec}-{name}-{c}": _film(c, codec, encoder, **fields) for c in containers.split()}


def _long(container: str, codec: str = "h264", encoder: str = "", **fields: object) -> FilmSpec:
    """60 seconds at 5 frames a second, a keyframe every 8 seconds: long enough for a seek to pay."""
    return _film(container, codec, encoder, duration=Fraction(60), rate=Fraction(5), **fields)


CODED: dict[str, FilmSpec] = (
    _each("h264", "mp4 mkv ts", "open-gop", "b-pyramid=none", open_gop=True, bframes=3)
    | _each("h264", "mp4 mkv ts", "pyramid", "b-pyramid=normal:b-adapt=0:ref=5", bframes=5)
    | _each("h264", "mkv", "pyramid-strict", "b-pyramid=strict:b-adapt=0:ref=4", bframes=8)
    | _each("h264", "mp4 ts", "open-pyramid", "b-pyramid=normal:b-adapt=0:ref=5", bframes=8, open_gop=True)
    | _each("h264", "mkv", "weighted", "weightp=2:weightb=1:ref=5:b-adapt=0", bframes=3)
    | _each("h264", "mp4 mkv ts", "intra-refresh", "intra-refresh=1:ref=1", bframes=0)
    | _each("h264", "mkv ts", "intra-refresh-b", "intra-refresh=1", bframes=2)
    | _each("h264", "mp4 ts", "one-keyframe", "ref=3", gop=ONE_KEYFRAME)
    | _each("h264", "mkv", "baseline", "cabac=0:ref=2", bframes=0)
    | _each("h264", "mkv ts", "mbaff", "b-pyramid=normal", bframes=3, interlaced=True, open_gop=True)
    | _each("h264", "mkv mp4", "vfr", "b-pyramid=normal", bframes=3, vfr=True)
    | _each("h264", "avi wmv", "no-order", "b-pyramid=normal", bframes=3)
    | _each("h264", "mkv", "all-key", gop=1)
    | _each("h264", "h264", "bare", "b-pyramid=normal", bframes=3, open_gop=True, missing_duration=True)
    | _each("hevc", "mp4 mkv ts", "rasl", "b-adapt=0", open_gop=True, bframes=4)
    | _each("hevc", "mp4 mkv ts", "pyramid", "b-adapt=0:b-pyramid=1:ref=4:rc-lookahead=20", bframes=8)
    | _each("hevc", "mkv mp4", "layers", "temporal-layers=3:b-adapt=0:b-pyramid=1", bframes=4, open_gop=True)
    | _each("hevc", "mkv ts", "radl", "radl=2:b-adapt=0", bframes=4)
    | _each("hevc", "mkv ts", "fields", "interlace=tff", bframes=3, open_gop=True)
    | _each("hevc", "mkv", "intra-refresh", "intra-refresh=1", bframes=0)
    | _each("hevc", "mkv", "vfr", "b-adapt=0", bframes=4, open_gop=True, vfr=True)
    | _each("vp9", "webm mkv mp4", "alt-ref", _ALT_REF)
    | _each("vp8", "webm mkv", "alt-ref", hidden=9)
    | _each("av1", "webm mp4", "hierarchical", "svtav1-params=lp=1\\:hierarchical-levels=4")
    | _each("mpeg2video", "ts mpg mkv", "open-gop", open_gop=True, bframes=2, gop=15)
    | _each("mpeg2video", "ts mkv", "closed", bframes=2, gop=15)
    | _each("mpeg4", "avi mkv mp4 ts", "b-frames", bframes=2)
    | _each("mpeg4", "mkv", "quarter-pel", "flags=+qpel+mv4", bframes=3)
    | _each("wmv2", "wmv avi", "plain", bframes=0)
    | _each("mjpeg", "avi mkv mp4", "plain", pix_fmt="yuvj420p")
    | {
        "long-intra-refresh-mp4": _long("mp4", encoder="intra-refresh=1:ref=1", bframes=0),
        "long-intra-refresh-ts": _long("ts", encoder="intra-refresh=1:ref=1", bframes=0),
        "long-open-pyramid-mp4": _long("mp4", encoder="b-pyramid=normal:b-adapt=0", bframes=8, open_gop=True),
        "long-open-pyramid-ts": _long("ts", encoder="b-pyramid=normal:b-adapt=0", bframes=8, open_gop=True),
        "long-one-keyframe-ts": _long("ts", gop=ONE_KEYFRAME),
        "long-no-index-mkv": _long("mkv", open_gop=True, missing_duration=True),
        "long-no-order-avi": _long("avi", encoder="b-pyramid=normal", bframes=3),
        "long-rasl-ts": _long("ts", "hevc", "b-adapt=0", open_gop=True, bframes=4),
        "long-open-gop-mpg": _long("mpg", "mpeg2video", open_gop=True),
    }
)
