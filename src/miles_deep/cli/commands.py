"""The commands that stand beside the bare form."""

from importlib import import_module

import click

COMMANDS: dict[str, str] = {
    "analyze": "Watch a film and keep what was seen of every second.",
    "bench": "This machine, measured: how fast it watches a film, against bare decoding.",
    "scores": "What is kept of films that were watched: list, show, clear.",
}
"""Name to what it does. Each is the function of that name in the module of that name, imported when asked for."""


def command(name: str) -> click.Command:
    """The command of that name."""
    found: click.Command = getattr(import_module(f"miles_deep.cli.{name}"), name)
    return found
