"""From scores to segments."""

from miles_deep.timeline import classic
from miles_deep.timeline.rule import Rule, find_all, find_segments
from miles_deep.timeline.segment import Segment
from miles_deep.timeline.targets import foreground, resolve

__all__ = ["Rule", "Segment", "classic", "find_all", "find_segments", "foreground", "resolve"]
