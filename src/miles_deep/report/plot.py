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
from miles_deep.report.wording import legible, shortened
from miles_deep.timecode import Span, clock

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, LEFT, RIGHT = 16.0, 2.0, 2.3
"""Inches: of the picture, and of it what is beside the timeline."""
HEAD, STRIP, SCORES, ROW, FOOT, GAP = 0.72, 0.9, 2.6, 0.26, 0.45, 0.1
"""Inches from the top down."""
TICKS = 12
NAME, LEGEND, TITLE = 26, 24, 120
"""Columns of letters that there is room for."""


@dataclass(frozen=True, slots=True)
class Panels:
    """Where things are drawn, from the top down; all have the film's time from left to right."""

    strip: "Axes"
    scores: "Axes"
    rows: "Axes"


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
    count = max(1, len(drawn_rows)) + (findings.kept is not None)
    heights = (STRIP, SCORES, count * ROW)
    figure = new_figure(WIDTH, HEAD + sum(heights) + 2 * GAP + FOOT)
    panels = Panels(*_stacked(figure, heights))
    for axes in (panels.strip, panels.scores, panels.rows):
        axes.set_xlim(0, max(float(duration), 1e-3))
        axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
        axes.tick_params(length=0, labelbottom=False)
    _head(figure, findings)
    _strip(panels.strip, findings)
    _scores(panels.scores, bands(findings, round((WIDTH - LEFT - RIGHT) * DOTS)))
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
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_ylabel("scores", color=FAINT)
    # In the order in which they lie on each other.
    patches = [Patch(color=colour) for colour in reversed(stack.colours)]
    names = [shortened(name, LEGEND) for name in reversed(stack.names)]
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
    axes.set_yticks(range(len(lines)), [shortened(legible(name), NAME) for name, _, _ in lines])


def _time(panels: Panels, duration: Fraction) -> None:
    places = ticks(duration, TICKS)
    for axes in (panels.scores, panels.rows):
        axes.set_xticks(places, [clock(place) for place in places])
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        axes.set_axisbelow(False)
    panels.rows.tick_params(labelbottom=True, pad=4)
