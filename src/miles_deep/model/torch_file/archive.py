"""A zip as PyTorch writes it, checked as a whole before any of it is read."""

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from os import SEEK_END
from typing import BinaryIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile

from miles_deep.errors import ModelError
from miles_deep.model.quoting import quoted

MAX_DIRECTORY = 2 << 20
"""Bytes of the directory: room for some 20,000 storages."""

END, END64_LOCATOR, END64 = 22, 20, 56
"""Bytes of what stands after the directory: last the end record; before it, where there is one, the 64-bit end
record and its locator (APPNOTE.TXT 4.3.14 to 4.3.16)."""

TORCHSCRIPT = (
    "save its weights: torch.save(torch.jit.load(FILE).state_dict(), 'weights.pth'), "
    "or the network it was made of, with torch.export.save as a .pt2"
)
"""What to do with a file of `torch.jit.save`, which alone writes constants."""

DAMAGED = (BadZipFile, EOFError, NotImplementedError, OverflowError, RuntimeError, struct.error, zlib.error)
"""What `zipfile` raises at files that are cut short, damaged or made to deceive."""


@contextmanager
def open_archive(file: BinaryIO) -> Iterator[ZipFile]:
    """Open a zip whose members all lie in one folder and are stored as they are.

    Nothing in it is compressed, as PyTorch leaves it, so what is read is never larger than the file.

    Raises:
        ModelError: it is no zip or a damaged one, its members have no such names or are there twice, are
            compressed, or together larger than the file.
    """
    try:
        size = file.seek(0, SEEK_END)
        _check_directory(file, size)
        with ZipFile(file) as archive:
            _check_members(archive, size)
            yield archive
    except DAMAGED as error:
        raise ModelError("not a PyTorch file, or one that is cut short or damaged") from error


def _check_directory(file: BinaryIO, size: int) -> None:
    """`ZipFile` makes objects of the whole directory, and believes what the end records say of its size."""
    file.seek(max(0, size - END - END64_LOCATOR - END64))
    tail = file.read()
    if tail[-END:][:4] != b"PK\5\6":
        raise BadZipFile
    directory = struct.unpack_from("<I", tail, len(tail) - END + 12)[0]
    if tail[-END - END64_LOCATOR :][:4] == b"PK\6\7":
        directory = struct.unpack_from("<Q", tail, 40)[0]
    if directory > MAX_DIRECTORY:
        raise ModelError(f"its zip directory has more than {MAX_DIRECTORY:,} bytes")


def _check_members(archive: ZipFile, size: int) -> None:
    if any(name.partition("/")[2] == "constants.pkl" for name in archive.namelist()):
        raise ModelError(f"a TorchScript program, which is code and is never run; {TORCHSCRIPT}")
    names: set[str] = set()
    for member in archive.infolist():
        name = member.filename
        if re.search(r"^[/\\]|^[A-Za-z]:|\\|(^|/)\.\.(/|$)|\0", name):
            raise ModelError(f"its member {quoted(name)} is named like a path out of the file")
        if name in names:
            raise ModelError(f"its member {quoted(name)} is there twice")
        names.add(name)
        if member.compress_type != ZIP_STORED or member.file_size != member.compress_size:
            raise ModelError(f"its member {quoted(name)} is compressed, which PyTorch never does")
    if len({name.partition("/")[0] for name in names}) > 1:
        raise ModelError("its members lie in more than one folder")
    if sum(member.file_size for member in archive.infolist()) > size:
        raise ModelError("its members are larger than the file, or lie over each other")
