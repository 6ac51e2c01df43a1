"""Networks as a backend compiled them, kept in the user's cache folder so that the next run starts at once."""

import hashlib
import json
import os
import stat
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

MAX_BYTES = 1 << 30
"""Of all compiled networks together: some ten of ResNet-50, or three of ViT-B/16."""


def cache_dir() -> Path:
    """The folder for networks."""
    return cache_folder("models")


def forget(digest: str) -> int:
    """Delete all that was compiled of the network of this digest; returns how many bytes that were."""
    return sum(map(_delete, list(cache_dir().glob(f"{_family(digest)}-*{SUFFIX}"))))


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
        self.path = cache_dir() / f"{_family(digest)}-{key[:16]}{SUFFIX}"

    def look_up(self) -> memoryview | None:
        """What was kept; None where nothing is, or nothing that can be trusted."""
        try:
            with self.path.open("rb") as file:
                if not _only_ours(os.fstat(file.fileno())):
                    return None
                line, content = file.readline(256), file.read()
        except OSError:
            return None
        with suppress(OSError):
            os.utime(self.path)  # the time of its last use, by which it stays
        return memoryview(content) if line == self._first_line(content) else None

    def keep(self, content: bytes | memoryview) -> None:
        """Keep this. A folder that cannot be written to only costs the next run its time."""
        with suppress(OSError, OutputError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with partial_file(self.path) as partial, partial.open("wb") as file:
                file.write(self._first_line(content))
                file.write(content)
            self.path.chmod(0o600)
            _make_room()

    def _first_line(self, content: bytes | memoryview) -> bytes:
        return self._title + f"{zlib.crc32(content):08x}\n".encode()


def _family(digest: str) -> str:
    """What the names of files of one network begin with."""
    return digest[:16]


def _make_room() -> None:
    """Delete what was used longest ago, while there is more than `MAX_BYTES`; what was used last stays.

    Another process may be at one of them: it has read it whole, and compiles it anew the next time.
    """
    files = [path for path in cache_dir().glob(f"*{SUFFIX}") if path.is_file()]
    total = 0
    for place, path in enumerate(sorted(files, key=lambda path: path.stat().st_mtime_ns, reverse=True)):
        total += path.stat().st_size
        if place and total > MAX_BYTES:
            _delete(path)


def _delete(path: Path) -> int:
    """Returns how many bytes that were; none where another process has it open, on Windows."""
    with suppress(OSError):
        size = path.stat().st_size
        path.unlink()
        return size
    return 0


def _only_ours(info: os.stat_result) -> bool:
    if os.name == "nt":  # where the user's folders are closed to others, and modes say nothing
        return True
    return info.st_uid in (0, os.geteuid()) and not info.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
