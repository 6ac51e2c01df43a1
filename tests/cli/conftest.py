"""Films and classifiers for the tests of the command line."""

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_media import colour_model, paint

from miles_deep.cli import main

collect_ignore = ["test_cli_terminal.py"] if sys.platform == "win32" else []
"""What has no pseudo-terminals and no signals."""

PLAIN = "r10 g6 b4"
"""The usual film: a segment of every label."""


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier of colours: red, green, and blue, its background; the group `warm` is red and green."""
    return colour_model(tmp_path_factory.mktemp("model") / "colour.onnx")


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a film of a schedule once a session."""
    folder = tmp_path_factory.mktemp("painted")
    made: dict[str, Path] = {}

    def path_of(schedule: str) -> Path:
        if schedule not in made:
            made[schedule] = paint(folder / f"{len(made)}.mp4", schedule)
        return made[schedule]

    return path_of


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder, so that whatever the program leaves is seen."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


@pytest.fixture
def movie(place: Path, painted: Callable[[str], Path]) -> Path:
    """The usual film, alone in a folder of its own."""
    return Path(shutil.copy(painted(PLAIN), place / "movie.mp4"))


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for every test, for the processes that it starts as well."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("MILES_DEEP_CACHE", str(folder))
    return folder


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str]) -> "Iterator[Callable[..., subprocess.CompletedProcess[str]]]":
    """Runs the command line in this process, for tables of many cases."""
    on_termination = signal.getsignal(signal.SIGTERM)

    def call(*arguments: object) -> "subprocess.CompletedProcess[str]":
        code = main.run([str(argument) for argument in arguments])
        told = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, code, told.out, told.err)

    yield call
    signal.signal(signal.SIGTERM, on_termination)
    assert not {thread.name for thread in threading.enumerate()} & {"decode", "infer"}
