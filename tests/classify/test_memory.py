"""Scores of a film are kept and found again: by the next process, the next sampling, the next model."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fake_model import FrameReader, Labeller
from media import FilmSpec
from miles_deep.classify import Scores, Store, score
from miles_deep.classify.memory import FilmMemory
from miles_deep.video import probe
from miles_deep.video.fingerprint import fingerprint

Films = Callable[[FilmSpec], Path]

FILM = FilmSpec(duration=Fraction(60), rate=Fraction(10), gop=35, audio=())
TESTS = Path(__file__).parents[1]


def watch(path: Path, model: FrameReader, store: Store, sampling: str = "exact", batch_size: int = 4) -> Scores:
    """What `analyze` does with a store, with a model that needs no network."""
    video, key = probe(path), fingerprint(path)
    memory = FilmMemory(store, key, model, path)  # type: ignore[arg-type]
    if kept := memory.scores(sampling, 0.95):
        return kept
    scores = score(
        video,
        model,  # type: ignore[arg-type]
        sampling,
        batch_size=batch_size,
        known=memory.looks(),
        checkpoint=memory.keep_looks,
    )
    return memory.keep(replace(scores, video=key))


def lively() -> Labeller:
    return Labeller(on=lambda number: number // 47 % 3 == 1, sure=0.8)


@pytest.fixture
def path(film: Films) -> Path:
    return film(FILM)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "scores")


def test_the_second_time_it_is_read(path: Path, store: Store) -> None:
    first, model = watch(path, lively(), store), lively()
    again = watch(path, model, store)
    assert model.looks == 0
    assert np.array_equal(again.values, first.values) and again.notes == first.notes == ()


def test_adaptive_is_answered_from_exact(path: Path, store: Store) -> None:
    watch(path, lively(), store)
    model = lively()
    answer = watch(path, model, store, "adaptive")
    assert (model.looks, answer.sampling) == (0, "exact")


def test_exact_after_adaptive_reuses_its_looks(path: Path, store: Store) -> None:
    some, model = watch(path, lively(), store, "adaptive"), lively()
    every = watch(path, model, store)
    assert model.looks == 60 - int(some.looked.sum()) < 60
    assert np.array_equal(every.values, watch(path, lively(), Store(store.folder / "other")).values)


def test_another_model_and_another_film_are_looked_at_anew(path: Path, store: Store, tmp_path: Path) -> None:
    watch(path, lively(), store)
    other = lively()
    other.digest = "beef"
    watch(path, other, store)
    assert other.looks == 60
    changed, model = tmp_path / "changed.mp4", lively()
    changed.write_bytes(path.read_bytes() + b"\\0" * 8)
    watch(changed, model, store)
    assert model.looks == 60
    moved, same = tmp_path / "moved.mp4", lively()
    moved.write_bytes(path.read_bytes())
    watch(moved, same, store)
    assert same.looks == 0, "a film is known by what it holds, wherever it lies"


def test_a_folder_that_cannot_be_written_is_one_note(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    kept, free = (watch(path, lively(), Store(tmp_path / name)) for name in ("file", "folder"))
    assert np.array_equal(kept.values, free.values)
    (note,) = kept.notes
    assert note.startswith("scores are not kept: ") and str(tmp_path / "file") in note
    assert free.notes == ()


def test_a_killed_analysis_goes_on(path: Path, store: Store, tmp_path: Path) -> None:
    """By kill -9: what the last checkpoint kept is not looked at again, and all comes out the same."""
    if sys.platform == "win32":
        pytest.skip("no kill -9")
    told = tmp_path / "told"
    child = subprocess.Popen(
        [sys.executable, __file__, str(path), str(store.folder), str(told)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    try:
        deadline = time.monotonic() + 60
        while not (told.exists() and len(told.read_text().split()) >= 6):
            assert child.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    kept = store.looks(fingerprint(path), lively().digest, 2)
    assert 20 <= len(kept) < 60
    model = lively()
    resumed = watch(path, model, store)
    assert model.looks == 60 - len(kept)
    assert np.array_equal(resumed.values, watch(path, lively(), Store(tmp_path / "other")).values)


def test_two_processes_on_one_film(path: Path, store: Store) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        both = pool.starmap(values_of, [(path, store.folder, 4), (path, store.folder, 7)])
    alone = watch(path, lively(), Store(store.folder / "other"))
    assert all(np.array_equal(values, alone.values) for values in both)
    model = lively()
    assert np.array_equal(watch(path, model, store).values, alone.values)
    assert model.looks == 0
    assert not any(entry.damaged for entry in store.entries())


def values_of(path: Path, folder: Path, batch_size: int) -> NDArray[np.float32]:
    keep_after_every_batch()
    return watch(path, lively(), Store(folder), batch_size=batch_size).values


def keep_after_every_batch() -> None:
    """In a process of its own, which this changes for good."""
    sys.modules["miles_deep.classify.score"].CHECKPOINT_EVERY = 0.0  # type: ignore[attr-defined]


def slowly(path: Path, folder: Path, told: Path) -> None:
    """Watch a film, keeping what is seen after each batch, and tell of each batch."""
    model = lively()

    def before(batch: object) -> None:
        time.sleep(0.05)
        with told.open("a") as file:
            file.write(f"{len(model.batches)} ")

    model.before = before
    keep_after_every_batch()
    watch(path, model, Store(folder))


if __name__ == "__main__":
    slowly(*map(Path, sys.argv[1:]))
