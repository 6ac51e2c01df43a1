"""LosslessCut's project: JSON5, as LosslessCut itself writes it; its segments are what is kept, or what is marked.

Source: src/renderer/src/edlStore.ts and types.ts (LosslessCut): saveLlcProject, llcProjectV2Schema. Older versions
read it as well, since they do not look at its number.
"""

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.losslesscut import named
from miles_deep.export.notation import JSON5, decimal, document, single_line
from miles_deep.timeline.segment import Segment

VERSION = 2


def write(cutlist: Cutlist) -> str:
    """The text of the project of a cutlist."""
    segments = [
        {
            "start": span.start,
            "end": span.end,
            "name": single_line(name) if name else "",
            "tags": tags,
            "selected": True,
        }
        for (span, name), tags in zip(named(cutlist), _tags(cutlist), strict=True)
    ]
    project = {"version": VERSION, "mediaFileName": cutlist.video.path.name, "cutSegments": segments}
    return document(project, JSON5)


def _tags(cutlist: Cutlist) -> list[dict[str, str]]:
    """What is known of each segment; of a stretch that is kept, with all that is in it, its name says enough."""
    return [_known(segment) for segment in cutlist.segments] if cutlist.mark else [{} for _ in cutlist.clips]


def _known(segment: Segment) -> dict[str, str]:
    return {"score": decimal(segment.score, 6), "coverage": decimal(segment.coverage, 6)}
