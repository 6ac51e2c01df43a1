"""Files and folders that appear under their name whole, or not at all; and files that are read whole."""

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from miles_deep.errors import MilesDeepError, OutputError, OutputExistsError

PARTIAL = ".miles-deep-"
"""What the names of unfinished files begin with."""

SETTLED = 2 * 10**9
"""Nanoseconds after which a file that is written to again has another time; some file systems count in seconds."""


def open_file(path: str | Path, limit: int, failure: type[MilesDeepError]) -> BinaryIO:
    """A regular file of at most `limit` bytes, opened for reading; `failure` is raised where it is none.

    Not a pipe, which would be waited for, nor a device, which may go on for ever.
    """
    with _readable(path, failure):
        if os.path.exists(path) and not os.path.isfile(path):
            raise failure(f"{path}: not a file")
        if os.path.getsize(path) > limit:
            raise failure(f"{path}: larger than the {limit:,} bytes such a file can have")
        return open(path, "rb")


def read_file(path: str | Path, limit: int, failure: type[MilesDeepError]) -> bytes:
    """The content of such a file."""
    with _readable(path, failure), open_file(path, limit, failure) as file:
        return file.read(os.path.getsize(path))


def map_file(path: str | Path, limit: int, failure: type[MilesDeepError]) -> mmap | bytes:
    """The same, of which nothing is read but what is looked at."""
    with _readable(path, failure), open_file(path, limit, failure) as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ) if os.path.getsize(path) else b""


def stamp(path: str | Path) -> tuple[int, ...] | None:
    """By what a file is known again: device, inode, size, times of writing and of change, nanoseconds.

    Copying can set the time of writing back, but not that of change (which Windows does not have). None where
    there is no file, or it was written so lately that the next writing may have the same time.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return None
    if time.time_ns() - status.st_mtime_ns < SETTLED:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def name_and_digest(path: Path) -> str:
    """Name and SHA-256 of a file, to say where something is from: `net.onnx (sha256 864bb37b…)`."""
    with path.open("rb") as file:
        return f"{path.name} (sha256 {hashlib.file_digest(file, 'sha256').hexdigest()})"


@contextlib.contextmanager
def _readable(path: str | Path, failure: type[MilesDeepError]) -> Iterator[None]:
    """Turn what the system says about reading into one line about the file."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise failure(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error


def check_writable(path: Path, force: bool, folder: bool = False) -> None:
    """Find out before hours of work whether a file, or a folder of files, may be written.

    Raises:
        OutputExistsError: it is there, and `force` was not given.
        OutputError: its folder is not there, or may not be written to.
    """
    _check_folder(path.parent)
    try:
        os.lstat(path)
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:  # a name that is too long, or has a NUL in it
        raise OutputError(f"{path}: cannot be written ({getattr(error, 'strerror', None) or error})") from error
    if not force:
        raise OutputExistsError(f"{path}: is there already; --force overwrites it")
    if path.exists() and path.is_dir() != folder:
        raise OutputError(f"{path}: is {'not ' * folder}a folder")


def same_file(path: Path, other: Path) -> bool:
    """Whether two names lead to one file that is there."""
    try:
        return path.samefile(other)
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def partial_file(path: Path, temporary: Path | None = None, force: bool = True) -> Iterator[Path]:
    """A file to write to that takes the name `path` when the block ends well, and is gone when it does not.

    Args:
        path: the name in the end.
        temporary: folder to write in; that of `path` where None, since from there a file takes its name in one
            step, without a second copy.
        force: whether a file of that name may be replaced.

    Raises:
        OutputError: for every OSError in the block.
    """
    check_writable(path, force)
    _check_folder(temporary or path.parent)
    with _told(path):
        handle, name = tempfile.mkstemp(dir=temporary or path.parent, prefix=PARTIAL, suffix=path.suffix)
        os.close(handle)
        partial = Path(name)
        try:
            yield partial
            partial.chmod(0o666 & ~_umask())  # temporary files are private, a film is as readable as any file
            _take_name(partial, path, force)
        finally:
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def partial_folder(path: Path, temporary: Path | None = None, force: bool = False) -> Iterator[Path]:
    """A folder to fill that takes the name `path` when the block ends well, and is gone when it does not.

    Where that folder is there already and `force` is given, files of the same names are replaced; others stay.

    Raises:
        OutputError: for every OSError in the block.
    """
    check_writable(path, force, folder=True)
    _check_folder(temporary or path.parent)
    with _told(path):
        partial = Path(tempfile.mkdtemp(dir=temporary or path.parent, prefix=PARTIAL))
        try:
            yield partial
            partial.chmod(0o777 & ~_umask())
            if force and path.is_dir():
                files = sorted(partial.iterdir())
                for file in files:
                    check_writable(path / file.name, force)
                for file in files:
                    _take_name(file, path / file.name, force)
            else:
                _take_folder_name(partial, path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _check_folder(path: Path) -> None:
    if not os.path.isdir(path):
        raise OutputError(f"{path}: no such folder")
    if not os.access(path, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: may not be written to")


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the system says about writing into one line about the file."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise OutputError(f"{path}: the disk is full") from error
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _take_name(partial: Path, path: Path, force: bool) -> None:
    if not force:
        with contextlib.suppress(OSError):  # a file system without links
            os.link(partial, path)  # of several that do this at once, one succeeds
            return
        if os.path.lexists(path):
            raise OutputExistsError(f"{path}: has appeared meanwhile; --force overwrites it")
    try:
        os.replace(partial, path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # Another disk: copy beside the target first, so that the name still appears in one step.
        with partial_file(path, force=force) as beside:
            shutil.copyfile(partial, beside)


def _take_folder_name(partial: Path, path: Path) -> None:
    if os.path.lexists(path):
        raise OutputExistsError(f"{path}: has appeared meanwhile; --force overwrites it")
    try:
        os.rename(partial, path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with partial_folder(path) as beside:
            shutil.copytree(partial, beside, dirs_exist_ok=True)
