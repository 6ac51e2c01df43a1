"""Connections that are hung up on a server that sends a byte now and then, where a timeout only counts silence."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import TimeoutError


@contextmanager
def prompt(fileno: Callable[[], int], seconds: float) -> Iterator[None]:
    """Hang up, so that what the block waits for ends, where it takes longer.

    Args:
        fileno: of the connection's socket.
        seconds: that the block may take.

    Raises:
        urllib3.exceptions.TimeoutError: it was hung up.
    """
    late = []

    def hang_up() -> None:
        # By another name of the same connection: that of a secure one would forget, in the midst of its reading,
        # that it is one.
        with (
            suppress(OSError, ValueError),
            socket.fromfd(fileno(), socket.AF_INET, socket.SOCK_STREAM) as same,
        ):
            late.append(True)  # first: the block ends with what follows
            same.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if late:  # what an end seems to be may be ours
            raise TimeoutError(f"not whole after {seconds:g} s")


class _Prompt(HTTPConnection):
    """Its timeout is that of all that a server, or a proxy, says before the body as well."""

    def connect(self) -> None:
        """Connect, through a proxy's tunnel where there is one."""
        with prompt(lambda: self.sock.fileno() if self.sock else -1, self.timeout or 0):
            super().connect()

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override] # as urllib3 itself has it
        """Read status and headers."""
        opened, response = self.sock, None  # http.client forgets the socket once they are there
        try:
            with prompt(opened.fileno, self.timeout or 0):
                response = super().getresponse()
                return response
        except TimeoutError:
            if response is not None:  # a head that ends where we hung up
                response.close()
            raise


class _PromptSecure(_Prompt, HTTPSConnection):
    """The same by TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Prompt


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PromptSecure


POOLS: dict[str, type[urllib3.HTTPConnectionPool]] = {"http": _Pool, "https": _SecurePool}
"""For `urllib3.PoolManager.pool_classes_by_scheme`."""
