"""The shelf: models that were imported or fetched, one `.onnx` file each, which `--model NAME` finds."""

import re
from contextlib import suppress
from pathlib import Path

from miles_deep.errors import ModelError, OutputError
from miles_deep.machine import data_folder

SUFFIX = ".onnx"

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}")
"""What a model may be called: no path, nothing that a shell or a file system takes for something else."""


def shelf() -> Path:
    """The folder; it need not be there."""
    return data_folder("models")


def installed() -> dict[str, Path]:
    """The models on the shelf, by name, in the order of the alphabet."""
    with suppress(OSError):
        files = sorted(path for path in shelf().iterdir() if path.suffix == SUFFIX and NAME.fullmatch(path.stem))
        return {path.stem: path for path in files}
    return {}


def place(name: str) -> Path:
    """Where a model of that name belongs, in a folder that is there.

    Raises:
        ModelError: that is no name for a model.
        OutputError: the folder cannot be made.
    """
    if not NAME.fullmatch(name):
        raise ModelError(f"{name!r} is no name for a model: letters, digits, and _ . + - after the first of them")
    try:
        shelf().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{shelf()}: cannot be made ({error.strerror})") from error
    return shelf() / f"{name}{SUFFIX}"


def remove(name: str) -> Path:
    """Take a model off the shelf; returns where it lay.

    Raises:
        ModelError: it is not there.
        OutputError: its file cannot be deleted.
    """
    path = installed().get(name)
    if path is None:
        others = ", ".join(installed()) or "none"
        raise ModelError(f"no model {name!r} was imported or fetched; there are: {others}")
    try:
        path.unlink()
    except OSError as error:
        raise OutputError(f"{path}: cannot be deleted ({error.strerror})") from error
    return path
