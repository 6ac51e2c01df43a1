"""The shapes of a page's timeline: what its SVG is made of."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from miles_deep.report.findings import Findings
from miles_deep.report.layout import Bands, rows, ticks
from miles_deep.report.palette import KEPT
from miles_deep.report.wording import legible
from miles_deep.timecode import Seconds, Span, clock
from miles_deep.timeline.segment import Segment

UP = 1000
"""Units of height for a score of 1."""
ACROSS = 10_000
"""Units of width for the whole film."""
TICKS = 10
NAMED = 3
"""Labels whose scores are told of a column: the highest."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time; its place is in percent of the film."""

    left: str
    width: str
    title: str
    row: int = 0
    """Number of the segment in the table; 0: it is none."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A row of bars."""

    name: str
    colour: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A time that is written under the timeline."""

    text: str
    left: str
    minor: bool
    """Whether it is left out where there is little room."""


@dataclass(frozen=True, slots=True)
class Area:
    """A band and all those below it: an SVG path."""

    name: str
    colour: str
    path: str


@dataclass(frozen=True, slots=True)
class Column:
    """Some seconds next to each other: where they lie, in units, and what is told of them."""

    left: int
    width: int
    title: str


@dataclass(frozen=True, slots=True)
class Stack:
    """The scores of one model."""

    legend: tuple[tuple[str, str], ...]
    """Name and colour of every band, from the top down."""
    areas: tuple[Area, ...]
    columns: tuple[Column, ...]
    height: int
    """Units."""


def stack_of(stack: Bands) -> Stack:
    """Scores as the page draws them."""
    legend = tuple(zip(stack.names, stack.colours, strict=True))[::-1]
    return Stack(legend, tuple(areas(stack)), tuple(columns(stack)), round(stack.top * UP))


def areas(stack: Bands) -> list[Area]:
    """What to paint, one over the other: the whole stack first, the lowest band last."""
    steps = np.round(np.cumsum(stack.heights, axis=1) * UP).astype(int)
    lefts = _lefts(stack)
    made = []
    for band in reversed(range(len(stack.names))):
        outline = "".join(
            f"V{up}h{width}"
            for up, width in zip(_down(stack, steps[:, band]), np.diff(lefts).tolist(), strict=True)
        )
        floor = round(stack.top * UP)
        made.append(Area(stack.names[band], stack.colours[band], f"M0 {floor}{outline}V{floor}z"))
    return made


def columns(stack: Bands) -> list[Column]:
    """What is told where a pointer rests: the time, and the highest scores."""
    lefts = _lefts(stack)
    told = []
    for place, heights in enumerate(stack.heights):
        highest = np.argsort(-heights, kind="stable")[:NAMED]
        start, end = (float(edge) for edge in stack.edges[place : place + 2])
        time = clock(int(start)) if end - start <= 1 else f"{clock(int(start))} to {clock(int(end))}"
        scores = ", ".join(f"{legible(stack.names[band])} {heights[band]:.2f}" for band in highest)
        told.append(Column(lefts[place], lefts[place + 1] - lefts[place], f"{time}: {scores}"))
    return told


def lanes(findings: Findings) -> list[Lane]:
    """A lane for each group and label with segments, and one for what is kept."""
    duration = findings.scores.duration
    number = {id(segment): place for place, segment in enumerate(findings.segments, 1)}
    made = [
        Lane(row.name, row.colour, tuple(_bar(s, number.get(id(s), 0), duration) for s in row.segments))
        for row in rows(findings)
    ]
    if findings.kept is not None:
        bars = (Bar(*_place(span, duration), f"kept: {span}") for span in findings.kept)
        made.append(Lane("kept", KEPT, tuple(bars)))
    return made


def time_ticks(duration: Fraction) -> list[Tick]:
    """Round times; of every three, two are minor. None is written where it would run into the edge."""
    return [
        Tick(clock(tick), share(tick, duration), number % 3 != 0)
        for number, tick in enumerate(ticks(duration, TICKS))
        if tick == 0 or tick < duration * Fraction(19, 20)
    ]


def share(part: Seconds, whole: Fraction) -> str:
    """A part in percent, as CSS and SVG take it."""
    return f"{100 * float(part) / float(whole) if whole else 0:.3f}%"


def _bar(segment: Segment, row: int, duration: Fraction) -> Bar:
    title = f"{legible(segment.label)}: {segment.span}, score {segment.score:.2f}, coverage {segment.coverage:.2f}"
    return Bar(*_place(segment.span, duration), title, row)


def _place(span: Span, duration: Fraction) -> tuple[str, str]:
    return share(span.start, duration), share(span.length, duration)


def _lefts(stack: Bands) -> list[int]:
    length = float(stack.edges[-1]) or 1.0
    return [round(float(edge) / length * ACROSS) for edge in stack.edges]


def _down(stack: Bands, heights: "np.typing.NDArray[np.intp]") -> list[int]:
    """Heights as SVG counts them, from the top down."""
    return [round(stack.top * UP) - int(height) for height in heights]
