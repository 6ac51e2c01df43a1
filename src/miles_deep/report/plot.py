"""A picture of a film: thumbnails, the scores of every second, the segments. matplotlib draws it."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from miles_deep.report.canvas import DOTS, FAINT, INK, PALE, check_suffix, new_figure, save, steady_settings
from miles_deep.report.findings import Findings
from miles_deep.report.layout import Bands, Row, bands, rows, ticks
from miles_deep.report.palette import KEPT
from miles_deep.report.thumbnails import pictures, shown_size, strip_times
from miles_deep.report.wording import shortened
from miles_deep.timecode import Span, clock

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, LEFT, RIGHT = 16.0, 2.2, 2.3
"""Inches: of the picture, and of it what is beside the timeline."""
HEAD, STRIP, SCORES, ROW, FOOT, GAP = 0.72, 0.9, 2.6, 0.26, 0.45, 0.1
"""Inches from the top down."""
LINE, SIDE = 0.185, 0.5
"""Inches of height that a line of the legend takes, and of width that is beside its names."""
TICKS = 12
NAME, TITLE = 40, 120
"""Columns of letters that there is room for at most."""


@dataclass(frozen=True, slots=True)
class Panels:
    """Where things are drawn, from the top down; all have the film's time from left to right."""

    strip: "Axes"
    scores: tuple["Axes", ...]
    """Of each model."""
    rows: "Axes"

    @property
    def all(self) -> tuple["Axes", ...]:
        """In that order."""
        return self.strip, *self.scores, self.rows


def draw(findings: Findings, path: Path, force: bool = False) -> None:
    """Write a picture of a film, its scores and its segments.

    Args:
        findings: of the film.
        path: the file, `.png` or `.svg`.
        force: replace it where it is there already.

    Raises:
        OptionError: another kind of file was asked for.
        VideoError: the film cannot be read.
        OutputError: the picture cannot be written, or is there already; no partial file stays.
    """
    check_suffix(path)
    with steady_settings():
        save(_figure(findings), path, force)


def _figure(findings: Findings) -> "Figure":
    duration = findings.scores.duration
    drawn_rows = rows(findings)
    stacks = bands(findings, round((WIDTH - LEFT - RIGHT) * DOTS))
    count = max(1, len(drawn_rows)) + (findings.kept is not None)
    of_scores = [max(SCORES / len(stacks), LINE * len(stack.names)) for stack in stacks]
    heights = (STRIP, *of_scores, count * ROW)
    figure = new_figure(WIDTH, HEAD + sum(heights) + (len(heights) - 1) * GAP + FOOT)
    strip, *scores, last = _stacked(figure, heights)
    panels = Panels(strip, tuple(scores), last)
    for axes in panels.all:
        axes.set_xlim(0, max(float(duration), 1e-3))
        axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
        axes.tick_params(length=0, labelbottom=False)
    _head(figure, findings)
    _strip(panels.strip, findings)
    for axes, stack in zip(panels.scores, stacks, strict=True):
        _scores(axes, stack)
    _rows(panels.rows, drawn_rows, findings.kept, duration)
    _time(panels, duration)
    return figure


def _stacked(figure: "Figure", heights: tuple[float, ...]) -> Iterator["Axes"]:
    """Axes of these heights, inches, from the top down."""
    width, high = figure.get_size_inches()
    top = high - HEAD
    for height in heights:
        yield figure.add_axes((LEFT / width, (top - height) / high, (width - LEFT - RIGHT) / width, height / high))
        top -= height + GAP


def _head(figure: "Figure", findings: Findings) -> None:
    scores, (width, high) = findings.scores, figure.get_size_inches()
    facts = [clock(scores.duration)]
    facts += [findings.card.name] if findings.card else []
    looked = int(scores.looked.sum())
    facts += [f"{scores.sampling} sampling" + (f", {looked} seconds looked at" if looked < len(scores) else "")]
    facts += [f"segments: {len(findings.segments)}"]
    if findings.kept is not None:
        facts.append(f"kept: {clock(sum((span.length for span in findings.kept), Fraction(0)))}")
    name, line = shortened(findings.video.path.name, TITLE), shortened(" · ".join(facts), TITLE)
    figure.text(LEFT / width, 1 - 0.3 / high, name, fontsize=13, fontweight="bold")
    figure.text(LEFT / width, 1 - 0.54 / high, line, color=FAINT)


