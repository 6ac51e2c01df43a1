"""Files and folders appear under their name whole, or not at all."""

import errno
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from miles_deep.errors import FormatError, OutputError, OutputExistsError
from miles_deep.files import check_writable, map_file, partial_file, partial_folder, read_file


class Trouble(Exception):
    """Any error of the block."""


@pytest.fixture(params=["the same folder", "another folder", "another disk"])
def temporary(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | None]:
    """Where the unfinished file lies; on a machine with one disk only, the last is a folder as well."""
    if request.param == "the same folder":
        yield None
        return
    with tempfile.TemporaryDirectory(dir=other_disk(tmp_path) if "disk" in request.param else tmp_path) as folder:
        yield Path(folder)
        assert not list(Path(folder).iterdir()), "nothing is left in the temporary folder"


def other_disk(folder: Path) -> Path:
    """A writable folder whose device is not that of `folder`, if there is one."""
    there = [path for path in (Path("/dev/shm"), Path.home(), Path.cwd()) if os.access(path, os.W_OK)]
    return next((path for path in there if path.stat().st_dev != folder.stat().st_dev), folder)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An empty folder to write to."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture(params=[0o022, 0o077, 0o000], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestFile:
    def test_takes_its_name_at_the_end(self, out, temporary):
        path = out / "film.mp4"
        with partial_file(path, temporary) as partial:
            partial.write_bytes(b"half")
            assert not path.exists() and partial.suffix == ".mp4"
            assert partial.parent == (temporary or out), "from its own folder it takes its name in one step"
            partial.write_bytes(b"whole")
        assert path.read_bytes() == b"whole" and names(out) == ["film.mp4"]

    @pytest.mark.parametrize("error", [Trouble, KeyboardInterrupt, SystemExit, GeneratorExit])
    def test_is_gone_when_the_block_fails(self, out, temporary, error):
        with pytest.raises(error), partial_file(out / "film.mp4", temporary) as partial:
            partial.write_bytes(b"half")
            raise error
        assert names(out) == []

    def test_leaves_the_old_one_when_the_block_fails(self, out, temporary):
        path = out / "film.mp4"
        path.write_bytes(b"old")
        with pytest.raises(Trouble), partial_file(path, temporary) as partial:
            partial.write_bytes(b"new")
            raise Trouble
        assert path.read_bytes() == b"old" and names(out) == ["film.mp4"]

    def test_replaces_the_old_one(self, out, temporary):
        path = out / "film.mp4"
        path.write_bytes(b"old")
        with partial_file(path, temporary) as partial:
            partial.write_bytes(b"new")
        assert path.read_bytes() == b"new" and names(out) == ["film.mp4"]

    def test_does_not_replace_without_force(self, out):
        path = out / "film.mp4"
        path.write_bytes(b"old")
        with (
            pytest.raises(OutputExistsError, match=r"film.mp4: is there already; --force overwrites it$"),
            partial_file(path, force=False),
        ):
            pytest.fail("the block must not begin")
        assert path.read_bytes() == b"old" and names(out) == ["film.mp4"]

    def test_does_not_replace_what_has_appeared_meanwhile(self, out, temporary):
        path = out / "film.mp4"
        with (
            pytest.raises(OutputExistsError, match=r"film.mp4: has appeared meanwhile"),
            partial_file(path, temporary, force=False) as partial,
        ):
            partial.write_bytes(b"ours")
            path.write_bytes(b"theirs")
        assert path.read_bytes() == b"theirs" and names(out) == ["film.mp4"]

    def test_is_as_readable_as_any_file(self, out, temporary, umask):
        with partial_file(out / "film.mp4", temporary):
            pass
        (out / "any").touch()
        assert mode(out / "film.mp4") == mode(out / "any") == 0o666 & ~umask

    def test_a_link_is_replaced_not_what_it_points_to(self, out):
        (out / "kept").write_bytes(b"kept")
        (out / "film.mp4").symlink_to(out / "kept")
        with partial_file(out / "film.mp4") as partial:
            partial.write_bytes(b"new")
        assert (out / "film.mp4").read_bytes() == b"new" and (out / "kept").read_bytes() == b"kept"

    def test_a_link_to_nothing_is_there(self, out):
        (out / "film.mp4").symlink_to(out / "nowhere")
        with pytest.raises(OutputExistsError), partial_file(out / "film.mp4", force=False):
            pytest.fail("the block must not begin")

    def test_an_error_of_the_system_is_told(self, out):
        with (
            pytest.raises(OutputError, match=r"film.mp4: cannot be written \(No such file or directory\)$"),
            partial_file(out / "film.mp4"),
        ):
            (out / "missing" / "file").write_bytes(b"")
        assert names(out) == []

    def test_a_temporary_folder_that_is_not_there(self, out):
        with (
            pytest.raises(OutputError, match=r"nowhere: no such folder$"),
            partial_file(out / "film.mp4", out / "nowhere"),
        ):
            pytest.fail("the block must not begin")

    def test_a_full_disk_is_told(self, out):
        with (
            pytest.raises(OutputError, match=r"film.mp4: the disk is full$"),
            partial_file(out / "film.mp4"),
        ):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        assert names(out) == []


