"""Git's name for the content of a file, by which published files are told from others."""

import hashlib
from pathlib import Path

from miles_deep.errors import FetchError
from miles_deep.model.fetch.sources import File

MAX_SIZE = 100 << 20
"""Bytes. GitHub takes no larger file into a repository, unless it lies elsewhere (Git LFS)."""

PIECE = 1 << 20


def blob_id(path: Path) -> str:
    """The git blob id of a file: SHA-1 of the word blob, a blank, its length, a null byte and its content.

    (Pro Git, 10.2, "Git Objects".) Raises OSError.
    """
    with path.open("rb") as file:
        digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def is_right(path: Path, file: File) -> bool:
    """Whether this is that file, to the last byte. Raises OSError."""
    return path.is_file() and path.stat().st_size <= MAX_SIZE and blob_id(path) in file.blobs


def check_blob(path: Path, file: File, came_from: str) -> None:
    """Refuse a file with another content than the one that was published.

    Raises:
        FetchError: it says what was found in its place.
        OSError: it cannot be read.
    """
    if is_right(path, file):
        return
    with path.open("rb") as opened:
        start = opened.read(512).lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        what = "a web page in place of the file; does a proxy or a login page stand between?"
    elif start.startswith(b"version https://git-lfs"):
        what = "a pointer of Git LFS in place of the file"
    else:
        what = (
            f"not the file that was published (it is {path.stat().st_size:,} bytes, and its git blob id is wrong)"
        )
    raise FetchError(f"{came_from}: {what}")
