"""Fixtures that every test may use."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from media import FilmSpec, make_film

FILM = Path(__file__).parents[1] / ".cache" / "bbb.mp4"

# How long an example takes tells what else the machine does, not whether the code is right.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the user's own cache and models out of the tests, and the tests out of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MILES_DEEP_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("MILES_DEEP_DATA", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Callable[[FilmSpec], Path]:
    """Makes a generated film once, for all the processes that run tests, and gives its path. Tests do not write
    to it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "films"
    folder.mkdir(exist_ok=True)

    def path_of(spec: FilmSpec) -> Path:
        path = folder / f"{hashlib.sha256(repr(spec).encode()).hexdigest()[:12]}-{str(spec)[:80]}{spec.suffix}"
        if not path.exists():
            # The first to be done stays: no two encodes need be alike, and somebody may be reading it.
            with suppress(FileExistsError):
                os.link(make_film(spec, base / path.name), path)
        return path

    return path_of


@pytest.fixture(scope="session")
def big_buck_bunny() -> Path:
    """The real film."""
    if not FILM.exists():
        pytest.fail("Big Buck Bunny is not there; `make test` fetches it")
    return FILM
