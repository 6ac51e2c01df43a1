"""Digests of files that were hashed before, so that a model that nobody looks with need not be read.

A file counts as the same while its path and `files.stamp` are. Whoever reads it after all hashes it again.
"""

import hashlib
import json
import os
import re
from contextlib import suppress
from pathlib import Path

from miles_deep.errors import OutputError
from miles_deep.files import partial_file, stamp
from miles_deep.machine import cache_folder

SUFFIX = ".digest"


def known(path: str | Path, kind: str) -> str | None:
    """The digest of that kind that was remembered of a file; None where it is new or was changed since."""
    if (now := stamp(path)) is None:
        return None
    with suppress(OSError, ValueError):  # ValueError: what is kept is no text
        digest = _place(path, kind, now).read_text("ascii")
        return digest if re.fullmatch(r"[0-9a-f]{64}", digest) else None
    return None


def remember(path: str | Path, kind: str, digest: str, before: tuple[int, ...] | None) -> None:
    """Keep the SHA-256 of a file, or of a part of it: `kind` says which. What cannot be kept is hashed again.

    Args:
        path: the file.
        kind: what was hashed.
        digest: of that.
        before: the file's `stamp` from before it was read; nothing is kept where that is no longer so.
    """
    if before is None or stamp(path) != before:
        return
    with suppress(OSError, OutputError):
        place = _place(path, kind, before)
        place.parent.mkdir(parents=True, exist_ok=True)
        with partial_file(place) as partial:
            partial.write_text(digest, "ascii")
        for other in place.parent.glob(f"{place.name.partition('-')[0]}-*{SUFFIX}"):
            if other != place:  # of the same file as it was before
                other.unlink(missing_ok=True)


def forget(path: str | Path, kind: str) -> None:
    """Hash the file again the next time: what was remembered of it is not so."""
    if (now := stamp(path)) is not None:
        with suppress(OSError):
            _place(path, kind, now).unlink(missing_ok=True)


def _place(path: str | Path, kind: str, state: tuple[int, ...]) -> Path:
    keys = [os.path.realpath(path), kind], state
    file, seen = (hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16] for key in keys)
    return cache_folder("models") / f"{file}-{seen}{SUFFIX}"
