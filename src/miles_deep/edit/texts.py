"""Subtitles and data of films, read once for all cuts that are made of them."""

from collections.abc import Sequence
from pathlib import Path

from miles_deep.edit.subtitles import Event, read_events
from miles_deep.video.video import Video


class Texts:
    """Reads the events of films, and keeps them as long as it lives: a film is read to its end for that."""

    def __init__(self) -> None:
        self._read: dict[tuple[Path, tuple[int, ...]], dict[int, list[Event]]] = {}

    def of(self, video: Video, tracks: Sequence[int]) -> dict[int, list[Event]]:
        """Index of a track to its events, in order. Raises VideoError: the film cannot be read."""
        key = (video.path, tuple(tracks))
        if key not in self._read:
            self._read[key] = read_events(video, tracks)
        return self._read[key]
