"""`miles-deep models`: the classifiers that there are, and those that are brought in."""

import click

from miles_deep.cli.flags import HELP
from miles_deep.cli.models.check import check
from miles_deep.cli.models.fetch import fetch_model
from miles_deep.cli.models.import_model import import_model
from miles_deep.cli.models.list_models import list_models
from miles_deep.cli.models.remove import remove_model
from miles_deep.cli.models.show import show


@click.group(context_settings=HELP)
def models() -> None:
    """The classifiers that there are: list, show, import, fetch, remove, check."""


for _command in (list_models, show, import_model, fetch_model, remove_model, check):
    models.add_command(_command)
