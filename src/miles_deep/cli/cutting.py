"""-t, -x and --drop: cut the film down to what was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from miles_deep.cli.options import Options
from miles_deep.cli.printing import (
    film_record,
    plan_record,
    print_film,
    print_json,
    print_plan,
    print_segments,
    segment_record,
)
from miles_deep.cli.progress import progress_bar
from miles_deep.cli.text import shown
from miles_deep.cli.watch import notes, watch
from miles_deep.edit import EditPlan, EditResult, plan_cut
from miles_deep.edit.target import output_suffix
from miles_deep.files import check_writable
from miles_deep.timecode import Span
from miles_deep.timeline import Segment
from miles_deep.video import Video, probe
from miles_deep.workflow import edit, edit_clips

NOTHING_LEFT = "nothing of the film is left; nothing written"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    segments: Sequence[Segment]
    films: Sequence[EditResult] = ()


def cut_film(options: Options) -> None:
    """Watch the film, find the segments of the targets, and write what is kept as a film, or as one film each."""
    model = options.load()
    video = probe(options.movie.resolve() if options.replace else options.movie)
    choice = options.asked(model)
    output = output_of(options, video)
    if not options.dry_run:
        check_writable(output, options.force or output == video.path, folder=options.clips)
    selection = options.choose(choice, watch(options, video, model), model)
    # Where nothing is to be taken away the cut would be the film once more.
    kept = selection.kept if selection.segments else ()
    if options.dry_run:
        plan, told = plan_cut(video, kept, options.how) if kept else (None, [])
        notes(tuple(told), video)
        _print_plan(options, choice.named, selection.segments, plan)
        return
    outcome = Outcome(selection.segments, _write(options, video, kept, output) if kept else ())
    _print(options, video, choice.named, outcome)


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
                options.how,
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
                    options.how,
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
        segments = [segment_record(segment) for segment in outcome.segments]
        outputs = [film_record(film) for film in outcome.films]
        print_json({"movie": shown(video.path), "segments": segments, "outputs": outputs})
        return
    print_segments(outcome.segments, targets, options.reduces)
    if outcome.segments and not outcome.films:
        click.echo(NOTHING_LEFT)
    for film in outcome.films:
        print_film(film)


def _print_plan(
    options: Options, targets: Sequence[str], segments: Sequence[Segment], plan: EditPlan | None
) -> None:
    if options.as_json:
        planned = plan_record(plan) if plan is not None else {"mode": options.how, "pieces": []}
        print_json({"segments": [segment_record(s) for s in segments], **planned})
        return
    print_segments(segments, targets, options.reduces)
    if plan is not None:
        print_plan(plan)
    elif segments:
        click.echo(NOTHING_LEFT)
