"""`miles-deep evaluate`: how well segments agree with what is known to be in films."""

from pathlib import Path
from typing import Any

import click

from miles_deep.cli.examining import TRUTH, Examining, apart, in_table, percent, result_record
from miles_deep.cli.flags import BATCH_SIZE, CAFFE, FORCE, HELP, JSON, MODEL, MOVIES, PNG, RULE, WATCHING, flags
from miles_deep.cli.printing import print_json
from miles_deep.cli.text import counted, shown
from miles_deep.files import check_writable
from miles_deep.model.ensemble import heads_of
from miles_deep.timeline.tuning.confusion import Confusion
from miles_deep.timeline.tuning.evaluation import IOUS, Agreement, EdgeErrors, Evaluation, LabelResult, mean_f1

ONE_WINS = "here labels compete, and one of them wins: --method each lets all count that reach their min score"
WIDEST = 12
"""Columns of a confusion matrix that a terminal has room for; of more, the most frequent mistakes are listed."""


@click.command(context_settings=HELP)
@flags(MOVIES, TRUTH, PNG, RULE, BATCH_SIZE, WATCHING, MODEL, CAFFE, FORCE, JSON)
def evaluate(movies: tuple[Path, ...], png: Path | None, **given: Any) -> None:
    """Hold the segments found in MOVIES against what is known to be in them.

    A segment is right when it shares at least half (IoU 0.5), or three quarters, of all that it and one of the
    truth cover. Edges are on whole seconds, as scores are, and not refined to the frame as in a cut. The truth may
    name labels and groups, of several models where several are given, and what it names may overlap. Where it
    says that there is nothing in the films, whatever is found is wrong. Films that were watched before are not
    watched again.
    """
    how = Examining(**given, movie=movies[0], movies=movies)
    how.check_model()
    if png is not None:
        how.check_output("--png", png)
    model = how.load()
    rules = how.ruling(model)
    truth, videos = how.known(model)
    if png is not None:
        from miles_deep.report.canvas import check_suffix

        check_suffix(png)
        check_writable(png, how.force)
    from miles_deep.timeline.tuning import evaluate as evaluated

    evaluation = evaluated(truth, how.watched(model, videos), rules)
    if png is not None:
        from miles_deep.report.evaluation_chart import draw

        draw(evaluation, png, labels=model.labels, background=model.background, force=how.force)
    if how.as_json:
        print_json(_record(evaluation))
    else:
        _print(evaluation)
        if evaluation.several and rules.general.competes and not heads_of(model):
            click.echo(f"in {counted(evaluation.several, 'second')} the truth has several labels; {ONE_WINS}")
        if png is not None:
            click.echo(f"picture: {shown(png)}")


def _print(evaluation: Evaluation) -> None:
    right = f"{percent(evaluation.accuracy)} % right, {percent(evaluation.winner_accuracy)} % before rules"
    films, seconds = counted(evaluation.films, "film"), counted(evaluation.seconds, "second")
    click.echo(f"{films}, {seconds}: {right}")
    names = [*in_table(evaluation.labels), "all", "mean of labels"]
    wide = max(map(len, names))
    for least in IOUS:
        click.echo()
        click.echo(f"{f'IoU {least}':<{wide}}  truth  found  right  precision  recall     F1  edges off by")
        for name, result in zip(names, evaluation.results, strict=False):
            click.echo(_line(name, wide, result.at[least], _edges(result.edges, least)))
        if len(evaluation.labels) > 1:
            click.echo(_line(names[-2], wide, evaluation.micro(least), _edges(evaluation.edges, least)))
            click.echo(f"{names[-1]:<{wide}}{percent(evaluation.macro_f1(least)):>47}")
    click.echo()
    click.echo(f"{'seconds':<{wide}}  truth  found  right  precision  recall     F1")
    for name, result in zip(names, evaluation.results, strict=False):
        click.echo(_line(name, wide, result.seconds, ""))
    if len(evaluation.labels) > 1:
        click.echo(_line(names[-2], wide, evaluation.of_seconds, ""))
        click.echo(f"{names[-1]:<{wide}}{percent(mean_f1(evaluation.results, None)):>47}")
    click.echo()
    _print_confusion(evaluation.found, [*names[:-2], *in_table([evaluation.rest])])


def _line(name: str, wide: int, agreement: Agreement, edges: str) -> str:
    counts = f"{agreement.truth:>7}{agreement.found:>7}{agreement.matched:>7}"
    rates = f"{percent(agreement.precision):>11}{percent(agreement.recall):>8}{percent(agreement.f1):>7}"
    return f"{name:<{wide}}{counts}{rates}  {edges}".rstrip()


def _edges(edges: EdgeErrors, least: float) -> str:
    return f"{apart(edges.start)} s, {apart(edges.end)} s" if least == IOUS[0] else ""


def _print_confusion(counts: Confusion, names: list[str]) -> None:
    if len(names) > WIDEST:
        mistakes = sorted(
            ((seconds, row, column) for row, line in enumerate(counts) for column, seconds in enumerate(line)),
            key=lambda mistake: -mistake[0],
        )
        click.echo("the most frequent mistakes, seconds:")
        for seconds, row, column in [one for one in mistakes if one[0] and one[1] != one[2]][:WIDEST]:
            click.echo(f"{seconds:>7}  {names[row]} taken for {names[column]}")
        return
    wide = max(map(len, names))
    cells = [
        max(len(name), len(str(max(column))), 5)
        for name, column in zip(names, zip(*counts, strict=True), strict=True)
    ]
    click.echo("seconds; a row is the truth, a column what was found")
    click.echo(" " * wide + "".join(f"  {name:>{cell}}" for name, cell in zip(names, cells, strict=True)))
    for name, line in zip(names, counts, strict=True):
        printed = "".join(f"  {seconds:>{cell}}" for seconds, cell in zip(line, cells, strict=True))
        click.echo(f"{name:<{wide}}{printed}")


def _record(evaluation: Evaluation) -> dict[str, object]:
    at = {least: evaluation.micro(least) for least in IOUS}
    together = LabelResult("all", at, evaluation.edges, evaluation.of_seconds)
    return {
        "films": evaluation.films,
        "seconds": evaluation.seconds,
        "seconds_with_several": evaluation.several,
        "accuracy": evaluation.accuracy,
        "winner_accuracy": evaluation.winner_accuracy,
        "mean_f1": {str(least): evaluation.macro_f1(least) for least in IOUS},
        "all": result_record(together),
        "labels": [result_record(result) for result in evaluation.results],
        "confusion": {
            "labels": [*evaluation.labels, evaluation.rest],
            "found": evaluation.found,
            "winners": evaluation.winners,
        },
    }
