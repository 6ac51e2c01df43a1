"""What a test film is: a frozen value, fit for a dict key, whose `str` is a readable pytest id."""

from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cache
from math import ceil

VFR_PATTERN = (*[100] * 10, *[40] * 25, 700, *[20] * 5, *[100] * 2, 480)
"""Milliseconds each frame is held in a VFR film, repeated: 10 fps, 25 fps, a held frame, a burst, ..."""

SOUND_FOR = {"mkv": "aac", "avi": "mp3", "webm": "opus", "wmv": "wmav2", "ts": "aac", "mp4": "aac", "mov": "aac"}


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One audio track of the clock sound (see `media.sound`)."""

    codec: str = "aac"
    """aac, mp3, ac3, opus, vorbis, flac, pcm_s16le, wmav2 or mp2."""
    language: str = "eng"
    rate: int = 48000
    channels: int = 2
    seed: int = 0
    """Frequency band: tracks of one film differ by it."""
    start: Fraction = Fraction(0)
    """Seconds from the first frame to the first sample."""
    default: bool = True

    def __str__(self) -> str:
        return _name(self, self.codec)


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """One subtitle track: "cue k" is shown from k + 0.2 s to k + 0.9 s, for every whole second k."""

    codec: str = "subrip"
    """subrip, ass, mov_text or webvtt."""
    language: str = "eng"
    default: bool = False
    forced: bool = False

    def __str__(self) -> str:
        return _name(self, self.codec)


@dataclass(frozen=True, slots=True)
class FilmSpec:
    """A generated film. Times are exact seconds; the film's own clock is 0 at its first frame."""

    container: str = "mp4"
    """mp4, mov, mkv, webm, avi, wmv, ts, mpg; h264 for a bare stream without container."""
    codec: str = "h264"
    """A key of `media.write.ENCODERS`."""
    audio: tuple[AudioTrack, ...] = (AudioTrack(),)
    subtitles: tuple[SubtitleTrack, ...] = ()
    duration: Fraction = Fraction(12)
    rate: Fraction = Fraction(25)
    width: int = 160
    height: int = 120
    """Size of the upright picture; a film turned by 90 or 270 degrees is stored height x width."""
    gop: int = 30
    """Frames from keyframe to keyframe; `ONE_KEYFRAME` for a single one."""
    bframes: int = 2
    """Most B-frames in a row, where the codec has them."""
    open_gop: bool = False
    encoder: str = ""
    """More for the encoder, "name=value:name=value": parameters of x264 and x265, else FFmpeg's options."""
    texture: bool = False
    """A moving texture over the clock, so that a frame predicted from a wrong one shows it everywhere."""
    hidden: int = 0
    """vp8: every so-manieth frame is there to be decoded, but not shown, like an alt-ref frame. 0: none."""
    pix_fmt: str = "yuv420p"
    color: tuple[str, str] | None = None
    """(bt601 or bt709, tv or pc) as tagged and as computed; None: untagged, computed as BT.601."""
    vfr: bool = False
    start: Fraction = Fraction(0)
    """PTS of the first frame; sound, subtitles and chapters move along."""
    rotation: int = 0
    """Degrees counter-clockwise a player turns the stored picture: 0, 90, 180 or 270."""
    interlaced: bool = False
    chapters: bool = False
    """Three chapters of equal length."""
    cover: bool = False
    faststart: bool = False
    """mp4 and mov: the index at the front."""
    fragmented: bool = False
    """mp4 and mov: no index, a fragment for each keyframe."""
    missing_duration: bool = False
    """Written like a live stream: no duration and no index in the file."""
    title: str = "Clock"

    def frame_times(self) -> list[Fraction]:
        """The exact PTS of every frame, in seconds."""
        return [self.start + time for time in self.clock_times()]

    def clock_times(self) -> tuple[Fraction, ...]:
        """Seconds from the first frame to every frame."""
        return _clock_times(self)

    def shown(self) -> tuple[tuple[int, Fraction], ...]:
        """(number, PTS) of the frames a decoder shows. In mp4 and mov, frames before 0 are there to be
        decoded, but an edit list hides them."""
        return _shown(self)

    def hides(self, number: int) -> bool:
        """Whether a frame is made one that is not shown; keyframes are not."""
        return self.hidden > 0 and number % self.hidden == self.hidden - 1 and number % self.gop != 0

    def end(self) -> Fraction:
        """When the last frame ends, in absolute seconds."""
        return self.start + (self.duration if self.vfr else len(self.clock_times()) / self.rate)

    @property
    def matrix(self) -> str:
        return self.color[0] if self.color else "bt601"

    @property
    def full_range(self) -> bool:
        return self.color[1] == "pc" if self.color else self.pix_fmt.startswith("yuvj")

    @property
    def suffix(self) -> str:
        return "." + self.container

    def __str__(self) -> str:
        return _name(self, self.container, self.codec)


