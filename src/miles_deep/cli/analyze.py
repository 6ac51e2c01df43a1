"""`miles-deep analyze MOVIE`: watch a film and keep what was seen."""

from pathlib import Path
from typing import Any

import click

from miles_deep.cli.flags import BATCH_SIZE, CAFFE, FORCE, HELP, JSON, MODEL, MOVIE, PATH, WATCHING, flags
from miles_deep.cli.printing import how_watched, print_json
from miles_deep.cli.text import one_line, shown
from miles_deep.cli.watch import Watched, Watching, models_record, refuse_input, watch
from miles_deep.files import check_writable
from miles_deep.model.ensemble import Classifier
from miles_deep.timecode import clock

SCORES = click.option("--scores", type=PATH, metavar="FILE", help="Write the scores to this Parquet file as well.")


@click.command(context_settings=HELP)
@flags(MOVIE, WATCHING, SCORES, BATCH_SIZE, MODEL, CAFFE, FORCE, JSON)
def analyze(scores: Path | None, **given: Any) -> None:
    """Watch MOVIE and keep what was seen of every second.

    Other commands then start from there: none of them looks at the film again.
    """
    how = Watching(**given)
    how.check_model()
    model, video = how.load(), how.probe()
    if scores is not None:
        refuse_input("--scores", scores, {"the film itself": video.path})
        check_writable(scores, how.force)
    watched = watch(how, video, model)
    if scores is not None:
        watched.scores.save(scores)
    places = [place for place in (scores, _kept_in(how, watched)) if place is not None]
    if how.as_json:
        print_json(_record(watched, model, places))
        return
    click.echo(f"{shown(video.path)}: {clock(watched.scores.duration)}, {how_watched(watched)}")
    click.echo(f"by {one_line(model.card.name)}, {watched.scores.sampling} sampling")
    for place in places:
        click.echo(f"scores: {shown(place)}")


def _kept_in(how: Watching, watched: Watched) -> Path | None:
    """The folder of this film's scores."""
    folder = how.store.folder / watched.scores.video if how.store and watched.scores.video else None
    return folder if folder is not None and folder.is_dir() else None


def _record(watched: Watched, model: Classifier, places: list[Path]) -> dict[str, object]:
    scores = watched.scores
    looked = int(scores.looked.sum())
    return {
        "movie": shown(watched.video.path),
        "duration": float(scores.duration),
        "seconds": len(scores),
        "looked": looked,
        "inferred": len(scores) - looked,
        "sampling": scores.sampling,
        "effort": scores.effort,
        "fresh": watched.fresh,
        "wall": round(watched.wall, 3),
        "model": model.card.name,
        "digest": scores.model,
        **models_record(model),
        "labels": scores.labels,
        "scores": [shown(place) for place in places],
        "notes": scores.notes,
    }
