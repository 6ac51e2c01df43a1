"""The door of `miles-deep`: errors become one line on stderr and an exit code."""

import signal
import sys
from types import FrameType
from typing import NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from miles_deep.cli.bare import bare
from miles_deep.cli.text import one_line
from miles_deep.errors import MilesDeepError, UsageError

FAILED, USAGE, INTERRUPTED = 1, 2, 130


def main() -> NoReturn:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command.

    Returns:
        The exit code: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        bare.main(arguments, prog_name="miles-deep", standalone_mode=False)
    except MilesDeepError as error:
        return _say(str(error), USAGE if isinstance(error, UsageError) else FAILED)
    except NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return USAGE
    except click.ClickException as error:
        return _say(error.format_message(), USAGE)
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted; nothing unfinished is left behind", INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; there is nobody to tell
        return FAILED
    return 0


def _say(message: str, code: int) -> int:
    click.echo(f"miles-deep: {one_line(message)}", err=True)
    return code


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
