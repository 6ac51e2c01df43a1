"""What a picture has room for: bands of scores, rows of segments, ticks of time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.scores import Scores
from miles_deep.model.naming import short_names
from miles_deep.report.findings import Findings
from miles_deep.report.palette import GROUP, REST, colours
from miles_deep.timeline.segment import Segment

BANDS = 12
"""Labels that are told apart by colour; the rest is summed."""
ROWS = 24
"""Labels and groups that have a row of segments each; the rest of the labels shares one."""
GROUPS = 12
"""Groups that have a row, where those of labels stand below them."""

MINUTE, HOUR = 60, 3600
STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(MINUTE * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(HOUR * hours for hours in (1, 2, 3, 6, 12, 24)),
)
"""Seconds between ticks that people count in."""


@dataclass(frozen=True, slots=True)
class Bands:
    """The scores of a film, by one model, as bands to be stacked, averaged over columns of a picture."""

    names: tuple[str, ...]
    """Of the bands, from the bottom up: what matters most first, the background last."""
    colours: tuple[str, ...]
    edges: NDArray[np.float64]
    """(C+1,) seconds at which columns begin, and the end of the last."""
    heights: NDArray[np.float32]
    """[C, B] mean score of every column and band."""

    @property
    def top(self) -> float:
        """Where the picture has to reach: 1, or more where scores of a second add up to more."""
        return max(1.0, float(self.heights.sum(axis=1).max(initial=0)))


@dataclass(frozen=True, slots=True)
class Row:
    """Segments that are drawn beside each other."""

    name: str
    colour: str
    segments: tuple[Segment, ...]


def bands(findings: Findings, columns: int, most: int = BANDS) -> list[Bands]:
    """The scores of each model as at most so many columns, with a band for each of the labels that matter most.

    Labels beyond `most`, which is of all models, are summed in a band of their own, below the background.
    """
    scores, ranked = findings.scores, ranking(findings)
    foreground = [name for name in ranked if name not in scores.background]
    alone = set(ranked if len(ranked) <= most else foreground[:most])
    painted, names = label_colours(findings), _names(findings)
    starts = np.linspace(0, len(scores), min(columns, len(scores)), endpoint=False).astype(int)
    stacks = []
    heads = _heads(scores)
    for head in sorted({heads.get(name, 0) for name in ranked}):
        of_head = {name: members for name, members in ranked.items() if heads.get(name, 0) == head}
        background = [name for name in of_head if name in scores.background]
        background = [name for name in background if name in alone] or background[:1]
        shown = {name: of_head[name] for name in of_head if name in alone and name not in background}
        if others := [n for name in of_head if name not in {*shown, *background} for n in of_head[name]]:
            rest = other_labels(len(others))
            shown[rest], painted[rest] = others, REST
        shown |= {name: of_head[name] for name in background}
        stacks.append(
            Bands(
                names=tuple(names.get(name, name) for name in shown),
                colours=tuple(painted[name] for name in shown),
                edges=np.append(starts, float(scores.duration)).astype(np.float64),
                heights=np.stack([_means(scores, members, starts) for members in shown.values()], axis=1),
            )
        )
    return stacks


def rows(findings: Findings, most: int = ROWS) -> list[Row]:
    """The segments of groups, then those of each label, most seconds first; labels without room for a row share
    one, and the background has the last."""
    groups = sorted(found_seconds(findings.groups).items(), key=lambda item: -item[1])[:GROUPS]
    made = [Row(name, GROUP, tuple(s for s in findings.groups if s.label == name)) for name, _ in groups]
    room = most - len(made)
    found = {segment.label for segment in findings.segments}
    ranked = [name for name in ranking(findings) if name in found]
    foreground = [name for name in ranked if name not in findings.scores.background]
    background = ranked[len(foreground) :]
    if len(ranked) > room:
        background = background[:1]
        foreground = foreground[: room - 1 - len(background)]
    painted, names = label_colours(findings), _names(findings)

    def row_of(name: str) -> Row:
        return Row(names[name], painted[name], tuple(s for s in findings.segments if s.label == name))

    made += map(row_of, foreground)
    alone = {*foreground, *background}
    if together := tuple(s for s in findings.segments if s.label not in alone):
        made.append(Row(other_labels(len(ranked) - len(alone)), REST, together))
    return [*made, *map(row_of, background)]


def ranking(findings: Findings) -> dict[str, list[int]]:
    """Labels with their number, those that matter most first; a group that has segments, with those of its labels.

    Labels with segments come first, by their seconds, then those with the highest scores; background comes last.
    Where several models stand side by side, a fair share of each comes before more of any.
    """
    scores, number = findings.scores, {label: place for place, label in enumerate(findings.scores.labels)}
    found, totals = found_seconds(findings.segments), scores.values.sum(axis=0, dtype=np.float64)
    members: dict[str, list[int]] = {}
    free = set(scores.labels)
    for name in found:
        if name not in number:
            of_group = [label for label in scores.groups.get(name, ()) if label in free and label not in found]
            members[name] = [number[label] for label in of_group]
            free -= set(of_group)
    members |= {label: [number[label]] for label in scores.labels if label in free}

    def importance(name: str) -> tuple[bool, Fraction, float]:
        return name not in scores.background, found.get(name, Fraction(0)), float(totals[members[name]].sum())

    ranked, share = sorted(members, key=importance, reverse=True), BANDS // max(1, len(scores.heads))
    heads, before = _heads(scores), Counter[tuple[int, bool]]()
    late: dict[str, tuple[bool, bool]] = {}
    for name in ranked:
        kind = heads.get(name, 0), name in scores.background
        late[name] = kind[1], before[kind] >= share
        before[kind] += 1
    return {name: members[name] for name in sorted(ranked, key=late.__getitem__)}


def label_colours(findings: Findings) -> dict[str, str]:
    """The colour of every label, and of every group that has segments."""
    return colours(list(ranking(findings)), findings.scores.labels, findings.scores.background)


def found_seconds(segments: Sequence[Segment]) -> dict[str, Fraction]:
    """Label to the seconds of its segments, of labels that have any."""
    found: dict[str, Fraction] = {}
    for segment in segments:
        found[segment.label] = found.get(segment.label, Fraction(0)) + segment.span.length
    return found


def ticks(duration: Fraction, most: int) -> list[int]:
    """Round times, seconds, at most so many, from the film's start to its end."""
    enough = (step for step in STEPS if duration // step < most)
    step = next(enough, max(STEPS[-1], int(duration) // most + 1))
    return list(range(0, int(duration) + 1, step))


def other_labels(number: int) -> str:
    """What labels are called that have no room of their own."""
    return f"other labels ({number})"


def _names(findings: Findings) -> dict[str, str]:
    """What labels and groups are called in a picture."""
    return short_names([*findings.scores.labels, *(segment.label for segment in findings.segments)])


def _heads(scores: Scores) -> dict[str, int]:
    """Label or group to the number of the model that has it, where several stand side by side."""
    heads = scores.heads or (len(scores.labels),)
    numbers = [head for head, labels in enumerate(heads) for _ in range(labels)]
    of_labels = dict(zip(scores.labels, numbers, strict=True))
    return {group: of_labels.get(inside[0], 0) for group, inside in scores.groups.items() if inside} | of_labels


def _means(scores: Scores, members: Sequence[int], starts: NDArray[np.intp]) -> NDArray[np.float32]:
    if not len(scores):
        return np.zeros(0, np.float32)
    summed = scores.values[:, members].sum(axis=1, dtype=np.float64)
    lengths = np.diff(starts, append=len(scores))
    return (np.add.reduceat(summed, starts) / lengths).astype(np.float32)
