"""Models that were hashed before are not read, until somebody looks with them."""

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from networks import mean_of_channels, model_of

from miles_deep.errors import ModelError
from miles_deep.files import stamp
from miles_deep.model import Preprocess, digests
from miles_deep.model.model import Unread, read_model

AN_HOUR_AGO = time.time() - 3600


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model that lies there for some time."""
    monkeypatch.setenv("MILES_DEEP_CACHE", str(tmp_path / "cache"))
    model_of(mean_of_channels(), Preprocess(8, 6)).save(tmp_path / "net.onnx")
    os.utime(tmp_path / "net.onnx", (AN_HOUR_AGO, AN_HOUR_AGO))
    return tmp_path / "net.onnx"


def test_the_second_time_it_stays_in_its_file(path: Path) -> None:
    first, second = read_model(path), read_model(path)
    assert isinstance(first.source, bytes) and isinstance(second.source, Unread)
    assert (first.digest, first.identity, first.labels) == (second.digest, second.identity, second.labels)
    frames = np.full((2, 6, 8, 3), 7, np.uint8)
    assert np.array_equal(first.classify(frames), second.classify(frames)) and first.network == second.network


def test_one_that_was_written_to_is_hashed_again(path: Path) -> None:
    before = read_model(path)
    replace(before, card=replace(before.card, licence="x")).save(path)
    os.utime(path, (AN_HOUR_AGO + 1, AN_HOUR_AGO + 1))
    after = read_model(path)
    assert isinstance(after.source, bytes) and after.digest != before.digest
    assert len(list(path.parent.glob("cache/models/*.digest"))) == 2, "one for each card"


def test_one_that_was_just_written_is_not_trusted_to_stay(path: Path) -> None:
    os.utime(path)
    assert all(isinstance(read_model(path).source, bytes) for _ in range(2))


def test_one_that_was_changed_behind_our_back_is_not_run(path: Path) -> None:
    read_model(path)
    model, data = read_model(path), bytearray(path.read_bytes())
    data[data.index(b"means")] ^= 1
    path.write_bytes(data)
    os.utime(path, (AN_HOUR_AGO, AN_HOUR_AGO))
    with pytest.raises(ModelError, match=r"/net\.onnx: was changed since it was opened; start again$"):
        model.prepare()
    assert read_model(path).digest not in ("", model.digest), "another start finds it as it is"


def test_one_that_was_replaced_with_its_times_kept(path: Path) -> None:
    """As by `cp -p`, and by links to another version."""
    read_model(path)
    model, data = read_model(path), bytearray(path.read_bytes())
    data[data.index(b"means")] ^= 1
    (other := path.with_name("other.onnx")).write_bytes(data)
    os.utime(other, (AN_HOUR_AGO, AN_HOUR_AGO))
    os.replace(other, path)
    assert read_model(path).digest not in ("", model.digest)


def test_one_that_is_replaced_while_it_is_read_is_not_remembered(path: Path) -> None:
    before = stamp(path)
    os.replace(path, path.with_name("moved"))
    path.write_bytes(b"another")
    os.utime(path, (AN_HOUR_AGO, AN_HOUR_AGO))
    digests.remember(path, "weights", "0" * 64, before)
    assert digests.known(path, "weights") is None


def test_another_card_is_another_model(path: Path) -> None:
    for _ in range(2):
        model = read_model(path)
        other = replace(model, card=replace(model.card, licence="x"))
        assert other.digest != model.digest


@pytest.mark.parametrize("kept", [b"", b"short", b"\xff" * 64])
def test_what_is_damaged_is_not_taken_for_a_digest(path: Path, kept: bytes) -> None:
    digest = read_model(path).digest
    [file] = path.parent.glob("cache/models/*.digest")
    file.write_bytes(kept)
    assert read_model(path).digest == digest


def test_of_what_is_not_there_nothing_is_known(tmp_path: Path) -> None:
    digests.remember(tmp_path / "missing", "weights", "0" * 64, stamp(tmp_path / "missing"))
    assert digests.known(tmp_path / "missing", "weights") is None
    assert digests.known("a\0b", "weights") is None
