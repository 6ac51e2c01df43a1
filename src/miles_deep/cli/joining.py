"""`cut --join`: one film of several, each cut down to what was asked for."""

from collections.abc import Sequence
from pathlib import Path

import click

from miles_deep.cli.chosen import Asked, Chosen, asked_of, chosen_of, chosen_record, named, print_chosen
from miles_deep.cli.options import Options
from miles_deep.cli.printing import film_record, plan_record, print_film, print_json, print_plan
from miles_deep.cli.progress import progress_bar
from miles_deep.cli.text import one_line, shown
from miles_deep.cli.watch import notes
from miles_deep.edit import EditResult, Take, plan_cut
from miles_deep.edit.output import may_replace
from miles_deep.edit.target import output_suffix
from miles_deep.files import check_writable
from miles_deep.machine import return_memory
from miles_deep.timecode import Span
from miles_deep.video import Video
from miles_deep.workflow import join


def join_films(options: Options) -> None:
    """Watch the films, find the segments of the targets, and write what is kept of all of them as one film.

    A film of which nothing is kept is left out.
    """
    model, videos = options.load(), [options.probe(movie) for movie in options.movies]
    asked = asked_of(options, model, videos)
    output = output_of(options, videos[0])
    if not options.dry_run:
        check_writable(output, options.force)
        for video in videos:
            may_replace(output, video, options.force, replace=False)
    # Whether they go together is found out before hours of watching.
    plan_cut([Take(video, [Span(0, video.duration or 1)]) for video in videos], options.how, output)
    films = [chosen_of(options, asked, model, video) for video in videos]
    kept = [film for film in films if film.kept]
    record: dict[str, object] = {"movies": [_record(film) for film in films]}
    if options.dry_run:
        _plan(options, asked, films, output, record)
        return
    del model  # encoders need the memory that its network takes
    return_memory()
    result = _write(options, kept, output) if kept else None
    if options.as_json:
        print_json({**record, "outputs": [film_record(result)] if result else []})
        return
    _print(options, asked, films)
    if result:
        print_film(result)


def output_of(options: Options, video: Video) -> Path:
    """`movie.join.mp4`, by the name of the first movie, beside it or in the output folder."""
    return (options.output or video.path.parent) / f"{video.path.stem}.join{output_suffix(video)}"


def _plan(
    options: Options, asked: Asked, films: Sequence[Chosen], output: Path, record: dict[str, object]
) -> None:
    kept = [film for film in films if film.kept]
    plan, told = plan_cut([film.take for film in kept], options.how, output) if kept else (None, [])
    paths = [film.video.path for film in kept]
    notes(told, output)
    if options.as_json:
        print_json({**record, **plan_record(plan, options.how, paths)})
        return
    _print(options, asked, films)
    if plan is not None:
        print_plan(plan, paths)


def _write(options: Options, films: Sequence[Chosen], output: Path) -> EditResult:
    with progress_bar("joining") as report:
        result = join(
            [film.take for film in films],
            output,
            options.how,
            verify=options.verify,
            force=options.force,
            temporary=options.temporary,
            progress=report,
        )
    notes(result.notes, result.path)
    return result


def _record(film: Chosen) -> dict[str, object]:
    kept = [[float(span.start), float(span.end)] for span in film.kept]
    return {"movie": shown(film.video.path), **chosen_record(film), "kept": kept}


def _print(options: Options, asked: Asked, films: Sequence[Chosen]) -> None:
    """The segments of every film under its name."""
    for film in films:
        click.echo(f"{shown(film.video.path)}:")
        if film.kept and not film.found:
            click.echo(one_line(f"no segment of {', '.join(named(asked))} found; it is kept whole"))
        elif film.kept:
            print_chosen(options, asked, film)
        else:
            left = "left" if options.reduces else "found"
            click.echo(one_line(f"no segment of {', '.join(named(asked))} {left}; it is left out"))
    if not any(film.kept for film in films):
        click.echo("nothing of the films is left; nothing written")
