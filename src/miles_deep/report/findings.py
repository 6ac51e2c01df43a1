"""What every picture is drawn from: a film, its scores, what was found in them, and what is kept of it."""

from dataclasses import dataclass, field

from miles_deep.classify.scores import Scores
from miles_deep.model import ModelCard
from miles_deep.timecode import Span
from miles_deep.timeline.rules import Rules
from miles_deep.timeline.segment import Segment
from miles_deep.timeline.selection import Margin
from miles_deep.video import Video


@dataclass(frozen=True, slots=True)
class Findings:
    """A film and all that is known of it."""

    video: Video
    scores: Scores
    segments: tuple[Segment, ...]
    """In order of their start; those of different labels may overlap."""
    groups: tuple[Segment, ...] = ()
    """Those of the model's groups, where `segments` are of its labels; they may overlap."""
    kept: tuple[Span, ...] | None = None
    """What is kept of the film, in order; None where nobody said what to keep or drop."""
    keep: tuple[str, ...] = ()
    """The targets to keep, as they were asked for."""
    drop: tuple[str, ...] = ()
    """The targets to drop."""
    rules: Rules = field(default_factory=Rules)
    """By which the segments were found."""
    margin: Margin = field(default_factory=Margin)
    """By which what is kept has grown."""
    refined: bool = False
    """Whether edges were moved to the frame."""
    card: ModelCard | None = None
    """Of the model that gave the scores, where it is at hand."""
