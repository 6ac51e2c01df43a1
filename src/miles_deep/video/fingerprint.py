"""What a film is known by, wherever it lies and whatever it is called."""

import os
import stat
import struct
from pathlib import Path
from typing import BinaryIO

from miles_deep.errors import VideoError

CHUNK = 64 * 1024
"""Bytes that are summed at either end."""

WORD = 8
"""Bytes of a little-endian word."""


def fingerprint(path: str | Path) -> str:
    """The OpenSubtitles hash of a file and its size, such as `8e245d9679d31e12-734003200`.

    The hash is the size plus the 64-bit little-endian words of the first and of the last 64 KiB, modulo 2^64, in
    16 hexadecimal digits. As in Stash, the two parts overlap in files of less than 128 KiB and are each the whole
    file in those of less than 64; where such a one has no whole number of words (Stash refuses it), the last word
    is filled up with zeros. No more than 128 KiB is read, so films that differ only in the middle are
    taken for one: such films are copies in which a byte was damaged.

    Raises:
        VideoError: the file is missing, a folder, empty or unreadable.

    Source: https://trac.opensubtitles.org/projects/opensubtitles/wiki/HashSourceCodes, and
        pkg/hash/oshash/oshash.go in Stash.
    """
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise VideoError(f"{path}: is a folder, not a film")
        if not stat.S_ISREG(status.st_mode):
            raise VideoError(f"{path}: is not a regular file; only those can be watched")
        if status.st_size == 0:
            raise VideoError(f"{path}: is empty")
        with open(path, "rb") as file:
            total = status.st_size + _sum(file, 0) + _sum(file, max(0, status.st_size - CHUNK))
    except PermissionError as error:
        raise VideoError(f"{path}: may not be read (permission denied)") from error
    except FileNotFoundError as error:
        raise VideoError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise VideoError(f"{path}: cannot be read ({error})") from error
    return f"{total % 2**64:016x}-{status.st_size}"


def _sum(file: BinaryIO, start: int) -> int:
    file.seek(start)
    chunk = file.read(CHUNK)
    chunk += bytes(-len(chunk) % WORD)
    return sum(struct.unpack(f"<{len(chunk) // WORD}Q", chunk))
