"""Fetching a published model: from the server to scores, without a network, and what the program says."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from served import Server, chunked
from stand_in import LABELS, NAME, QUICK

import miles_deep as md
from media import FilmSpec
from miles_deep.errors import FetchError, ModelError, OutputExistsError
from miles_deep.model.fetch import FETCHABLE, Fetched, fetch
from miles_deep.model.fetch.blob import blob_id

Get = Callable[..., Fetched]

PROGRAM = shutil.which("miles-deep", path=os.path.dirname(sys.executable)) or "miles-deep"


@pytest.fixture
def folder(tmp_path: Path, contents: dict[str, bytes]) -> Path:
    """The files, put there by hand."""
    by_hand = tmp_path / "by hand"
    by_hand.mkdir()
    for name, content in contents.items():
        (by_hand / name).write_bytes(content)
    return by_hand


def test_a_fetched_model_classifies(site: Server, get: Get, home: Path) -> None:
    result = get()
    assert result.path == home / "data" / "models" / f"{NAME}.onnx"
    model = md.load_model(NAME)
    assert (model.labels, model.background, model.digest) == (LABELS, ("other",), result.model.digest)
    assert (model.card.name, model.card.licence) == (NAME, "CC0-1.0")
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
    pictures = np.broadcast_to(colours[:, None, None, :], (3, 20, 30, 3))
    assert [LABELS[winner] for winner in model.classify(pictures).argmax(1)] == ["alpha", "beta", "other"]


def test_the_program_analyzes_with_it(site: Server, get: Get, film: Callable[[FilmSpec], Path]) -> None:
    digest = get().model.digest
    path = film(FilmSpec(duration=Fraction(2)))
    result = subprocess.run(
        [PROGRAM, "analyze", path, "--model", NAME, "--json"], capture_output=True, encoding="utf-8", check=True
    )
    said = json.loads(result.stdout)
    assert (said["model"], said["digest"], said["labels"]) == (NAME, digest, list(LABELS))
    assert said["looked"] == 2


def test_nothing_of_the_download_stays(site: Server, get: Get, home: Path) -> None:
    get()
    assert list((home / "cache" / "fetched").iterdir()) == []


def test_a_length_that_is_not_told(site: Server, get: Get) -> None:
    site.deeds["weights.caffemodel"] = [chunked]
    assert get().model.labels == LABELS


def test_progress_ends_with_all_bytes(site: Server, get: Get, contents: dict[str, bytes]) -> None:
    told: list[tuple[int, int | None]] = []
    get(progress=lambda done, total: told.append((done, total)))
    whole = sum(map(len, contents.values()))
    assert told[-1] == (whole, whole)
    assert told[0][1] is None  # the weights' size is not known before they come
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_what_is_there_is_not_replaced_unasked(site: Server, get: Get) -> None:
    path = get().path
    site.requests.clear()
    with pytest.raises(OutputExistsError, match="--force"):
        get()
    assert site.requests == []
    path.write_bytes(b"damaged")
    assert get(force=True).path == path
    assert md.load_model(NAME).labels == LABELS


def test_by_hand(site: Server, get: Get, folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert get(folder=folder).model.labels == LABELS
    assert site.requests == []
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_by_hand_a_file_is_missing(site: Server, get: Get, folder: Path) -> None:
    (folder / "weights.caffemodel").unlink()
    with pytest.raises(
        FetchError, match=r"weights\.caffemodel: is not there; https://films\.example/model has it"
    ):
        get(folder=folder)


def test_by_hand_a_file_is_another(site: Server, get: Get, folder: Path, home: Path) -> None:
    with (folder / "weights.caffemodel").open("r+b") as file:
        file.seek(1000)
        file.write(b"!")
    with pytest.raises(FetchError, match=r"weights\.caffemodel: not the file that was published"):
        get(folder=folder)
    assert (folder / "weights.caffemodel").exists()
    assert not (home / "data" / "models" / f"{NAME}.onnx").exists()


def test_files_put_where_the_download_goes(site: Server, get: Get, folder: Path, weights: Path) -> None:
    shutil.copytree(folder, weights.parent)
    assert get().model.labels == LABELS
    assert site.requests == []


def test_another_base(site: Server, get: Get, contents: dict[str, bytes]) -> None:
    with Server(dict(contents)).running() as mirror:
        get(base=mirror.base + "/")
        assert (len(mirror.requests), len(site.requests)) == (4, 0)


def test_an_unknown_name() -> None:
    with pytest.raises(ModelError, match=r"no model 'deep' can be fetched; there are: miles-deep"):
        fetch("deep")


def test_the_first_program_s_model_is_named_before_it_is_there() -> None:
    with pytest.raises(ModelError, match=r"^miles-deep was not fetched yet: miles-deep models fetch miles-deep$"):
        md.load_model("miles-deep")


def test_no_network_says_what_to_do_by_hand(home: Path) -> None:
    with pytest.raises(FetchError) as told:
        fetch("miles-deep", base="https://127.0.0.1:1", patience=QUICK)
    said = str(told.value)
    assert "127.0.0.1:1/labels.txt: cannot be reached (" in said and "; tried 3 times; or put" in said
    assert "put labels.txt, deploy.prototxt, mean.binaryproto, weights.caffemodel from https://github.com/" in said
    assert "miles-deep models fetch miles-deep --from FOLDER" in said
    assert "\n" not in said


def test_blob_ids_are_those_of_git(tmp_path: Path) -> None:
    # `git hash-object` says so of an empty file, and "Pro Git", 10.2, of this one.
    (tmp_path / "empty").touch()
    (tmp_path / "pro-git").write_bytes(b"what is up, doc?")
    assert blob_id(tmp_path / "empty") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert blob_id(tmp_path / "pro-git") == "bd9dbf5aae1a3862dd1526723246b20206e5fc37"


def test_the_first_program_s_prototxt_is_one_of_those_awaited() -> None:
    prototxt = Path(__file__).parents[1] / "caffe" / "original" / "deploy.prototxt"
    assert blob_id(prototxt) in FETCHABLE["miles-deep"].prototxt.blobs
