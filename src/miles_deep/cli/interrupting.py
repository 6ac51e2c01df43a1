"""What SIGINT and SIGTERM do: the first interrupts; another, after a pause, ends the program at once."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from types import FrameType

PAUSE = 1.0
"""Seconds without a signal after which another one is meant: a key that is held down comes sooner again, and must
not interrupt the cleaning up."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first signal; only in the main thread.

    Python runs a handler when whatever is being computed in C++ comes back, which may take minutes. So a thread
    hears of signals too, by the descriptor that Python writes to as they arrive (`signal.set_wakeup_fd`).
    """
    interrupted = False

    def interrupt(signum: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            raise KeyboardInterrupt

    reader, writer = socket.socketpair()  # Windows takes no pipe here
    writer.setblocking(False)  # so must it be
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    Thread(target=_listen, args=(reader,), name="signals", daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        interrupted = True  # nothing is left to interrupt
        signal.set_wakeup_fd(before)
        writer.close()


def _listen(reader: socket.socket) -> None:
    """End the process at a second signal that is meant; until nobody can write any more."""
    last = float("inf")
    with reader:
        while number := reader.recv(1):
            if number[0] not in (signal.SIGINT, signal.SIGTERM):
                continue
            now = time.monotonic()
            if now - last >= PAUSE:
                os.write(2, b"miles-deep: ended at once; unfinished files may be left behind\n")
                os._exit(128 + number[0])
            last = now
