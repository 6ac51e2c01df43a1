"""Networks as a backend compiled them, kept in the user's cache folder so that the next run starts at once."""

import hashlib
import json
import os
import stat
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from miles_deep.errors import OutputError
from miles_deep.files import partial_file
from miles_deep.machine import cache_folder

FORMAT = 1
"""Raised with every change of what `attach` builds of the same model, so that nothing old is used."""

SUFFIX = ".compiled"


def cache_dir() -> Path:
    """The folder for networks."""
    return cache_folder("models")


UNUSED = 30 * 24 * 3600
"""Seconds after which a compiled network may be deleted; it is quickly made again."""


class Kept:
    """The place of one compiled network.

    The file begins with a line that says what it is of, and a checksum of all that follows, so that one that is
    damaged, or is another's, is found out and made anew. A checksum keeps no attacker out: backends read their own
    formats without suspicion, so a file is only taken that nobody but this user (or root) can have written.
    """

    def __init__(self, digest: str, made_for: Sequence[object]) -> None:
        """Of a network of this digest, for a backend, its version, settings and machine."""
        key = hashlib.sha256(json.dumps([FORMAT, digest, *map(str, made_for)]).encode()).hexdigest()
        self._title = f"miles-deep compiled {key} ".encode()
        self._family = digest[:16]
        self.path = cache_dir() / f"{self._family}-{key[:16]}{SUFFIX}"

    def look_up(self) -> memoryview | None:
        """What was kept; None where nothing is, or nothing that can be trusted."""
        try:
            with self.path.open("rb") as file:
                if not _only_ours(os.fstat(file.fileno())):
                    return None
                line, content = file.readline(256), file.read()
        except OSError:
            return None
        return memoryview(content) if line == self._first_line(content) else None

    def keep(self, content: bytes) -> None:
        """Keep this. A folder that cannot be written to only costs the next run its time."""
        with suppress(OSError, OutputError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with partial_file(self.path) as partial, partial.open("wb") as file:
                file.write(self._first_line(content))
                file.write(content)
            self.path.chmod(0o600)
            self._forget_others()

    def _first_line(self, content: bytes) -> bytes:
        return self._title + f"{zlib.crc32(content):08x}\n".encode()

    def _forget_others(self) -> None:
        """Delete what an older version, or another machine with this home, kept of the same network long ago."""
        for other in self.path.parent.glob(f"{self._family}-*{SUFFIX}"):
            if time.time() - other.stat().st_mtime > UNUSED:
                other.unlink(missing_ok=True)


def _only_ours(info: os.stat_result) -> bool:
    if os.name == "nt":  # where the user's folders are closed to others, and modes say nothing
        return True
    return info.st_uid in (0, os.geteuid()) and not info.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
