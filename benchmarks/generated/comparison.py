"""Ways to find segments, held against the truth of films that they were not tuned on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import miles_deep as md
from generated.films import Material
from miles_deep.timeline.rules import Rule, Rules, Smoothing
from miles_deep.timeline.segment import Segment
from miles_deep.timeline.tuning.evaluate import evaluate_examples, segments_of
from miles_deep.timeline.tuning.evaluation import IOUS, Agreement
from miles_deep.timeline.tuning.examples import Example
from miles_deep.timeline.tuning.matching import match

GIVEN = {
    "classic rule": Rules(Rule(method="classic")),
    "plain rule": Rules(),
    "median": Rules(smoothing=Smoothing("median")),
    "Viterbi": Rules(smoothing=Smoothing("viterbi")),
}
"""Rules with the program's defaults; the first is what the others are held against."""

LOOSE, STRICT = IOUS
DRAWS, CERTAINTY = 2000, 0.95
"""Of the bootstrap: samples of the films, and how much of what comes out lies in the interval."""
NEAR = 0.1
"""Seconds from the truth within which an edge is as good as exact: little more than a frame of these films."""

Numbers = NDArray[np.float64]
Pairs = Sequence[tuple[Example, Rules]]
"""Every film, and the rules for it."""
Tune = Callable[[Material, Sequence[Example]], Rules]
"""Finds the rules that do best on some films."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one way found in one film."""

    at: Mapping[float, Agreement]
    """By IoU."""
    edges: tuple[float, ...]
    """Seconds from the truth, of both edges of every segment matched at the lower IoU."""
    accuracy: float
    """Fraction of seconds with the right label, before edges are refined."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one way found in all films together."""

    name: str
    f1: float
    """At IoU 0.5, of the segments of all films and labels."""
    interval: tuple[float, float]
    """Of `f1`, over films."""
    gain: float
    """`f1` less that of the first way."""
    gain_interval: tuple[float, float]
    """The same films are drawn for both."""
    f1_strict: float
    """At IoU 0.75."""
    precision: float
    recall: float
    edge_error: float
    """Mean, seconds."""
    near: float
    """Fraction of edges within `NEAR`."""
    accuracy: float
    """Of seconds."""


def held_out(material: Material, tune: Tune, folds: int) -> Iterator[tuple[Example, Rules]]:
    """Every film, with rules that were tuned on films of the other folds only."""
    for fold in range(folds):
        rules = tune(material, [film for number, film in enumerate(material.films) if number % folds != fold])
        for film in material.films[fold::folds]:
            yield film, rules


def found_by(material: Material, pairs: Pairs, refined: bool = False) -> dict[str, Found]:
    """By the name of each film: what its rules find in it.

    Args:
        material: the films.
        pairs: films and rules.
        refined: whether edges are moved to the frame. The frames looked at for it have no noise added.
    """
    return {film.name: _found(material, film, rules, refined) for film, rules in pairs}


def results(ways: Mapping[str, Mapping[str, Found]]) -> list[Result]:
    """All ways, each held against the first."""
    films = sorted(next(iter(ways.values())))
    draws = np.random.default_rng(0).integers(len(films), size=(DRAWS, len(films)))
    in_order = {name: [found[film] for film in films] for name, found in ways.items()}
    first = next(iter(in_order.values()))
    return [_result(name, found, first, draws) for name, found in in_order.items()]


def _found(material: Material, film: Example, rules: Rules, refined: bool) -> Found:
    at = dict.fromkeys(IOUS, Agreement())
    edges: list[float] = []
    for label, segments in segments_of(material.words, film.scores, rules).items():
        if refined:
            segments = md.refine(film.name, film.scores, segments, [label], material.model, rules)
        matched = {least: _matches(film, label, segments, least) for least in IOUS}
        for least, pairs in matched.items():
            at[least] += Agreement(len(film.spans[label]), len(segments), len(pairs))
        for truth, found in matched[LOOSE]:
            edges += [abs(float(truth.start - found.start)), abs(float(truth.end - found.end))]
    return Found(at, tuple(edges), evaluate_examples(material.words, [film], rules).accuracy or 0.0)


def _matches(
    film: Example, label: str, segments: Sequence[Segment], least: float
) -> list[tuple[md.Span, md.Span]]:
    truth, found = film.spans[label], [segment.span for segment in segments]
    return [(truth[number], found[other]) for number, other in match(truth, found, least)]


def _result(name: str, found: Sequence[Found], first: Sequence[Found], draws: NDArray[np.intp]) -> Result:
    counts, others = _counts(found), _counts(first)
    drawn = _f1(counts[draws])
    loose, strict = (sum((one.at[least] for one in found), Agreement()) for least in IOUS)
    edges = np.array([edge for one in found for edge in one.edges])
    return Result(
        name,
        f1=float(_f1(counts)),
        interval=_interval(drawn),
        gain=float(_f1(counts) - _f1(others)),
        gain_interval=_interval(drawn - _f1(others[draws])),
        f1_strict=strict.f1 or 0.0,
        precision=loose.precision or 0.0,
        recall=loose.recall or 0.0,
        edge_error=float(edges.mean()) if len(edges) else 0.0,
        near=float((edges <= NEAR).mean()) if len(edges) else 0.0,
        accuracy=float(np.mean([one.accuracy for one in found])),
    )


def _counts(found: Sequence[Found]) -> Numbers:
    """[films, 2]: twice the segments matched at the lower IoU, and those of the truth and those found."""
    at = [one.at[LOOSE] for one in found]
    return np.array([(2.0 * agreement.matched, agreement.truth + agreement.found) for agreement in at])


def _f1(counts: Numbers) -> Numbers:
    """[..., films, 2] to [...], of all films together."""
    matched, both = np.moveaxis(counts.sum(axis=-2), -1, 0)
    return np.asarray(matched / np.maximum(both, 1))


def _interval(values: Numbers) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - CERTAINTY) / 2, (1 + CERTAINTY) / 2])
    return float(low), float(high)
