"""-t and -x: cut the film down to what was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from miles_deep.cli.options import Options, to_json
from miles_deep.cli.progress import progress_bar
from miles_deep.cli.summary import segment_record
from miles_deep.cli.text import counted, shown
from miles_deep.cli.watch import notes, watch
from miles_deep.edit import EditPlan, EditResult, plan_cut
from miles_deep.edit.target import output_suffix
from miles_deep.files import check_writable
from miles_deep.timecode import Span, clock
from miles_deep.timeline import Segment, find_segments
from miles_deep.video import Video, probe
from miles_deep.workflow import edit, edit_clips


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    segments: Sequence[Segment]
    results: Sequence[EditResult] = ()


def cut(options: Options) -> None:
    """Watch the film, find the segments of the targets, and write them as a film, or as one film each."""
    rule, model = options.rule(), options.load()
    video = probe(options.movie.resolve() if options.replace else options.movie)
    targets = options.chosen(model)
    output = output_of(options, video)
    if not options.dry_run:
        check_writable(output, options.force or output == video.path, folder=options.clips)
    watched = watch(options, video, model)
    segments = find_segments(watched.scores, targets, rule)
    spans = [segment.span for segment in segments]
    if options.dry_run:
        plan, told = plan_cut(video, spans, options.mode) if segments else (None, [])
        notes(tuple(told), video)
        _print_plan(options, targets, segments, plan)
        return
    outcome = Outcome(segments, _write(options, video, spans, output) if segments else ())
    _print(options, video, targets, outcome)


def output_of(options: Options, video: Video) -> Path:
    """`movie.cut.mp4`, or `movie.cut` for clips, in the output folder; the movie itself to replace it."""
    if options.replace:
        return video.path.with_suffix(output_suffix(video))
    suffix = "" if options.clips else output_suffix(video)
    return (options.output or video.path.parent) / f"{video.path.stem}.cut{suffix}"


def _write(options: Options, video: Video, spans: Sequence[Span], output: Path) -> list[EditResult]:
    with progress_bar("cutting") as report:
        if options.clips:
            results = edit_clips(
                video,
                spans,
                output,
                options.mode,
                force=options.force,
                temporary=options.temporary,
                progress=report,
            )
        else:
            results = [
                edit(
                    video,
                    spans,
                    output,
                    options.mode,
                    force=options.force,
                    replace=options.replace,
                    temporary=options.temporary,
                    progress=report,
                )
            ]
    notes(tuple(dict.fromkeys(note for result in results for note in result.notes)), video)
    return results


def _print(options: Options, video: Video, targets: Sequence[str], outcome: Outcome) -> None:
    if options.as_json:
        click.echo(to_json(_record(video, outcome)))
        return
    _print_segments(outcome.segments, targets)
    for result in outcome.results:
        spans = counted(len(result.spans), "span")
        made = f"{clock(result.duration)}, {result.frames} frames, {spans} ({result.mode})"
        click.echo(f"wrote {shown(result.path)}: {made}")
        for span in result.spans if result.mode == "copy" else ():
            click.echo(f"  came out as {span}")


def _print_plan(
    options: Options, targets: Sequence[str], segments: Sequence[Segment], plan: EditPlan | None
) -> None:
    pieces = plan.pieces if plan is not None else ()
    if options.as_json:
        records = [_piece(piece.span, piece.frames, piece.reason) for piece in pieces]
        click.echo(
            to_json(
                {
                    "segments": [segment_record(s) for s in segments],
                    "mode": plan.mode if plan else options.mode,
                    "pieces": records,
                }
            )
        )
        return
    _print_segments(segments, targets)
    if plan is not None:
        click.echo(f"would write {clock(plan.length)} ({plan.mode}):")
    for piece in pieces:
        click.echo(f"  {piece.span}  {piece.frames} frames, {piece.reason}")


def _print_segments(segments: Sequence[Segment], targets: Sequence[str]) -> None:
    for segment in segments:
        times = f"{segment.span!s:<24} score {segment.score:.2f}  coverage {segment.coverage:.2f}"
        click.echo(f"{times}  {segment.label}")
    if not segments:
        click.echo(f"no segment of {', '.join(targets)} found; nothing written")


def _piece(span: Span, frames: int, reason: str) -> dict[str, object]:
    return {"start": float(span.start), "end": float(span.end), "frames": frames, "reason": reason}


def _record(video: Video, outcome: Outcome) -> dict[str, object]:
    return {
        "movie": shown(video.path),
        "segments": [segment_record(segment) for segment in outcome.segments],
        "outputs": [
            {
                "path": shown(result.path),
                "duration": float(result.duration),
                "frames": result.frames,
                "mode": result.mode,
                "spans": [[float(span.start), float(span.end)] for span in result.spans],
                "notes": result.notes,
            }
            for result in outcome.results
        ],
    }
