"""Servers that fail, stall, break off and lie; downloads that go on where they ended."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from served import (
    Deed,
    Server,
    drip_framing,
    drip_head,
    drop_after,
    endless,
    give,
    say_nothing,
    serve_whole,
    stall_after,
    status,
    trickle,
)
from stand_in import LABELS, QUICK

from miles_deep.errors import FetchError, OutputError
from miles_deep.model.fetch import Fetched, Patience
from miles_deep.model.fetch.download import download

Get = Callable[..., Fetched]

WEIGHTS = "weights.caffemodel"

HURRIED = replace(QUICK, silence=0.25, tries=9)
"""Gives a silent server up at once, and asks again: one on a machine that has much to do is silent as well."""


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_a_failure_that_passes(site: Server, get: Get, code: int) -> None:
    site.deeds[WEIGHTS] = [status(code), status(code)]
    assert get().model.labels == LABELS
    assert len(site.asked(WEIGHTS)) == 3


def test_a_server_that_goes_on_failing(site: Server, get: Get) -> None:
    site.deeds[WEIGHTS] = [status(503)] * 9
    said = r"weights\.caffemodel: HTTP 503; tried 3 times; or put .* into a folder: miles-deep models fetch "
    with pytest.raises(FetchError, match=said):
        get()
    assert len(site.asked(WEIGHTS)) == 3


@pytest.mark.parametrize("code", [204, 400, 401, 403, 404, 410, 451])
def test_a_failure_that_does_not_pass(site: Server, get: Get, code: int) -> None:
    site.deeds["labels.txt"] = [status(code)]
    with pytest.raises(FetchError, match=rf"labels\.txt: HTTP {code}; or put"):
        get()
    assert len(site.requests) == 1


def test_a_server_that_asks_for_patience(site: Server, get: Get) -> None:
    site.deeds[WEIGHTS] = [status(503, Retry_After=1)]
    before = time.monotonic()
    get(patience=Patience(first_wait=0.01, longest_wait=5))
    assert time.monotonic() - before >= 1


@pytest.mark.parametrize("asked", ["86400", "never", "-5", "9" * 5000, "Fri, 31 Dec 99999 23:59:59 GMT"])
def test_a_server_that_asks_for_too_much_patience(site: Server, get: Get, asked: str) -> None:
    site.deeds[WEIGHTS] = [status(429, Retry_After=asked)]
    before = time.monotonic()
    get()
    assert time.monotonic() - before < 60


@pytest.mark.parametrize(
    "deed", [say_nothing, stall_after(0), stall_after(5000), trickle, drip_head, drip_framing]
)
def test_a_server_that_stalls_once(site: Server, get: Get, deed: Deed) -> None:
    site.deeds[WEIGHTS] = [deed]
    assert get(patience=HURRIED).model.labels == LABELS


def test_a_server_that_goes_on_stalling(site: Server, get: Get) -> None:
    site.deeds[WEIGHTS] = [trickle] * 9
    before = time.monotonic()
    with pytest.raises(FetchError, match=r"weights\.caffemodel: \d+ bytes in \d+ s; tried 2 times"):
        get(patience=replace(QUICK, silence=1, tries=2))
    assert time.monotonic() - before < 60, "all of it would take hours"


@pytest.mark.parametrize("deed", [drip_head, drip_framing])
def test_a_server_that_drips(site: Server, get: Get, deed: Deed) -> None:
    """A byte of what is no content now and then, for as long as somebody listens."""
    site.deeds[WEIGHTS] = [deed] * 9
    with pytest.raises(FetchError, match=r"weights\.caffemodel: does not answer; tried 1 times"):
        get(patience=replace(HURRIED, tries=1))


def test_a_broken_connection_goes_on_where_it_broke(site: Server, get: Get) -> None:
    site.deeds[WEIGHTS] = [drop_after(70_000), drop_after(50_000)]
    assert get().model.labels == LABELS
    assert site.asked(WEIGHTS) == [None, "bytes=70000-", "bytes=120000-"]


def test_the_next_run_goes_on(site: Server, get: Get, weights: Path) -> None:
    site.deeds[WEIGHTS] = [drop_after(70_000)] + [status(500)] * 2
    with pytest.raises(FetchError, match="HTTP 500; tried 3 times"):
        get()
    assert weights.stat().st_size == 70_000
    site.requests.clear()
    told: list[int] = []
    assert get(progress=lambda done, _: told.append(done)).model.labels == LABELS
    assert [path.rpartition("/")[2] for path, _ in site.requests] == [WEIGHTS]
    assert site.asked(WEIGHTS) == ["bytes=70000-"]
    assert min(told[3:]) > 70_000


def test_a_server_that_only_gives_whole_files(site: Server, get: Get) -> None:
    site.deeds[WEIGHTS] = [drop_after(70_000), serve_whole]
    assert get().model.labels == LABELS
    assert site.asked(WEIGHTS) == [None, "bytes=70000-"]


@pytest.mark.parametrize(
    "told", ["bytes 0-9/10", "bytes 60000-199999/200000", "", "items 70000-9/10", "bytes */9"]
)
def test_a_server_that_goes_on_elsewhere(site: Server, get: Get, told: str) -> None:
    site.deeds[WEIGHTS] = [drop_after(70_000), give(b"x" * 1000, 206, Content_Range=told)]
    assert get().model.labels == LABELS
    assert site.asked(WEIGHTS) == [None, "bytes=70000-", None]


def test_a_part_without_being_asked(site: Server, get: Get) -> None:
    site.deeds[WEIGHTS] = [give(b"x" * 1000, 206, Content_Range="bytes 0-999/1000")]
    assert get().model.labels == LABELS


def test_a_part_that_is_another_s(site: Server, get: Get, weights: Path) -> None:
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"?" * 1000)
    assert get().model.labels == LABELS
    assert site.asked(WEIGHTS) == ["bytes=1000-", None]


@pytest.mark.parametrize("length", [300_000, 200 << 20])
def test_a_part_that_is_too_long(site: Server, get: Get, weights: Path, length: int) -> None:
    weights.parent.mkdir(parents=True)
    with weights.open("wb") as file:
        file.truncate(length)  # a hole, which takes no room
    assert get().model.labels == LABELS


def test_a_part_that_is_whole(site: Server, get: Get, weights: Path, contents: dict[str, bytes]) -> None:
    weights.parent.mkdir(parents=True)
    weights.write_bytes(contents[WEIGHTS])
    assert get().model.labels == LABELS
    assert site.asked(WEIGHTS) == []


def test_wrong_bytes(site: Server, get: Get, weights: Path, contents: dict[str, bytes], home: Path) -> None:
    site.files[WEIGHTS] = contents[WEIGHTS][:-1] + b"?"
    with pytest.raises(FetchError, match=r"caffemodel: not the file that was published \(it is \d+,\d+ bytes,"):
        get()
    assert not weights.exists()
    assert not (home / "data" / "models").exists()


def test_a_login_page(site: Server, get: Get) -> None:
    site.deeds[WEIGHTS] = [give(b"\n<!DOCTYPE html><title>Welcome to the hotel</title>", Content_Type="text/html")]
    with pytest.raises(FetchError, match="a web page in place of the file; does a proxy or a login page stand"):
        get()


def test_a_pointer_in_place_of_the_file(site: Server, get: Get) -> None:
    site.deeds[WEIGHTS] = [give(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 28\n")]
    with pytest.raises(FetchError, match="a pointer of Git LFS in place of the file"):
        get()


def test_a_body_without_end(site: Server, get: Get, home: Path) -> None:
    site.deeds["mean.binaryproto"] = [endless]
    with pytest.raises(FetchError, match=r"mean\.binaryproto: goes on after the 779 bytes that the file has"):
        get()
    assert (home / "cache/fetched/stand-in/mean.binaryproto.part").stat().st_size < 1000


def test_a_length_that_no_file_has(site: Server, get: Get) -> None:
    site.deeds[WEIGHTS] = [give(b"x", Content_Length=1 << 40)]
    with pytest.raises(FetchError, match=r"1,099,511,627,776 bytes, and the file has 104,857,600 at most"):
        get()


def test_a_length_that_is_too_short(site: Server, get: Get, contents: dict[str, bytes]) -> None:
    site.deeds[WEIGHTS] = [give(contents[WEIGHTS], Content_Length=5000)]
    with pytest.raises(FetchError, match=r"not the file that was published \(it is 5,000 bytes"):
        get()


def test_a_length_that_is_too_long(site: Server, get: Get, contents: dict[str, bytes]) -> None:
    site.deeds[WEIGHTS] = [give(contents[WEIGHTS], Content_Length=len(contents[WEIGHTS]) + 7)]
    assert get().model.labels == LABELS
    assert site.asked(WEIGHTS) == [
        None,
        f"bytes={len(contents[WEIGHTS])}-",
        None,
    ]  # there is no rest to go on with


@pytest.mark.parametrize("length", ["-1", "many", "1e3", ""])
def test_a_length_that_is_no_number(site: Server, get: Get, contents: dict[str, bytes], length: str) -> None:
    site.deeds[WEIGHTS] = [give(contents[WEIGHTS], Content_Length=length)]
    assert get().model.labels == LABELS


def test_a_cache_that_cannot_be_written(site: Server, get: Get, home: Path) -> None:
    (home / "cache").write_text("a file")
    with pytest.raises(OutputError, match="cache/fetched/stand-in: cannot be written"):
        get()


def test_a_bad_line_gets_a_large_file_all_the_same(site: Server, tmp_path: Path) -> None:
    site.files["large"] = bytes(4 << 20)
    site.deeds["large"] = [drop_after(1 << 20), status(500)] * 3
    download(f"{site.base}/large", tmp_path / "part", 4 << 20, QUICK, lambda done, total: None)
    assert (tmp_path / "part").read_bytes() == site.files["large"]


def test_a_server_that_begins_anew_for_ever(site: Server, tmp_path: Path) -> None:
    site.files["large"] = bytes(4 << 20)
    site.deeds["large"] = [drop_after(1 << 20), status(416)] * 50
    with pytest.raises(FetchError, match="tried 3 times"):
        download(f"{site.base}/large", tmp_path / "part", 4 << 20, QUICK, lambda done, total: None)
