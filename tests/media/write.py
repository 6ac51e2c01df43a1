"""Making a film from its spec, with PyAV alone."""

import os
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from math import ceil, lcm
from pathlib import Path
from typing import IO, Any

os.environ.setdefault("SVT_LOG", "0")  # read when SVT-AV1 starts: it would print to stderr

import av
import numpy as np
from av.container import OutputContainer
from av.stream import Disposition
from av.subtitles.subtitle import SubtitleSet

from .picture import clock_frame
from .sound import clock_sound
from .spec import AudioTrack, FilmSpec, SubtitleTrack

Options = dict[str, str]
FORMATS = {"mkv": "matroska", "wmv": "asf", "ts": "mpegts", "mpg": "vob"}
AUDIO_ENCODERS = {"mp3": "libmp3lame", "opus": "libopus"}
TAGS = {"bt709": 1, "bt601": 6}
"""ITU-T H.273 code points: 1 is BT.709, 6 is SMPTE 170M (BT.601, 525 lines), for all three of them."""


def _more(spec: FilmSpec) -> str:
    return ":" + spec.encoder if spec.encoder else ""


def _x264(spec: FilmSpec) -> Options:
    params = f"open-gop={int(spec.open_gop)}" + (":tff=1" if spec.interlaced else "") + _more(spec)
    return {"preset": "veryfast", "crf": "20", "sc_threshold": "0", "x264-params": params}


def _x265(spec: FilmSpec) -> Options:
    params = f"log-level=none:scenecut=0:open-gop={int(spec.open_gop)}:bframes={spec.bframes}"
    params += f":keyint={spec.gop}:min-keyint={min(spec.gop, 100)}:pools=none:frame-threads=1" + _more(spec)
    return {"preset": "ultrafast", "crf": "22", "x265-params": params}


def _mpeg(spec: FilmSpec) -> Options:
    # FFmpeg's MPEG encoders close a GOP only where they are told not to look for scene changes.
    closed = {} if spec.open_gop else {"flags": "+cgop"}
    return {"b": "1500k", "qmin": "2", "sc_threshold": "1000000000"} | closed


def _vpx(spec: FilmSpec) -> Options:
    return {"deadline": "realtime", "cpu-used": "8", "b": "500k", "keyint_min": str(spec.gop)}


ENCODERS: dict[str, tuple[str, Callable[[FilmSpec], Options]]] = {
    "h264": ("libx264", _x264),
    "hevc": ("libx265", _x265),
    "mpeg4": ("mpeg4", _mpeg),
    "mpeg2video": ("mpeg2video", _mpeg),
    "wmv2": ("wmv2", _mpeg),
    "vp8": ("libvpx", _vpx),
    "vp9": ("libvpx-vp9", _vpx),
    "av1": ("libsvtav1", lambda spec: {"preset": "8", "crf": "22", "svtav1-params": "lp=1"}),  # see edit/codecs.py
    "mjpeg": ("mjpeg", lambda spec: {"qmin": "3", "qmax": "3"}),
    "ffv1": ("ffv1", lambda spec: {}),
}
"""Name in a spec -> FFmpeg's encoder, and its options: as fast as it goes."""


class _Pipe:
    """A file that cannot seek, as a live stream: the muxer cannot go back to fill in a duration."""

    def __init__(self, file: IO[bytes]) -> None:
        self.write = file.write


def make(path: Path, container: str = "mp4", codec: str = "h264", **fields: Any) -> FilmSpec:
    """Make a film at `path` from the fields of a spec."""
    spec = FilmSpec(container, codec, **fields)
    make_film(spec, path)
    return spec


def make_film(spec: FilmSpec, path: Path) -> Path:
    """Make the film `spec` at `path`."""
    with path.open("wb") as file:
        target: Any = _Pipe(file) if spec.missing_duration else file
        with av.open(
            target, "w", FORMATS.get(spec.container, spec.container), container_options=_muxer(spec)
        ) as out:
            _write(spec, out)
    return path


