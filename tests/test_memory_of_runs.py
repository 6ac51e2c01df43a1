"""How much memory a user's first run takes: weights made ready, a film watched, cut and looked at."""

import re
import subprocess
import sys

import pytest

MOST = 450
"""MB. docs/benchmarks.md has what it takes, and of what."""

CHILD = """
import pathlib, re, sys
from miles_deep.cli.main import run

assert run(sys.argv[1:]) == 0
# Not getrusage, which counts what the parent held before it started this.
print("peak", re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.slow
@pytest.mark.film
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of a program's own memory")
@pytest.mark.parametrize("model, target", [("imagenet", "rabbit"), ("open_nsfw", "nsfw")])
def test_a_first_run(big_buck_bunny, tmp_path, monkeypatch, model, target) -> None:
    monkeypatch.setenv("MILES_DEEP_CACHE", str(tmp_path / "cache"))
    words = ["-t", target, str(big_buck_bunny), "--model", model, "-o", str(tmp_path)]
    done = subprocess.run([sys.executable, "-c", CHILD, *words], capture_output=True, text=True, check=True)
    assert (tmp_path / f"{big_buck_bunny.stem}.cut{big_buck_bunny.suffix}").exists()
    assert int(re.search(r"^peak (\d+)$", done.stdout, re.M)[1]) / 1000 <= MOST
