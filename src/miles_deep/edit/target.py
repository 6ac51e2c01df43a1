"""The container of the output: the input's wherever it can be written."""

from pathlib import Path

from miles_deep.errors import OutputError
from miles_deep.video.video import Video

MUXERS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".qt": "mov",
    ".3gp": "3gp",
    ".3g2": "3g2",
    ".mkv": "matroska",
    ".webm": "webm",
    ".avi": "avi",
    ".divx": "avi",
    ".wmv": "asf",
    ".asf": "asf",
    ".ts": "mpegts",
    ".m2ts": "mpegts",
    ".mts": "mpegts",
    ".mpg": "mpeg",
    ".mpeg": "mpeg",
    ".vob": "vob",
    ".flv": "flv",
    ".ogv": "ogg",
    ".ogg": "ogg",
    ".mxf": "mxf",
    ".nut": "nut",
}
"""File name suffix to FFmpeg's muxer."""

_BROADCAST = {"mpeg1video", "mpeg2video", "h264", "mp1", "mp2", "mp3", "aac", "ac3", "dts"}
FOUND_AGAIN: dict[str, frozenset[str]] = {
    "mpegts": frozenset(
        _BROADCAST
        | {"mpeg4", "hevc", "vvc", "cavs", "dirac"}
        | {"aac_latm", "eac3", "truehd", "opus"}
        | {"dvb_subtitle", "dvb_teletext", "hdmv_pgs_subtitle"}
    ),
    "mpeg": frozenset(_BROADCAST | {"pcm_dvd", "pcm_s16be", "dvd_subtitle"}),
    "vob": frozenset(_BROADCAST | {"pcm_dvd", "pcm_s16be", "dvd_subtitle"}),
    "ogg": frozenset({"theora", "vorbis", "opus", "flac", "speex"}),
}
"""Muxers that write down any codec, and the codecs that readers find again in what they wrote."""

LOST = {
    "avi": frozenset({"vorbis"}),
    "asf": frozenset({"mpeg1video", "mpeg2video", "flac", "vorbis"}),
    "nut": frozenset({"flac", "wmav1", "wmav2"}),
}
"""Muxer to the few codecs that it writes down so that they come back broken or out of step."""

MATROSKA = ".mkv"
"""What takes anything."""

SUFFIXES = {
    "mov,mp4,m4a,3gp,3g2,mj2": (".mp4", ".mov", ".m4v", ".qt", ".3gp", ".3g2"),
    "matroska,webm": (".mkv", ".webm"),
    "avi": (".avi", ".divx"),
    "asf": (".wmv", ".asf"),
    "mpegts": (".ts", ".m2ts", ".mts"),
    "mpeg": (".mpg", ".mpeg", ".vob"),
    "flv": (".flv",),
    "ogg": (".ogv", ".ogg"),
    "mxf": (".mxf",),
    "nut": (".nut",),
}
"""Container of the input to the suffixes that belong to it, the usual one first. Others cannot be written."""


def output_suffix(video: Video) -> str:
    """The suffix for a film in the input's container: its own where it fits, else the container's usual one."""
    fitting = SUFFIXES.get(video.container, (MATROSKA,))
    own = video.path.suffix.lower()
    return video.path.suffix if own in fitting else fitting[0]


def carries(container: str, codec: str) -> bool:
    """Whether a track of the codec, once in the container, is found there again; FFmpeg checks the rest."""
    return codec in FOUND_AGAIN.get(container, {codec}) and codec not in LOST.get(container, ())


def muxer(path: Path) -> str:
    """FFmpeg's muxer for a file name. Raises OutputError, listing the suffixes there are."""
    try:
        return MUXERS[path.suffix.lower()]
    except KeyError:
        raise OutputError(f"{path}: no container goes by that suffix; there are: {' '.join(MUXERS)}") from None
