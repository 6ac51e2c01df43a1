"""The door of `miles-deep`: errors become one line on stderr and an exit code."""

import io
import os
import sys

import click
from click.exceptions import NoArgsIsHelpError

from miles_deep.cli.bare import bare
from miles_deep.cli.commands import COMMANDS, command
from miles_deep.cli.interrupting import interruptible
from miles_deep.cli.text import one_line
from miles_deep.errors import ExpressionError, MilesDeepError, UsageError

FAILED, USAGE, INTERRUPTED = 1, 2, 130


def run(arguments: list[str]) -> int:
    """Run one command.

    Returns:
        The exit code: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a film's name may have letters that it has not
    with interruptible():
        return _run(arguments)


def _run(arguments: list[str]) -> int:
    try:
        _invoke(arguments)
        sys.stdout.flush()  # here, where a full disk can still be told of
    except ExpressionError as error:
        _say(str(error), USAGE)
        return _point(error)
    except MilesDeepError as error:
        return _say(str(error), USAGE if isinstance(error, UsageError) else FAILED)
    except NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return USAGE
    except click.ClickException as error:
        return _say(error.format_message(), USAGE)
    except click.exceptions.Exit as end:  # after --help and --version
        return end.exit_code
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            click.echo(err=True)  # the terminal has written ^C
        return _say("interrupted; nothing unfinished is left behind", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has gone. What is still in the buffer goes nowhere, without a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        # What the program reads and writes raises errors of its own: this is the output itself, or the unforeseen.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _say(f"{error.filename or 'the output'}: cannot be used ({error.strerror or error})", FAILED)
    return 0


def _invoke(arguments: list[str]) -> None:
    """A first word that names a command is that command; a film of that name is given as `./NAME`."""
    words = ["miles-deep"]
    asked: click.Command = bare
    if arguments and arguments[0] in COMMANDS:
        words.append(arguments[0])
        asked = command(arguments[0])
    # Not `asked.main`, which prints an empty line where it is interrupted.
    with asked.make_context(" ".join(words), arguments[len(words) - 1 :]) as context:
        asked.invoke(context)


def _say(message: str, code: int) -> int:
    click.echo(f"miles-deep: {one_line(message)}", err=True)
    return code


def _point(error: ExpressionError) -> int:
    """Print what does not parse, with a caret under the place."""
    from rich.cells import cell_len  # some letters take two columns of a terminal

    before = one_line(error.text[: error.place])
    click.echo(f"  {before}{one_line(error.text[error.place :])}\n  {' ' * cell_len(before)}^", err=True)
    return USAGE
