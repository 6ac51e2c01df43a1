"""Run one program and note what it took. Itself run as `python -I -S launch.py RESULT PROGRAM ARGUMENT…`.

Linux counts into a program's peak memory what its process had before it became that program, when it was a copy of
the one that started it. So whoever starts it has to be small: this imports nothing of ours.
"""

import json
import os
import signal
import subprocess
import sys
import time


def launch(result: str, command: list[str]) -> None:
    """Run `command`, and write when it began, seconds, peak memory in bytes (None: unknown), exit code."""
    began = time.perf_counter()
    process = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    peak = None
    if sys.platform == "win32":
        code = process.wait()
    else:
        _, status, usage = os.wait4(process.pid, 0)
        code = process.returncode = os.waitstatus_to_exitcode(status)
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)  # getrusage(2) of each system
    wall = time.perf_counter() - began
    with open(result, "w", encoding="utf-8") as file:
        json.dump({"began": began, "wall": wall, "peak": peak, "code": code}, file)


if __name__ == "__main__":
    launch(sys.argv[1], sys.argv[2:])
