"""Which files are to be looked at."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from miles_deep.errors import FormatError


def picture_files(paths: Iterable[str | Path]) -> Iterator[Path | FormatError]:
    """The files of some paths: a file is itself, a folder all that is in it and in its folders.

    Within a folder files come in the order of their names, its own before those of its folders. Hidden ones
    (`.thumbnails`, `.DS_Store`) are left out, and so are links to folders, which could lead in a circle.

    Yields:
        Files, and errors in the place of what is none, or cannot be read.
    """
    for path in map(Path, paths):
        try:
            if path.is_dir():
                yield from _files_in(path)
            elif path.is_file():
                yield path
            else:
                yield FormatError(f"{path}: {'not a file' if path.exists() else 'no such file or folder'}")
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            yield FormatError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})")


def _files_in(folder: Path) -> Iterator[Path | FormatError]:
    closed: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        shown = (Path(place, name) for name in sorted(files) if not name.startswith("."))
        yield from (path for path in shown if path.is_file())
    for error in closed:
        yield FormatError(f"{error.filename}: cannot be read ({error.strerror})")
