"""The commands that stand beside the bare form."""

from importlib import import_module

import click

COMMANDS: dict[str, str] = {
    "analyze": "Watch a film and keep what was seen of every second.",
    "cut": "Cut a film down to what is asked for, or mark that in it as chapters.",
    "tag": "Write the segments of all labels as MOVIE.tag.",
    "export": "Write segments for editors, players and other programs.",
    "plot": "Draw a film's scores and segments, as PNG or SVG.",
    "report": "Write one HTML page about a film: timeline, segments, totals.",
    "evaluate": "Hold segments against what is known to be in films.",
    "tune": "Find the rules that reproduce what is known to be in films.",
    "scores": "What is kept of films that were watched: list, show, clear.",
    "classify": "The labels of pictures, with the models that films are watched with.",
    "models": "The classifiers that there are: list, show, import, fetch, remove, check.",
    "bench": "This machine, measured: how fast it watches a film, against bare decoding.",
}
"""Name to what it does. Each is the function of that name in the module of that name, imported when asked for."""


def command(name: str) -> click.Command:
    """The command of that name."""
    found: click.Command = getattr(import_module(f"miles_deep.cli.{name}"), name)
    return found
