"""A picture of an evaluation: what was taken for what, segments found and missed, edges."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from miles_deep.model.naming import short_names
from miles_deep.report.canvas import FAINT, INK, PALE, check_suffix, new_figure, save, steady_settings
from miles_deep.report.palette import KEPT, colours
from miles_deep.report.wording import shortened
from miles_deep.timeline.tuning.evaluation import IOUS, Evaluation, LabelResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEAD, ROW = 16.0, 1.5, 0.5
"""Inches: of the picture, of what is above and below its rows, and of a row."""
MOST = 24
"""Labels that are shown: those with most seconds of the truth."""
MOST_NUMBERS = 14
"""Rows and columns of the confusion that there is room for numbers in."""
NAME = 22
"""Columns of letters in a label."""
MEASURES = {"precision": 0.3, "recall": 0.55, "F1": 1.0}
"""How strongly each is coloured."""
ALL = "all labels"


def draw(
    evaluation: Evaluation,
    path: Path,
    *,
    labels: Sequence[str] = (),
    background: Sequence[str] = (),
    force: bool = False,
) -> None:
    """Write a picture of an evaluation.

    Args:
        evaluation: of one film, or the sum of several.
        path: the file, `.png` or `.svg`.
        labels: all labels of the model, in its order, which colours go by; those of the evaluation where none are.
        background: the model's background labels.
        force: replace the file where it is there already.

    Raises:
        OptionError: another kind of file was asked for.
        OutputError: it cannot be written, or is there already; no partial file stays.
    """
    check_suffix(path)
    shown = _shown(evaluation)
    names = [evaluation.labels[place] for place in shown]
    painted = colours(names, labels or evaluation.labels, background) | {ALL: KEPT}
    with steady_settings():
        figure = new_figure(WIDTH, max(3.4, HEAD + ROW * (len(shown) + 1)))
        figure.set_layout_engine("constrained", w_pad=0.12)
        confusion, *rates, edges = figure.subplots(1, 2 + len(IOUS), width_ratios=(1.5, *[1] * len(IOUS), 0.8))
        figure.suptitle(_title(evaluation, len(shown)), x=0.01, ha="left", fontweight="bold", fontsize=12)
        _confusion(confusion, evaluation, shown)
        results = [*(evaluation.results[place] for place in shown), _together(evaluation)]
        for axes, least in zip(rates, IOUS, strict=True):
            _rates(axes, results, least, painted)
        _edges(edges, results, painted)
        _names(rates[0], results)
        for axes in (*rates[1:], edges):
            axes.set_yticks([])
        save(figure, path, force)


def _shown(evaluation: Evaluation) -> list[int]:
    """Numbers of the labels that are shown, in the model's order."""
    by_seconds = sorted(range(len(evaluation.labels)), key=lambda place: -sum(evaluation.found[place]))
    return sorted(by_seconds[:MOST])


def _title(evaluation: Evaluation, shown: int) -> str:
    right = f"{evaluation.accuracy:.1%} of them labelled right" if evaluation.accuracy is not None else "none"
    films = "1 film" if evaluation.films == 1 else f"{evaluation.films} films"
    title = f"{films}, {evaluation.seconds} seconds: {right}"
    return title + (f" ({shown} of {len(evaluation.labels)} labels)" if shown < len(evaluation.labels) else "")


def _together(evaluation: Evaluation) -> LabelResult:
    """All labels, as if they were one."""
    return LabelResult(ALL, {least: evaluation.micro(least) for least in IOUS}, evaluation.edges)


def _confusion(axes: "Axes", evaluation: Evaluation, shown: Sequence[int]) -> None:
    """A heat map of what was found in the seconds of each label of the truth; a row's colours add up to 1."""
    places = [*shown, len(evaluation.labels)]
    seconds = np.array(evaluation.found)[np.ix_(places, places)]
    parts = seconds / np.maximum(1, np.array(evaluation.found).sum(axis=1)[places, None])
    axes.imshow(parts, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    called = short_names(evaluation.labels)
    every = [*(called[label] for label in evaluation.labels), evaluation.rest]
    names = [shortened(every[place], NAME) for place in places]
    size = 9 if len(places) <= MOST_NUMBERS else 6
    axes.set_xticks(range(len(places)), names, rotation=40, ha="right", rotation_mode="anchor", fontsize=size)
    axes.set_yticks(range(len(places)), names, fontsize=size)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.set_xlabel("found", color=FAINT)
    axes.set_ylabel("truth", color=FAINT)
    axes.set_title("seconds", loc="left", fontsize=10, pad=22)
    if len(places) <= MOST_NUMBERS:
        for (row, column), number in np.ndenumerate(seconds):
            if number:
                ink = "white" if parts[row, column] > 0.55 else INK
                axes.text(column, row, str(number), ha="center", va="center", color=ink, fontsize=8)


def _rates(axes: "Axes", results: Sequence[LabelResult], least: float, painted: dict[str, str]) -> None:
    for number, (measure, strength) in enumerate(MEASURES.items()):
        for row, result in enumerate(results):
            agreement = result.at[least]
            value = (agreement.precision, agreement.recall, agreement.f1)[number]
            place = row + (number - 1) * 0.26
            if value is None:
                axes.text(0.01, place, "-", va="center", color=FAINT, fontsize=8)
                continue
            axes.barh(place, value, 0.24, color=painted[result.label], alpha=strength, linewidth=0)
            axes.text(value + 0.01, place, f"{value:.2f}", va="center", color=INK, fontsize=7)
        axes.barh(0, 0, color=INK, alpha=strength, label=measure)
    _plain(axes, len(results))
    axes.set_xlim(0, 1.12)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_title(f"segments, IoU {least:g}", loc="left", fontsize=10, pad=22)
    _legend(axes)


def _edges(axes: "Axes", results: Sequence[LabelResult], painted: dict[str, str]) -> None:
    longest = max(
        (error for r in results for error in (r.edges.start, r.edges.end) if error is not None), default=0
    )
    for number, (end, strength) in enumerate({"starts": 1.0, "ends": 0.55}.items()):
        for row, result in enumerate(results):
            error = (result.edges.start, result.edges.end)[number]
            place = row + (number - 0.5) * 0.38
            if error is None:
                axes.text(0, place, " -", va="center", color=FAINT, fontsize=8)
                continue
            axes.barh(place, error, 0.34, color=painted[result.label], alpha=strength, linewidth=0)
            axes.text(error, place, f" {error:.2f}", va="center", color=INK, fontsize=7)
        axes.barh(0, 0, color=INK, alpha=strength, label=end)
    _plain(axes, len(results))
    axes.set_xlim(0, (longest or 1) * 1.2)
    axes.set_title("mean edge error, s", loc="left", fontsize=10, pad=22)
    _legend(axes)


def _legend(axes: "Axes") -> None:
    """Between the title and the rows."""
    legend = axes.legend(ncols=3, frameon=False, fontsize=8, handlelength=1, borderaxespad=0.3, borderpad=0.2)
    legend.set_loc("lower left")
    legend.set_bbox_to_anchor((0, 1), axes.transAxes)


def _plain(axes: "Axes", rows: int) -> None:
    for row in range(0, rows, 2):
        axes.axhspan(row - 0.5, row + 0.5, color=PALE, linewidth=0, zorder=0)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)


def _names(axes: "Axes", results: Sequence[LabelResult]) -> None:
    names = short_names(result.label for result in results)
    axes.set_yticks(range(len(results)), [shortened(names[result.label], NAME) for result in results])
