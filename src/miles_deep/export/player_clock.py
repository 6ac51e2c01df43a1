"""Times as players count them: from the start of a film's first track, which may be before its first frame."""

from collections.abc import Sequence

from miles_deep.timecode import Span
from miles_deep.video import Video


def on_player(video: Video, spans: Sequence[Span]) -> list[Span]:
    """Spans of a film on the clock of its players; what starts with the film still does."""
    return [Span(span.start and span.start + video.lead, span.end + video.lead) for span in spans]
