"""Two runs that fetch the same model at the same time."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from served import Request, Server, drop_after, serve, status
from stand_in import LABELS

from miles_deep.errors import FetchError
from miles_deep.model.fetch import Fetched
from miles_deep.model.fetch.alone import alone

Get = Callable[..., Fetched]

WEIGHTS = "weights.caffemodel"


def test_two_at_once_have_the_model_and_one_download(site: Server, get: Get, home: Path) -> None:
    """The second begins while the first is in the midst of a file, and is told how far that is."""
    under_way, told = threading.Event(), threading.Event()

    def slowly(request: Request, content: bytes) -> None:
        request.head(200, Content_Length=len(content))
        request.body(content[:70_000])
        under_way.set()
        told.wait(10)
        request.body(content[70_000:])

    def progress(done: int, total: int | None) -> None:
        assert done and total is None
        told.set()

    site.deeds[WEIGHTS] = [slowly]
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(get)
        assert under_way.wait(10)
        second = pool.submit(get, progress=progress)
        assert first.result().path == second.result().path and told.is_set()
    assert second.result().model.labels == LABELS
    assert len(site.asked(WEIGHTS)) == 1
    assert list((home / "cache" / "fetched").iterdir()) == []


def test_the_second_goes_on_where_the_first_gave_up(site: Server, get: Get) -> None:
    under_way, told = threading.Event(), threading.Event()

    def break_off(request: Request, content: bytes) -> None:
        under_way.set()
        told.wait(10)
        drop_after(70_000)(request, content)

    site.deeds[WEIGHTS] = [break_off, status(404), serve]
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(get)
        assert under_way.wait(10)
        second = pool.submit(get, progress=lambda done, total: told.set())
        with pytest.raises(FetchError, match="HTTP 404"):
            first.result()
        assert second.result().model.labels == LABELS
    assert site.asked(WEIGHTS) == [None, "bytes=70000-", "bytes=70000-"]


def test_one_that_was_killed_is_waited_for_no_more(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib\n"
        "from miles_deep.model.fetch.alone import alone\n"
        "with alone(pathlib.Path(sys.argv[1]), lambda: None): os._exit(9)"
    )
    path = tmp_path / "lock"
    assert subprocess.run([sys.executable, "-c", code, path]).returncode == 9
    assert path.exists()
    with alone(path, lambda: pytest.fail("nobody is there")) as waited:
        assert not waited
    assert not path.exists()
