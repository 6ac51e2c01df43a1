"""One program, run as a process of its own, as a user feels it."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from miles_deep.errors import MilesDeepError

LAUNCH = str(Path(__file__).with_name("launch.py"))


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process took."""

    began: float
    """When it was started, as `time.perf_counter` of any process on this machine counts."""
    wall: float
    """Seconds, from its start to its end."""
    peak: int | None
    """Peak resident memory in bytes; None where the system does not tell (Windows)."""


def run(name: str, command: Sequence[str], environment: Mapping[str, str]) -> Spent:
    """Run a program to its end; what it prints is dropped.

    Args:
        name: for the error.
        command: program and arguments.
        environment: all of it.

    Raises:
        MilesDeepError: it cannot be started, or failed.
    """
    with tempfile.TemporaryDirectory(prefix="miles-deep-") as folder:
        result, said = Path(folder, "result.json"), Path(folder, "stderr")
        with said.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", LAUNCH, str(result), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env=environment,
            )
            try:
                process.wait()
            except BaseException:
                process.terminate()  # it ends the program and then itself
                process.wait()
                raise
        told = json.loads(result.read_bytes()) if result.exists() else {"code": process.returncode}
        if told["code"] != 0 or "wall" not in told:
            lines = said.read_text("utf-8", "replace").split("\n")
            last = next((line.strip() for line in reversed(lines) if line.strip()), f"exit code {told['code']}")
            raise MilesDeepError(f"{name} failed: {last}")
        return Spent(told["began"], told["wall"], told["peak"])