@cache
def _clock_times(spec: FilmSpec) -> tuple[Fraction, ...]:
    if not spec.vfr:
        return tuple(n / spec.rate for n in range(ceil(spec.duration * spec.rate)))
    times, time = [], Fraction(0)
    while time < spec.duration:
        times.append(time)
        time += Fraction(VFR_PATTERN[(len(times) - 1) % len(VFR_PATTERN)], 1000)
    return tuple(times)


@cache
def _shown(spec: FilmSpec) -> tuple[tuple[int, Fraction], ...]:
    numbered = [(n, time) for n, time in enumerate(spec.frame_times()) if not spec.hides(n)]
    return tuple((n, time) for n, time in numbered if time >= 0 or spec.container not in ("mp4", "mov"))


ONE_KEYFRAME = 100_000


def _name(value: object, *lead: str) -> str:
    """The lead, then every other field that differs from its default."""
    parts = list(lead)
    for field in fields(value):
        given = getattr(value, field.name)
        if given == field.default or field.name in ("container", "codec"):
            continue
        if isinstance(given, tuple):
            given = "+".join(str(item) for item in given) or "none"
        parts.append(field.name if given is True else f"{field.name}={given}")
    return "-".join(parts).replace("/", "_").replace(":", ",")


def _plain(container: str, codec: str) -> FilmSpec:
    return FilmSpec(
        container,
        codec,
        (AudioTrack(SOUND_FOR[container]),),
        pix_fmt="yuvj420p" if codec == "mjpeg" else "yuv420p",
        start=Fraction(7, 5) if container == "ts" else Fraction(0),
        bframes=0 if container in ("avi", "wmv") else 2,
    )


MATRIX: list[FilmSpec] = [
    _plain(container, codec)
    for container, codecs in {
        "mp4": ["h264", "hevc", "mpeg4", "mpeg2video", "vp9", "av1", "mjpeg"],
        "mov": ["h264", "hevc", "mpeg4", "mpeg2video", "mjpeg"],
        "mkv": ["h264", "hevc", "mpeg4", "mpeg2video", "vp8", "vp9", "av1", "mjpeg"],
        "webm": ["vp8", "vp9", "av1"],
        "avi": ["h264", "mpeg4", "mpeg2video", "vp9", "mjpeg", "wmv2"],
        "wmv": ["h264", "mpeg4", "mjpeg", "wmv2"],
        "ts": ["h264", "hevc", "mpeg4", "mpeg2video"],
    }.items()
    for codec in codecs
]
"""Every container with every codec it can hold, and the sound that goes with it. FFmpeg refuses the rest:
wmv2 in mkv, hevc in avi. avi and wmv without B-frames here, because they cannot tell the frames' order."""

_TWO = (AudioTrack(), AudioTrack(language="deu", rate=44100, channels=1, seed=1, default=False))
_LATE = Fraction(7, 5)
_TURNED = {f"rotated-{c}-{turn}": FilmSpec(c, rotation=turn) for c in ("mp4", "mov") for turn in (90, 180, 270)}

