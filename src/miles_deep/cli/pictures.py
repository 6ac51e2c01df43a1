"""What `plot` and `report` have in common: a film is watched, and one file is drawn of what was found."""

from collections.abc import Callable
from pathlib import Path

import click

from miles_deep.cli.choosing import Choice, Choosing, background_of
from miles_deep.cli.flags import BATCH_SIZE, CAFFE, EDGES, FORCE, JSON, MODEL, RULE, TARGETS, WATCHING
from miles_deep.cli.printing import print_json, segment_record
from miles_deep.cli.text import counted, shown
from miles_deep.cli.watch import refuse_input, watch
from miles_deep.files import check_writable
from miles_deep.model.ensemble import Classifier
from miles_deep.report import Findings
from miles_deep.timeline import find_all
from miles_deep.video import Video

FLAGS = (*TARGETS, BATCH_SIZE, *MODEL, *CAFFE, *WATCHING, *RULE, *EDGES, FORCE, JSON)


def draw_film(
    how: Choosing,
    output: Path | None,
    suffix: str,
    check: Callable[[Path], None],
    draw: Callable[[Findings, Path], None],
) -> None:
    """Watch a film, draw what was found, and tell where.

    Args:
        how: the flags.
        output: the file; MOVIE with `suffix`, beside the film, where None.
        suffix: of the file where nobody names it.
        check: refuses files that cannot be drawn.
        draw: makes the file.
    """
    how.check_model()
    how.check_choice()
    path = output or how.movie.parent
    if output is None or output.is_dir():
        path /= f"{how.movie.stem}{suffix}"
    check(path)
    model, video = how.load(), how.probe()
    refuse_input("-o", path, {"the film itself": video.path})
    check_writable(path, how.force)
    findings = _findings(how, how.asked(model), model, video)
    draw(findings, path)
    if how.as_json:
        segments = [segment_record(segment) for segment in findings.segments]
        print_json({"movie": shown(video.path), "output": shown(path), "segments": segments})
        return
    click.echo(f"wrote {shown(path)}: {counted(len(findings.segments), 'segment')}")


def _findings(how: Choosing, choice: Choice, model: Classifier, video: Video) -> Findings:
    watched = watch(how, video, model)
    selection = how.choose(choice, watched, model)
    groups = () if how.chooses or how.asked_groups(model) else tuple(model.groups)
    all_but = (f"all but {background_of(model)}",) if how.all_but_background else ()
    return Findings(
        video,
        watched.scores,
        selection.segments,
        groups=tuple(find_all(watched.scores, choice.rules, groups)) if groups else (),
        kept=selection.kept if how.chooses else None,
        keep=how.targets or all_but,
        drop=how.dropped,
        rules=choice.rules,
        margin=choice.margin,
        refined=how.chooses and how.refines,
        card=model.card,
    )