def _strip(axes: "Axes", findings: Findings) -> None:
    """Thumbnails side by side, each from about the part of the film that it stands over."""
    width, height = round((WIDTH - LEFT - RIGHT) * DOTS), round(STRIP * DOTS)
    axes.set_ylim(0, height)
    axes.set_yticks([])
    size = shown_size(findings.video, (width // 4, height))
    count = max(1, (width + 4) // (size[0] + 4))
    video, duration = findings.video, findings.scores.duration
    times = list(dict.fromkeys(strip_times(video.keyframes, duration, count)))
    count = len(times)
    shown = dict(pictures(video, times, (width // 4, height)))
    for number, time in enumerate(times):
        if (picture := shown.get(time)) is not None:
            left = round((width - size[0]) * number / (count - 1) if count > 1 else (width - size[0]) / 2)
            across = [float(duration) * pixel / width for pixel in (left, left + size[0])]
            bottom = (height - size[1]) // 2
            extent = (across[0], across[1], bottom, bottom + size[1])
            axes.imshow(picture, extent=extent, aspect="auto", interpolation="none")
    axes.set_xlim(0, max(float(duration), 1e-3))
    axes.set_ylim(0, height)


def _scores(axes: "Axes", stack: Bands) -> None:
    from matplotlib.patches import Patch

    floor = 0 * stack.heights[:, 0]
    for band, colour in enumerate(stack.colours):
        roof = floor + stack.heights[:, band]
        if len(roof):
            axes.stairs(
                roof, stack.edges, baseline=floor, fill=True, color=colour, linewidth=0, gid=f"band-{band}"
            )
        floor = roof
    axes.set_ylim(0, stack.top)
    step = 0.5 if stack.top < 2 else max(1, round(stack.top / 4))
    places = [step * number for number in range(int(stack.top / step) + 1)]
    axes.set_yticks(places, [f"{place:g}" for place in places])
    lowest, *_, highest = axes.get_yticklabels()  # inside, or they would meet those of the next model
    lowest.set_verticalalignment("bottom")
    highest.set_verticalalignment("top")
    axes.set_ylabel("scores", color=FAINT)
    # In the order in which they lie on each other.
    patches = [Patch(color=colour) for colour in reversed(stack.colours)]
    names = [_fitting(axes, name, RIGHT - SIDE) for name in reversed(stack.names)]
    axes.legend(
        patches,
        names,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.03),
        frameon=False,
        handlelength=1,
        handleheight=1,
    )


def _rows(axes: "Axes", drawn: list[Row], kept: tuple[Span, ...] | None, duration: Fraction) -> None:
    lines = [(row.name, row.colour, [segment.span for segment in row.segments]) for row in drawn]
    lines += [("no segments", FAINT, [])] if not drawn else []
    lines += [("kept", KEPT, list(kept))] if kept is not None else []
    least = float(duration) * 1.5 / ((WIDTH - LEFT - RIGHT) * DOTS)  # a pixel and a half can be seen
    for place, (_, colour, spans) in enumerate(lines):
        axes.axhspan(place - 0.36, place + 0.36, color=PALE, linewidth=0, zorder=0)
        bars = [(float(span.start), max(float(span.length), least)) for span in spans]
        axes.broken_barh(bars, (place - 0.36, 0.72), facecolors=colour, linewidth=0, zorder=2)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_yticks(range(len(lines)), [_fitting(axes, name, LEFT - 2 * GAP) for name, _, _ in lines])


def _fitting(axes: "Axes", name: str, inches: float) -> str:
    """A name, as much of it as there is room for."""
    measured = axes.text(0, 0, "")
    for columns in range(NAME, 0, -1):
        measured.set_text(shortened(name, columns))
        if measured.get_window_extent().width <= inches * DOTS:
            break
    measured.remove()
    return measured.get_text()


def _time(panels: Panels, duration: Fraction) -> None:
    places = ticks(duration, TICKS)
    for axes in (*panels.scores, panels.rows):
        axes.set_xticks(places, [clock(place) for place in places])
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        axes.set_axisbelow(False)
    panels.rows.tick_params(labelbottom=True, pad=4)
