"""Everything that is known of a film, as JSON: what it is, what was seen of every second, and what came of it.

Times are seconds from the first frame shown, exact to the nanosecond; players count from `lead` seconds before it.
Scores have eight decimals, which is as much as their 32 bits hold.
"""

import os

from miles_deep.classify.scores import Scores
from miles_deep.export.cutlist import Cutlist
from miles_deep.export.notation import Written, decimal, document
from miles_deep.timecode import Span
from miles_deep.timeline.segment import Segment

VERSION = 1
"""Of the document; it grows when a value changes its name or its meaning."""


def write(cutlist: Cutlist) -> str:
    """The text of the document of a cutlist."""
    scores, path = cutlist.scores, cutlist.video.path
    value: dict[str, object] = {
        "miles_deep": VERSION,
        "film": {
            "name": path.name,
            "path": os.path.abspath(path),
            "fingerprint": scores.video if scores and scores.video else None,
            "duration": cutlist.duration,
            "lead": cutlist.video.lead,
            "frame_rate": str(cutlist.video.frame_rate) if cutlist.video.frame_rate else None,
        },
        "model": {
            "digest": scores.model if scores and scores.model else None,
            "labels": list(cutlist.labels),
            "background": list(scores.background) if scores else [],
            "groups": {name: list(members) for name, members in scores.groups.items()} if scores else {},
        },
        "segments": [_segment(segment) for segment in cutlist.segments],
        "kept": [_span(span) for span in cutlist.kept],
    }
    if scores is not None:
        value |= {"sampling": scores.sampling, "effort": scores.effort, "notes": list(scores.notes)}
        value["seconds"] = _seconds(scores)
    return document(value)


def _segment(segment: Segment) -> dict[str, object]:
    return {
        "label": segment.label,
        "start": segment.span.start,
        "end": segment.span.end,
        "score": segment.score,
        "coverage": segment.coverage,
    }


def _span(span: Span) -> dict[str, object]:
    return {"start": span.start, "end": span.end}


def _seconds(scores: Scores) -> list[Written]:
    """A line a second; written by hand, since there may be millions of scores."""
    row = "[" + ", ".join(["%.8f"] * len(scores.labels)) + "]"
    return [
        Written(
            f'{{"second": {second}, "time": {decimal(time)}, "looked": {"true" if looked else "false"}, '
            f'"scores": {row % tuple(values.tolist())}}}'
        )
        for second, (time, looked, values) in enumerate(
            zip(scores.times.tolist(), scores.looked.tolist(), scores.values, strict=True)
        )
    ]
