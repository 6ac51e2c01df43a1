# ruff: noqa: E501 (a case a line reads better than a case in three)
"""What is subtracted from pictures: mean images of Caffe and NumPy, numbers, and files that are none of these."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
from caffe_network import dense, picture, write
from hypothesis import given
from hypothesis import strategies as st

from miles_deep.errors import CaffeError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe import import_caffe
from miles_deep.model.caffe.mean import read_mean

IMAGE = np.random.default_rng(3).uniform(0, 200, (3, 30, 20)) + np.array([0, 20, 40])[:, None, None]
MEAN = tuple(IMAGE.mean(axis=(1, 2)))


def npy(values, **options) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, **options)
    return stream.getvalue()


def header(text: str, rest: bytes = b"", version: int = 1) -> bytes:
    """A `.npy` file that says this of itself."""
    line = text.encode("latin-1") + b"\n"
    return (
        b"\x93NUMPY" + bytes([version, 0]) + len(line).to_bytes(2 if version == 1 else 4, "little") + line + rest
    )


def binaryproto(**fields) -> bytes:
    return pb.BlobProto(data=IMAGE.ravel(), **fields).SerializeToString()


FILES = {
    "binaryproto": binaryproto(shape={"dim": [3, 30, 20]}),
    "binaryproto of one picture": binaryproto(shape={"dim": [1, 3, 30, 20]}),
    "binaryproto before 2015": binaryproto(num=1, channels=3, height=30, width=20),
    "binaryproto, doubles": pb.BlobProto(
        shape={"dim": [3, 30, 20]}, double_data=IMAGE.ravel()
    ).SerializeToString(),
    "npy": npy(IMAGE),
    "npy, float32": npy(IMAGE.astype(np.float32)),
    "npy, by columns": npy(np.asfortranarray(IMAGE)),
    "npy, big-endian": npy(IMAGE.astype(">f8")),
    "npy of one picture": npy(IMAGE[None]),
    "npy, a number a channel": npy(np.array(MEAN)),
}


@pytest.mark.parametrize("case", FILES)
def test_a_mean_image_is_averaged_by_channel(tmp_path, case):
    """By what is in the file, not by its name."""
    path = tmp_path / "mean"
    path.write_bytes(FILES[case])
    assert read_mean(path) == pytest.approx(MEAN, rel=1e-6)
    assert read_mean(str(path)) == read_mean(path)


def test_numbers():
    assert read_mean(None) == (0, 0, 0)
    assert read_mean([104, 117, 123]) == (104, 117, 123)
    assert read_mean("104,117,123") == read_mean(Path(" 104.0, 117. ,1.23e2")) == (104, 117, 123)
    assert read_mean("-1,.5,+2E-1") == (-1, 0.5, 0.2)


@given(st.tuples(*[st.floats(-1e6, 1e6)] * 3))
def test_numbers_as_python_writes_them(mean):
    assert read_mean(",".join(map(str, mean))) == mean


def test_a_file_that_is_called_like_numbers_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("1,2,3").write_bytes(FILES["npy"])
    assert read_mean("1,2,3") == pytest.approx(MEAN)


def test_the_model_subtracts_it(tmp_path):
    files = write(tmp_path, picture(), dense("fc", "data", 3 * 9 * 11))
    path = tmp_path / "mean.npy"
    path.write_bytes(FILES["npy"])
    model = import_caffe(files.prototxt, files.weights, mean=path)
    assert model.card.preprocess.mean == pytest.approx(MEAN)
    assert import_caffe(files.prototxt, files.weights, mean="1,2,3").card.preprocess.mean == (1, 2, 3)


@pytest.mark.parametrize("shape", [(1,), (1, 9, 11)], ids=str)
def test_a_mean_of_grey_counts_for_every_channel(tmp_path, shape):
    path = tmp_path / "mean.npy"
    path.write_bytes(npy(np.full(shape, 7.0)))
    assert read_mean(path) == read_mean("7") == (7, 7, 7)


HUGE = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 1000000, 1000000), }"
BROKEN = {
    "objects, which are a pickle": (npy(np.array([print, 1, 2], dtype=object), allow_pickle=True), "as NumPy saves"),
    "text": (npy(np.array(["a", "b", "c"])), "as NumPy saves"),
    "complex numbers": (npy(np.zeros(3, complex)), "as NumPy saves"),
    "fields": (npy(np.zeros(3, [("a", "f4")])), "as NumPy saves"),
    "four channels": (npy(np.zeros((4, 5, 5))), "4 channels"),
    "channels last": (npy(np.zeros((30, 20, 3))), "30 channels"),
    "two channels": (npy(np.zeros(2)), "2 channels; pictures have 3, or 1 where they are grey"),
    "two pictures": (npy(np.zeros((2, 3, 5, 5))), "one picture"),
    "a number": (npy(np.float64(3)), "one picture"),
    "no pixels": (npy(np.zeros((3, 0, 5))), "one picture"),
    "not a number": (npy(np.array([1, np.nan, 2])), "not numbers"),
    "infinite": (npy(np.array([1, np.inf, 2])), "not numbers"),
    "cut in the values": (npy(IMAGE)[:-8], "1799 values"),
    "cut in a value": (npy(IMAGE)[:-3], "cut short"),
    "cut in the header": (npy(IMAGE)[:40], "cut short"),
    "cut in the version": (npy(IMAGE)[:7], "cut short"),
    "a header that is no header": (header("import os"), "as NumPy saves"),
    "a header of code": (header("__import__('os').system('true')"), "as NumPy saves"),
    "a header as deep as a well": (header("(" * 60_000), "as NumPy saves"),
    "a header without end": (header("{" + " " * 60_000), "as NumPy saves"),
    "trillions of values": (header(HUGE), "one picture"),
    "a shape below zero": (header(HUGE.replace("(3, 1000000, 1000000)", "(-3, -1)"), bytes(24)), "one picture"),
    "a version of the future": (header(HUGE, version=9), "as NumPy saves"),
    "the second version": (header(HUGE, version=2), "one picture"),
    "prose": (b"104 117 123\n", "not a mean file"),
    "bits": (bytes(range(256)), "not a mean file"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_mean_is_said(tmp_path, case):
    content, cause = BROKEN[case]
    path = tmp_path / "mean.npy"
    path.write_bytes(content)
    started = time.process_time()
    with pytest.raises(CaffeError) as caught:
        read_mean(path)
    assert time.process_time() - started < 1
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and cause in message and message.isprintable()


@pytest.mark.parametrize("numbers", ["1,2", "1,2,3,4", "1e999,2,3"])
def test_numbers_that_are_no_mean(numbers):
    with pytest.raises(CaffeError, match=r"^mean: "):
        read_mean(numbers)


def test_text_that_is_neither_is_a_file_that_is_not_there():
    with pytest.raises(CaffeError, match=r"^one,two,three: cannot be read"):
        read_mean("one,two,three")


def test_a_file_too_large_for_a_mean(tmp_path):
    path = tmp_path / "film.npy"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(CaffeError, match="larger than"):
        read_mean(path)
