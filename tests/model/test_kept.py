"""Compiled networks that are kept: the same scores, sooner; and never one that cannot be trusted."""

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from networks import mean_of_channels, model_of, network
from numpy.typing import NDArray
from onnx import helper

from miles_deep.model import Model, Preprocess
from miles_deep.model.kept import MAX_BYTES, Kept, forget
from miles_deep.model.onnx_import import import_onnx
from miles_deep.model.openvino_runtime import TILE, WORTH_KEEPING

SPEC = Preprocess(32, 32, scale=(1 / 255,) * 3)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own."""
    monkeypatch.setenv("MILES_DEEP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


def large(seed: int = 1) -> Model:
    """A network that is worth keeping."""
    random = np.random.default_rng(seed)
    weights = {
        "w": random.normal(0, 0.1, (512, 3, 7, 7)).astype(np.float32),
        "v": random.normal(0, 0.1, (512, 1000)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["data", "w"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("GlobalAveragePool", ["b"], ["c"]),
        helper.make_node("Flatten", ["c"], ["d"]),
        helper.make_node("MatMul", ["d", "v"], ["scores"]),
    ]
    model = model_of(network(nodes, ["batch", 3, 32, 32], 1000, weights), SPEC, 1000)
    assert len(model.network) >= WORTH_KEEPING
    return model.on("cpu", "auto")


def frames(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), np.uint8)


def kept_files(cache: Path) -> list[Path]:
    return sorted(cache.glob("*")) if cache.exists() else []


def test_equal_to_the_bit(cache: Path) -> None:
    first = large().infer(frames(9))
    [file] = kept_files(cache)
    born = file.stat().st_ino
    assert np.array_equal(large().infer(frames(9)), first)
    assert kept_files(cache) == [file] and file.stat().st_ino == born


def test_where_one_is_kept_no_graph_is_built() -> None:
    large().infer(frames(1))
    again = large()
    content = again.network
    object.__setattr__(again, "network", b"nothing")
    again.__dict__["_built_from"] = large()._built_from
    assert again.infer(frames(1)).shape == (1, 1000) and content


def test_names_and_groups_make_no_other(cache: Path) -> None:
    first = large()
    first.prepare()
    renamed = replace(first, card=replace(first.card, name="other", source="elsewhere"))
    assert renamed.digest != first.digest
    renamed.prepare()
    assert len(kept_files(cache)) == 1
    replace(first, card=replace(first.card, preprocess=replace(SPEC, channels="bgr"))).prepare()
    assert len(kept_files(cache)) == 2


def test_other_weights_another_precision(cache: Path) -> None:
    first, other = large(1).infer(frames(2)), large(2).infer(frames(2))
    assert len(kept_files(cache)) == 2 and not np.allclose(first, other, rtol=0.1)
    exact = large(1).on("cpu", "f32")
    assert np.abs(exact.infer(frames(2)) - first).max() < 0.05
    assert len(kept_files(cache)) == 3, "one file a network and precision"


SPOILT = {
    "a bit in the middle": lambda data: data[:500_000] + bytes([data[500_000] ^ 1]) + data[500_001:],
    "cut short": lambda data: data[:-1],
    "longer": lambda data: data + b"x",
    "empty": lambda data: b"",
    "of another": lambda data: data.replace(data.split()[2], b"0" * 64),
    "no blob, but a right checksum": None,
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_damaged_one_is_made_anew(cache: Path, case: str) -> None:
    expected = large().infer(frames(2))
    [file] = kept_files(cache)
    whole, spoil = file.read_bytes(), SPOILT[case]
    if spoil is None:
        forged = Kept("x", [])
        forged._title = b" ".join(whole.split(b" ")[:3]) + b" "
        forged.path = file
        forged.keep(b"no network at all" * 1000)
    else:
        file.write_bytes(spoil(whole))
    assert file.read_bytes() != whole
    assert np.array_equal(large().infer(frames(2)), expected)
    assert file.read_bytes().split()[:3] == whole.split()[:3]
    born = file.stat().st_ino
    assert np.array_equal(large().infer(frames(2)), expected) and file.stat().st_ino == born


@pytest.mark.skipif(os.name == "nt", reason="files have no modes there")
def test_one_that_others_may_write_is_not_read(cache: Path) -> None:
    kept = Kept("digest", ["backend"])
    kept.keep(b"content")
    assert kept.path.stat().st_mode & 0o777 == 0o600
    assert bytes(kept.look_up() or b"") == b"content"
    for mode in (0o620, 0o602):
        kept.path.chmod(mode)
        assert kept.look_up() is None
    if os.geteuid() == 0:
        kept.path.chmod(0o600)
        os.chown(kept.path, 12345, 12345)
        assert kept.look_up() is None


def test_small_networks_are_not_kept(cache: Path) -> None:
    model_of(mean_of_channels(), Preprocess(8, 6)).infer(np.zeros((1, 6, 8, 3), np.uint8))
    assert kept_files(cache) == []


@pytest.mark.skipif(not Path("/proc").exists(), reason="no folder in which even root cannot write")
def test_a_cache_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILES_DEEP_CACHE", "/proc/nowhere")
    assert large().infer(frames(2)).shape == (2, 1000)


def test_a_folder_in_its_place(cache: Path) -> None:
    expected = large().infer(frames(2))
    [file] = kept_files(cache)
    file.unlink()
    file.mkdir()
    assert np.array_equal(large().infer(frames(2)), expected)


@pytest.mark.parametrize("count", [1, TILE - 1, TILE, TILE + 1, 5 * TILE + 3])
def test_scores_do_not_depend_on_the_batch(count: int) -> None:
    """To the bit: whatever the batch size, a film has the same scores."""
    model = large()
    together = model.infer(frames(count))
    assert together.shape == (count, 1000)
    assert np.array_equal(together, np.concatenate([model.infer(frame[None]) for frame in frames(count)]))


def test_what_is_only_tried_leaves_nothing(cache: Path) -> None:
    model = large()
    tried = model.try_out(frames(5))
    assert kept_files(cache) == []
    assert np.array_equal(model.infer(frames(5)), tried)
    assert len(kept_files(cache)) == 1


def test_an_import_leaves_what_its_first_use_takes(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(large().network)
    imported = import_onnx(tmp_path / "net.onnx", preprocess="unit", activation="none").model
    [file] = kept_files(cache)
    born = file.stat().st_ino
    imported.infer(frames(1))
    assert kept_files(cache) == [file] and file.stat().st_ino == born


def sized(folder: Path, name: str, size: int, age: float) -> Path:
    """A compiled network of so many bytes, which take no room, used so many seconds ago."""
    folder.mkdir(parents=True, exist_ok=True)
    with (path := folder / f"{name}.compiled").open("wb") as file:
        file.truncate(size)
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_what_was_used_longest_ago_makes_room(cache: Path) -> None:
    used = Kept("used", [])
    used.keep(b"content")
    os.utime(used.path, (0, 0))
    older, *others = (sized(cache, f"{age} s", MAX_BYTES // 4, age) for age in (90, 80, 70, 60))
    converted = sized(cache, "imagenet", MAX_BYTES, 1000).rename(cache / "imagenet.onnx")
    assert used.look_up() == b"content"
    Kept("new", []).keep(b"new")
    assert not older.exists() and all(path.exists() for path in (*others, used.path, converted))


def test_what_was_used_last_stays_however_large(cache: Path) -> None:
    sized(cache, "small", 1, 10)
    huge = sized(cache, "huge", MAX_BYTES + 1, -10)
    Kept("new", []).keep(b"new")
    assert kept_files(cache) == [huge]


def test_what_is_forgotten(cache: Path) -> None:
    first, second, other = Kept("a" * 64, ["one"]), Kept("a" * 64, ["two"]), Kept("b" * 64, ["one"])
    for kept in (first, second, other):
        kept.keep(b"content")
    assert forget("a" * 64) == 2 * other.path.stat().st_size and forget("c" * 64) == 0
    assert kept_files(cache) == [other.path]
