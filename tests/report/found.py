"""Findings of a short generated film, with scores and segments as they are wanted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

import miles_deep as md
from media import FilmSpec
from miles_deep.classify import Scores
from miles_deep.report import Findings
from miles_deep.timeline import Segment

CLOCK = FilmSpec(audio=(), duration=Fraction(20), gop=25)
"""Twenty seconds with a keyframe each."""

HOSTILE = ("$x_1$", "<script>alert(1)</script>", "影響 🎬", "tab\there \x1b[31m \u202egnol", "very long " * 20)
"""Labels as nobody would like to draw them."""


def scores_of(rows: Sequence[Sequence[float]], labels: Sequence[str], **more: Any) -> Scores:
    """A row a second."""
    values = np.array(rows, np.float32)
    return Scores(tuple(labels), np.arange(len(rows)) + 0.5, values, Fraction(len(rows)), **more)


def segment(label: str, start: Fraction | float, end: Fraction | float) -> Segment:
    return Segment(md.Span(start, end), label, 0.875, 0.75)


def made(
    film: Callable[[FilmSpec], Path],
    found: Mapping[str, Sequence[tuple[float, float]]],
    scores: Scores | None = None,
    spec: FilmSpec = CLOCK,
    **more: Any,
) -> Findings:
    """Findings of that film, with segments by their labels; seconds belong to `other` for a half each."""
    labels = ("other", *found)
    if scores is None:
        even = [0.5, *[0.5 / max(1, len(found))] * len(found)]
        scores = scores_of([even] * int(spec.duration), labels, background=("other",))
    segments = [segment(label, *span) for label, spans in found.items() for span in spans]
    ordered = tuple(sorted(segments, key=lambda segment: (segment.span, segment.label)))
    return Findings(md.probe(film(spec)), scores, ordered, **more)


def longer(findings: Findings, seconds: int) -> Findings:
    """The same with so many seconds of noise for scores, as if the film were so long."""
    dice, labels = np.random.default_rng(1), findings.scores.labels
    values = dice.dirichlet(np.ones(len(labels)), seconds).astype(np.float32)
    scores = replace(
        findings.scores,
        times=np.arange(seconds) + 0.5,
        values=values,
        looked=np.ones(seconds, np.bool_),
        duration=Fraction(seconds),
    )
    return replace(findings, scores=scores)
