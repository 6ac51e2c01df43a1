"""Scores: what is saved is what is loaded, and other programs can read it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miles_deep.classify import Scores
from miles_deep.errors import FormatError, OutputError


def some_scores(labels: tuple[str, ...] = ("sfw", "nsfw"), rows: int = 12) -> Scores:
    values = np.random.default_rng(1).random((rows, len(labels)), np.float32)
    return Scores(
        labels=labels,
        times=np.arange(rows) + 0.5,
        values=values,
        duration=max(rows - Fraction(1713, 24_000), Fraction(0)),
        background=labels[:1],
        groups={"all of them": labels},
        model="ab" * 32,
        notes=("3 damaged packets skipped", "füñ 😀\n"),
        looked=np.arange(rows) % 3 == 0,
        sampling="adaptive",
        effort=0.3,
        video="8e245d9679d31e12-734003200",
    )


def assert_same(first: Scores, second: Scores) -> None:
    assert np.array_equal(first.values, second.values) and first.values.dtype == second.values.dtype
    assert np.array_equal(first.times, second.times) and first.times.dtype == second.times.dtype
    assert first.looked.tolist() == second.looked.tolist() and second.looked.dtype == np.bool_
    for name in ("labels", "duration", "background", "groups", "model", "notes", "sampling", "effort", "video"):
        assert getattr(first, name) == getattr(second, name), name
    assert type(second.duration) is Fraction


@pytest.mark.parametrize(
    "labels",
    [
        ("sfw", "nsfw"),
        ("one",),
        ("früh, 'quoted' \"so\"", "狐", "😀", "", " ", "new\nline"),
        ("second", "time"),
        ("time", "second", "miles_deep"),
        ("looked", "label looked", "label label looked", "time", "label time", "label"),
        tuple(f"n{number:08}" for number in range(1000)),
    ],
    ids=lambda labels: str(len(labels)) + labels[0][:6],
)
def test_round_trip(labels: tuple[str, ...], tmp_path: Path) -> None:
    scores = some_scores(labels)
    scores.save(tmp_path / "scores.parquet")
    assert_same(scores, Scores.load(tmp_path / "scores.parquet"))
    scores.save(str(tmp_path / "no suffix"))
    assert_same(scores, Scores.load(str(tmp_path / "no suffix")))


@settings(deadline=None)  # the first example imports Arrow
@given(rows=st.integers(0, 40), labels=st.lists(st.text(), min_size=1, max_size=5, unique=True).map(tuple))
def test_any_labels(rows: int, labels: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.parquet"
    some_scores(labels, rows).save(path)
    assert_same(some_scores(labels, rows), Scores.load(path))


def test_other_programs_read_it(tmp_path: Path) -> None:
    scores = some_scores()
    scores.save(tmp_path / "scores.parquet")
    table = pq.read_table(tmp_path / "scores.parquet")
    assert table.column_names == ["second", "time", "looked", "sfw", "nsfw"]
    assert [str(kind) for kind in table.schema.types] == ["int32", "double", "bool", "float", "float"]
    assert table["looked"].to_pylist() == scores.looked.tolist()
    assert table["second"].to_pylist() == list(range(12))
    assert table["nsfw"].to_numpy().tolist() == scores.values[:, 1].tolist()
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]


def test_values_need_not_lie_in_rows(tmp_path: Path) -> None:
    """Columns of a Fortran array, or every second one, are not contiguous."""
    scores = some_scores()
    for values in (np.asfortranarray(scores.values), np.repeat(scores.values, 2, axis=1)[:, ::2]):
        Scores(scores.labels, scores.times, values, scores.duration).save(tmp_path / "scores.parquet")
        assert np.array_equal(Scores.load(tmp_path / "scores.parquet").values, scores.values)


def foreign(path: Path) -> None:
    pq.write_table(pa.table({"second": [1, 2], "time": [0.5, 1.5]}), path)


def wrong_columns(path: Path) -> None:
    some_scores().save(path)
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["nsfw"]), path)


def metadata(**changed: object) -> Callable[[Path], None]:
    """Scores that say something else of themselves."""

    def spoil(path: Path) -> None:
        some_scores().save(path)
        table = pq.read_table(path)
        said = json.loads(table.schema.metadata[b"miles_deep"]) | changed
        pq.write_table(table.replace_schema_metadata({"miles_deep": json.dumps(said)}), path)

    spoil.__name__ = f"metadata_{changed}"[:60]
    return spoil


def metadata_of_another_kind(path: Path) -> None:
    foreign(path)
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({"miles_deep": "[1, 2]"}), path)


def metadata_that_never_ends(path: Path) -> None:
    foreign(path)
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({"miles_deep": "[" * 200_000}), path)


def column(name: str, values: list[object], kind: pa.DataType | None = None) -> Callable[[Path], None]:
    """Scores with another column in the place of one."""

    def spoil(path: Path) -> None:
        some_scores().save(path)
        table = pq.read_table(path)
        at = table.column_names.index(name)
        pq.write_table(table.set_column(at, name, pa.array((values * 12)[:12], kind or table[at].type)), path)

    spoil.__name__ = f"column_{name}_{values}_{kind}"
    return spoil


def words_for_numbers(path: Path) -> None:
    some_scores().save(path)
    table = pq.read_table(path)
    table = table.set_column(3, "sfw", pa.array(["a"] * 12))
    pq.write_table(table, path)


def truncated(path: Path) -> None:
    some_scores().save(path)
    path.write_bytes(path.read_bytes()[:-20])


def flipped(path: Path) -> None:
    some_scores(rows=2000).save(path)
    data = bytearray(path.read_bytes())
    data[40:400] = bytes(360)
    path.write_bytes(data)


SPOILT: list[Callable[[Path], None]] = [
    foreign,
    wrong_columns,
    metadata_of_another_kind,
    metadata_that_never_ends,
    *(
        metadata(**{name: value})
        for name, value in {
            "labels": 3,
            "background": "sfw",
            "groups": ["sfw"],
            "model": None,
            "notes": [1],
            "sampling": 1,
            "effort": 1.5,
            "video": ["film"],
        }.items()
    ),
    *(
        metadata(labels=labels)
        for labels in ("sn", ["sfw", "sfw"], [], ["sfw"], ["nsfw", "sfw"], ["sfw", "nsfw", ""])
    ),
    *(metadata(duration=text) for text in ("1/0", "-1", "nan", "1e999999999", "9" * 5000, "5", 12, "")),
    metadata(effort=float("nan")),
    column("second", [0]),
    column("time", [float("nan")]),
    column("time", [-1.0]),
    column("time", [2.5, 1.5]),
    column("sfw", [float("nan")]),
    column("nsfw", [float("inf")]),
    column("nsfw", [0.5, None]),
    column("looked", [1], pa.int32()),
    column("nsfw", [[0.5]], pa.list_(pa.float32())),
    words_for_numbers,
    truncated,
    flipped,
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(b"second,time,sfw\n0,0.5,1\n" * 50),
    lambda path: path.mkdir(),
    lambda path: None,
]


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_what_is_no_file_of_scores(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    spoil(path)
    with pytest.raises(FormatError) as caught:
        Scores.load(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and "\n" not in message and len(message) < 400


def test_a_file_that_unpacks_to_far_more_than_it_is(tmp_path: Path) -> None:
    """A run of one value is stored as one value, so that a file can promise a thousand times its size."""
    path = tmp_path / "scores.parquet"
    zeros = pa.table({"second": np.zeros(10_000_000, np.bool_)}, metadata={"miles_deep": "{}"})
    with pq.ParquetWriter(path, zeros.schema, compression="zstd") as writer:
        for _ in range(30):
            writer.write_table(zeros)
    assert path.stat().st_size < 2_000_000
    with pytest.raises(FormatError, match="too large"):
        Scores.load(path)


def test_an_unwritable_place(tmp_path: Path) -> None:
    for path in (tmp_path / "missing" / "scores.parquet", tmp_path):
        with pytest.raises(OutputError) as caught:
            some_scores().save(path)
        assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    some_scores().save(path)
    kept = path.read_bytes()
    broken = some_scores()
    broken.groups["not text"] = (object(),)  # type: ignore[assignment]
    with pytest.raises(TypeError):
        broken.save(path)
    assert path.read_bytes() == kept
    assert [entry.name for entry in tmp_path.iterdir()] == ["scores.parquet"]


FULL_DISK = """
import resource, sys, numpy
from fractions import Fraction
from miles_deep.classify import Scores
from miles_deep.errors import OutputError

