"""What the tests of fetching share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stand_in
from served import Server

from miles_deep.model.fetch import FETCHABLE, Fetched, fetch


@pytest.fixture(scope="session")
def contents() -> dict[str, bytes]:
    """The files of the stand-in."""
    return stand_in.files()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folders of its own, and no proxies, for every test."""
    monkeypatch.setenv("MILES_DEEP_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MILES_DEEP_CACHE", str(tmp_path / "cache"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return tmp_path


@pytest.fixture
def site(contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that has the stand-in, which can be fetched from it by name."""
    with Server(dict(contents)).running() as server:
        monkeypatch.setitem(FETCHABLE, stand_in.NAME, stand_in.source(contents, server.base))
        yield server


@pytest.fixture
def get() -> Callable[..., Fetched]:
    """Fetches the stand-in with little patience."""
    return lambda **how: fetch(stand_in.NAME, **{"patience": stand_in.QUICK, **how})


@pytest.fixture
def weights(home: Path) -> Path:
    """Where the unfinished download of the weights lies."""
    return home / "cache" / "fetched" / stand_in.NAME / "weights.caffemodel.part"
