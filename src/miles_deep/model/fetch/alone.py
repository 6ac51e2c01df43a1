"""One run at a time, of all that there are on this machine."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

EVERY = 0.1
"""Seconds between two looks whether another run has ended."""


@contextmanager
def alone(path: Path, waiting: Callable[[], None]) -> Iterator[bool]:
    """Wait until no other run is in such a block; one that was killed is in none any more.

    Args:
        path: a file that stands for the block while somebody is in it. Its folder has to be there.
        waiting: called now and then while another run is in it.

    Yields:
        Whether another one was.

    Raises:
        OSError: the file cannot be made.
    """
    waited = False
    while (held := _held(path)) is None:
        waited = True
        waiting()
        time.sleep(EVERY)
    try:
        yield waited
    finally:
        if sys.platform != "win32":  # which deletes no file that is open
            path.unlink(missing_ok=True)
        os.close(held)
        if sys.platform == "win32":
            with suppress(OSError):  # another has it open
                path.unlink()


def _held(path: Path) -> int | None:
    """The file, opened, once it is ours; None while it is another's."""
    opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)  # as files are made; the umask has the say
    with suppress(FileNotFoundError):
        # Who had it deletes it: what was locked may be a file of this name no more, and another run has the next.
        if _locked(opened) and os.path.samestat(os.fstat(opened), os.stat(path)):
            return opened
    os.close(opened)
    return None


if sys.platform == "win32":

    def _locked(opened: int) -> bool:
        import msvcrt

        with suppress(OSError):
            msvcrt.locking(opened, msvcrt.LK_NBLCK, 1)
            return True
        return False

else:

    def _locked(opened: int) -> bool:
        import fcntl

        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system that knows no locks: as well as it goes without
            return True
        return True
