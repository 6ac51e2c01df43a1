"""Which encoder stands in for which codec, and how it is set so that nobody sees or hears a difference."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import av
from av.codec import Codec
from av.video.codeccontext import VideoCodecContext

USUAL_RATE = Fraction(25)
"""Frames a second of a film that does not tell."""

QP2LAMBDA = 118
"""FFmpeg's FF_QP2LAMBDA: quality numbers of the older encoders are this many times the quantiser."""


@dataclass(frozen=True, slots=True)
class VideoEncoder:
    """An encoder and its quality setting."""

    name: str
    options: dict[str, str] = field(default_factory=dict)
    quantiser: int | None = None
    """Fixed quantiser, for encoders that have no CRF."""
    coarse_clock: bool = False
    """The bitstream cannot hold a time base finer than 1/65535 s."""
    fixed_rate: bool = False
    """The bitstream knows no time but the frame rate."""


VIDEO_ENCODERS: dict[str, VideoEncoder] = {
    "h264": VideoEncoder("libx264", {"crf": "18", "preset": "medium"}),
    # x265 at 20 is where x264 is at about 18 (x265 documentation, "crf"); it prints to stderr by itself.
    "hevc": VideoEncoder("libx265", {"crf": "20", "preset": "fast", "x265-params": "log-level=none"}),
    "vp8": VideoEncoder("libvpx", {"crf": "8", "b": "50M", "deadline": "good", "cpu-used": "4"}),
    "vp9": VideoEncoder("libvpx-vp9", {"crf": "20", "b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"}),
    # With more threads SVT-AV1 hangs at the end of about one film in ten (seen with PyAV 18.1 on two cores).
    "av1": VideoEncoder("libsvtav1", {"crf": "22", "preset": "8", "svtav1-params": "lp=1"}),
    "mpeg4": VideoEncoder("mpeg4", quantiser=2, coarse_clock=True),
    "msmpeg4v2": VideoEncoder("msmpeg4v2", quantiser=2),
    "msmpeg4v3": VideoEncoder("msmpeg4", quantiser=2),
    "wmv1": VideoEncoder("wmv1", quantiser=2),
    "wmv2": VideoEncoder("wmv2", quantiser=2),
    # The later Windows Media codecs can only be read; the family's last that can be written takes over.
    "wmv3": VideoEncoder("wmv2", quantiser=2),
    "vc1": VideoEncoder("wmv2", quantiser=2),
    "mpeg1video": VideoEncoder("mpeg1video", quantiser=2, fixed_rate=True),
    "mpeg2video": VideoEncoder("mpeg2video", quantiser=2, fixed_rate=True),
    "mjpeg": VideoEncoder("mjpeg", quantiser=2),
    "flv1": VideoEncoder("flv", quantiser=2),
    "prores": VideoEncoder("prores_ks"),
    # Of its profiles, those for any size and rate.
    "dnxhd": VideoEncoder("dnxhd", {"profile": "dnxhr_hq"}),
}
"""Codec to encoder. A codec that is not here is encoded by the encoder of its own name, the lossless ones
above all; where there is none, as h264."""

AUDIO_ENCODERS: dict[str, str] = {
    "mp3": "libmp3lame",
    "opus": "libopus",
    # FFmpeg's own Vorbis encoder is experimental; Opus goes wherever Vorbis does.
    "vorbis": "libopus",
    "wmapro": "wmav2",
    "wmavoice": "wmav2",
    "amr_nb": "libopencore_amrnb",
    "cook": "aac",
    "atrac3": "aac",
    "atrac3p": "aac",
    "mp1": "mp2",
    "truehd": "flac",
    "mlp": "flac",
    "wmalossless": "flac",
    "ape": "flac",
}
"""Codec to encoder, where that is not the encoder of the same name."""

EXPERIMENTAL = frozenset({"dts", "truehd", "mlp", "vorbis", "opus", "sonic"})
"""Codecs whose same-named encoder in FFmpeg is marked experimental."""

