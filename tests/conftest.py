"""Fixtures that every test may use."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from media import FilmSpec, make_film

FILM = Path(__file__).parents[1] / ".cache" / "bbb.mp4"


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the user's own cache and models out of the tests, and the tests out of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MILES_DEEP_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("MILES_DEEP_DATA", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Callable[[FilmSpec], Path]:
    """Makes a generated film once a session, and gives its path. Tests do not write to it."""
    folder = tmp_path_factory.mktemp("films")
    made: dict[FilmSpec, Path] = {}

    def path_of(spec: FilmSpec) -> Path:
        if spec not in made:
            made[spec] = folder / f"{len(made):03}-{str(spec)[:80]}{spec.suffix}"
            make_film(spec, made[spec])
        return made[spec]

    return path_of


@pytest.fixture(scope="session")
def big_buck_bunny() -> Path:
    """The real film."""
    if not FILM.exists():
        pytest.fail("Big Buck Bunny is not there; `make test` fetches it")
    return FILM
