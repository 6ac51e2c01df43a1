"""The progress bar: rate and time left on a terminal, nothing in a pipe."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction

Report = Callable[[Fraction, Fraction], None]


@contextlib.contextmanager
def progress_bar(title: str) -> Iterator[Report | None]:
    """Give a function to report seconds done and seconds in all; None where nobody watches.

    The bar appears with the first report.
    """
    if not sys.stderr.isatty():
        yield None
        return
    bar: Report | None = None
    with contextlib.ExitStack() as drawn:

        def report(done: Fraction, total: Fraction) -> None:
            nonlocal bar
            if bar is None:
                # Here, since drawing takes longer to import than a stored analysis to answer.
                from miles_deep.cli.drawn_bar import drawn_bar

                bar = drawn.enter_context(drawn_bar(title))
            bar(done, total)

        yield report