_MPEG = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
BIT_RATES = {
    "mp3": _MPEG,
    "mp2": (*_MPEG, 384),
    "ac3": (*_MPEG, 384, 448, 512, 576, 640),
    "opus": (64, 96, 128, 192, 256, 320, 384, 448, 510),
    "amr_nb": (12.2,),
}
"""kbit/s that a codec can be set to, for a whole track, where it is choosy (ISO 11172-3 table of bit rates;
ATSC A/52 table 5.18)."""

LOW_RATE, LOW_RATE_MOST = 32_000, 160
"""Below this sample rate, MPEG audio goes up to so many kbit/s only (ISO 13818-3)."""


WINDOWS = frozenset({"wmv1", "wmv2", "wmv3", "vc1", "wmav1", "wmav2", "wmapro", "wmavoice"})
WINDOWS_CONTAINERS = frozenset({"asf", "avi"})
"""The Windows Media codecs that can be written are at home in these only; elsewhere h264 and AAC stand in."""


def video_encoder(codec: str, container: str) -> VideoEncoder:
    """The encoder for films of a codec, in the container of a muxer."""
    if codec in WINDOWS and container not in WINDOWS_CONTAINERS:
        return VIDEO_ENCODERS["h264"]
    if codec in VIDEO_ENCODERS:
        return VIDEO_ENCODERS[codec]
    return VideoEncoder(codec) if can_encode(codec) else VIDEO_ENCODERS["h264"]


def audio_encoder(codec: str, container: str) -> str | None:
    """Name of the encoder for tracks of a codec in a muxer's container; None where there is none worth having."""
    if codec in WINDOWS and container not in WINDOWS_CONTAINERS:
        return "aac"
    if codec in AUDIO_ENCODERS:
        return AUDIO_ENCODERS[codec]
    return codec if codec not in EXPERIMENTAL and can_encode(codec) else None


def audio_bit_rate(codec: str, source: int | None, channels: int, rate: int) -> int:
    """Bits a second at which encoding again is not heard: a quarter above the source's, and enough a channel.

    Args:
        codec: of the output.
        source: bits a second of the source; None where it does not tell.
        channels: of the track.
        rate: samples a second.
    """
    wanted = max(source * 5 // 4 if source else 0, 96_000 * channels)
    allowed = [int(kilobits * 1000) for kilobits in BIT_RATES.get(codec, ())]
    if rate < LOW_RATE and codec in ("mp2", "mp3"):
        allowed = [bits for bits in allowed if bits <= LOW_RATE_MOST * 1000]
    return min((bits for bits in allowed if bits >= wanted), default=max(allowed, default=wanted))


def hold_quantiser(context: VideoCodecContext, quantiser: int) -> None:
    """Have one of FFmpeg's own encoders code all pictures alike."""
    context.qscale, context.global_quality = True, quantiser * QP2LAMBDA
    # PyAV 18.1 cannot give a frame its quality, as QSCALE asks for; the encoder then takes the least allowed.
    # The most too, or its rate control asks for more after a while.
    context.qmin = context.qmax = quantiser


def can_encode(name: str) -> bool:
    """Whether there is an encoder of this very name."""
    try:
        codec = Codec(name, "w")
    except av.codec.codec.UnknownCodecError:
        return False
    return codec.name == name


def pixel_format(encoder: str, source: str) -> str:
    """The encoder's pixel format closest to the source's: the same, or one of as many bits and as fine colour."""
    formats = Codec(encoder, "w").video_formats
    offered: Sequence[str] = [entry.name for entry in formats or ()]
    if not offered or source in offered:
        return source
    bits = "10le" if "p10" in source or "p12" in source or source.startswith("p010") else ""
    chroma = next(
        (kind for kind in ("444", "422") if kind in source),
        "444" if source.startswith(("gbr", "rgb")) else "420",
    )
    for candidate in (f"yuv{chroma}p{bits}", f"yuv{chroma}p", f"yuv420p{bits}", "yuv420p"):
        if candidate in offered:
            return candidate
    return offered[0]
