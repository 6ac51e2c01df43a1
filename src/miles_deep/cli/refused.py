"""Files that could not be read, while the others went on."""

import click

from miles_deep.cli.text import one_line
from miles_deep.errors import FormatError

FAILED = 1


class Refusals:
    """Prints a line on stderr for each, and makes the exit code tell at the end."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, error: FormatError) -> None:
        self.count += 1
        click.echo(f"miles-deep: {one_line(str(error))}", err=True)

    def end(self) -> None:
        """Leave the command with exit code 1 where there was any."""
        if self.count:
            raise click.exceptions.Exit(FAILED)
