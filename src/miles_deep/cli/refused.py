"""Files that could not be read, while the others went on."""

from pathlib import Path

import click

from miles_deep.cli.text import counted, one_line
from miles_deep.errors import FormatError

FAILED = 1


class Refusals:
    """Prints a line on stderr for each, and makes the exit code tell at the end."""

    def __init__(self) -> None:
        self.count = 0
        self.others = 0

    def __call__(self, error: FormatError) -> None:
        self.count += 1
        click.echo(f"miles-deep: {one_line(str(error))}", err=True)

    def left_out(self, path: Path) -> None:
        """Count a file in a folder that is no picture."""
        self.others += 1

    def end(self) -> None:
        """Say how many files were left out, and leave the command with exit code 1 where any was refused."""
        if self.others:
            click.echo(f"{counted(self.others, 'other file')} left out", err=True)
        if self.count:
            raise click.exceptions.Exit(FAILED)
