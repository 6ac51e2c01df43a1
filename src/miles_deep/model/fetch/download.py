"""One file by HTTP: it goes on where an earlier try ended, tries again, and takes no more than it should."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from miles_deep.errors import FetchError
from miles_deep.model.fetch.patience import WORTHWHILE, Patience
from miles_deep.model.fetch.web import Passing, answer, read_piece, shown

PIECE = 1 << 16

TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)
"""Answers that may be another one a little later (RFC 9110, 15.5 and 15.6; RFC 8470; RFC 6585)."""


def download(url: str, part: Path, most: int, patience: Patience, tell: Callable[[int, int | None], None]) -> None:
    """Download a file, going on where `part` ends if it is there; whether it is the right one, others find out.

    Args:
        url: its address.
        part: where to write; it stays when the download fails.
        most: bytes that the file has at most.
        patience: when to give up.
        tell: told how many bytes of the file are there, and of how many, where the server says that.

    Raises:
        FetchError: it cannot be downloaded, or is larger.
        OSError: it cannot be written.
    """
    failures, longest = 0, _length(part)
    while True:
        try:
            return _receive(url, part, most, patience, tell)
        except Passing as passing:
            failures += 1
            if _length(part) >= longest + WORTHWHILE:
                failures, longest = 1, _length(part)
            if failures >= patience.tries:
                raise FetchError(f"{passing}; tried {failures} times") from passing
            wait = max(passing.wait, patience.first_wait * 2 ** (failures - 1))
            time.sleep(min(wait, patience.longest_wait))


def _receive(url: str, part: Path, most: int, patience: Patience, tell: Callable[[int, int | None], None]) -> None:
    """One try. Raises Passing as well."""
    at = _length(part)
    if at > most:
        part.unlink()
        at = 0
    # Compressed, a body would have another length, and nothing could go on in its middle.
    headers = {"User-Agent": "miles-deep", "Accept-Encoding": "identity"}
    if at:
        headers["Range"] = f"bytes={at}-"
    with answer(url, headers, patience) as response:
        at, total = _begins(response, at, url, part)
        if total is not None and total > most:
            raise FetchError(f"{shown(url)}: {total:,} bytes, and the file has {most:,} at most")
        with part.open("ab" if at else "wb") as file:
            tell(at, total)
            since, brought = time.monotonic(), 0
            while piece := read_piece(response, PIECE, patience):
                at += len(piece)
                if at > most:
                    raise FetchError(f"{shown(url)}: goes on after the {most:,} bytes that the file has at most")
                file.write(piece)
                tell(at, total)
                brought += len(piece)
                if (now := time.monotonic()) - since >= patience.silence:
                    if brought < patience.slowest * (now - since):
                        raise Passing(f"{shown(url)}: {brought:,} bytes in {now - since:.0f} s")
                    since, brought = now, 0
    if total is not None and at < total:
        raise Passing(f"{shown(url)}: ended after {at:,} of {total:,} bytes")


def _begins(response: BaseHTTPResponse, at: int, url: str, part: Path) -> tuple[int, int | None]:
    """At which byte of the file an answer's body begins, and how many bytes the file has, where that is told."""
    status = response.status
    if status == 200:
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if re.fullmatch(r"[0-9]{1,15}", length) else None
    if status in (206, 416):
        told = re.fullmatch(
            r"bytes ([0-9]{1,15})-[0-9]{1,15}/([0-9]{1,15})", response.headers.get("Content-Range", "")
        )
        if status == 206 and told and at and int(told[1]) == at:
            return at, int(told[2])
        # Not what was asked for: whatever is there may be of another file.
        part.unlink(missing_ok=True)
        raise Passing(f"{shown(url)}: the server does not go on where it was asked to")
    if status in TRY_AGAIN:
        raise Passing(f"{shown(url)}: HTTP {status}", _asked_wait(response))
    raise FetchError(f"{shown(url)}: HTTP {status}")


def _asked_wait(response: BaseHTTPResponse) -> float:
    """Seconds that a server asks to wait, where it says so in a way that is a number or a date."""
    try:
        return Retry().get_retry_after(response) or 0.0
    except (InvalidHeader, ValueError, OverflowError):  # a year, or a number, that Python has none for
        return 0.0


def _length(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
