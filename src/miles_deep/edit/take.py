"""What is taken of one film, and whether it goes together with what is taken of another."""

from collections.abc import Sequence
from dataclasses import dataclass

from miles_deep.edit.source import Source
from miles_deep.edit.treatment import Effect
from miles_deep.errors import OptionError
from miles_deep.timecode import Span
from miles_deep.video.container import main_picture, open_film
from miles_deep.video.video import Stream, Video


@dataclass(frozen=True, slots=True)
class Take:
    """Stretches of one film, and what is done to them."""

    video: Video
    spans: Sequence[Span]
    """In seconds from the video's start."""
    effects: Sequence[Effect] = ()
    """What is done to stretches of the film that lie in the spans."""


def check_joinable(takes: Sequence[Take]) -> None:
    """See whether films can be parts of one: pictures of one size and kind, and the same sound tracks.

    Raises:
        OptionError: they cannot.
    """
    first = takes[0].video
    for take in takes[1:]:
        for one, other in zip(_kinds(take.video), _kinds(first), strict=False):
            if one != other:
                raise OptionError(f"{take.video.path}: cannot be joined to {first.path}: {one}, not {other}")
        sounds, others = (len(_tracks(video, "audio")) for video in (take.video, first))
        if sounds != others:
            raise OptionError(
                f"{take.video.path}: cannot be joined to {first.path}: sound tracks {sounds}, not {others}"
            )


def sources_of(takes: Sequence[Take], stream: int) -> list[Source | None]:
    """Where a track comes from in each film: the track of its kind with the same number as in the first.

    None where a film has no such track, as may be of subtitles.

    Args:
        takes: of the films.
        stream: index of the track in the first one.
    """
    first = takes[0].video
    if stream == first.picture:
        return [Source(take.video, take.video.picture) for take in takes]
    kind = first.streams[stream].kind
    number = [track.index for track in _tracks(first, kind)].index(stream)
    found = [_tracks(take.video, kind)[number : number + 1] for take in takes]
    return [
        Source(take.video, track[0].index) if track else None for take, track in zip(takes, found, strict=True)
    ]


def same_parameters(one: Take, other: Take) -> bool:
    """Whether packets of two films can stand in one track: their decoders are set up with the same bytes."""
    setups = []
    for take in (one, other):
        with open_film(take.video.path) as film:
            setups.append(main_picture(film, take.video.path).codec_context.extradata)
    return bool(setups[0] == setups[1])


def _tracks(video: Video, kind: str) -> list[Stream]:
    return [stream for stream in video.streams if stream.kind == kind and stream.index != video.picture]


def _kinds(video: Video) -> list[str]:
    """What has to be the same of two films, in words."""
    codec = video.streams[video.picture].codec
    picture = f"its picture is {codec} {video.width}x{video.height} {video.pixel_format}"
    aspect = f"the shape of its pixels is {video.pixel_aspect}"
    turn = f"its picture is turned by {video.orientation.degrees} degrees"
    sounds = [
        f"sound track {number} is {track.codec} {track.sample_rate} Hz with {track.channels} channels"
        for number, track in enumerate(_tracks(video, "audio"), start=1)
    ]
    return [picture, aspect, turn, *sounds]