scores = Scores(("a",), numpy.arange(1000) + 0.5, numpy.random.rand(1000, 1).astype("f4"), Fraction(1000))
import pyarrow.parquet
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    scores.save(sys.argv[1])
except OutputError as error:
    print(error)
"""

if sys.platform != "win32":  # where no process can be forbidden to write large files

    def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
        path = tmp_path / "scores.parquet"
        command = [sys.executable, "-W", "error", "-c", FULL_DISK, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.startswith(f"{path}: cannot be written") and done.stdout.count("\n") == 1
        assert list(tmp_path.iterdir()) == []


def test_a_label_called_time_has_a_column_of_its_own(tmp_path: Path) -> None:
    some_scores(("time", "other")).save(tmp_path / "scores.parquet")
    assert pq.read_table(tmp_path / "scores.parquet").column_names == [
        *("second", "time", "looked"),
        *("label time", "other"),
    ]


@pytest.mark.parametrize("shape", [(11, 2), (12, 3), (12,), (0, 2)])
def test_a_shape_that_does_not_fit(shape: tuple[int, ...]) -> None:
    with pytest.raises(FormatError, match="shape"):
        Scores(("a", "b"), np.arange(12) + 0.5, np.zeros(shape, np.float32), Fraction(12))


def test_seconds_are_looked_at_unless_told_otherwise() -> None:
    scores = Scores(("a",), np.arange(3) + 0.5, np.zeros((3, 1), np.float32), Fraction(3))
    assert scores.looked.tolist() == [True] * 3 and scores.sampling == "exact" and scores.effort == 1
    with pytest.raises(FormatError, match="marks"):
        Scores(("a",), np.arange(3) + 0.5, np.zeros((3, 1), np.float32), Fraction(3), looked=np.ones(2, np.bool_))


@pytest.mark.parametrize("labels", [("sfw", "nsfw"), ("looked", "time")])
def test_files_of_the_first_version(labels: tuple[str, ...], tmp_path: Path) -> None:
    """They had no column that tells what was looked at, since everything was."""
    columns = {"second": np.arange(3, dtype="i4"), "time": np.arange(3) + 0.5}
    columns |= {f"label {name}" if name == "time" else name: np.full(3, 0.25, np.float32) for name in labels}
    said = {"labels": labels, "duration": "5/2", "background": [], "groups": {}, "model": "ab", "notes": []}
    table = pa.table(columns).replace_schema_metadata({"miles_deep": json.dumps(said)})
    pq.write_table(table, tmp_path / "old.parquet")
    scores = Scores.load(tmp_path / "old.parquet")
    assert scores.labels == labels and scores.values.tolist() == [[0.25, 0.25]] * 3
    assert scores.looked.tolist() == [True] * 3 and (scores.sampling, scores.video) == ("exact", "")


if sys.platform == "linux":  # elsewhere names are text

    def test_a_name_of_any_bytes(tmp_path: Path) -> None:
        path = tmp_path / os.fsdecode(b"s3:bad\xff\n.parquet")
        some_scores().save(path)
        assert_same(some_scores(), Scores.load(path))
