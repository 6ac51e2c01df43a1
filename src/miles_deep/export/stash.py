"""Stash's markers, in the JSON of its own metadata export: `markers` of a scene that is known by its file.

Title and primary tag are the label; Stash makes tags that it has not. It takes markers of one scene that start at
equal times for one, so of these the later ones start a millisecond after.

Stash imports metadata as a whole: with "overwrite", what a scene has besides markers goes; with "ignore", scenes
that it knows stay as they are. Programs that speak its GraphQL find in here what `sceneMarkerCreate` needs.

Source: pkg/models/jsonschema/scene.go and pkg/scene/marker_import.go (Stash). Times are texts there.
"""

import os

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.notation import document, milliseconds, single_line
from miles_deep.export.player_clock import on_player
from miles_deep.export.rounding import rounded


def notes(cutlist: Cutlist) -> tuple[str, ...]:
    """What importing it does beside."""
    return ("stash: an import of metadata replaces all that Stash knows of a scene, or leaves the scene as it is",)


def write(cutlist: Cutlist) -> str:
    """The text of the markers of a cutlist's segments."""
    markers, last = [], -1
    times = rounded(on_player(cutlist.video, [segment.span for segment in cutlist.segments]))
    for segment, (start, end) in zip(cutlist.segments, times, strict=True):
        last = max(start, last + 1)
        name = single_line(segment.label)
        markers.append(
            {
                "title": name,
                "seconds": milliseconds(last),
                "end_seconds": milliseconds(max(end, last + 1)),
                "primary_tag": name,
                "tags": [],
            }
        )
    return document({"files": [os.path.abspath(cutlist.video.path)], "markers": markers})
