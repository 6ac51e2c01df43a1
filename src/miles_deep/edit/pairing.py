"""Which tracks of two films belong together when the films are joined."""

from collections.abc import Sequence

from miles_deep.video.container import open_film
from miles_deep.video.video import Stream, Video

PLAIN_TEXT = frozenset({"mov_text", "subrip", "text", "webvtt"})
"""Subtitle codecs whose packets mean the same whatever their track's header says, but for the looks."""


def paired(first: Video, other: Video, kind: str) -> dict[int, int]:
    """Index of each of the first film's tracks of a kind to that of its counterpart in another film.

    It is of the same codec, with the same header where packets need that, and of the same language where there
    is such a one; each has one counterpart at most.
    """
    ours, theirs = tracks_of(first, kind), tracks_of(other, kind)
    if first.path == other.path or not theirs:
        return {track.index: track.index for track in ours if theirs}
    setups = [_setups(video, tracks) for video, tracks in ((first, ours), (other, theirs))]
    pairs: dict[int, int] = {}
    for of_one_language in (True, False):
        for track in ours:
            fitting = (
                mate.index
                for mate in theirs
                if mate.index not in pairs.values()
                and setups[0][track.index] == setups[1][mate.index]
                and (not of_one_language or track.language == mate.language)
            )
            if track.index not in pairs and (found := next(fitting, None)) is not None:
                pairs[track.index] = found
    return pairs


def tracks_of(video: Video, kind: str) -> list[Stream]:
    """All tracks of a kind, but for the one that is the film."""
    return [stream for stream in video.streams if stream.kind == kind and stream.index != video.picture]


def _setups(video: Video, tracks: Sequence[Stream]) -> dict[int, tuple[str, bytes | None]]:
    """Index of each track to what has to be the same of those whose packets are put in one."""
    if all(track.codec in PLAIN_TEXT for track in tracks):
        return {track.index: (track.codec, None) for track in tracks}
    with open_film(video.path) as film:
        contexts = [film.streams[track.index].codec_context for track in tracks]
        headers = [context.extradata if context is not None else None for context in contexts]
    return {
        track.index: (track.codec, None if track.codec in PLAIN_TEXT else header)
        for track, header in zip(tracks, headers, strict=True)
    }
