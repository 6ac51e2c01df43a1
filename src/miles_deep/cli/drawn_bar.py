"""A progress bar on a terminal."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from miles_deep.cli.progress import Report


class Rate(ProgressColumn):
    """How many times faster than watching."""

    def render(self, task: Task) -> Text:
        """The rate as `35x`."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.0f}x" if speed else "", style="progress.data.speed")


@contextlib.contextmanager
def drawn_bar(title: str) -> Iterator[Report]:
    """Draw it on stderr, and give a function to report seconds done and seconds in all."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def report(done: Fraction, total: Fraction) -> None:
            if done < bar.tasks[task].completed:  # begun anew: rate and time left are those of this time
                bar.reset(task)
            bar.update(task, completed=float(done), total=float(total))

        yield report
