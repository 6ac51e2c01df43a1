"""Which segments found are which segments of the truth."""

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction

from miles_deep.timecode import Span, overlap


def iou(one: Span, other: Span) -> Fraction:
    """Intersection over union: seconds that two spans share, over seconds that lie in either; 0…1."""
    shared = overlap(one, other)
    return shared / (one.length + other.length - shared)


def match(truth: Sequence[Span], found: Sequence[Span], least: float) -> list[tuple[int, int]]:
    """Pair spans of one label with those of the truth, each with one at most, the most alike first.

    Temporal action localisation counts like this: a detection is right when its IoU with a segment of the truth
    reaches a threshold, and every segment of the truth makes one detection right at most; others of it are wrong
    (THUMOS'14, Jiang et al. 2014; ActivityNet, Heilbron et al., CVPR 2015). Their detections compete in order of
    confidence, because they plot precision over it; ours are one fixed set, so they compete by IoU.

    Args:
        truth: spans in order of time, without overlap.
        found: the same.
        least: IoU, above 0…1.

    Returns:
        Numbers of a span of the truth and the one found for it, in order of time.
    """
    ends = [span.end for span in found]
    candidates = []
    for number, span in enumerate(truth):
        other = bisect_left(ends, span.start)
        while other < len(found) and found[other].start < span.end:
            alike = iou(span, found[other])
            if alike >= least:
                candidates.append((-alike, number, other))
            other += 1
    free_truth, free_found = set(range(len(truth))), set(range(len(found)))
    pairs = []
    for _, number, other in sorted(candidates):
        if number in free_truth and other in free_found:
            free_truth.remove(number)
            free_found.remove(other)
            pairs.append((number, other))
    return sorted(pairs)
