"""The fingerprint of a film: the OpenSubtitles hash that Stash shows, and the size."""

import os
import sys
from pathlib import Path

import pytest

from miles_deep.errors import VideoError
from miles_deep.video.fingerprint import fingerprint

KIB = 1024


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def word(number: int) -> bytes:
    return number.to_bytes(8, "little")


def test_size_and_words_at_either_end(tmp_path: Path) -> None:
    data = word(1) + bytes(200 * KIB - 16) + word(2**64 - 1)
    assert fingerprint(written(tmp_path / "film", data)) == f"{200 * KIB:016x}-{200 * KIB}"
    data = word(0x8E245D9679D31E12 - 200 * KIB) + bytes(200 * KIB - 8)
    assert fingerprint(written(tmp_path / "film", data)) == "8e245d9679d31e12-204800"


def test_the_middle_does_not_count(tmp_path: Path) -> None:
    data = bytearray(os.urandom(200 * KIB))
    before = fingerprint(written(tmp_path / "film", data))
    data[64 * KIB : 136 * KIB] = bytes(72 * KIB)
    assert fingerprint(written(tmp_path / "other name.mkv", data)) == before
    for byte in (0, 64 * KIB - 1, 136 * KIB, 200 * KIB - 1):
        changed = bytearray(data)
        changed[byte] ^= 1
        assert fingerprint(written(tmp_path / "film", changed)) != before


@pytest.mark.parametrize("size", [1, 7, 8, 12, 64 * KIB - 1, 64 * KIB, 100 * KIB, 128 * KIB - 1])
def test_small_files(size: int, tmp_path: Path) -> None:
    """Each end is at most the whole file, so words may count twice; the last one is filled with zeros."""
    data = os.urandom(size)
    ends = (data[: 64 * KIB], data[-64 * KIB :])
    words = [int.from_bytes(end[at : at + 8], "little") for end in ends for at in range(0, len(end), 8)]
    assert fingerprint(written(tmp_path / "film", data)) == f"{(sum(words) + size) % 2**64:016x}-{size}"


def test_text_for_a_path(tmp_path: Path) -> None:
    path = written(tmp_path / "film", b"12345678")
    assert fingerprint(str(path)) == fingerprint(path) == "706e6c6a6866646a-8"


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "is a folder"), ("empty", "is empty"), ("none", "no such file"), ("\0", "cannot be read")],
)
def test_what_is_no_film(name: str, said: str, tmp_path: Path) -> None:
    written(tmp_path / "empty", b"")
    with pytest.raises(VideoError, match=said) as caught:
        fingerprint(tmp_path / name)
    assert str(tmp_path) in str(caught.value)


if sys.platform != "win32":  # where there are no pipes in folders

    def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(VideoError, match="not a regular file"):
            fingerprint(tmp_path / "pipe")


@pytest.mark.film
def test_the_real_film(big_buck_bunny: Path) -> None:
    """As the package oshash 0.1.1 tells it."""
    assert fingerprint(big_buck_bunny) == "e080af3648533775-50195281"
