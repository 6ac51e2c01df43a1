"""Selection: from segments to keep and segments to drop to what is kept of the film."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from miles_deep.errors import OptionError
from miles_deep.timecode import Seconds, Span, merge, overlap, subtract
from miles_deep.timeline.segment import Overlaps, Segment


@dataclass(frozen=True, slots=True)
class Margin:
    """How much kept spans grow at their ends, in seconds; they shrink where it is below 0.

    Raises:
        OptionError: a value is no finite number.
    """

    before: Fraction = Fraction(0)
    after: Fraction = Fraction(0)

    def __init__(self, before: Seconds = 0, after: Seconds | None = None) -> None:
        try:
            object.__setattr__(self, "before", Fraction(before))
            object.__setattr__(self, "after", Fraction(before if after is None else after))
        except (ValueError, OverflowError) as error:  # nan and infinity
            raise OptionError(f"a margin needs finite seconds, not {before} and {after}") from error


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen of a film."""

    segments: tuple[Segment, ...]
    """The stretches that were asked for, with their labels, in order of time and without overlap: those kept, or,
    where only something to drop was named, those dropped."""
    kept: tuple[Span, ...]
    """What is kept of the film, in order; no two spans touch."""


def select(
    keep: Sequence[Segment] | None, drop: Sequence[Segment], duration: Fraction, margin: Margin | None = None
) -> Selection:
    """Keep some segments, or the whole film, but for what is to be dropped.

    Args:
        keep: segments to keep; None for the whole film.
        drop: segments to take away from that.
        duration: of the film, seconds.
        margin: by which what is kept grows or shrinks: segments to keep, before anything is taken away from them;
            without any, what is left of the film. It does not reach beyond the film, spans that then touch are
            joined, and those of which nothing is left vanish.
    """
    film = [Span(0, duration)] if duration > 0 else []
    margin, dropped = margin or Margin(), [segment.span for segment in drop]
    if keep is None:
        kept = grow(subtract(film, dropped), margin, duration)
        return Selection(tuple(labelled(subtract(film, kept), drop)), tuple(kept))
    kept = subtract(grow([segment.span for segment in keep], margin, duration), dropped)
    return Selection(tuple(labelled(kept, keep)), tuple(kept))


def grow(spans: Sequence[Span], margin: Margin, duration: Fraction) -> list[Span]:
    """Spans with a margin at their ends, within the film; those that then touch are joined."""
    ends = [(max(Fraction(0), s.start - margin.before), min(duration, s.end + margin.after)) for s in spans]
    return merge(Span(start, end) for start, end in ends if start < end)


def labelled(spans: Sequence[Span], segments: Sequence[Segment]) -> list[Segment]:
    """Spans as segments: with the label that has most of each, and the mean score and coverage of what lies in it.

    A span that no segment lies in has those of the segment nearest.

    Args:
        spans: in order, without overlap.
        segments: in order of their start.
    """
    overlaps, found = Overlaps(segments), []
    for span in spans if segments else ():
        inside = overlaps.within(span)
        found.append(_joined(span, inside) if inside else replace(_nearest(span, segments), span=span))
    return found


def _joined(span: Span, segments: Sequence[Segment]) -> Segment:
    if len(segments) == 1:
        return replace(segments[0], span=span)
    lengths = [float(overlap(span, segment.span)) for segment in segments]
    weights: dict[str, float] = {}
    for length, segment in zip(lengths, segments, strict=True):
        weights[segment.label] = weights.get(segment.label, 0) + length * segment.score
    return Segment(
        span,
        label=max(weights, key=lambda label: weights[label]),
        score=sum(length * s.score for length, s in zip(lengths, segments, strict=True)) / sum(lengths),
        coverage=sum(length * s.coverage for length, s in zip(lengths, segments, strict=True)) / sum(lengths),
    )


def _nearest(span: Span, segments: Sequence[Segment]) -> Segment:
    return min(segments, key=lambda segment: max(segment.span.start - span.end, span.start - segment.span.end))
