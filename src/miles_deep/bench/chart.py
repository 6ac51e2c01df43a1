"""A picture of a report. matplotlib is imported here only, and only when a picture is drawn."""

from collections.abc import Callable
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from miles_deep.bench.report import Figure, Report
from miles_deep.files import partial_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL = (8.0, 3.6)
"""Width and height of one panel, in inches."""
DOTS = 110
"""Pixels an inch."""
LINE = 105
"""Letters in a line of the heading."""
BARE, OURS = "#9aa0a6", "#1f77b4"


def draw(report: Report, path: Path, force: bool = False) -> None:
    """Write a PNG: time against bare decoding, what effort brings, the network's speed, as far as measured.

    Raises:
        OutputError: it cannot be written; no partial file stays.
        OutputExistsError: it is there already, and `force` was not given.
    """
    # Not pyplot, which would look for a window system.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    panels: list[Callable[[Axes, Report], None]] = []
    panels += [_ratios] if any(row.ratio is not None for row in report.whole) else []
    panels += [_efforts] if report.efforts else []
    panels += [_speeds] if report.speeds else []
    canvas = Canvas((PANEL[0], PANEL[1] * len(panels) + 0.6), dpi=DOTS, layout="constrained")
    FigureCanvasAgg(canvas)
    for number, panel in enumerate(panels, 1):
        panel(canvas.add_subplot(len(panels), 1, number), report)
    # A dollar sign would begin a formula.
    heading = [part for line in report.head() for part in wrap(line.replace("$", r"\$"), LINE)]
    canvas.suptitle("\n".join(heading), fontsize=8)
    with partial_file(path, force=force) as partial:
        canvas.savefig(partial, format="png")


def _ratios(axes: "Axes", report: Report) -> None:
    """Bars: what whole processes take, bare decoding being 1."""
    rows = [(row.name, row.ratio) for row in reversed(report.whole) if row.ratio is not None]
    colours = [BARE if name.startswith("bare decode") else OURS for name, _ in rows]
    bars = axes.barh([name for name, _ in rows], [value for _, value in rows], color=colours)
    axes.bar_label(bars, [f"{value:.2f}" for _, value in rows], padding=3)
    axes.axvline(1, color=BARE, linewidth=1, linestyle=":")
    axes.margins(x=0.12)
    axes.set_title("wall time, bare decode = 1")
    axes.spines[["top", "right"]].set_visible(False)


def _efforts(axes: "Axes", report: Report) -> None:
    """Seconds labelled as exact labels them, over the time it takes; a point an effort."""
    points = [(f"{effort:g}", figure) for effort, figure in report.efforts.items()]
    across, heights = [_across(figure) for _, figure in points], [_percent(figure) for _, figure in points]
    axes.plot(across, heights, "o-", color=OURS)
    exact = next((row for row in report.whole if row.looked == report.seconds), None)
    if exact is not None:
        points.append(("exact", exact))
        axes.plot(_across(exact), _percent(exact), "o", color=BARE)
    for name, figure in points:
        # Below and to the right: the curve comes from the left and bends over the point.
        place = (_across(figure), _percent(figure))
        shift = (6, 6) if name == "exact" else (6, -13)
        axes.annotate(f"{name} ({figure.looked})", place, shift, textcoords="offset points")
    axes.margins(0.18, 0.2)
    axes.set_title("adaptive: effort (seconds looked at)")
    axes.set_xlabel("wall time, bare decode = 1" if points[0][1].ratio is not None else "wall time, s")
    axes.set_ylabel("labels as exact, %")
    axes.grid(alpha=0.3)


def _across(figure: Figure) -> float:
    return figure.wall if figure.ratio is None else figure.ratio


def _percent(figure: Figure) -> float:
    return 100 * (figure.agreement or 0)


def _speeds(axes: "Axes", report: Report) -> None:
    """Frames a second over the batch size, a line a device."""
    for device in dict.fromkeys(speed.device for speed in report.speeds):
        of_device = [speed for speed in report.speeds if speed.device == device]
        sizes, rates = [speed.batch_size for speed in of_device], [speed.rate for speed in of_device]
        axes.plot(sizes, rates, "o-", label=device)
    sizes = sorted({speed.batch_size for speed in report.speeds})
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set_ylim(bottom=0)
    axes.set_title("network alone, frames a second")
    axes.set_xlabel("batch size")
    axes.grid(alpha=0.3)
    axes.legend(title="device")
