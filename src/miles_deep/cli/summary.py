"""What the film contains: a line a label, and what to type next."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import chain

import click

from miles_deep.cli.choosing import background_of
from miles_deep.cli.commands import COMMANDS
from miles_deep.cli.options import Options
from miles_deep.cli.printing import how_watched, print_json, segment_record
from miles_deep.cli.text import bar, clipped, counted, one_line, shown, width
from miles_deep.cli.watch import Watched, models_record, watch
from miles_deep.model.card import OF_LABEL
from miles_deep.model.ensemble import Classifier, Groups, members_of
from miles_deep.model.naming import short_names, spoken_name
from miles_deep.timecode import clock
from miles_deep.timeline import Segment, find_all

Found = dict[str, list[Segment]]
"""Labels or groups, all of them, to their segments in order."""

MAX_BAR = 72

MOST_ROWS = 20
"""Of a table; where more was found, what has most seconds is shown."""

LONGEST = 40
"""Letters of a name in the table."""


def summary(options: Options) -> None:
    """Watch the film and print what it contains, groups first; write nothing."""
    model, video = options.load(), options.probe()
    rules = options.ruling(model)
    watched = watch(options, video, model)
    segments = _by_name(model.labels, find_all(watched.scores, rules))
    groups = tuple(model.groups)
    of_groups = _by_name(groups, find_all(watched.scores, rules, groups) if groups else ())
    if options.as_json:
        print_json(_record(watched, model, of_groups, segments))
        return
    _print_head(watched)
    if not options.rules and not options.classic and model.rules:
        click.echo(one_line(f"{_rules_of(model)}; -s, -g, -u and others say otherwise"))
    _print_tables(watched.scores.duration, of_groups, segments, model.groups)
    _print_next(options, model, of_groups, segments, watched.scores.duration)


def _rules_of(model: Classifier) -> str:
    """Whose rules segments are found by; of several models, which each has."""
    members = members_of(model)
    if len(members) == 1:
        return f"by the rules that come with {model.card.name}"
    told = []
    for member in members:
        # What is about all labels, such as smoothing, holds where all models have it alike.
        own = [f"{k} {v}" for k, v in member.rules.items() if k in OF_LABEL or model.rules.get(k) == v]
        told.append(f"{member.card.name}: {', '.join(own) or 'the usual rules'}")
    return "; ".join(told)


def _by_name(names: Sequence[str], segments: Sequence[Segment]) -> Found:
    found: Found = {name: [] for name in names}
    for segment in segments:
        found[segment.label].append(segment)
    return found


def _record(watched: Watched, model: Classifier, of_groups: Found, segments: Found) -> dict[str, object]:
    def records(kind: str, found: Found) -> list[dict[str, object]]:
        return [
            {kind: name, "seconds": _seconds(of_name), "segments": [segment_record(s) for s in of_name]}
            for name, of_name in found.items()
        ]

    return {
        "movie": shown(watched.video.path),
        "duration": float(watched.scores.duration),
        "seconds": len(watched.scores),
        "looked": int(watched.scores.looked.sum()),
        **models_record(model),
        **({"groups": records("group", of_groups)} if of_groups else {}),
        "labels": records("label", segments),
        "notes": watched.scores.notes,
    }


def _seconds(segments: Sequence[Segment]) -> float:
    return float(sum(segment.span.length for segment in segments))


def _print_head(watched: Watched) -> None:
    video, scores = watched.video, watched.scores
    codec = video.streams[video.picture].codec
    rate = f"{float(video.frame_rate):.5g} fps, " if video.frame_rate else ""
    click.echo(
        f"{shown(video.path)}: {clock(scores.duration)}, {video.width}x{video.height} {codec}, {rate}",
        nl=False,
    )
    click.echo(how_watched(watched))


def _print_tables(duration: Fraction, of_groups: Found, segments: Found, groups: Groups) -> None:
    of_groups = _telling(of_groups, groups)
    tables = {"group": _most(of_groups), "label": _most(segments)}
    short = {name: clipped(said, LONGEST) for name, said in short_names(chain(*tables.values())).items()}
    name_width = max([5, *map(len, short.values())])
    for title, rows in tables.items():
        if rows or title == "label":
            _print_table(title, [(short[name], found) for name, found in rows.items()], name_width, duration)
        if title == "group" and (hidden := sum(map(bool, of_groups.values())) - len(rows)):
            click.echo(f"({counted(hidden, 'more group')} with segments; --json has all)")
    found = sum(map(bool, segments.values()))
    if found > len(tables["label"]):
        more, without = counted(found - len(tables["label"]), "more label"), len(segments) - found
        click.echo(f"({more} with segments, {without} without; --json has all)")
    elif missing := len(segments) - found:
        click.echo(f"({counted(missing, 'label')} without a segment)")


def _telling(found: Found, groups: Groups) -> Found:
    """The groups with segments, but for those that a smaller one inside them explains: dogs, and not canines."""
    rows = {name: segments for name, segments in found.items() if segments}
    spans = {name: [segment.span for segment in segments] for name, segments in rows.items()}
    return {
        name: segments
        for name, segments in rows.items()
        if not any(set(groups[other]) < set(groups[name]) and spans[other] == spans[name] for other in rows)
    }


def _most(found: Found) -> Found:
    """Those with segments, as far as there is room for them: with most seconds, then."""
    rows = {name: segments for name, segments in found.items() if segments}
    if len(rows) <= MOST_ROWS:
        return rows
    return dict(sorted(rows.items(), key=lambda row: -_seconds(row[1]))[:MOST_ROWS])


def _print_table(
    title: str, rows: Sequence[tuple[str, Sequence[Segment]]], name_width: int, duration: Fraction
) -> None:
    cells = max(10, min(MAX_BAR, width() - name_width - 24))
    end = clock(duration)
    begin = clock(0) if cells > len(clock(0) + end) else ""
    click.echo(f"\n{title:<{name_width}}  seconds  segments  {begin}{end:>{cells - len(begin)}}")
    for name, segments in rows:
        drawn = bar(_covered(segments, duration, cells))
        row = f"{name:<{name_width}}  {_seconds(segments):7.0f}  {len(segments):8}  {drawn}"
        click.echo(row.rstrip())


def _covered(segments: Sequence[Segment], duration: Fraction, cells: int) -> list[float]:
    """How much of each of so many equal parts of the film lies in segments, 0…1."""
    # In floats: a bar is no finer than an eighth of a letter.
    part, spans = float(duration / cells), [(float(s.span.start), float(s.span.end)) for s in segments]
    return [
        sum(max(0.0, min(end, (k + 1) * part) - max(start, k * part)) for start, end in spans) / part
        for k in range(cells)
    ]


def _print_next(
    options: Options, model: Classifier, of_groups: Found, segments: Found, duration: Fraction
) -> None:
    again = f"miles-deep {_typed(options)}"
    found = one_line(_worth_keeping(model, of_groups, segments, duration))
    lines = [(f"{again} -t {_quoted(found)}", f"keep only {found}"), (f"{again} -a", "write tags")]
    if model.background:
        lines.insert(0, (f"{again} -x", one_line(f"keep all but {background_of(model)}")))
    longest = max(len(command) for command, _ in lines)
    click.echo("\nnext:")
    for command, meaning in lines:
        click.echo(f"  {command:<{longest}}   {meaning}")


def _worth_keeping(model: Classifier, of_groups: Found, segments: Found, duration: Fraction) -> str:
    """The group that was found most, but not all over the film; or else the label that was found first.

    Background only where nothing else was.
    """
    nothing = set(model.background)
    groups = [name for name, found in of_groups.items() if found and not set(model.groups[name]) <= nothing]
    if groups:
        # What is in half of the film and more is seldom what somebody looks for.
        half = duration / 2
        return max(groups, key=lambda name: (_seconds(of_groups[name]) < half, _seconds(of_groups[name])))
    in_order = sorted(
        (found[0].span, label) for label, found in segments.items() if found and label not in nothing
    )
    label = in_order[0][1] if in_order else model.labels[-1]
    return spoken_name(label, model.labels)


def _typed(options: Options) -> str:
    """The movie, and the flags without which the next command would see other things in it."""
    flags = {
        "--groups": (options.groups, None),
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
        "--method": (options.method, None),
        "--sampling": (options.sampling, "exact"),
        "--effort": (options.effort, None),
    }
    given = [f"--model {_quoted(one_line(name))}" for name in options.model]
    given += [
        f"{flag} {_quoted(one_line(str(value)))}" for flag, (value, default) in flags.items() if value != default
    ]
    movie = shown(options.movie)
    movie = f"./{movie}" if movie.startswith("-") or movie in COMMANDS else movie
    return " ".join([_quoted(movie), *given, *["--classic"] * options.classic])


def _quoted(text: str) -> str:
    plain = text.replace("_", "").replace("-", "").replace(".", "").replace("/", "")
    return text if plain.isalnum() and not text.startswith("-") else "'" + text.replace("'", "'\\''") + "'"
