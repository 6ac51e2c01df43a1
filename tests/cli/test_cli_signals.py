"""Signals while something is computed in C++, where Python runs no handler."""

import signal
import subprocess
import sys
import time

import pytest

STUCK = """
import hashlib, sys, threading
from miles_deep.cli import interrupting

interrupting.PAUSE = 0.2
with interrupting.interruptible():
    threading.Timer(0.1, print, ["ready"], {"flush": True}).start()  # by when it computes
    try:
        while True:
            hashlib.pbkdf2_hmac("sha256", b"", b"", ROUNDS)
    except KeyboardInterrupt:
        sys.stdin.readline()  # what is cleaned up takes as long as the test sends signals
        print("cleaned up")
        sys.exit(130)
"""


def started(rounds: int) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK.replace("ROUNDS", str(rounds))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_signal_ends_it_at_once(signum: signal.Signals, code: int) -> None:
    with started(2_000_000_000) as process:
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signum)
        told = process.communicate(timeout=20)
    assert (process.returncode, *told) == (
        code,
        "",
        "miles-deep: ended at once; unfinished files may be left behind\n",
    )


def test_a_key_that_is_held_down_leaves_the_cleaning_up_alone() -> None:
    with started(100_000) as process:
        for _ in range(8):
            process.send_signal(signal.SIGINT)
            time.sleep(0.03)
        assert process.communicate("\n", timeout=20) == ("cleaned up\n", "")
    assert process.returncode == 130
