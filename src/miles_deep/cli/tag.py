"""-a: write the segments of all labels as MOVIE.tag."""

import click

from miles_deep.cli.options import Options
from miles_deep.cli.printing import print_json, segment_record
from miles_deep.cli.text import counted, shown
from miles_deep.cli.watch import watch
from miles_deep.export import export
from miles_deep.files import check_writable
from miles_deep.timeline import find_all
from miles_deep.video import probe


def tag(options: Options) -> None:
    """Watch the film and write its tags; cut nothing."""
    rule, model, video = options.rule(), options.load(), probe(options.movie)
    path = (options.output or video.path.parent) / f"{video.path.stem}.tag"
    check_writable(path, options.force)
    watched = watch(options, video, model)
    segments = find_all(watched.scores, rule)
    length = watched.scores.duration
    export(segments, path, video=video, labels=model.labels, duration=length, format="tag", force=options.force)
    if options.as_json:
        print_json({"path": shown(path), "segments": [segment_record(s) for s in segments]})
        return
    labels = len({segment.label for segment in segments})
    click.echo(f"wrote {shown(path)}: {counted(len(segments), 'segment')} of {counted(labels, 'label')}")
