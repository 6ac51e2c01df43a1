"""Rules tuned on some films, as `miles-deep tune` finds them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from generated.comparison import Tune
from generated.films import Material
from miles_deep.timeline.rules import Rules, Smoothing, SmoothingMethod
from miles_deep.timeline.tuning.examples import Example
from miles_deep.timeline.tuning.search import TRIED
from miles_deep.timeline.tuning.tune import tune


def tuned(material: Material, films: Sequence[Example], method: SmoothingMethod) -> Rules:
    """The rules with this smoothing that do best on some films; the default ones where none does better."""
    names = {film.name for film in films}
    truth = replace(material.truth, rows=tuple(row for row in material.truth.rows if row.movie in names))
    tried = [smoothing for smoothing in TRIED if smoothing.method == method]
    start = Rules(smoothing=Smoothing(method))
    return tune(truth, {Path(film.name): film.scores for film in films}, start, tried).rules


TUNED: Mapping[str, Tune] = {
    "plain rule, tuned": partial(tuned, method="none"),
    "median, tuned": partial(tuned, method="median"),
    "Viterbi, tuned": partial(tuned, method="viterbi"),
}
"""Name to what tunes."""
