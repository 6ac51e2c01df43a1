"""The progress bar, where what it tells of is begun anew."""

import re
import time

from miles_deep.cli.drawn_bar import drawn_bar


def test_a_second_attempt(monkeypatch, capfd):
    """After the end of the first it goes back, with the rate and the time left of the second."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    with drawn_bar("cutting") as report:
        for done in range(0, 1001, 250):
            report(done, 1000)
            time.sleep(0.15)
        for done in range(0, 4):
            report(done, 1000)
            time.sleep(0.15)
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capfd.readouterr().err)
    again = drawn[drawn.rindex("100%") :]
    rate, left = re.findall(r"\b0% +(\d+)x +(\d:\d\d:\d\d)", again)[-1]
    assert int(rate) < 50 and left != "0:00:00"
