"""-t, -x, --drop, --blur, --mute and --speed: cut the film down to what was asked for, and do that to it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from miles_deep.cli.chosen import Asked, Chosen, asked_of, chosen_of, chosen_record, print_chosen
from miles_deep.cli.options import Options
from miles_deep.cli.printing import film_record, plan_record, print_film, print_json, print_plan
from miles_deep.cli.progress import progress_bar
from miles_deep.cli.text import shown
from miles_deep.cli.watch import notes
from miles_deep.edit.target import output_suffix
from miles_deep.files import check_writable
from miles_deep.machine import return_memory
from miles_deep.video import Video
from miles_deep.workflow import edit, edit_clips

if TYPE_CHECKING:
    from miles_deep.edit import EditResult


def cut_film(options: Options) -> None:
    """Watch the film, find the segments of the targets, and write what is kept as a film, or as one film each."""
    model = options.load()
    video = options.probe(options.movie.resolve() if options.replace else options.movie)
    asked = asked_of(options, model, [video])
    output = output_of(options, video)
    if not options.dry_run:
        check_writable(output, options.force or output == video.path, folder=options.clips)
    chosen = chosen_of(options, asked, model, video)
    if options.dry_run:
        _plan(options, asked, chosen, output)
        return
    del model  # encoders need the memory that its network takes
    return_memory()
    films = _write(options, chosen, output) if chosen.found and chosen.kept else []
    if options.as_json:
        outputs = [film_record(film) for film in films]
        print_json({"movie": shown(video.path), **chosen_record(chosen), "outputs": outputs})
        return
    print_chosen(options, asked, chosen)
    for film in films:
        print_film(film)


def output_of(options: Options, video: Video) -> Path:
    """`movie.cut.mp4`, or `movie.cut` for clips, in the output folder; the movie itself to replace it."""
    if options.replace:
        return video.path.with_suffix(output_suffix(video))
    suffix = "" if options.clips else output_suffix(video)
    return (options.output or video.path.parent) / f"{video.path.stem}.cut{suffix}"


def _plan(options: Options, asked: Asked, chosen: Chosen, output: Path) -> None:
    from miles_deep.edit import plan_cut  # here, since it opens the film, and often nothing is found

    does = chosen.found and chosen.kept
    # Clips are planned as one film, whose container says what can be copied.
    film = output.with_name(output.name + output_suffix(chosen.video)) if options.clips else output
    plan, told = plan_cut([chosen.take], options.how, film) if does else (None, [])
    notes(told, chosen.video.path)
    if options.as_json:
        print_json({**chosen_record(chosen), **plan_record(plan, options.how)})
        return
    print_chosen(options, asked, chosen)
    if plan is not None:
        print_plan(plan)


def _write(options: Options, chosen: Chosen, output: Path) -> "Sequence[EditResult]":
    take = chosen.take
    with progress_bar("cutting") as report:
        if options.clips:
            results = edit_clips(
                take.video,
                take.spans,
                output,
                options.how,
                effects=take.effects,
                verify=options.verify,
                force=options.force,
                temporary=options.temporary,
                progress=report,
            )
        else:
            results = [
                edit(
                    take.video,
                    take.spans,
                    output,
                    options.how,
                    effects=take.effects,
                    verify=options.verify,
                    force=options.force,
                    replace=options.replace,
                    temporary=options.temporary,
                    progress=report,
                )
            ]
    notes(dict.fromkeys(note for result in results for note in result.notes), take.video.path)
    return results
