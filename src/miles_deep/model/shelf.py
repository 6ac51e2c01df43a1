"""The shelf: models that were imported or fetched, one `.onnx` file each, which `--model NAME` finds."""

import re
from contextlib import suppress
from pathlib import Path

from miles_deep.errors import ModelError, OptionError, OutputError, OutputExistsError
from miles_deep.files import check_writable
from miles_deep.machine import data_folder

SUFFIX = ".onnx"

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}")
"""What a model may be called: no path, nothing that a shell or a file system takes for something else."""

DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Names that are no files on Windows, whatever stands behind a dot (Microsoft, "Naming Files, Paths, and
Namespaces")."""


def shelf() -> Path:
    """The folder; it need not be there."""
    return data_folder("models")


def installed() -> dict[str, Path]:
    """The models on the shelf, by name, in the order of the alphabet."""
    with suppress(OSError):
        files = sorted(path for path in shelf().iterdir() if path.suffix == SUFFIX and not path.is_dir())
        return {path.stem: path for path in files if NAME.fullmatch(path.stem)}
    return {}


def place(name: str, force: bool = False) -> Path:
    """Where a model of that name belongs; nothing is made, see `make_shelf`.

    Raises:
        OptionError: that is no name for a model, or another one differs from it only in capitals, which macOS and
            Windows do not tell apart.
        OutputExistsError: it is there, and `force` was not given.
        OutputError: it cannot be written there.
    """
    if not NAME.fullmatch(name):
        raise OptionError(f"{name!r} is no name for a model: letters, digits, and _ . + - after the first of them")
    if DEVICES.fullmatch(name):
        raise OptionError(f"{name!r} is no name for a model: Windows takes it for a device")
    if alike := [other for other in installed() if other != name and other.casefold() == name.casefold()]:
        raise OptionError(
            f"{name!r} is no name for a model beside {alike[0]}: some systems take both for one file"
        )
    path = shelf() / f"{name}{SUFFIX}"
    if shelf().exists():
        try:
            check_writable(path, force)
        except OutputExistsError as error:
            there = f"{name}: a model of that name is there already; --force overwrites it"
            raise OutputExistsError(there) from error
    return path


def make_shelf() -> None:
    """Make the folder, where it is not there. Raises OutputError."""
    try:
        shelf().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{shelf()}: cannot be made ({error.strerror})") from error


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
