"""`miles-deep tune`: find the rules that find what is known to be in films."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from miles_deep.cli.examining import TRUTH, Examining, apart, in_table, percent, result_record
from miles_deep.cli.flags import BATCH_SIZE, CAFFE, FILE, FORCE, HELP, JSON, MODEL, MOVIES, RULE, WATCHING, flags
from miles_deep.cli.printing import print_json
from miles_deep.cli.text import counted, one_line, shown
from miles_deep.files import check_writable
from miles_deep.model.card import OF_LABEL
from miles_deep.timeline.rules import Rules
from miles_deep.timeline.rules_file import write_rules
from miles_deep.timeline.tuning.calibration import Calibration
from miles_deep.timeline.tuning.counts import IOU
from miles_deep.timeline.tuning.evaluation import LabelResult, mean_f1
from miles_deep.timeline.tuning.search import TRIED
from miles_deep.timeline.tuning.tune import Tuning

OUTPUT = Path("rules.toml")
"""What is written where nobody says."""


@click.command(context_settings=HELP)
@flags(MOVIES, TRUTH, FILE, RULE, BATCH_SIZE, WATCHING, MODEL, CAFFE, FORCE, JSON)
def tune(movies: tuple[Path, ...], output: Path | None, **given: Any) -> None:
    """Find the rules that find best what is known to be in MOVIES, and write them to a file for --rules.

    The file is rules.toml in this folder, or what -o says. --rules and other flags of a rule say where to start
    from; --smooth, of which kind the smoothing shall be; --method, by which method. What is printed as 'after' was
    measured on films that were left out when rules were tuned. Films that were watched before are not watched
    again.
    """
    how = Examining(**given, movie=movies[0], movies=movies)
    how.check_model()
    output = output or OUTPUT
    output = output / OUTPUT if output.is_dir() else output
    how.check_output("-o", output)
    model = how.load()
    start = how.ruling(model)
    truth, videos = how.known(model, labelled=True)
    check_writable(output, how.force)
    from miles_deep.timeline.tuning import tune as tuned

    named = how.smooth is not None and ":" in how.smooth
    smoothings = [start.smoothing] if named else [one for one in TRIED if how.smooth in (None, one.method)]
    tuning = tuned(truth, how.watched(model, videos), start, smoothings)
    written = output if tuning.rules.general.method != "classic" else None
    if written is not None:
        write_rules(tuning.rules, written, _comment(tuning, how), force=how.force)
    if how.as_json:
        print_json(_record(tuning, written))
        return
    _print(tuning, len(movies))
    kept = "no rules did better than the classic one, which has no file: nothing written"
    click.echo(f"rules: {shown(written)}" if written else kept)


def _print(tuning: Tuning, films: int) -> None:
    if tuning.by_film:
        judged = "after: on films left out of tuning, in turn"
    else:
        judged = (
            f"after: on {tuning.folds} parts of the film left out of tuning, in turn; more films would tell more"
        )
    click.echo(f"{counted(films, 'film')}. {judged}")
    names = in_table([result.label for result in tuning.before])
    wide = max(map(len, (*names, "mean")))
    head = f"F1 at IoU {IOU}: before  after   of seconds: before  after   edges off by: before   after"
    click.echo(f"{'':<{wide}}  segments   {head}")
    for name, before, after in zip(names, tuning.before, tuning.after, strict=True):
        f1 = f"{percent(before.at[IOU].f1):>26}{percent(after.at[IOU].f1):>7}"
        f1 += f"{percent(before.seconds.f1):>21}{percent(after.seconds.f1):>7}"
        edges = f"{apart(before.edges.mean) + ' s':>23}{apart(after.edges.mean) + ' s':>8}"
        click.echo(f"{name:<{wide}}{before.at[IOU].truth:>10}{f1}{edges}")
    f1 = f"{percent(mean_f1(tuning.before, IOU)):>26}{percent(mean_f1(tuning.after, IOU)):>7}"
    f1 += f"{percent(mean_f1(tuning.before, None)):>21}{percent(mean_f1(tuning.after, None)):>7}"
    click.echo(f"{'mean':<{wide}}{'':>10}{f1}")
    for line in (*_said(tuning), *tuning.notes):
        click.echo(one_line(line))


def _said(tuning: Tuning) -> Iterator[str]:
    """What was found, in words."""
    if isinstance(found := tuning.calibration, Calibration):
        errors = f"{percent(found.before)} % before, {percent(found.after)} % after"
        what = (
            f"temperature {found.temperature:g}"
            if tuning.rules.temperature == found.temperature
            else f"a temperature of {found.temperature:g} fits"
        )
        yield f"{what}: scores are off by {errors} (expected calibration error)"
    if changes := list(_changes(tuning.start, tuning.rules)):
        yield f"changed: {', '.join(changes)}"
    for label in dict.fromkeys((*tuning.start.labels, *tuning.rules.labels)):
        before, after = tuning.start, tuning.rules
        if before.labels.get(label) != after.labels.get(label) and before.of(label) != after.of(label):
            own = (f"{_words(key)} {value:g}" for key, value in tuning.rules.labels.get(label, {}).items())
            yield f"changed for {label}: {', '.join(own) or 'no rule of its own'}"


def _changes(start: Rules, rules: Rules) -> Iterator[str]:
    if start.general.method != rules.general.method:
        yield f"method {start.general.method} to {rules.general.method}"
    for key in OF_LABEL:
        before, after = getattr(start.general, key), getattr(rules.general, key)
        if before != after:
            yield f"{_words(key)} {before:g} to {after:g}"
    if start.smoothing != rules.smoothing:
        strength = {
            "none": "",
            "median": f" of {rules.smoothing.window} s",
            "viterbi": f" with switch cost {rules.smoothing.switch_cost:g} s",
        }
        yield f"smoothing {start.smoothing.method} to {rules.smoothing.method}{strength[rules.smoothing.method]}"
    if start.temperature != rules.temperature:
        yield f"temperature {start.temperature:g} to {rules.temperature:g}"


def _words(key: str) -> str:
    return key.replace("_", " ")


def _comment(tuning: Tuning, how: Examining) -> str:
    segments = sum(result.at[IOU].truth for result in tuning.before)
    left_out = "films" if tuning.by_film else "parts of the film"
    of_segments, of_seconds = (
        f"{percent(mean_f1(tuning.before, least))} before, {percent(mean_f1(tuning.after, least))} after"
        for least in (IOU, None)
    )
    return (
        f"Tuned on {counted(len(how.movies), 'film')} with {counted(segments, 'segment')} of {how.truth.name}.\n"
        f"Mean F1 at IoU {IOU}: {of_segments}; of seconds: {of_seconds}; on {left_out} left out of tuning."
    )


def _record(tuning: Tuning, written: Path | None) -> dict[str, object]:
    rules, found = tuning.rules, tuning.calibration

    def results(of_labels: tuple[LabelResult, ...]) -> dict[str, object]:
        f1 = {"mean_f1": mean_f1(of_labels, IOU), "mean_f1_of_seconds": mean_f1(of_labels, None)}
        return {**f1, "labels": [result_record(result) for result in of_labels]}

    return {
        "rules": {
            **{key: getattr(rules.general, key) for key in OF_LABEL},
            "method": rules.general.method,
            "smooth": rules.smoothing.method,
            "window": rules.smoothing.window,
            "switch_cost": rules.smoothing.switch_cost,
            "temperature": rules.temperature,
            "labels": {label: dict(own) for label, own in rules.labels.items()},
        },
        "changed": tuning.changed,
        "before": results(tuning.before),
        "after": results(tuning.after),
        "fitted": results(tuning.fitted),
        "calibration": asdict(found) if isinstance(found, Calibration) else None,
        "left_out": {"times": tuning.folds, "by": "film" if tuning.by_film else "part"},
        "notes": tuning.notes,
        "path": None if written is None else shown(written),
    }
