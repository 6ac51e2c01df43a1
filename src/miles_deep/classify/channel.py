"""A bounded queue between two threads that can be closed from either end."""

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class ChannelClosed(Exception):
    """The receiver has gone; there is no point in sending."""


class Channel(Generic[T]):
    """Hands items from one thread to another, at most `size` of them waiting."""

    def __init__(self, size: int) -> None:
        self._items: deque[T] = deque()
        self._size = size
        self._changed = threading.Condition()
        self._closed = False
        self._error: BaseException | None = None

    def send(self, item: T) -> None:
        """Wait for room and put an item in. Raises ChannelClosed where nobody will take it."""
        with self._changed:
            while len(self._items) >= self._size and not self._closed:
                self._changed.wait()
            if self._closed:
                raise ChannelClosed
            self._items.append(item)
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether it was ended, from either side."""
        return self._closed

    def close(self, error: BaseException | None = None) -> None:
        """End it, from either side. An error reaches the receiver after the items that are waiting."""
        with self._changed:
            if not self._closed:
                self._closed, self._error = True, error
            self._changed.notify_all()

    def __iter__(self) -> Iterator[T]:
        """Take items until the channel is closed and empty."""
        while True:
            with self._changed:
                while not self._items and not self._closed:
                    # A timeout, because on Windows Ctrl-C does not wake a wait without one.
                    self._changed.wait(timeout=0.2)
                if not self._items:
                    if self._error is not None:
                        raise self._error
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            yield item
