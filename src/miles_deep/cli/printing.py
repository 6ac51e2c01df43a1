"""Segments, plans and films as lines of text, and as JSON."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click

from miles_deep.cli.text import counted, one_line, shown
from miles_deep.cli.watch import Watched
from miles_deep.edit import Copy, EditPlan, Encode, Mode, Piece
from miles_deep.model.naming import short_names
from miles_deep.timecode import clock
from miles_deep.timeline import Segment

if TYPE_CHECKING:
    from miles_deep.edit import EditResult


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


def plan_record(plan: EditPlan | None, mode: Mode, films: Sequence[Path] = ()) -> dict[str, object]:
    """A plan as JSON values; an empty one, of the mode asked for, where there is nothing to do.

    Args:
        plan: to tell of.
        mode: the one asked for.
        films: those it is of, where they are several.
    """
    if plan is None:
        return {"mode": mode, "duration": 0.0, "frames": 0, "copied_frames": 0, "pieces": []}
    return {
        "mode": plan.mode,
        "duration": float(plan.length),
        "frames": plan.frames,
        "copied_frames": plan.copied_frames,
        "pieces": [
            {**({"movie": shown(films[piece.film])} if films else {}), **piece_record(piece)}
            for piece in plan.pieces
        ],
    }


def piece_record(piece: Piece) -> dict[str, object]:
    """A piece of a plan as JSON values."""
    return {
        "start": float(piece.span.start),
        "end": float(piece.span.end),
        "output_start": float(piece.output_start),
        "frames": piece.frames,
        "blur": piece.blur,
        "muted": [[float(span.start), float(span.end)] for span in piece.muted],
        "speed": float(piece.speed),
        "parts": [part_record(part) for part in piece.parts],
    }


def part_record(part: Copy | Encode) -> dict[str, object]:
    """A part of a plan as JSON values."""
    return {
        "how": "copy" if isinstance(part, Copy) else "encode",
        "start": float(part.span.start),
        "end": float(part.span.end),
        "frames": part.frames,
        "reason": part.reason,
    }


def film_record(film: "EditResult") -> dict[str, object]:
    """A film that was written as JSON values."""
    return {
        "path": shown(film.path),
        "duration": float(film.duration),
        "frames": film.frames,
        "copied_frames": film.copied,
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


def segment_lines(segments: Sequence[Segment]) -> list[str]:
    """Of each, when, how sure, and what, in a word."""
    names = short_names(segment.label for segment in segments)
    return [
        f"{one.span!s:<24} score {one.score:.2f}  coverage {one.coverage:.2f}  {one_line(names[one.label])}"
        for one in segments
    ]


def print_segments(segments: Sequence[Segment], targets: Sequence[str], reduced: bool = False) -> None:
    """A line each; or that there is none of these targets, or none left after margins and drops."""
    for line in segment_lines(segments):
        click.echo(line)
    if not segments:
        names = ", ".join(dict.fromkeys(targets))
        click.echo(one_line(f"no segment of {names} {'left' if reduced else 'found'}; nothing written"))


def print_plan(plan: EditPlan, films: Sequence[Path] = ()) -> None:
    """What would be written, a line a part; under the names of the films it is of, where they are several."""
    click.echo(
        f"would write {clock(plan.length)}, {frames_of(plan.mode, plan.frames, plan.copied_frames)} ({plan.mode}):"
    )
    film = -1
    for piece in plan.pieces:
        if films and piece.film != film:
            film = piece.film
            click.echo(f"  of {shown(films[film])}:")
        for part in piece.parts:
            how = "copy" if isinstance(part, Copy) else "encode"
            click.echo(f"  {how:<7}{part.span!s:<24}{counted(part.frames, 'frame'):>13}, {part.reason}")
        for span in piece.muted:
            click.echo(f"  {'mute':<7}{span!s}")


def print_film(film: "EditResult") -> None:
    """A film that was written; of a copy, what came out of every span."""
    frames = frames_of(film.mode, film.frames, film.copied)
    # Where an effect begins or ends, one that was asked for comes out as two that touch.
    spans = 1 + sum(span.end != after.start for span, after in pairwise(film.spans))
    click.echo(
        f"wrote {shown(film.path)}: {clock(film.duration)}, {frames}, {counted(spans, 'span')} ({film.mode})"
    )
    for span in film.spans if film.mode == "copy" else ():
        click.echo(f"  came out as {span}")


def frames_of(mode: Mode, frames: int, copied: int) -> str:
    """How many frames, and, where some are copied and others are not, how many of them."""
    return f"copied {copied} of {counted(frames, 'frame')}" if mode == "smart" else counted(frames, "frame")