SPECIAL: dict[str, FilmSpec] = _TURNED | {
    "rotated-mkv-90": FilmSpec("mkv", rotation=90),
    "vfr-mp4": FilmSpec(vfr=True),
    "vfr-mkv": FilmSpec("mkv", "hevc", vfr=True),
    "vfr-webm": FilmSpec("webm", "vp9", (AudioTrack("opus"),), vfr=True),
    "two-audio-mp4": FilmSpec(audio=_TWO),
    "two-audio-mkv": FilmSpec("mkv", audio=(*_TWO, AudioTrack("ac3", "fra", channels=6, seed=2, default=False))),
    "subtitles-mp4": FilmSpec(subtitles=(SubtitleTrack("mov_text"), SubtitleTrack("mov_text", "deu"))),
    "subtitles-mkv": FilmSpec(
        "mkv", subtitles=(SubtitleTrack("subrip", default=True), SubtitleTrack("ass", "deu", forced=True))
    ),
    "subtitles-webm": FilmSpec("webm", "vp9", (AudioTrack("opus"),), (SubtitleTrack("webvtt"),)),
    "silent-mp4": FilmSpec(audio=()),
    "silent-mkv": FilmSpec("mkv", audio=()),
    "late-start-mp4": FilmSpec(start=_LATE),
    "late-start-mkv": FilmSpec("mkv", subtitles=(SubtitleTrack(),), start=_LATE, chapters=True),
    "negative-start-ts": FilmSpec("ts", start=Fraction(-12, 25)),
    "negative-start-webm": FilmSpec("webm", "vp9", (AudioTrack("opus"),), start=Fraction(-12, 25)),
    "hidden-frames-mp4": FilmSpec(start=Fraction(-12, 25)),
    "hidden-frames-mov": FilmSpec("mov", start=Fraction(-12, 25)),
    "sound-first-mp4": FilmSpec(audio=(AudioTrack(start=Fraction(-1, 2)),), start=Fraction(1, 2)),
    "sound-first-mkv": FilmSpec("mkv", audio=(AudioTrack(start=Fraction(-1, 2)),), start=Fraction(1, 2)),
    "sound-late-mp4": FilmSpec(audio=(AudioTrack(start=Fraction(1)),)),
    "missing-duration-mkv": FilmSpec("mkv", missing_duration=True),
    "missing-duration-webm": FilmSpec("webm", "vp9", (AudioTrack("opus"),), missing_duration=True),
    "bare-h264": FilmSpec("h264", audio=(), missing_duration=True),
    "fragmented-mp4": FilmSpec(fragmented=True, start=Fraction(2, 25)),
    "faststart-mp4": FilmSpec(faststart=True),
    "10-bit-h264": FilmSpec("mkv", pix_fmt="yuv420p10le"),
    "10-bit-hevc": FilmSpec(codec="hevc", pix_fmt="yuv420p10le"),
    "10-bit-av1": FilmSpec("mkv", "av1", pix_fmt="yuv420p10le"),
    "interlaced-h264": FilmSpec("ts", interlaced=True, start=_LATE),
    "interlaced-mpeg2": FilmSpec("ts", "mpeg2video", (AudioTrack("mp2"),), interlaced=True, start=_LATE),
    "odd-size-h264": FilmSpec(width=161, height=121, pix_fmt="yuv444p"),
    "odd-size-vp9": FilmSpec("webm", "vp9", (AudioTrack("opus"),), width=161, height=121),
    "odd-size-mjpeg": FilmSpec("mov", "mjpeg", width=161, height=121, pix_fmt="yuvj420p"),
    "alpha-webm": FilmSpec("webm", "vp9", (AudioTrack("opus"),), pix_fmt="yuva420p"),
    "alpha-ffv1": FilmSpec("mkv", "ffv1", pix_fmt="yuva420p"),
    "full-range": FilmSpec(pix_fmt="yuvj420p"),
    "bt709": FilmSpec(color=("bt709", "tv")),
    "bt601": FilmSpec("mkv", color=("bt601", "tv")),
    "bt709-full-range": FilmSpec(codec="hevc", color=("bt709", "pc")),
    "cover-mp4": FilmSpec(cover=True),
    "cover-mkv": FilmSpec("mkv", cover=True),
    "chapters-mp4": FilmSpec(chapters=True),
    "chapters-mkv": FilmSpec("mkv", chapters=True),
    "29.97-fps": FilmSpec(rate=Fraction(30000, 1001)),
    "23.976-fps-mkv": FilmSpec("mkv", "hevc", rate=Fraction(24000, 1001)),
    "50-fps": FilmSpec(rate=Fraction(50)),
    "one-frame": FilmSpec(duration=Fraction(1, 25)),
    "sub-second": FilmSpec(duration=Fraction(2, 5)),
    "one-keyframe": FilmSpec(gop=ONE_KEYFRAME),
    "open-gop-h264": FilmSpec("mkv", open_gop=True),
    "open-gop-hevc": FilmSpec("mkv", "hevc", open_gop=True),
    "open-gop-mpeg2": FilmSpec("ts", "mpeg2video", (AudioTrack("mp2"),), open_gop=True, start=_LATE),
    "bframes-avi-h264": FilmSpec("avi", audio=(AudioTrack("mp3"),)),
    "bframes-avi-mpeg4": FilmSpec("avi", "mpeg4", (AudioTrack("mp3"),)),
    "no-bframes": FilmSpec(bframes=0),
}
