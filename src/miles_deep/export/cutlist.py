"""What every format is written from: a film, what was found in it, and what is kept of it."""

from dataclasses import dataclass
from fractions import Fraction

from miles_deep.classify.scores import Scores
from miles_deep.timecode import Span, subtract
from miles_deep.timeline.segment import Overlaps, Segment
from miles_deep.video import Video


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of the film that is kept."""

    span: Span
    name: str
    """Labels of the segments in it, in order of time; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Cutlist:
    """A film, its segments, and what is kept of it.

    Formats that cut play `clips` one after another, those that mark name `segments` on the whole film.
    """

    video: Video
    duration: Fraction
    """Seconds of the film that were watched."""
    segments: tuple[Segment, ...]
    """In order of their start; those of different labels may overlap."""
    kept: tuple[Span, ...]
    """In order, and no two touch."""
    labels: tuple[str, ...] = ()
    """All labels of the model, for formats that list those without a segment too."""
    scores: Scores | None = None
    """Of every second, for formats that hold them."""
    mark: bool = False
    """Whether formats that could do either mark the segments on the whole film, instead of cutting."""

    @property
    def clips(self) -> list[Clip]:
        """What is kept, with names."""
        overlaps = Overlaps(self.segments)
        labels = [dict.fromkeys(segment.label for segment in overlaps.within(span)) for span in self.kept]
        return [Clip(span, ", ".join(names)) for span, names in zip(self.kept, labels, strict=True)]

    @property
    def skipped(self) -> list[Span]:
        """What is not kept, in order."""
        return subtract([Span(0, self.duration)], self.kept) if self.duration > 0 else []