def _muxer(spec: FilmSpec) -> Options:
    options = {}
    flags = ["+faststart"] * spec.faststart + ["+frag_keyframe+empty_moov"] * spec.fragmented
    if flags:
        options["movflags"] = "".join(flags)
    if spec.missing_duration and spec.container in ("mkv", "webm"):
        options["live"] = "1"
    if spec.start < 0:
        options["avoid_negative_ts"] = "disabled"
    return options


def _write(spec: FilmSpec, out: OutputContainer) -> None:
    """Open every stream, encode all, then mux in the order of decoding."""
    out.metadata["title"] = spec.title
    if spec.chapters:
        out.set_chapters(_chapters(spec))
    video = _video_stream(spec, out)
    audio = [_audio_stream(track, out) for track in spec.audio]
    subtitles = [_subtitle_stream(track, out) for track in spec.subtitles]
    cover = _add_cover(spec, out)
    packets = list(_video_packets(spec, video))
    for stream, track in zip(audio, spec.audio, strict=True):
        packets += _audio_packets(spec, stream, track)
    for stream in subtitles:
        packets += _subtitle_packets(spec, stream)
    for packet in packets if spec.start else ():
        _shift(packet, spec.start)
    out.mux(cover + sorted(packets, key=lambda packet: packet.dts * packet.time_base))


def _shift(packet: av.Packet, start: Fraction) -> None:
    base = Fraction(1, lcm(packet.time_base.denominator, start.denominator))
    ratio, offset = packet.time_base / base, start / base
    packet.pts, packet.dts = int(packet.pts * ratio + offset), int(packet.dts * ratio + offset)
    packet.duration = int((packet.duration or 0) * ratio)
    packet.time_base = base


def _video_stream(spec: FilmSpec, out: OutputContainer) -> Any:
    encoder, options = ENCODERS[spec.codec]
    stream = out.add_stream(encoder, rate=spec.rate, options=options(spec))
    turned = spec.rotation % 180 != 0
    stream.width, stream.height = (spec.height, spec.width) if turned else (spec.width, spec.height)
    stream.pix_fmt = spec.pix_fmt
    context = stream.codec_context
    context.time_base = Fraction(1, 1000) if spec.vfr else 1 / spec.rate
    context.gop_size, context.thread_count = spec.gop, 1
    if spec.encoder and spec.codec not in ("h264", "hevc"):
        context.options.update(dict(option.split("=", 1) for option in spec.encoder.split(":")))
    context.options["bf"] = str(spec.bframes if spec.codec in ("h264", "mpeg4", "mpeg2video") else 0)
    if spec.codec == "hevc" and spec.container in ("mp4", "mov"):
        context.codec_tag = "hvc1"
    if spec.interlaced:
        context.options["flags"] = context.options.get("flags", "") + "+ilme+ildct"
    if spec.color:
        context.colorspace = context.color_primaries = context.color_trc = TAGS[spec.color[0]]
    if spec.color or spec.full_range:
        context.color_range = 2 if spec.full_range else 1
    if spec.rotation:
        stream.set_display_rotation(spec.rotation)
    stream.metadata["language"] = "und"
    stream.disposition = 1
    return stream


def _video_packets(spec: FilmSpec, stream: Any) -> Iterator[av.Packet]:
    base = stream.codec_context.time_base
    times = spec.clock_times()
    ends = [*times[1:], spec.end() - spec.start]
    lengths = {int(time / base): int((end - time) / base) for time, end in zip(times, ends, strict=True)}
    delay = None
    for packet in _encode_video(spec, stream, times, base):
        packet.duration = lengths[packet.pts]
        if spec.container in ("avi", "wmv"):  # one time a packet: its place in the order of decoding
            delay = packet.dts if delay is None else delay
            packet.pts = packet.dts = packet.dts - delay
        yield _hidden(packet, stream) if spec.hides(packet.pts) else packet


