"""Connections that are hung up on a server that sends a byte now and then, where a timeout only counts silence."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Timer

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import TimeoutError


@contextmanager
def prompt(fileno: int, seconds: float) -> Iterator[None]:
    """Hang up, so that what the block waits for ends, where it takes longer.

    Args:
        fileno: of the connection's socket, which the block may close.
        seconds: that the block may take.

    Raises:
        urllib3.exceptions.TimeoutError: it was hung up.
        OSError: there is no such socket any more.
    """
    late = []

    def hang_up() -> None:
        late.append(True)  # first: the block ends with what follows
        with suppress(OSError):  # the server was quicker
            line.shutdown(socket.SHUT_RDWR)

    # By another name of the same connection: the block may close its own meanwhile, and that of a secure one would
    # forget, in the midst of its reading, that it is one.
    with socket.fromfd(fileno, socket.AF_INET, socket.SOCK_STREAM) as line:
        timer = Timer(seconds, hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # from here on nobody hangs up
            if late:  # what an end seems to be may be ours
                raise TimeoutError(f"not whole after {seconds:g} s")


class _Prompt(HTTPConnection):
    """Its timeout is that of all that a server, or a proxy, says before the body as well."""

    def connect(self) -> None:
        """Connect, through a proxy's tunnel where there is one."""
        with ExitStack() as self._until_connected:
            super().connect()

    def _new_conn(self) -> socket.socket:
        """The bare connection, before what proxies and TLS say on it."""
        opened = super()._new_conn()
        self._until_connected.enter_context(prompt(opened.fileno(), self.timeout or 0))
        return opened

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override] # as urllib3 itself has it
        """Read status and headers."""
        response = None
        try:
            with prompt(self.sock.fileno(), self.timeout or 0):
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
