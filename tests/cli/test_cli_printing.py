"""Segments as lines."""

from miles_deep import Span
from miles_deep.cli.printing import segment_lines
from miles_deep.timeline import Segment

BEAR = "n02134084 ice bear, polar bear, Ursus Maritimus, Thalarctos maritimus"
CRANES = ("n02012849 crane", "n03126707 crane")


def test_names_leave_room_for_the_line():
    """Of ImageNet's labels a word is enough, unless others have it too; other labels are whole."""
    labels = (BEAR, f"imagenet:{BEAR}", *CRANES, "a label, of many words")
    lines = segment_lines([Segment(Span(7200, 7260.375), label, 0.5, 1) for label in labels])
    assert lines[0] == "2:00:00-2:01:00.375      score 0.50  coverage 1.00  ice bear"
    names = ["imagenet:ice bear", "crane (n02012849)", "crane (n03126707)", "a label, of many words"]
    assert [line.partition("coverage 1.00  ")[2] for line in lines[1:]] == names