def _hidden(packet: av.Packet, stream: Any) -> av.Packet:
    """A VP8 packet with its show_frame bit cleared (RFC 6386, 9.1)."""
    data = bytes(packet)
    return _copy(packet, bytes([data[0] & ~0x10]) + data[1:], stream)


def _copy(packet: av.Packet, data: bytes, stream: Any) -> av.Packet:
    copy = av.Packet(data)
    copy.pts, copy.dts, copy.duration = packet.pts, packet.dts, packet.duration
    copy.time_base, copy.stream, copy.is_keyframe = packet.time_base, stream, packet.is_keyframe
    for side in packet.iter_sidedata():  # how many samples are not to be heard, and the like
        copy.set_sidedata(side)
    return copy


def _encode_video(spec: FilmSpec, stream: Any, times: Sequence[Fraction], base: Fraction) -> Iterator[av.Packet]:
    look = (spec.width, spec.height, spec.pix_fmt, spec.matrix, spec.full_range, spec.rotation)
    for number, time in enumerate(times):
        frame = clock_frame(number, time, *look, texture=spec.texture)
        frame.pts, frame.time_base = int(time / base), base
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _audio_stream(track: AudioTrack, out: OutputContainer) -> Any:
    stream = out.add_stream(AUDIO_ENCODERS.get(track.codec, track.codec), rate=track.rate)
    _open_audio(stream, track)
    stream.metadata["language"] = track.language
    stream.disposition = int(track.default)
    return stream


def _open_audio(encoder: Any, track: AudioTrack) -> None:
    encoder.sample_rate, encoder.layout = track.rate, {1: "mono", 2: "stereo", 6: "5.1"}[track.channels]
    encoder.bit_rate = 448_000 if track.channels > 2 else 192_000 if track.codec in ("ac3", "mp2") else 128_000
    if track.codec == "aac":
        # The default coder, twoloop, blurs a pure tone by up to 0.6 Hz; the tools left out only cost time.
        encoder.options = {"aac_coder": "fast", "aac_tns": "0", "aac_ms": "0", "aac_is": "0", "aac_pns": "0"}
    if track.codec == "opus":
        encoder.options = {"compression_level": "0"}
    if track.codec == "vorbis":
        encoder.options = {"strict": "experimental"}


def _audio_packets(spec: FilmSpec, stream: Any, track: AudioTrack) -> Iterator[av.Packet]:
    """The track, from `track.start` on.

    Every lossy encoder puts some silence (priming) before the first sample, with negative times. Matroska
    and mp4 say how much to skip; avi, ts and asf cannot. There the sound begins earlier, and the packets
    before the film are left out, so that no silence is in it; in avi, whose tracks all begin at 0, so much
    earlier that one packet begins at 0 exactly.
    """
    first, stop = int(track.start * track.rate), int((spec.end() - spec.start) * track.rate)
    earliest = None
    if spec.container in ("avi", "ts", "wmv") and not track.codec.startswith("pcm"):
        priming, step = _priming(track)
        earliest = -int(spec.start * track.rate) if spec.container == "avi" else first
        first = earliest + priming - step * ceil(priming / step + 2)
    coded, extradata = _coded_audio(track, first, stop)
    stream.codec_context.open()
    stream.codec_context.extradata = extradata
    for packet in coded:
        if earliest is None or packet.pts >= earliest:
            yield _copy(packet, bytes(packet), stream)


@cache
def _coded_audio(track: AudioTrack, first: int, stop: int) -> tuple[list[av.Packet], bytes | None]:
    """A track's packets, for copying only, and its codec's header: encoded once, as most films have the same."""
    encoder: Any = av.CodecContext.create(AUDIO_ENCODERS.get(track.codec, track.codec), "w")
    encoder.format = encoder.codec.audio_formats[0].name
    _open_audio(encoder, track)
    return list(_encode_audio(encoder, track, first, stop)), encoder.extradata


