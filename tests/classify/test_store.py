"""The score store: what was kept is found, and nothing that happens to its files makes it lie."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miles_deep.classify.looks import Looks
from miles_deep.classify.scores import Scores
from miles_deep.classify.store import Store, default_folder
from miles_deep.errors import OptionError, OutputError

FILM, MODEL, LABELS = "8e245d9679d31e12-734003200", "ab" * 32, ("sfw", "nsfw")


def some_scores(
    sampling: str = "exact", effort: float = 1.0, rows: int = 12, labels: tuple[str, ...] = LABELS
) -> Scores:
    return Scores(
        labels=labels,
        times=np.arange(rows) + 0.5,
        values=np.random.default_rng(rows).random((rows, len(labels)), np.float32),
        duration=Fraction(rows),
        model=MODEL,
        looked=np.arange(rows) % 2 == 0,
        sampling=sampling,
        effort=effort,
        video=FILM,
    )


def some_looks(first: int = 0, last: int = 10, labels: int = 2) -> Looks:
    """What a look shows depends on its time alone, as with a real model."""
    return {Fraction(2 * k + 1, 2): np.full(labels, k % 97, np.float32) for k in range(first, last)}


def same_looks(first: Looks, second: Looks) -> bool:
    return first.keys() == second.keys() and all(np.array_equal(first[time], second[time]) for time in first)


def same_scores(first: Scores | None, second: Scores) -> bool:
    names = ("labels", "duration", "model", "sampling", "effort", "video", "background", "groups", "notes")
    return first is not None and (
        all(getattr(first, name) == getattr(second, name) for name in names)
        and all(
            np.array_equal(getattr(first, name), getattr(second, name)) for name in ("times", "values", "looked")
        )
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "not" / "yet")


def only_file(store: Store) -> Path:
    (entry,) = store.entries()
    return entry.path


@pytest.mark.parametrize(
    "labels", [LABELS, ("second", "time", "looked", "numerator"), tuple(f"n{k}" for k in range(300))], ids=len
)
def test_what_is_kept_is_found(labels: tuple[str, ...], store: Store) -> None:
    assert store.find(FILM, MODEL, labels) is None
    scores = some_scores(labels=labels)
    store.keep(scores, film="/films/a.mp4")
    assert same_scores(store.find(FILM, MODEL, labels), scores)
    again = some_scores(rows=20, labels=labels)
    store.keep(again)
    assert same_scores(store.find(FILM, MODEL, labels), again)
    assert store.find("another film", MODEL, labels) is None
    assert store.find(FILM, "another model", labels) is None


WANTED = [
    # kept, asked for, found
    ([("exact", 1.0)], ("exact", 1.0), ("exact", 1.0)),
    ([("exact", 1.0)], ("adaptive", 0.5), ("exact", 1.0)),
    ([("exact", 1.0)], ("adaptive", 1.0), ("exact", 1.0)),
    ([("adaptive", 1.0)], ("exact", 1.0), None),
    ([("adaptive", 0.5)], ("adaptive", 0.5), ("adaptive", 0.5)),
    ([("adaptive", 0.5)], ("adaptive", 0.51), None),
    ([("adaptive", 0.1 + 0.2)], ("adaptive", 0.1 + 0.2), ("adaptive", 0.1 + 0.2)),
    ([("adaptive", 1e-7)], ("adaptive", 0.0), ("adaptive", 1e-7)),
    ([("adaptive", 0.5), ("adaptive", 0.9), ("adaptive", 0.7)], ("adaptive", 0.6), ("adaptive", 0.9)),
    ([("adaptive", 0.5), ("adaptive", 0.9), ("exact", 1.0)], ("adaptive", 0.6), ("exact", 1.0)),
    ([], ("adaptive", 0.5), None),
]


@pytest.mark.parametrize(("kept", "asked", "found"), WANTED)
def test_a_coarser_request_is_answered_from_finer_scores(
    kept: list[tuple[str, float]], asked: tuple[str, float], found: tuple[str, float] | None, store: Store
) -> None:
    for sampling, effort in kept:
        store.keep(some_scores(sampling, effort))
    scores = store.find(FILM, MODEL, LABELS, *asked)
    assert (scores and (scores.sampling, scores.effort)) == found


def test_the_next_best_where_the_best_is_damaged(store: Store) -> None:
    store.keep(some_scores())
    only_file(store).write_bytes(b"PAR1")
    store.keep(some_scores("adaptive", 0.5))
    assert same_scores(store.find(FILM, MODEL, LABELS, "adaptive", 0.2), some_scores("adaptive", 0.5))


def test_looks_add_up(store: Store) -> None:
    assert store.looks(FILM, MODEL, 2) == {}
    store.keep_looks(FILM, MODEL, {})
    assert store.entries() == []
    store.keep_looks(FILM, MODEL, some_looks(0, 10))
    store.keep_looks(FILM, MODEL, some_looks(5, 20))
    assert same_looks(store.looks(FILM, MODEL, 2), some_looks(0, 20))
    assert store.looks("another film", MODEL, 2) == store.looks(FILM, "another model", 2) == {}


rows = st.lists(st.floats(width=32), min_size=3, max_size=3).map(lambda row: np.array(row, np.float32))


@settings(deadline=None)  # the first example imports Arrow
@given(looks=st.dictionaries(st.fractions(), rows, max_size=8))
def test_any_looks(looks: Looks, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = Store(tmp_path_factory.mktemp("looks"))
    store.keep_looks(FILM, MODEL, looks)
    found = store.looks(FILM, MODEL, 3)
    held = {time for time in looks if max(abs(time.numerator), time.denominator) < 2**63}
    assert found.keys() == held and all(type(time) is Fraction for time in found)
    assert all(found[time].tobytes() == looks[time].tobytes() for time in found)


def test_a_time_too_long_for_the_file_is_left_out(store: Store) -> None:
    short = Fraction(2**63 - 1, 2**62)
    store.keep_looks(FILM, MODEL, {Fraction(1, 2**63): np.ones(2, np.float32), short: np.zeros(2, np.float32)})
    assert store.looks(FILM, MODEL, 2).keys() == {short}
    store.clear()
    store.keep_looks(FILM, MODEL, {Fraction(1, 2**63): np.ones(2, np.float32)})
    assert store.looks(FILM, MODEL, 2) == {}


def test_every_damaged_byte_is_noticed(store: Store) -> None:
    """Or makes no difference: there are bytes in a file that nobody reads."""
    scores = replace(some_scores(rows=3), groups={"all": LABELS}, notes=("1 damaged packet skipped",))
    store.keep(scores)
    path = only_file(store)
    data, aside, noticed = path.read_bytes(), path.with_name(path.name + ".damaged"), 0
    for at in range(len(data)):
        spoilt = bytearray(data)
        spoilt[at] ^= 1 << at % 8
        path.write_bytes(spoilt)
        found = store.find(FILM, MODEL, LABELS)
        assert found is None or same_scores(found, scores), f"byte {at}"
        if found is None:
            assert aside.read_bytes() == spoilt and not path.exists()
            noticed += 1
    assert noticed > len(data) / 3


def test_every_damaged_byte_of_looks_is_noticed(store: Store) -> None:
    store.keep_looks(FILM, MODEL, some_looks(0, 3))
    path = only_file(store)
    data = path.read_bytes()
    for at in range(len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
        found = store.looks(FILM, MODEL, 2)
        assert found == {} or same_looks(found, some_looks(0, 3)), f"byte {at}"


@pytest.mark.parametrize("part", [0, 4, 0.3, 0.7, -1, "garbage"])
def test_a_damaged_file_is_set_aside_and_made_anew(part: float | str, store: Store) -> None:
    store.keep(some_scores(rows=500))
    store.keep_looks(FILM, MODEL, some_looks(0, 500))
    for entry in store.entries():
        data = entry.path.read_bytes()
        cut = (
            b"garbage" * 500 if isinstance(part, str) else data[: int(part * len(data)) if 0 < part < 1 else part]
        )
        entry.path.write_bytes(cut)
    assert [entry.damaged for entry in store.entries()] == [True, True]
    assert store.find(FILM, MODEL, LABELS) is None and store.looks(FILM, MODEL, 2) == {}
    assert [entry.path.suffix for entry in store.entries()] == [".damaged"] * 2
    store.keep(some_scores())
    store.keep_looks(FILM, MODEL, some_looks())
    assert same_scores(store.find(FILM, MODEL, LABELS), some_scores())
    assert same_looks(store.looks(FILM, MODEL, 2), some_looks())
    assert store.clear() > 0 and store.entries() == []


@pytest.mark.parametrize(
    "other",
    [
        replace(some_scores(), video="another film"),
        replace(some_scores(), model="another model"),
        some_scores(labels=("nsfw", "sfw")),
        some_scores("adaptive", 0.5),
    ],
    ids=["film", "model", "labels", "sampling"],
)
def test_a_file_under_a_wrong_name_is_damaged(other: Scores, store: Store, tmp_path: Path) -> None:
    elsewhere = Store(tmp_path / "elsewhere")
    elsewhere.keep(other)
    store.keep(some_scores())
    only_file(store).write_bytes(only_file(elsewhere).read_bytes())
    assert store.find(FILM, MODEL, LABELS) is None
    assert only_file(store).suffix == ".damaged"


def test_looks_of_something_else_are_damaged(store: Store) -> None:
    store.keep_looks(FILM, MODEL, some_looks())
    assert store.looks(FILM, MODEL, 3) == {} and only_file(store).suffix == ".damaged"
    store.clear()
    store.keep_looks("film 2", MODEL, some_looks())
    data = only_file(store).read_bytes()
    store.keep_looks(FILM, MODEL, some_looks())
    for entry in store.entries():
        entry.path.write_bytes(data)
    assert store.looks(FILM, MODEL, 2) == {} and same_looks(store.looks("film 2", MODEL, 2), some_looks())


def test_scores_without_a_key_are_not_kept(store: Store) -> None:
    for scores in (
        replace(some_scores(), video=""),
        replace(some_scores(), model=""),
        replace(some_scores(), sampling="../../../adaptive"),
    ):
        with pytest.raises(OptionError):
            store.keep(scores)
    assert not store.folder.exists()
    assert store.find("", "", LABELS) is None and store.looks("", "", 2) == {}


@pytest.mark.parametrize("key", ["../../up", "a/b\\c", "nul\0", "é" * 200, "\ud800", "."])
def test_keys_of_any_kind(key: str, store: Store, tmp_path: Path) -> None:
    scores = replace(some_scores(), video=key, model=key)
    store.keep(scores)
    assert same_scores(store.find(key, key, LABELS), scores)
    assert only_file(store).parent.parent == store.folder
    assert [path.name for path in tmp_path.iterdir()] == ["not"]


def test_entries_tell_what_is_there(store: Store) -> None:
    assert store.entries() == [] and store.clear() == 0
    start = datetime.now(UTC) - timedelta(seconds=5)
    store.keep(some_scores(rows=7), film=Path("films", "ä \udcff.mp4"))
    store.keep(some_scores("adaptive", 0.25), film="b.mp4", name="colours")
    store.keep_looks(FILM, MODEL, some_looks(0, 30))
    store.keep(replace(some_scores(), video="zz-1"))
    (store.folder / "zz-1" / f"{MODEL}.exact.parquet.damaged").write_bytes(b"12345")
    found = store.entries()
    assert [(entry.video, entry.kind, entry.effort, entry.rows, entry.film, entry.damaged) for entry in found] == [
        (FILM, "adaptive", 0.25, 12, "b.mp4", False),
        (FILM, "exact", 1.0, 7, str(Path("films", "ä \udcff.mp4")), False),
        (FILM, "looks", 1.0, 30, "", False),
        ("zz-1", "exact", 1.0, 12, "", False),
        ("zz-1", "exact", 1.0, 0, "", True),
    ]
    assert [entry.name for entry in found] == ["colours", "", "", "", ""]
    assert {entry.model for entry in found} == {MODEL} and found[-1].bytes == 5
    assert all(start < entry.when <= datetime.now(UTC) + timedelta(seconds=5) for entry in found)
    assert all(entry.bytes == entry.path.stat().st_size for entry in found)
    (store.folder / "zz-1" / f"{MODEL}.adaptive-0.5.parquet").write_bytes(b"no parquet")
    assert [entry.damaged for entry in store.entries() if entry.kind == "adaptive"] == [False, True]


def aged(path: Path, age: timedelta) -> None:
    os.utime(path, (time.time() - age.total_seconds(),) * 2)


def test_clear_by_film_and_age(store: Store) -> None:
    store.keep(some_scores())
    store.keep_looks(FILM, MODEL, some_looks())
    store.keep(replace(some_scores(), video="zz-1"))
    old, new, other = store.entries()
    aged(old.path, timedelta(days=10))
    assert store.clear(older_than=timedelta(days=11)) == 0
    assert store.clear(older_than=timedelta(days=9), film="zz-1") == 0
    assert store.clear(older_than=timedelta(days=9)) == old.bytes
    assert [entry.path for entry in store.entries()] == [new.path, other.path]
    assert store.clear(film=FILM) == new.bytes
    assert store.clear() == other.bytes
    assert list(store.folder.iterdir()) == []


def test_clear_deletes_nothing_of_others(store: Store, tmp_path: Path) -> None:
    store.keep(some_scores())
    folder = only_file(store).parent
    others = [folder / "notes.txt", folder / "a.parquet", store.folder / f"{MODEL}.exact.parquet"]
    for path in others:
        path.write_text("mine")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / f"{MODEL}.exact.parquet").write_text("mine")
    if sys.platform != "win32":
        (store.folder / "link").symlink_to(outside)
    store.clear()
    assert all(path.read_text() == "mine" for path in [*others, *outside.iterdir()])


def test_remains_of_killed_processes_go(store: Store) -> None:
    store.keep(some_scores())
    old, new = (only_file(store).parent / f".miles-deep-{name}.parquet" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    aged(old, timedelta(days=2))
    store.keep(some_scores())
    assert new.exists() and not old.exists()
    assert len(store.entries()) == 1
    assert store.clear() > 4 and list(store.folder.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "scores")
    for keep in (lambda: store.keep(some_scores()), lambda: store.keep_looks(FILM, MODEL, some_looks())):
        with pytest.raises(OutputError, match="cannot be made"):
            keep()
    assert store.find(FILM, MODEL, LABELS) is None and store.looks(FILM, MODEL, 2) == {}
    assert store.entries() == [] and store.clear() == 0


def test_a_folder_in_the_place_of_a_file(store: Store) -> None:
    store.keep(some_scores())
    path = only_file(store)
    path.unlink()
    path.mkdir()
    assert store.find(FILM, MODEL, LABELS) is None and store.entries() == []
    with pytest.raises(OutputError, match="folder"):
        store.keep(some_scores())


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MILES_DEEP_CACHE", str(tmp_path))
    assert default_folder() == tmp_path / "scores"
    monkeypatch.delenv("MILES_DEEP_CACHE")
    assert default_folder().is_absolute() and default_folder().name == "scores"


def test_other_programs_read_looks(store: Store) -> None:
    store.keep_looks(FILM, MODEL, some_looks(0, 3))
    table = pq.read_table(only_file(store))
    assert table.to_pydict() == {"numerator": [1, 3, 5], "denominator": [2] * 3, "0": [0, 1, 2], "1": [0, 1, 2]}


def hammer(folder: Path, number: int, rounds: int) -> None:
    store = Store(folder)
    for k in range(rounds):
        store.keep(some_scores(rows=10 + k % 5))
        found = store.find(FILM, MODEL, LABELS)
        assert same_scores(found, some_scores(rows=len(found or ()))), "wrong scores"
        store.keep_looks(FILM, MODEL, some_looks(100 * number, 100 * number + k + 1))
        looks = store.looks(FILM, MODEL, 2)
        assert looks and all(np.array_equal(looks[time], [(time - Fraction(1, 2)) % 97] * 2) for time in looks)


def test_processes_on_one_film_do_not_harm_each_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=hammer, args=(tmp_path, number, 60)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    found = Store(tmp_path).entries()
    assert [(entry.kind, entry.damaged) for entry in found] == [("exact", False), ("looks", False)]
    assert found[0].path.parent.exists() and len(list(found[0].path.parent.iterdir())) == 2  # no partial file


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_store import FILM, MODEL, Store, some_looks, some_scores

store = Store(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    store.keep(some_scores(rows=20_000))
    store.keep_looks(FILM, MODEL, some_looks(0, 5_000))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9")
def test_a_killed_writer_leaves_what_was_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.keep(some_scores(rows=20_000))
    store.keep_looks(FILM, MODEL, some_looks(0, 5_000))
    for delay in (0.01, 0.05, 0.11):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(Path(__file__).parent)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None and writer.stdout.readline() == b"ready\n"
            time.sleep(delay)
            writer.send_signal(signal.SIGKILL)
        assert same_scores(store.find(FILM, MODEL, LABELS), some_scores(rows=20_000))
        assert same_looks(store.looks(FILM, MODEL, 2), some_looks(0, 5_000))
    assert not any(entry.damaged for entry in store.entries())
