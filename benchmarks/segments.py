"""Hold ways to find segments against each other, on generated films with known truth.

Usage: python benchmarks/segments.py [--films N] [--seconds S] [--seed N] [--json] [--quick]

Prints a Markdown table, or with --json everything. Films are of seven classes, one of them background; what
happens in them tells `generated/script.py`, what they look like `footage.py`, who watches them `classifier.py`,
and how `noise.py` makes it as unsure as a real one. Tuned rules are tried on films that they were not tuned
on: the films are parted into folds, and those of each get the rules tuned on the others.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from generated.comparison import GIVEN, Result, found_by, held_out, results
from generated.films import Material, make_material, with_noise
from generated.noise import Swing, swing_of
from generated.tuning import TUNED
from miles_deep.bench.machine import machine
from miles_deep.bench.report import Table

PICTURES = 3000
"""That the classifier is trained on."""
FOLDS = 4
"""Parts of the films, of which each gets the rules tuned on the others."""
NOISE = (0, 1, 3)
"""Levels of it; 1 is that of a real classifier."""
REFINED = "Viterbi, tuned"
"""The way whose edges are refined as well."""
COLUMNS = (
    "",
    "F1@0.5",
    "95 % of it",
    "against classic",
    "95 % of it",
    "F1@0.75",
    "precision",
    "recall",
    "edges off by, s",
    "by 0.1 s at most",
    "seconds right",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out with one level of noise."""

    results: list[Result]
    rules: dict[str, list[str]]
    """Way to the rules that tuning found for it, on all but one fold each."""
    swing: Swing
    """The unrest of the scores."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=48, metavar="N")
    parser.add_argument("--seconds", type=int, default=180, metavar="S", help="of each film")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first film")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="six short films, to see that it runs")
    asked = parser.parse_args(arguments)
    films, seconds = (6, 25) if asked.quick else (asked.films, asked.seconds)
    pictures, folds, levels = (300, 2, (1,)) if asked.quick else (PICTURES, FOLDS, NOISE)
    with tempfile.TemporaryDirectory() as folder:
        material = make_material(asked.seed, films, seconds, pictures, Path(folder))
        measured = {level: measure(with_noise(material, level), folds, level == 1) for level in levels}
    if asked.json:
        print(json.dumps(record(material, measured), indent=1))
    else:
        parts = (head(material, measured[1].swing), table(measured[1]).markdown(), by_noise(measured).markdown())
        print("\n\n".join("\n".join(part) for part in parts))


def measure(material: Material, folds: int, refined: bool) -> Measured:
    """Every way on every film, the last with its edges refined as well where that is asked for."""
    given = {name: [(film, rules) for film in material.films] for name, rules in GIVEN.items()}
    tuned = {name: list(held_out(material, tune, folds)) for name, tune in TUNED.items()}
    ways = {name: found_by(material, pairs) for name, pairs in (given | tuned).items()}
    if refined:
        ways[f"{REFINED}, edges refined"] = found_by(material, tuned[REFINED], refined=True)
    # The rules of a fold are those of each of its films.
    rules = {name: list(dict.fromkeys(str(rules) for _, rules in pairs)) for name, pairs in tuned.items()}
    return Measured(results(ways), rules, swing_of(material.films))


def table(measured: Measured) -> Table:
    """A row a way."""
    return Table(COLUMNS, tuple(_row(result, result is measured.results[0]) for result in measured.results))


def by_noise(measured: Mapping[int, Measured]) -> Table:
    """F1 of each way with each level of noise, and the scores' unrest then."""
    columns = ("F1@0.5 with noise", *(f"x {level}" for level in measured))
    by_way = zip(*(one.results[: len(GIVEN) + len(TUNED)] for one in measured.values()), strict=True)
    rows = [(of_way[0].name, *(f"{result.f1:.3f}" for result in of_way)) for of_way in by_way]
    unrest = (
        "log odds about their median, deviation",
        *(f"{one.swing.deviation:.2f}" for one in measured.values()),
    )
    return Table(columns, (*rows, unrest))


def _row(result: Result, is_first: bool) -> tuple[str, ...]:
    return (
        result.name,
        f"{result.f1:.3f}",
        "{:.2f} to {:.2f}".format(*result.interval),
        "" if is_first else f"{result.gain:+.3f}",
        "" if is_first else "{:+.2f} to {:+.2f}".format(*result.gain_interval),
        f"{result.f1_strict:.3f}",
        f"{result.precision:.2f}",
        f"{result.recall:.2f}",
        f"{result.edge_error:.2f}",
        f"{result.near:.0%}",
        f"{result.accuracy:.1%}",
    )


def head(material: Material, swing: Swing) -> list[str]:
    """What was measured, on what, when: a line each."""
    seconds = sum(len(film.scores) for film in material.films)
    segments = sum(len(spans) for film in material.films for spans in film.spans.values())
    found = machine()
    return [
        f"{len(material.films)} films, {seconds} s, {segments} segments of {len(material.words.labels)} labels  ",
        f"log odds about their median: deviation {swing.deviation:.2f} ({swing.middle:.2f} by the median), "
        f"autocorrelation {swing.after_one:.2f}, {swing.after_two:.2f}  ",
        f"{found['processor']}, Python {found['Python']}; {date.today().isoformat()}  ",
    ]


def record(material: Material, measured: Mapping[int, Measured]) -> dict[str, object]:
    """All of it as JSON values."""
    return {
        "machine": machine(),
        "date": date.today().isoformat(),
        "films": len(material.films),
        "seconds": sum(len(film.scores) for film in material.films),
        "noise": {level: asdict(one) for level, one in measured.items()},
    }


if __name__ == "__main__":
    main()
