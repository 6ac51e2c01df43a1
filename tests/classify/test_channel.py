"""Channel: bounded, and closed from either end."""

import threading
import time
from collections.abc import Callable

import pytest

from miles_deep.classify.channel import Channel, ChannelClosed


def in_a_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_items_come_in_order_and_end() -> None:
    channel: Channel[int] = Channel(3)
    for item in range(3):
        channel.send(item)
    channel.close()
    assert list(channel) == [0, 1, 2]
    assert list(channel) == []


def test_the_sender_waits_for_room() -> None:
    channel: Channel[int] = Channel(2)
    sent: list[int] = []

    def send() -> None:
        for item in range(50):
            channel.send(item)
            sent.append(item)
        channel.close()

    sender = in_a_thread(send)
    deadline = time.monotonic() + 60
    while len(sent) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert sent == [0, 1]
    received = []
    for item in channel:
        received.append(item)
        assert len(sent) <= len(received) + 2
    assert received == list(range(50))
    sender.join(60)
    assert not sender.is_alive()


def test_the_receiver_waits_for_items() -> None:
    channel: Channel[str] = Channel(1)
    received: list[str] = []
    receiver = in_a_thread(lambda: received.extend(channel))
    time.sleep(0.05)
    assert receiver.is_alive() and received == []
    channel.send("late")
    channel.close()
    receiver.join(60)
    assert not receiver.is_alive() and received == ["late"]


def test_a_receiver_that_goes_frees_the_sender() -> None:
    channel: Channel[int] = Channel(1)
    told: list[type] = []

    def send() -> None:
        try:
            while True:
                channel.send(0)
        except ChannelClosed as error:
            told.append(type(error))

    sender = in_a_thread(send)
    time.sleep(0.05)
    assert sender.is_alive()
    channel.close()
    sender.join(60)
    assert told == [ChannelClosed]
    with pytest.raises(ChannelClosed):
        channel.send(1)


def test_an_error_comes_after_the_items() -> None:
    channel: Channel[int] = Channel(4)
    channel.send(1)
    channel.send(2)
    channel.close(ValueError("broken"))
    channel.close()  # too late to take the error back
    items = iter(channel)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="broken"):
        next(items)


def test_an_error_wakes_a_receiver_that_waits() -> None:
    channel: Channel[int] = Channel(1)
    closer = in_a_thread(lambda: (time.sleep(0.05), channel.close(KeyError("gone")))[1])
    with pytest.raises(KeyError, match="gone"):
        list(channel)
    closer.join(60)
