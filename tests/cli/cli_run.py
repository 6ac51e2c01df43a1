"""The program as a user starts it: a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("miles-deep", path=os.path.dirname(sys.executable)) or "miles-deep"
"""The console script that was installed with this Python."""

Tree = dict[str, bytes | None]


def run(
    *arguments: str | bytes | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, **popen: Any
) -> "subprocess.CompletedProcess[str]":
    """Run `miles-deep ARGUMENTS` to its end."""
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=cwd,
        env={**environment(), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=120,
        **popen,
    )


def run_all(commands: Sequence[Sequence[str | bytes | Path]]) -> "list[subprocess.CompletedProcess[str]]":
    """Run many, two at a time; the results are in the order of the commands."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda arguments: run(*arguments), commands))


def done(*arguments: str | bytes | Path, **how: Any) -> str:
    """Run it where it has to end well, and give what it printed; it must not have grumbled."""
    result = run(*arguments, **how)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def done_json(*arguments: str | bytes | Path, **how: Any) -> Any:
    """The same with `--json`, parsed."""
    return json.loads(done(*arguments, "--json", **how))


def environment() -> dict[str, str]:
    """Ours, without what would change how the program prints, and with one thread where it may have many."""
    unset = ("COLUMNS", "LINES", "PYTHONIOENCODING", "PYTHONUTF8", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE")
    return {**{name: value for name, value in os.environ.items() if name not in unset}, "PYTHONUTF8": "1"}


def written(cache: Path) -> Tree:
    """What was written to a cache but for digests, which are remembered of files that were written a while ago."""
    return {name: content for name, content in tree(cache).items() if content and not name.endswith(".digest")}


def tree(folder: Path) -> Tree:
    """Everything in a folder: name to content, None for folders. Unfinished files would be seen."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if not path.is_symlink()
    }
