"""Segments, plans and films as lines of text, and as JSON."""

import json
from collections.abc import Sequence

import click

from miles_deep.cli.text import counted, one_line, shown
from miles_deep.cli.watch import Watched
from miles_deep.edit import EditPlan, EditResult
from miles_deep.timecode import clock
from miles_deep.timeline import Segment


def print_json(value: object) -> None:
    """Print readable JSON; exact seconds become floats, paths their text."""
    click.echo(to_json(value))


def to_json(value: object) -> str:
    """The same as a text. What a terminal would take for more than a letter is escaped, as JSON allows."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return "".join(char if char.isprintable() or char == "\n" else json.dumps(char).strip('"') for char in text)


def segment_record(segment: Segment) -> dict[str, object]:
    """A segment as JSON values."""
    return {
        "label": segment.label,
        "start": float(segment.span.start),
        "end": float(segment.span.end),
        "score": round(segment.score, 6),
        "coverage": round(segment.coverage, 6),
    }


def plan_record(plan: EditPlan) -> dict[str, object]:
    """A plan as JSON values."""
    pieces = [
        {
            "start": float(piece.span.start),
            "end": float(piece.span.end),
            "frames": piece.frames,
            "reason": piece.reason,
        }
        for piece in plan.pieces
    ]
    return {"mode": plan.mode, "pieces": pieces}


def film_record(film: EditResult) -> dict[str, object]:
    """A film that was written as JSON values."""
    return {
        "path": shown(film.path),
        "duration": float(film.duration),
        "frames": film.frames,
        "mode": film.mode,
        "spans": [[float(span.start), float(span.end)] for span in film.spans],
        "notes": film.notes,
    }


def how_watched(watched: Watched) -> str:
    """How many seconds, how many of them were looked at, and how fast."""
    scores = watched.scores
    seconds, looked = counted(len(scores), "second"), int(scores.looked.sum())
    if looked < len(scores):
        seconds += f" ({looked} looked at)"
    if not watched.fresh:
        return f"{seconds} watched before"
    return f"{seconds} watched in {watched.wall:.1f} s ({float(scores.duration) / watched.wall:.0f}x)"


def print_segments(segments: Sequence[Segment], targets: Sequence[str], reduced: bool = False) -> None:
    """A line each; or that there is none of these targets, or none left after margins and drops."""
    for segment in segments:
        times = f"{segment.span!s:<24} score {segment.score:.2f}  coverage {segment.coverage:.2f}"
        click.echo(f"{times}  {one_line(segment.label)}")
    if not segments:
        names = ", ".join(dict.fromkeys(targets))
        click.echo(one_line(f"no segment of {names} {'left' if reduced else 'found'}; nothing written"))


def print_plan(plan: EditPlan) -> None:
    """What would be written, a line a piece."""
    click.echo(f"would write {clock(plan.length)} ({plan.mode}):")
    for piece in plan.pieces:
        click.echo(f"  {piece.span}  {piece.frames} frames, {piece.reason}")


def print_film(film: EditResult) -> None:
    """A film that was written; of a copy, what came out of every span."""
    spans = counted(len(film.spans), "span")
    click.echo(f"wrote {shown(film.path)}: {clock(film.duration)}, {film.frames} frames, {spans} ({film.mode})")
    for span in film.spans if film.mode == "copy" else ():
        click.echo(f"  came out as {span}")
