"""Edge refinement: look at the frames around the edges of segments, and move these to where the label changes."""

import contextlib
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from miles_deep.classify.memory import FilmMemory
from miles_deep.classify.sampling import midpoints
from miles_deep.classify.scores import Scores
from miles_deep.classify.sights import Sights
from miles_deep.errors import FormatError
from miles_deep.model.ensemble import Classifier
from miles_deep.timecode import Span, clock
from miles_deep.timeline.edges import NEAR, Edge, find_edges, settle
from miles_deep.timeline.rules import Rules
from miles_deep.timeline.segment import Segment
from miles_deep.timeline.targets import contest
from miles_deep.timeline.winners import matching_frames
from miles_deep.video import Video
from miles_deep.video.shots import frame_changes, frames_to_compare, shot_changes

if TYPE_CHECKING:
    from miles_deep.classify.pipeline import Pipeline

BATCH_SIZE = 32
"""Frames given to the network at a time; there are few of them."""


def refine_edges(
    video: Video,
    model: Classifier,
    scores: Scores,
    segments: Sequence[Segment],
    targets: Sequence[str],
    rules: Rules,
    memory: FilmMemory | None = None,
) -> list[Segment]:
    """Find the edges of segments to the frame.

    Args:
        video: the film; it must tell when its frames are shown.
        model: the one that the scores are of.
        scores: those that the segments were found in.
        segments: in order of time, on whole seconds.
        targets: the labels or groups they were found by.
        rules: what they were found by.
        memory: what it knows is not looked at again, and what is new it is told.

    Raises:
        FormatError: the scores have not one row for every second of their film.
        VideoError, ModelError: a frame cannot be looked at.
    """
    if len(scores) != math.ceil(scores.duration):
        raise FormatError(f"{len(scores)} rows of scores for {clock(scores.duration)} of film")
    seconds = zip(midpoints(scores.duration), scores.values, scores.looked, strict=True)
    rows = {time: row for time, row, looked in seconds if looked}
    seen = Sights(model, memory.looks() if memory else {})
    looked: set[Fraction] = set()
    asked = contest(targets, scores.labels, scores.groups, scores.heads)
    with contextlib.ExitStack() as opened:
        pipeline: Pipeline | None = None

        def look(times: Sequence[Fraction]) -> dict[Fraction, bool]:
            nonlocal pipeline
            lacking = seen.lacking([time for time in times if time not in rows])
            if unseen := sorted(set().union(*lacking)):
                from miles_deep.classify.pipeline import Pipeline  # here, since all may have been seen before

                pipeline = pipeline or opened.enter_context(contextlib.closing(Pipeline(video, model, BATCH_SIZE)))
                for batch in pipeline.look(unseen, lacking):
                    seen.add(dict(zip(batch.times, batch.values, strict=True)))
                    looked.update(batch.times)
            found = {**seen.rows(times), **{time: rows[time] for time in times if time in rows}}
            if not found:
                return {}
            matches = matching_frames(np.stack(list(found.values())), asked, rules, scores.values)
            return dict(zip(found, matches.tolist(), strict=True))

        edges = find_edges(segments, video.index.frame_times, scores.duration, look)
    if memory:
        memory.keep_looks({time: seen.looks[time] for time in looked})
    return settle(segments, edges, _shots(video, edges, memory))


def _shots(video: Video, edges: Sequence[Edge], memory: FilmMemory | None) -> list[Fraction]:
    """The shot changes near some edges."""
    near = [Span(max(Fraction(0), edge.time - NEAR), edge.time + NEAR) for edge in edges if edge.frames]
    known = memory.changes() if memory else {}
    times = video.index.frame_times
    runs = [run for run in frames_to_compare(video, near) if not known.keys() >= set(times[run[0] + 1 : run[1]])]
    new = frame_changes(video, runs) if runs else {}
    if memory:
        memory.keep_changes(new)
    return shot_changes(known | new)
