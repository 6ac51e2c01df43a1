"""The film being written: its container, what the muxer says, and Matroska where another one refuses."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import av
from av.container import OutputContainer
from av.error import ArgumentError, FFmpegError, InvalidDataError, PatchWelcomeError
from av.stream import Stream

from miles_deep.edit.target import MATROSKA, carries, muxer
from miles_deep.errors import OutputError
from miles_deep.files import same_file
from miles_deep.video.container import file_url
from miles_deep.video.video import Video

MUXER_OPTIONS = {
    # The index goes to the front, so that the film plays while it is still being fetched.
    "mp4": {"movflags": "+faststart"},
    "mov": {"movflags": "+faststart"},
    # An encoder's run-up begins before 0; that must not move the picture by a frame.
    "avi": {"avoid_negative_ts": "disabled"},
}
"""Muxer to its options."""

REFUSALS = (InvalidDataError, ArgumentError, PatchWelcomeError)
"""How muxers say that they do not take a track."""

Made = TypeVar("Made")


class CannotCarry(Exception):
    """The container does not take the film."""


def write_or_matroska(output: Path, write: Callable[[Path], Made]) -> tuple[Path, Made, list[str]]:
    """Write a film under its name, or as Matroska where its container cannot carry it.

    Gives the name, what `write` made, and what a user should know of it.

    Raises:
        OutputError: no container can carry it.
    """
    try:
        return output, write(output), []
    except CannotCarry as reason:
        path = output.with_suffix(MATROSKA)
        if path == output:
            raise OutputError(f"{output}: cannot be written ({reason})") from reason
        note = f"{muxer(output)} cannot carry this film's tracks ({reason}): Matroska instead"
    try:
        return path, write(path), [note]
    except CannotCarry as again:
        raise OutputError(f"{path}: cannot be written ({again})") from again


def may_replace(path: Path, video: Video, force: bool, replace: bool) -> bool:
    """Whether a file of the output's name may be replaced; the film itself only where that was asked for.

    Raises:
        OutputError: it is the film itself, and that was not asked for.
    """
    if not same_file(path, video.path):
        return force
    if not replace:
        raise OutputError(f"{path}: is the film itself; give the output another name")
    return True


def create(partial: Path, container: str, options: dict[str, str] | None = None) -> OutputContainer:
    """Open a file for writing with a muxer; `options` are added to its usual ones."""
    return av.open(
        file_url(partial),
        "w",
        format=container,
        container_options=MUXER_OPTIONS.get(container, {}) | (options or {}),
        metadata_errors="surrogateescape",  # a title in another encoding comes out as it went in
    )


def check_carried(track: Stream, output: OutputContainer) -> None:
    """Raise ValueError where a track would be written, but not found again."""
    codec = track.codec_context.codec.canonical_name
    if not carries(output.format.name, codec):
        raise ValueError(f"it does not take {codec}")


@contextlib.contextmanager
def written(may_refuse: bool) -> Iterator[None]:
    """Tell what a muxer says: that it does not take a track, which some find out at its first packet only, or that
    the file cannot be written."""
    try:
        yield
    except FFmpegError as error:
        if may_refuse and isinstance(error, REFUSALS):
            raise CannotCarry(reason_of(error)) from error
        raise OSError(error.errno, error.strerror) from error  # which `partial_file` tells the user


def abandon(output: OutputContainer) -> None:
    """Close a file that is going to be thrown away; what its muxer says of that does not matter."""
    with contextlib.suppress(FFmpegError, ValueError):
        output.close()


def reason_of(error: Exception) -> str:
    """What an error says, without FFmpeg's number and file name."""
    return str(getattr(error, "strerror", None) or error)
