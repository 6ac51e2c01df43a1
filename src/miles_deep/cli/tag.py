"""`miles-deep tag MOVIE`: what the bare form does with -a."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from miles_deep.cli.choosing import Ruling
from miles_deep.cli.flags import BATCH_SIZE, CAFFE, FORCE, HELP, JSON, MODEL, MOVIE, OUTPUT, RULE, WATCHING, flags
from miles_deep.cli.options import check_folder
from miles_deep.cli.tagging import tag_film


@dataclass(frozen=True, slots=True)
class Tagging(Ruling):
    """One field a flag."""

    output: Path | None


@click.command(context_settings=HELP)
@flags(MOVIE, OUTPUT, RULE, BATCH_SIZE, WATCHING, MODEL, CAFFE, FORCE, JSON)
def tag(**given: Any) -> None:
    """Write the segments of all labels as MOVIE.tag."""
    how = Tagging(**given)
    how.check_model()
    check_folder("-o", how.output)
    tag_film(how, how.output)
