"""Scores in CSV files, written, read, and held against each other."""

from pathlib import Path

import numpy as np
import pytest

from miles_deep.classify.pictures.expected import (
    compare_expected,
    read_expected,
    read_rows,
    within,
    write_scores,
)
from miles_deep.errors import FormatError

LABELS = ("cat", "n1 dog, hound")
VALUES = np.array([[0.25, 0.75], [1 / 3, 2 / 3]], np.float32)


def test_what_is_written_is_read(tmp_path):
    """To the last digit, and names of files as they are."""
    names = ["a.png", 'deep/b, "c"\n.png']
    write_scores(tmp_path / "s.csv", names, LABELS, VALUES)
    expected = read_expected(tmp_path / "s.csv", LABELS)
    assert list(expected) == names
    assert np.array_equal(list(expected.values()), VALUES)
    compared = compare_expected(tmp_path, [tmp_path / name for name in names], LABELS, VALUES, expected)
    assert compared.beyond(0) == [] and len(compared.deviations) == 2


@pytest.mark.parametrize(
    "text",
    [
        'file,cat,"n1 dog, hound"\na.png,0.25,0.75\n',
        '\ufefffile,cat,"n1 dog, hound"\r\na.png,0.25,0.75\r\n',
        'label,file,score\ncat,a.png,0.25\n"n1 dog, hound",a.png,0.75\n',
        "file,1,0\na.png,.75,.25\n",
        "file,label,score\na.png,1,.75\na.png,cat,.25\n",
        'file,kind,label,score\na.png,label,cat,0.25\na.png,group,animal,1\na.png,label,"n1 dog, hound",.75\n',
    ],
    ids=[
        "a column a label",
        "of a spreadsheet",
        "a row a score",
        "numbers",
        "numbers in rows",
        "as `classify` prints",
    ],
)
def test_forms(tmp_path, text):
    (tmp_path / "s.csv").write_text(text, encoding="utf-8", newline="")
    expected = read_expected(tmp_path / "s.csv", LABELS)
    assert {name: row.tolist() for name, row in expected.items()} == {"a.png": [0.25, 0.75]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column 'file'"),
        ("name,cat\na.png,1\n", "no column 'file'"),
        ("file,cat\n", "no rows"),
        ("file,cow\na.png,1\n", "line 1: the model has no label 'cow'"),
        ("file,cow\n", "line 1: the model has no label 'cow'"),
        ("file,0,1,2\na.png,1,2,3\n", "line 1: the model has no label '2'"),
        ("file,label,score\na.png,cat,1\na.png,2,1\n", "line 3: the model has no label '2'"),
        ("file,cat\na.png,much\n", "much"),
        ("file,cat\na.png,nan\n", "line 2: a score is no number"),
        ("file,cat\na.png,1e39\n", "line 2: a score is no number"),
        ("file,cat\na.png\n", "more or fewer cells"),
        ("file,cat\na.png,1,2\n", "more or fewer cells"),
        ("file,label,score\na.png,cat,1\na.png,cat,0.5\n", "line 3: another score than before for 'a.png'"),
        ('file,cat\n"' + "a" * 200_000 + '",1\n', "field larger than field limit"),
    ],
)
def test_no_tables_of_scores(tmp_path, text, said):
    (path := tmp_path / "s.csv").write_text(text, encoding="utf-8")
    with pytest.raises(FormatError) as raised:
        read_expected(path, LABELS)
    assert str(raised.value).startswith(f"{path}: not a table of scores (") and said in str(raised.value)


def test_numbers_that_are_labels(tmp_path):
    """Digits, say, in another order: they are their names."""
    (path := tmp_path / "s.csv").write_text("file,0,1\na.png,0.25,0.75\n")
    assert read_expected(path, ("1", "0"))["a.png"].tolist() == [0.75, 0.25]
    with pytest.raises(FormatError, match="no label '0'"):
        read_expected(path, ("1", "cat"))


@pytest.mark.parametrize("kind", [np.float16, np.float64, ">f4", np.uint8])
def test_arrays(tmp_path, kind):
    np.save(path := tmp_path / "s.npy", np.asfortranarray([[1, 0], [0.25, 0.75]]).astype(kind))
    read = read_rows(path, LABELS, ["a.png", "b/c.png"])
    assert list(read) == ["a.png", "b/c.png"] and read["a.png"].dtype == np.float32
    assert kind == np.uint8 or read["b/c.png"].tolist() == [0.25, 0.75]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (np.zeros((3, 2)), r"3 x 2 values \(float64\), not 1 x 2 scores: a row a picture, in the order of"),
        (np.zeros((2, 1)), "2 x 1 values"),
        (np.zeros(2), "2 values"),
        (np.float32(1), "one values"),
        (np.array([["a", "b"]]), r"1 x 2 values \(<U1\)"),
        (np.array([[1, np.nan]]), "a score is no number"),
        (np.array([[1, None]]), "not an array of numbers"),
        (
            b"\x93NUMPY\x01\0\x46\0{'descr': '<f4', 'fortran_order': False, 'shape': (1, 9999999999)}\n",
            "not an array",
        ),
        (b"file,cat\n", "not an array of numbers"),
        (b"", "not an array of numbers"),
    ],
)
def test_no_arrays_of_scores(tmp_path, content, said):
    path = tmp_path / "s.npy"
    path.write_bytes(content) if isinstance(content, bytes) else np.save(path, content, allow_pickle=True)
    with pytest.raises(FormatError, match=said) as raised:
        read_rows(path, LABELS, ["a.png"])
    assert str(raised.value).startswith(f"{path}: ") and "\n" not in str(raised.value)


def test_bytes_that_are_no_text(tmp_path):
    (path := tmp_path / "s.csv").write_bytes(bytes(range(256)))
    with pytest.raises(FormatError, match="not a table of scores"):
        read_expected(path, LABELS)
    with pytest.raises(FormatError, match="not a file"):
        read_expected(tmp_path, LABELS)


def test_tables_of_more_than_there_is_room_for(tmp_path):
    """Where a picture has but one score of many, room is for all of them."""
    many = [str(number) for number in range(1 << 18)]
    (path := tmp_path / "s.csv").write_text("file,label,score\n" + "".join(f"{n},{n},1\n" for n in range(257)))
    with pytest.raises(FormatError, match="more than 256 pictures of 262144 labels"):
        read_expected(path, many)


def test_what_is_off(tmp_path):
    """The worst of each picture; what is missing on either side is told."""
    paths = [tmp_path / name for name in ("deep/a.png", "b.png", "c.png", "d.png")]
    values = np.array([[0.5, 0.5], [0.9, 0.1], [0, 1], [np.nan, 1]], np.float32)
    expected = {
        "deep/a.png": np.array([0.5, 0.25], np.float32),
        str(paths[1]): np.array([0.9, np.nan], np.float32),
        "d.png": np.array([0.5, np.nan], np.float32),
        "e.png": np.array([1, np.nan], np.float32),
    }
    compared = compare_expected(tmp_path, paths, LABELS, values, expected)
    assert [one.path for one in compared.beyond(0.01)] == [paths[3], paths[0]]
    assert [(one.label, one.size) for one in compared.beyond(0.01)] == [("cat", np.inf), ("n1 dog, hound", 0.25)]
    assert [one.path for one in compared.beyond(0.25)] == [paths[3]]
    assert compared.missing == ("e.png",) and compared.unknown == (paths[2],)


def test_names_on_every_machine(tmp_path):
    assert within(tmp_path, tmp_path / "deep" / "a.png") == "deep/a.png"
    assert within(Path("other"), Path("a.png")) == "a.png"
