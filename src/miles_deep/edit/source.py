"""Where a track of the output comes from."""

from dataclasses import dataclass

from miles_deep.video.video import Video


@dataclass(frozen=True, slots=True)
class Source:
    """One track of one film. A track of the output has one for each film, in the order of `Piece.film`."""

    video: Video
    stream: int
    """Index of the track in the film."""
