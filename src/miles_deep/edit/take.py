"""What is taken of one film, and whether it goes together with what is taken of another."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from av.container import InputContainer
from av.stream import AttachmentStream

from miles_deep.edit.codecs import USUAL_RATE, VIDEO_ENCODERS
from miles_deep.edit.extras import is_chapter_text, is_cover
from miles_deep.edit.pairing import paired, tracks_of
from miles_deep.edit.source import Source
from miles_deep.edit.treatment import Effect
from miles_deep.errors import OptionError
from miles_deep.timecode import Span
from miles_deep.video.container import main_picture, open_film
from miles_deep.video.packets import JITTER
from miles_deep.video.video import Video

OPTIONAL = ("subtitle", "data")
"""Kinds of tracks that films need not have in common."""

SAME_RATE = Fraction(1, 2000)
"""By how much of itself a frame rate may be off, and be the same: half of what 24 and 24000/1001 differ by."""


@dataclass(frozen=True, slots=True)
class Take:
    """Stretches of one film, and what is done to them."""

    video: Video
    spans: Sequence[Span]
    """In seconds from the video's start."""
    effects: Sequence[Effect] = ()
    """What is done to stretches of the film that lie in the spans."""


def check_joinable(takes: Sequence[Take]) -> None:
    """See whether films can be parts of one: pictures of one size and kind, of one rate where the codec knows
    no other time, and the same sound tracks.

    Raises:
        OptionError: they cannot.
    """
    first = takes[0].video
    for take in takes[1:]:
        for (what, one), (_, other) in zip(_kinds(take.video), _kinds(first), strict=False):
            if one != other:
                raise OptionError(
                    f"{take.video.path}: cannot be joined to {first.path}: {what} {one}, not {other}"
                )
        if not _same_rate(take.video, first):
            raise OptionError(
                f"{take.video.path}: cannot be joined to {first.path}: {_rate(take.video)} frames a second, not "
                f"{_rate(first)}, and a track of {first.streams[first.picture].codec} has one rate"
            )
        sounds, others = (len(tracks_of(video, "audio")) for video in (take.video, first))
        if sounds != others:
            raise OptionError(
                f"{take.video.path}: cannot be joined to {first.path}: sound tracks {sounds}, not {others}"
            )


def sources_of(takes: Sequence[Take], stream: int) -> list[Source | None]:
    """Where a track comes from in each film.

    Of sound, the track with the same number among its kind as in the first film. Of subtitles and data, one of the
    same codec, and set up by the same header where packets need that: of the same language if there is one.
    None where a film has no such track.

    Args:
        takes: of the films.
        stream: index of the track in the first one.
    """
    first = takes[0].video
    if stream == first.picture:
        return [Source(take.video, take.video.picture) for take in takes]
    kind = first.streams[stream].kind
    if kind in OPTIONAL:
        counterparts = [paired(first, take.video, kind).get(stream) for take in takes]
    else:
        number = [track.index for track in tracks_of(first, kind)].index(stream)
        tracks = [tracks_of(take.video, kind)[number : number + 1] for take in takes]
        counterparts = [found[0].index if found else None for found in tracks]
    return [
        None if index is None else Source(take.video, index)
        for take, index in zip(takes, counterparts, strict=True)
    ]


def left_out_of(takes: Sequence[Take]) -> list[str]:
    """What later films have and the joined one cannot have, as the first film has nothing to put it behind: each
    track and each attached file in a few words."""
    first = takes[0].video
    later = {take.video.path: take.video for take in takes[1:] if take.video.path != first.path}
    if not later:
        return []
    left_out: list[str] = []
    with open_film(first.path) as opened:
        files = _attached(opened)
        has_cover = any(is_cover(stream) for stream in opened.streams)
    for video in later.values():
        taken = {index for kind in OPTIONAL for index in paired(first, video, kind).values()}
        with open_film(video.path) as film:
            for stream in film.streams:
                if stream.type in ("audio", "attachment") or stream.index in (video.picture, *taken):
                    continue
                if is_cover(stream):
                    left_out += [f"cover picture of {video.path.name}"] * (not has_cover)
                elif not is_chapter_text(stream) and "timecode" not in stream.metadata:
                    left_out.append(f"{stream.type} track {stream.index} of {video.path.name}")
            others = _attached(film)
        left_out += [
            f"attachment {name} of {video.path.name}" for name, data in others if (name, data) not in files
        ]
    return left_out


def same_parameters(one: Take, other: Take) -> bool:
    """Whether packets of two films can stand in one track.

    Their decoders are set up alike, and where the clock of one counts frames, that of the other counts them too.
    """
    setups = []
    for take in (one, other):
        with open_film(take.video.path) as film:
            picture = main_picture(film, take.video.path)
            context = picture.codec_context
            tagged = context.color_primaries, context.color_trc, context.colorspace, context.color_range
            setup = context.extradata, context.profile, context.field_order, tagged
            setups.append((setup, picture.time_base, context.codec_tag))
    ticks = [Fraction(tick or 0) for _, tick, _ in setups]
    if ticks[0] != ticks[1] and max(ticks) > JITTER:
        return False
    tags_differ = one.video.container == other.video.container and setups[0][2] != setups[1][2]
    return setups[0][0] == setups[1][0] and not tags_differ


def told_by_first(takes: Sequence[Take]) -> bool:
    """Whether the clock of the first film can tell when the frames of all are shown; of those that count frames,
    few can."""
    tick = takes[0].video.index.tick
    if tick <= JITTER:
        return True
    steps = {
        take.video.index.tick if take.video.index.variable_frame_rate else 1 / _rate(take.video)
        for take in takes[1:]
    }
    return all((step / tick).denominator == 1 for step in steps)


def _attached(film: InputContainer) -> list[tuple[str, bytes]]:
    """Names and contents of attached files."""
    return [
        (stream.metadata.get("filename") or str(stream.index), bytes(stream.data or b""))
        for stream in film.streams
        if isinstance(stream, AttachmentStream)
    ]


def _rate(video: Video) -> Fraction:
    return video.frame_rate or USUAL_RATE


def _same_rate(one: Video, other: Video) -> bool:
    """Whether two films have frames at one rate, or a codec that does not mind."""
    encoder = VIDEO_ENCODERS.get(one.streams[one.picture].codec)
    if encoder is None or not encoder.fixed_rate:
        return True
    return abs(_rate(one) / _rate(other) - 1) <= SAME_RATE


def _kinds(video: Video) -> list[tuple[str, str]]:
    """What has to be the same of two films, and what it is, in words."""
    codec = video.streams[video.picture].codec
    picture = ("its picture is", f"{codec} {video.width}x{video.height} {video.pixel_format}")
    aspect = ("the shape of its pixels is", str(video.pixel_aspect))
    turn = ("its picture is turned by", f"{video.orientation.degrees} degrees")
    sounds = [
        (f"sound track {number} is", f"{track.codec} {track.sample_rate} Hz with {track.channels} channels")
        for number, track in enumerate(tracks_of(video, "audio"), start=1)
    ]
    return [picture, aspect, turn, *sounds]
