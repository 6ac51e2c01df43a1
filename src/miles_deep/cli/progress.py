"""The progress bar: rate and time left on a terminal, nothing in a pipe."""

import contextlib
import sys
from collections.abc import Callable, Iterator
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

Report = Callable[[Fraction, Fraction], None]


class Rate(ProgressColumn):
    """How many times faster than watching."""

    def render(self, task: Task) -> Text:
        """The rate as `35x`."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.0f}x" if speed else "", style="progress.data.speed")


@contextlib.contextmanager
def progress_bar(title: str) -> Iterator[Report | None]:
    """Give a function to report seconds done and seconds in all; None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=float(done), total=float(total))
