"""Digests of files that were hashed before, so that a model that nobody looks with need not be read.

A file counts as the same while its path, size and time of writing are. Whoever reads it after all hashes it again.
"""

import hashlib
import json
import os
import re
import time
from contextlib import suppress
from pathlib import Path

from miles_deep.errors import OutputError
from miles_deep.files import partial_file
from miles_deep.machine import cache_folder

SUFFIX = ".digest"

SETTLED = 2 * 10**9
"""Nanoseconds after which a file that is written to again has another time; some file systems count in seconds."""


def known(path: str | Path, kind: str) -> str | None:
    """The digest of that kind that was remembered of a file; None where it is new or was written to since."""
    with suppress(OSError, ValueError):  # ValueError: a NUL in the name, or what is kept is no text
        digest = _place(path, kind).read_text("ascii")
        return digest if re.fullmatch(r"[0-9a-f]{64}", digest) else None
    return None


def remember(path: str | Path, kind: str, digest: str) -> None:
    """Keep the SHA-256 of a file, or of a part of it: `kind` says which. What cannot be kept is hashed again."""
    with suppress(OSError, OutputError, ValueError):
        if time.time_ns() - os.stat(path).st_mtime_ns < SETTLED:
            return
        place = _place(path, kind)
        place.parent.mkdir(parents=True, exist_ok=True)
        with partial_file(place) as partial:
            partial.write_text(digest, "ascii")
        for other in place.parent.glob(f"{place.name.partition('-')[0]}-*{SUFFIX}"):
            if other != place:  # of the same file as it was before
                other.unlink(missing_ok=True)


def forget(path: str | Path, kind: str) -> None:
    """Hash the file again the next time: what was remembered of it is not so."""
    with suppress(OSError, ValueError):
        _place(path, kind).unlink(missing_ok=True)


def _place(path: str | Path, kind: str) -> Path:
    status, whole = os.stat(path), os.path.abspath(path)
    file, state = (
        hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]
        for key in ([whole, kind], [status.st_size, status.st_mtime_ns])
    )
    return cache_folder("models") / f"{file}-{state}{SUFFIX}"
