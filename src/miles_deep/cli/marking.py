"""`cut --mark`: write the segments into a copy of the film, as chapters."""

from collections.abc import Sequence
from pathlib import Path

import click

from miles_deep.cli.choosing import listed
from miles_deep.cli.options import Options
from miles_deep.cli.printing import film_record, print_json, print_segments, segment_record
from miles_deep.cli.progress import progress_bar
from miles_deep.cli.text import counted, shown
from miles_deep.cli.watch import notes, watch
from miles_deep.edit import EditResult
from miles_deep.edit.mark import place_of_marked
from miles_deep.edit.target import output_suffix
from miles_deep.files import check_writable
from miles_deep.timecode import clock
from miles_deep.timeline import Segment
from miles_deep.video import Video
from miles_deep.workflow import mark


def mark_film(options: Options) -> None:
    """Watch the film, find the segments of the targets, or of all labels, and write them as chapters."""
    model = options.load()
    video = options.probe(options.movie.resolve() if options.replace else options.movie)
    choice = options.asked(model)
    output = video.path
    if not options.replace:
        output = (options.output or video.path.parent) / f"{video.path.stem}.chapters{output_suffix(video)}"
    if not options.dry_run:
        check_writable(place_of_marked(video, output), options.force or output == video.path)
    watched = watch(options, video, model, [*filter(None, (choice.keep, choice.drop))], choice.rules)
    segments = options.choose(choice, watched, model).segments
    films = [] if options.dry_run or not segments else [_write(options, video, segments, output)]
    if options.as_json:
        record = {"movie": shown(video.path), "segments": [segment_record(s) for s in segments]}
        print_json({**record, "outputs": [film_record(film) for film in films]})
        return
    print_segments(segments, choice.named or listed(options.asked_groups(model) or model.labels), options.reduces)
    for film in films:
        marked = counted(len(segments), "segment")
        click.echo(f"wrote {shown(film.path)}: {clock(film.duration)} with {marked} as chapters")


def _write(options: Options, video: Video, segments: Sequence[Segment], output: Path) -> EditResult:
    with progress_bar("copying") as report:
        film = mark(
            video,
            segments,
            output,
            force=options.force,
            replace=options.replace,
            temporary=options.temporary,
            progress=report,
        )
    notes(film.notes, video.path)
    return film
