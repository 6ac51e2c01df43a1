"""What was found in pictures, as text, CSV and JSON."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.pictures import PictureScores
from miles_deep.cli.printing import to_json
from miles_deep.cli.text import one_line, shown
from miles_deep.model.ensemble import Classifier, heads_of
from miles_deep.timecode import Span

LEAST = 0.005
"""Scores below are printed as 0.00, and say nothing."""

MOST_TIMES = 12
"""Stretches of an animation that are printed as text."""

Named = tuple[str, float]
"""A label or group, and its score."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How pictures are told of."""

    classifier: Classifier
    top: int
    """Labels, and groups, of each picture and each model, at most."""
    listing: bool
    """Whether those told of were searched for, so that their names are enough."""

    def best(self, scores: NDArray[np.float32]) -> list[Named]:
        """The labels with the highest scores, the highest first: of each model, where they are several."""
        found = []
        for start, end in pairwise(accumulate(self._heads, initial=0)):
            order = start + np.argsort(-scores[start:end], kind="stable")[: self.top]
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

    def over_time(self, picture: PictureScores) -> list[tuple[Span, Named]]:
        """Stretches of an animation with the same top label, and its mean score; of the first model."""
        rows = picture.values[:, : self._heads[0]]
        found, looks = [], zip(picture.spans, rows.argmax(axis=1), rows, strict=True)
        for label, together in groupby(looks if picture.spans else (), key=lambda look: int(look[1])):
            spans, _, of_label = zip(*together, strict=True)
            weights = [float(span.length) for span in spans]
            mean = float(np.average([row[label] for row in of_label], weights=weights))
            found.append((Span(spans[0].start, spans[-1].end), (self.classifier.labels[label], mean)))
        return found

    @property
    def _heads(self) -> tuple[int, ...]:
        return heads_of(self.classifier) or (len(self.classifier.labels),)


Write = Callable[[Iterable[PictureScores], Telling], Iterator[str]]
"""Gives lines of text, as pictures come."""


def as_text(pictures: Iterable[PictureScores], how: Telling) -> Iterator[str]:
    """A block a picture, the best first; the names alone where they were searched for."""
    for picture in pictures:
        yield shown(picture.path)
        if how.listing:
            continue
        mean = picture.mean
        for number, (name, score) in enumerate(how.best(mean)):
            if score >= LEAST or not number:
                yield f"  {score:.2f}  {one_line(name)}"
        yield from (
            f"  {score:.2f}  {one_line(name)} (group)" for name, score in how.groups(mean) if score >= LEAST
        )
        times = how.over_time(picture)
        if len(times) > 1:
            yield from (f"  {span}  {one_line(name)} {score:.2f}" for span, (name, score) in times[:MOST_TIMES])
        if len(times) > MOST_TIMES:
            yield f"  and {len(times) - MOST_TIMES} more"


def as_csv(pictures: Iterable[PictureScores], how: Telling) -> Iterator[str]:
    """A row for each of the best labels and groups of each picture."""
    yield "file,kind,label,score"
    for picture in pictures:
        mean, name = picture.mean, shown(picture.path)
        named = [("label", *one) for one in how.best(mean)] + [("group", *one) for one in how.groups(mean)]
        yield from (_row([name, kind, one_line(label), f"{score:.6f}"]) for kind, label, score in named)


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
    mean = picture.mean
    record: dict[str, object] = {
        "file": shown(picture.path),
        "labels": [_named("label", one) for one in how.best(mean)],
        "groups": [_named("group", one) for one in how.groups(mean)],
    }
    if picture.spans:
        record["duration"] = float(picture.spans[-1].end)
        record["looks"] = len(picture.spans)
        record["over_time"] = [
            {"start": float(span.start), "end": float(span.end), **_named("label", named)}
            for span, named in how.over_time(picture)
        ]
    return record


def _named(kind: str, named: Named) -> dict[str, object]:
    return {kind: named[0], "score": round(named[1], 6)}


def _row(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
