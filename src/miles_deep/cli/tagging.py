"""-a: write the segments of all labels as MOVIE.tag."""

from pathlib import Path

import click

from miles_deep.cli.choosing import Ruling
from miles_deep.cli.printing import print_json, segment_record
from miles_deep.cli.text import counted, shown
from miles_deep.cli.watch import watch
from miles_deep.export import export
from miles_deep.files import check_writable
from miles_deep.timeline import find_all


def tag_film(how: Ruling, output: Path | None) -> None:
    """Watch the film and write its tags, beside it or to the output folder; cut nothing."""
    model, video = how.load(), how.probe()
    rules = how.ruling(model)
    path = (output or video.path.parent) / f"{video.path.stem}.tag"
    check_writable(path, how.force)
    scores = watch(how, video, model).scores
    groups = how.asked_groups(model)
    segments = find_all(scores, rules, groups)
    export(
        segments, path, video=video, labels=groups or scores.labels, scores=scores, format="tag", force=how.force
    )
    if how.as_json:
        print_json({"path": shown(path), "segments": [segment_record(s) for s in segments]})
        return
    labels = len({segment.label for segment in segments})
    click.echo(f"wrote {shown(path)}: {counted(len(segments), 'segment')} of {counted(labels, 'label')}")
