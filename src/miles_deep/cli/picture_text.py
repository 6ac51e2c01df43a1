"""What was found in pictures, as text, CSV and JSON."""

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.pictures import PictureScores
from miles_deep.cli.printing import to_json
from miles_deep.cli.text import one_line, shown
from miles_deep.model.ensemble import Classifier, head_names, heads_of
from miles_deep.timecode import Span
from miles_deep.timeline.targets import Contest, columns_of

LEAST = 0.005
"""Scores below are printed as 0.00, and say nothing."""

MOST_TIMES = 12
"""Stretches of an animation that are printed as text."""

Named = tuple[str, float]
"""A label or group, and its score."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of an animation in which one label of a model wins."""

    model: str
    span: Span
    label: str
    score: float
    """The mean of the label's there."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How pictures are told of."""

    classifier: Classifier
    top: int
    """Labels, and groups, of each picture and each model, at most."""
    asked: Contest | None = None
    """What was searched for; the names of pictures are enough then, and scores are of this alone."""
    printable: bool = False
    """Whether names of files are escaped where a terminal would take them for more than letters."""

    def name(self, path: Path) -> str:
        """What a picture is called."""
        return shown(path) if self.printable else os.fspath(path)

    def told(self, picture: PictureScores) -> tuple[list[Named], list[Named]]:
        """Labels, and groups, to tell of."""
        if self.asked is None:
            return self.best(picture.mean), self.groups(picture.mean)
        found = self.searched(self.asked, picture.values)
        own = self.classifier.groups
        return [one for one in found if one[0] not in own], [one for one in found if one[0] in own]

    def searched(self, asked: Contest, values: NDArray[np.float32]) -> list[Named]:
        """What was searched for, the highest scores first; of an animation those of the best look."""
        scores = asked.table(values).max(axis=0)
        order = [one for one in np.argsort(-scores, kind="stable") if asked.is_target[one]]
        return [(asked.names[one], float(scores[one])) for one in order[: self.top]]

    def best(self, scores: NDArray[np.float32]) -> list[Named]:
        """The labels with the highest scores, the highest first: of each model, where they are several."""
        found = []
        for head in self._heads:
            order = head.start + np.argsort(-scores[head], kind="stable")[: self.top]
            found += [(self.classifier.labels[one], float(scores[one])) for one in order]
        return found

    def groups(self, scores: NDArray[np.float32]) -> list[Named]:
        """The groups with the highest sums, likewise."""
        number = {label: column for column, label in enumerate(self.classifier.labels)}
        sums = {
            name: float(scores[[number[label] for label in members]].sum())
            for name, members in self.classifier.groups.items()
        }
        return sorted(sums.items(), key=lambda item: -item[1])[: self.top]

    def over_time(self, picture: PictureScores) -> list[list[Stretch]]:
        """For each model, stretches of an animation with the same top label; none where nothing moves."""
        if not picture.spans:
            return []
        return [
            self._stretches(picture, name, head)
            for (name, *_), head in zip(head_names(self.classifier), self._heads, strict=True)
        ]

    def _stretches(self, picture: PictureScores, name: str, head: slice) -> list[Stretch]:
        rows, labels = picture.values[:, head], self.classifier.labels[head]
        found, looks = [], zip(picture.spans, rows.argmax(axis=1), rows, strict=True)
        for label, together in groupby(looks, key=lambda look: int(look[1])):
            spans, _, of_label = zip(*together, strict=True)
            weights = [float(span.length) for span in spans]
            mean = float(np.average([row[label] for row in of_label], weights=weights))
            found.append(Stretch(name, Span(spans[0].start, spans[-1].end), labels[label], mean))
        return found

    @property
    def _heads(self) -> list[slice]:
        return columns_of(heads_of(self.classifier), len(self.classifier.labels))


Write = Callable[[Iterable[PictureScores], Telling], Iterator[str]]
"""Gives lines of text, as pictures come."""


def as_text(pictures: Iterable[PictureScores], how: Telling) -> Iterator[str]:
    """A block a picture, the best first; the names alone where they were searched for."""
    for picture in pictures:
        yield how.name(picture.path)
        if how.asked is not None:
            continue
        mean = picture.mean
        for number, (name, score) in enumerate(how.best(mean)):
            if score >= LEAST or not number:
                yield f"  {score:.2f}  {one_line(name)}"
        yield from (
            f"  {score:.2f}  {one_line(name)} (group)" for name, score in how.groups(mean) if score >= LEAST
        )
        of_models = how.over_time(picture)
        for times in of_models:
            yield from _times(times, whose=len(of_models) > 1)


def _times(times: list[Stretch], whose: bool) -> Iterator[str]:
    """A line a stretch, where there are several; with the model's name, where there are several of these."""
    if len(times) == 1:
        return
    for one in times[:MOST_TIMES]:
        model = f" ({one.model})" if whose else ""
        yield f"  {one.span}  {one_line(f'{one.label} {one.score:.2f}{model}')}"
    if len(times) > MOST_TIMES:
        yield f"  and {len(times) - MOST_TIMES} more"


def as_csv(pictures: Iterable[PictureScores], how: Telling) -> Iterator[str]:
    """A row for each of the best labels and groups of each picture, or for what was searched for."""
    yield "file,kind,label,score"
    for picture in pictures:
        for kind, named in zip(("label", "group"), how.told(picture), strict=True):
            for label, score in named:
                yield _row([how.name(picture.path), kind, one_line(label), f"{score:.6f}"])


def as_json(pictures: Iterable[PictureScores], how: Telling) -> Iterator[str]:
    """One object, at the end."""
    yield to_json(
        {
            "model": how.classifier.card.name,
            "digest": how.classifier.digest,
            "pictures": [_record(picture, how) for picture in pictures],
        }
    )


WRITERS: dict[str, Write] = {"text": as_text, "csv": as_csv, "json": as_json}
"""Name of a form to what writes it."""


def _record(picture: PictureScores, how: Telling) -> dict[str, object]:
    labels, groups = how.told(picture)
    record: dict[str, object] = {
        "file": os.fspath(picture.path),  # JSON escapes what is no text: "\udce4" is the byte E4
        "labels": [_named("label", one) for one in labels],
        "groups": [_named("group", one) for one in groups],
    }
    if picture.spans:
        record["duration"] = float(picture.spans[-1].end)
        record["looks"] = len(picture.spans)
        of_models = how.over_time(picture)
        record["over_time"] = [_stretch(one, whose=len(of_models) > 1) for times in of_models for one in times]
    return record


def _stretch(one: Stretch, whose: bool) -> dict[str, object]:
    times = {"start": float(one.span.start), "end": float(one.span.end)}
    return {**({"model": one.model} if whose else {}), **times, **_named("label", (one.label, one.score))}


def _named(kind: str, named: Named) -> dict[str, object]:
    return {kind: named[0], "score": round(named[1], 6)}


def _row(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)  # it quotes cells with these letters alone
    return line.getvalue().removesuffix("\r\n")
