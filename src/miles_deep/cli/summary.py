"""What the film contains: a line a label, and what to type next."""

from collections.abc import Sequence
from fractions import Fraction

import click

from miles_deep.classify import Scores
from miles_deep.cli.commands import COMMANDS
from miles_deep.cli.options import Options
from miles_deep.cli.printing import how_watched, print_json, segment_record
from miles_deep.cli.text import bar, counted, one_line, shown, width
from miles_deep.cli.watch import Watched, watch
from miles_deep.model import Model
from miles_deep.timecode import clock
from miles_deep.timeline import Segment, find_all
from miles_deep.video import probe

MAX_BAR = 72


def summary(options: Options) -> None:
    """Watch the film and print what it contains; write nothing."""
    model, video = options.load(), probe(options.movie)
    rules = options.ruling(model)
    watched = watch(options, video, model)
    segments = find_all(watched.scores, rules)
    if options.as_json:
        print_json(_record(watched, segments))
        return
    _print_head(watched)
    _print_table(watched.scores, segments)
    _print_next(options, model, segments)


def _record(watched: Watched, segments: Sequence[Segment]) -> dict[str, object]:
    found = {label: [s for s in segments if s.label == label] for label in watched.scores.labels}
    return {
        "movie": shown(watched.video.path),
        "duration": float(watched.scores.duration),
        "seconds": len(watched.scores),
        "looked": int(watched.scores.looked.sum()),
        "labels": [
            {
                "label": label,
                "seconds": float(sum(s.span.length for s in of_label)),
                "segments": [segment_record(s) for s in of_label],
            }
            for label, of_label in found.items()
        ],
        "notes": watched.scores.notes,
    }


def _print_head(watched: Watched) -> None:
    video, scores = watched.video, watched.scores
    codec = video.streams[video.picture].codec
    rate = f"{float(video.frame_rate):.5g} fps, " if video.frame_rate else ""
    click.echo(
        f"{shown(video.path)}: {clock(scores.duration)}, {video.width}x{video.height} {codec}, {rate}",
        nl=False,
    )
    click.echo(how_watched(watched))


def _print_table(scores: Scores, segments: Sequence[Segment]) -> None:
    found = {label: one_line(label) for label in scores.labels if any(s.label == label for s in segments)}
    name_width = max([5, *map(len, found.values())])
    cells = max(10, min(MAX_BAR, width() - name_width - 24))
    end = clock(scores.duration)
    begin = clock(0) if cells > len(clock(0) + end) else ""
    click.echo(f"\n{'label':<{name_width}}  seconds  segments  {begin}{end:>{cells - len(begin)}}")
    for label, name in found.items():
        of_label = [s for s in segments if s.label == label]
        seconds = float(sum(s.span.length for s in of_label))
        drawn = bar(_covered(of_label, scores.duration, cells))
        click.echo(f"{name:<{name_width}}  {seconds:7.0f}  {len(of_label):8}  {drawn}".rstrip())
    if missing := len(scores.labels) - len(found):
        click.echo(f"({counted(missing, 'label')} without a segment)")


def _covered(segments: Sequence[Segment], duration: Fraction, cells: int) -> list[float]:
    """How much of each of so many equal parts of the film lies in segments, 0…1."""
    part = duration / cells
    return [
        float(
            sum(max(Fraction(0), min(s.span.end, (k + 1) * part) - max(s.span.start, k * part)) for s in segments)
            / part
        )
        for k in range(cells)
    ]


def _print_next(options: Options, model: Model, segments: Sequence[Segment]) -> None:
    again = f"miles-deep {_typed(options)}"
    found = one_line(next((s.label for s in segments if s.label not in model.background), model.labels[-1]))
    lines = [(f"{again} -t {_quoted(found)}", f"keep only {found}"), (f"{again} -a", "write tags")]
    if model.background:
        lines.insert(0, (f"{again} -x", one_line(f"keep all but {', '.join(model.background)}")))
    longest = max(len(command) for command, _ in lines)
    click.echo("\nnext:")
    for command, meaning in lines:
        click.echo(f"  {command:<{longest}}   {meaning}")


def _typed(options: Options) -> str:
    """The movie, and the flags without which the next command would see other things in it."""
    flags = {
        "--model": (options.model, None),
        "-p": (options.prototxt, None),
        "-w": (options.weights, None),
        "-m": (options.mean, None),
        "-l": (options.labels, None),
        "-u": (options.min_cut, None),
        "-g": (options.max_gap, None),
        "-s": (options.min_score, None),
        "-v": (options.min_coverage, None),
        "--rules": (options.rules, None),
        "--smooth": (options.smooth, None),
        "--sampling": (options.sampling, "exact"),
        "--effort": (options.effort, None),
    }
    given = [
        f"{flag} {_quoted(one_line(str(value)))}" for flag, (value, default) in flags.items() if value != default
    ]
    movie = shown(options.movie)
    movie = f"./{movie}" if movie.startswith("-") or movie in COMMANDS else movie
    return " ".join([_quoted(movie), *given, *["--classic"] * options.classic])


def _quoted(text: str) -> str:
    plain = text.replace("_", "").replace("-", "").replace(".", "").replace("/", "")
    return text if plain.isalnum() and not text.startswith("-") else "'" + text.replace("'", "'\\''") + "'"
