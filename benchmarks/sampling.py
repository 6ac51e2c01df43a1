"""Measure adaptive sampling of many labels: what it costs, and what it finds of that which exact sampling finds.

Usage: python benchmarks/sampling.py FILM [-m MODEL]... [-t TARGET]... [-e EFFORT]...

A row a target, and one for the labels: how often what counts changes in the exact scores (no sampling finds a
stretch into which it does not look), and by each effort the seconds looked at, the seconds that match as in exact
scores, the seconds of segments found in both, and CPU seconds. CPU time is that of the process, all threads; the
weights are read and the network is made ready before.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import miles_deep as md
from miles_deep.bench.report import Table
from miles_deep.classify.sampling import EFFORT
from miles_deep.model import load_model
from miles_deep.model.ensemble import Classifier, together
from miles_deep.timeline.rules_table import as_rules
from miles_deep.timeline.targets import columns_of, contest
from miles_deep.timeline.winners import winners


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("film", type=Path)
    parser.add_argument("-m", "--model", action="append")
    parser.add_argument("-t", "--target", action="append")
    parser.add_argument("-e", "--effort", action="append", type=float)
    asked = parser.parse_args(arguments)
    model = together([load_model(name) for name in asked.model or ["imagenet"]])
    model.prepare()
    exact, cost = timed(asked.film, model)
    print(f"{asked.film.name}, {model.card.name}: {len(exact)} seconds, exact {cost:.1f} s of CPU\n")
    rows = list(measured(asked.film, model, exact, asked.target or ["rabbit", "vehicle", "bird"], asked.effort))
    heading = ("", "effort", "changes", "looked at", "as exact", "of segments: both, exact, adaptive", "CPU, s")
    print("\n".join(Table(heading, tuple(rows)).markdown()))


def measured(
    film: Path, model: Classifier, exact: md.Scores, targets: Sequence[str], efforts: Sequence[float] | None
) -> Iterator[tuple[str, ...]]:
    """Rows of the table."""
    for target in (None, *targets):
        truth = answers(exact, target)
        changes = int((np.diff(truth, axis=0) != 0).any(axis=1).sum())
        for effort in efforts or [EFFORT]:
            some, cost = timed(film, model, sampling="adaptive", effort=effort, targets=[target] if target else [])
            right = (answers(some, target) == truth).all(axis=1).mean()
            found, true = (in_segments(scores, target) for scores in (some, exact))
            seconds = f"{(found & true).sum()}, {true.sum()}, {found.sum()}" if target else ""
            yield (
                f"-t {target}" if target else "labels",
                f"{effort:g}",
                str(changes),
                str(int(some.looked.sum())),
                f"{right:.1%}",
                seconds,
                f"{cost:.1f}",
            )


def timed(film: Path, model: Classifier, **how: object) -> tuple[md.Scores, float]:
    """Scores, and the CPU seconds that they took."""
    began = time.process_time()
    scores = md.analyze(film, model, **how)  # type: ignore[arg-type]
    return scores, time.process_time() - began


def answers(scores: md.Scores, target: str | None) -> NDArray[np.intp]:
    """[N, ...] whether seconds match a target; without one, the winning label of each head."""
    if target is None:
        heads = columns_of(scores.heads, len(scores.labels))
        return np.stack([scores.values[:, columns].argmax(axis=1) for columns in heads], axis=1)
    asked = contest([target], scores.labels, scores.groups, scores.heads)
    return winners(scores.values, asked, as_rules(None, scores.rules)).matches[:, None].astype(np.intp)


def in_segments(scores: md.Scores, target: str | None) -> NDArray[np.bool_]:
    """(N,) whether a second is in a segment of a target."""
    found = np.zeros(len(scores), np.bool_)
    for segment in md.find_segments(scores, [target]) if target else ():
        found[int(segment.span.start) : int(np.ceil(segment.span.end))] = True
    return found


if __name__ == "__main__":
    main()