def _encode_audio(encoder: Any, track: AudioTrack, first: int, stop: int) -> Iterator[av.Packet]:
    sound = clock_sound(first / track.rate, stop - first, track.rate, track.channels, track.seed)
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[track.channels]
    for at in range(0, stop - first, track.rate):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, at : at + track.rate]), "fltp", layout)
        frame.sample_rate, frame.time_base, frame.pts = track.rate, Fraction(1, track.rate), first + at
        yield from encoder.encode(frame)
    yield from encoder.encode(None)


def _priming(track: AudioTrack) -> tuple[int, int]:
    """How many samples the encoder puts before the first, and samples in a packet."""
    packets, _ = _coded_audio(track, 0, track.rate // 4)
    return -packets[0].pts, packets[1].pts - packets[0].pts


ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Bold, Italic, Alignment, MarginL, MarginR, MarginV
Style: Default,Arial,16,&Hffffff,0,0,2,10,10,10

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def _subtitle_stream(track: SubtitleTrack, out: OutputContainer) -> Any:
    stream = out.add_stream(track.codec)
    stream.codec_context.time_base = Fraction(1, 1000)
    stream.codec_context.subtitle_header = ASS_HEADER
    stream.metadata["language"] = track.language
    stream.disposition = track.default * Disposition.default + track.forced * Disposition.forced
    return stream


def cue_times(spec: FilmSpec) -> list[tuple[Fraction, Fraction, str]]:
    """(start, end, text) of every subtitle cue, in absolute seconds."""
    tenths = [(10 * k + 2, 10 * k + 9, f"cue {k}") for k in range(int(spec.duration))]
    return [(spec.start + Fraction(a, 10), spec.start + Fraction(b, 10), text) for a, b, text in tenths]


def _subtitle_packets(spec: FilmSpec, stream: Any) -> Iterator[av.Packet]:
    for order, (start, end, text) in enumerate(cue_times(spec)):
        cue = SubtitleSet.create(b"%d,0,Default,,0,0,0,,%s" % (order, text.encode()), 0, int((end - start) * 1000))
        packet = stream.codec_context.encode_subtitle(cue)
        packet.time_base = Fraction(1, 1000)
        packet.pts = packet.dts = int((start - spec.start) * 1000)
        packet.duration = int((end - start) * 1000)
        packet.stream = stream
        yield packet


def chapter_times(spec: FilmSpec) -> list[tuple[Fraction, Fraction, str]]:
    """(start, end, title) of every chapter, in absolute seconds, to the millisecond."""
    length = spec.end() - spec.start
    edges = [spec.start + Fraction(round(length * third * 1000 / 3), 1000) for third in range(4)]
    return [(edges[i], edges[i + 1], f"Chapter {i + 1}") for i in range(3)]


def _chapters(spec: FilmSpec) -> list[Any]:
    return [
        {
            "id": i,
            "start": int(a * 1000),
            "end": int(b * 1000),
            "time_base": Fraction(1, 1000),
            "metadata": {"title": t},
        }
        for i, (a, b, t) in enumerate(chapter_times(spec))
    ]


def _add_cover(spec: FilmSpec, out: OutputContainer) -> list[av.Packet]:
    """The first frame as a JPEG: an attachment in Matroska, an attached picture elsewhere."""
    if not spec.cover:
        return []
    if spec.container == "mkv":
        context: Any = av.CodecContext.create("mjpeg", "w")
    else:
        stream = out.add_stream("mjpeg")
        stream.disposition = Disposition.attached_pic
        context = stream.codec_context
    context.width, context.height, context.pix_fmt = 96, 96, "yuvj420p"
    context.time_base, context.color_range = Fraction(1, 25), 2
    frame = clock_frame(0, 0, 96, 96, "yuvj420p", "bt601", True, 0)
    frame.pts = 0
    [packet] = context.encode(frame) + context.encode(None)
    if spec.container == "mkv":
        out.add_attachment("cover.jpg", "image/jpeg", bytes(packet))
        return []
    packet.stream = stream
    return [packet]
