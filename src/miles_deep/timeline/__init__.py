"""From scores to segments."""

from miles_deep.model.naming import resolve
from miles_deep.timeline import classic
from miles_deep.timeline.find import find_all, find_segments
from miles_deep.timeline.rules import SMOOTHINGS, Rule, Rules, Smoothing
from miles_deep.timeline.segment import Segment
from miles_deep.timeline.selection import Margin, Selection, select
from miles_deep.timeline.targets import foreground

__all__ = [
    "SMOOTHINGS",
    "Margin",
    "Rule",
    "Rules",
    "Segment",
    "Selection",
    "Smoothing",
    "classic",
    "find_all",
    "find_segments",
    "foreground",
    "resolve",
    "select",
]