class TestFolder:
    def fill(self, partial: Path) -> None:
        for name in ("1.mp4", "2.mp4"):
            (partial / name).write_text(f"new {name}")

    def test_takes_its_name_at_the_end(self, out, temporary):
        path = out / "film.cut"
        with partial_folder(path, temporary) as partial:
            self.fill(partial)
            assert not path.exists() and partial.parent == (temporary or out)
        assert names(out) == ["film.cut", "film.cut/1.mp4", "film.cut/2.mp4"]
        assert (path / "2.mp4").read_text() == "new 2.mp4"

    @pytest.mark.parametrize("error", [Trouble, KeyboardInterrupt])
    def test_is_gone_when_the_block_fails(self, out, temporary, error):
        with pytest.raises(error), partial_folder(out / "film.cut", temporary) as partial:
            self.fill(partial)
            raise error
        assert names(out) == []

    def test_is_whole_or_not_there(self, out, temporary):
        """A file that cannot be carried to another disk must not leave the others there alone."""
        path = out / "film.cut"
        outcome = "whole"
        try:
            with partial_folder(path, temporary) as partial:
                self.fill(partial)
                (partial / "3.mp4").symlink_to("nowhere")
        except OutputError:
            outcome = "not there"
        whole = ["film.cut", "film.cut/1.mp4", "film.cut/2.mp4", "film.cut/3.mp4"]
        assert names(out) == (whole if outcome == "whole" else [])

    def test_keeps_other_files_of_a_folder_that_is_there(self, out, temporary):
        path = out / "film.cut"
        path.mkdir()
        (path / "1.mp4").write_text("old")
        (path / "mine.txt").write_text("mine")
        with partial_folder(path, temporary, force=True) as partial:
            self.fill(partial)
        assert {p.name: p.read_text() for p in path.iterdir()} == {
            "1.mp4": "new 1.mp4",
            "2.mp4": "new 2.mp4",
            "mine.txt": "mine",
        }
        assert [p.name for p in out.iterdir()] == ["film.cut"]

    def test_a_folder_in_the_place_of_a_file(self, out, temporary):
        """Found before the first file of the old ones is replaced."""
        path = out / "film.cut"
        (path / "2.mp4").mkdir(parents=True)
        (path / "1.mp4").write_text("old")
        with (
            pytest.raises(OutputError, match=r"2.mp4: is a folder$"),
            partial_folder(path, temporary, force=True) as partial,
        ):
            self.fill(partial)
        assert (path / "1.mp4").read_text() == "old" and names(out) == [
            "film.cut",
            "film.cut/1.mp4",
            "film.cut/2.mp4",
        ]

    def test_does_not_touch_a_folder_without_force(self, out):
        (out / "film.cut").mkdir()
        with pytest.raises(OutputExistsError), partial_folder(out / "film.cut"):
            pytest.fail("the block must not begin")

    def test_does_not_replace_what_has_appeared_meanwhile(self, out, temporary):
        path = out / "film.cut"
        with (
            pytest.raises(OutputExistsError, match=r"film.cut: has appeared meanwhile"),
            partial_folder(path, temporary) as partial,
        ):
            self.fill(partial)
            path.mkdir()
        assert names(out) == ["film.cut"]

    def test_is_as_readable_as_any_folder(self, out, temporary, umask):
        with partial_folder(out / "film.cut", temporary) as partial:
            self.fill(partial)
        (out / "any").mkdir()
        assert mode(out / "film.cut") == mode(out / "any") == 0o777 & ~umask


class TestCheck:
    def refusal(self, path: Path, **how: bool) -> str:
        with pytest.raises(OutputError) as caught:
            check_writable(path, **{"force": False, **how})
        return str(caught.value)

    def test_a_new_file_may_be_written(self, out):
        check_writable(out / "new", force=False)
        check_writable(out / "new", force=False, folder=True)
        assert names(out) == [], "finding out leaves nothing"

    def test_no_such_folder(self, out):
        assert self.refusal(out / "missing" / "film.mp4") == f"{out / 'missing'}: no such folder"
        (out / "file").touch()
        assert self.refusal(out / "file" / "film.mp4") == f"{out / 'file'}: no such folder"

    def test_a_folder_is_no_file(self, out):
        (out / "film.mp4").mkdir()
        assert self.refusal(out / "film.mp4", force=True) == f"{out / 'film.mp4'}: is a folder"

    def test_a_file_is_no_folder(self, out):
        (out / "film.cut").touch()
        assert self.refusal(out / "film.cut", force=True, folder=True) == f"{out / 'film.cut'}: is not a folder"

    def test_there_already(self, out):
        (out / "film.mp4").touch()
        assert self.refusal(out / "film.mp4").endswith("film.mp4: is there already; --force overwrites it")
        check_writable(out / "film.mp4", force=True)

    def test_a_name_too_long(self, out):
        path = out / ("x" * 300 + ".mp4")
        assert self.refusal(path) == f"{path}: cannot be written (File name too long)"


@pytest.mark.parametrize("read", [read_file, map_file])
def test_reading_files_of_bounded_size(read: Callable[..., bytes], tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "none").touch()
    assert read(tmp_path / "a", 3, FormatError)[:] == b"abc" and read(tmp_path / "none", 3, FormatError) == b""
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
    cases = {
        "a": "larger than the 2 bytes",
        "pipe": "not a file|No such",
        "gone": "No such file",
        "a\0": "null byte",
    }
    for name, said in cases.items():
        with pytest.raises(FormatError, match=said):
            read(tmp_path / name, 2, FormatError)
    for path in (tmp_path, Path(os.devnull)):
        with pytest.raises(FormatError, match="not a file"):
            read(path, 2, FormatError)


def test_of_many_at_once_one_takes_the_name(tmp_path: Path) -> None:
    ready = threading.Barrier(8)

    def write(number: int) -> bool:
        try:
            with partial_file(tmp_path / "a", force=False) as partial:
                partial.write_text(str(number))
                ready.wait()
        except OutputExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(write, range(8)))
    assert done.count(True) == 1 and (tmp_path / "a").read_text() == str(done.index(True))
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
