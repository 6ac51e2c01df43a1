"""The score store: what was seen of films, kept so that none is watched twice.

::

    <user cache>/miles-deep/scores/
      8e245d9679d31e12-734003200/                 a film, by its fingerprint
        864bb37b….exact.parquet                   finished scores of a model, by its digest and the sampling,
        864bb37b….adaptive-0.5.parquet            with the effort where that leaves seconds out
        864bb37b….looks.parquet                   every sample of the film that the model was ever shown
        film.packets.parquet                      what probing told of the film, and its packets
        864bb37b….exact.parquet.damaged           was not as it had been written, and is kept for curiosity

Nobody locks anything: a file appears whole or not at all, and one that is lost, damaged or overwritten by another
process costs at most a second look at the film. Finding never fails: what cannot be read is not there.
Keeping raises OutputError where the folder cannot be written or the disk is full. An analysis is worth no less for
that, so callers turn it into a note.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TypeVar

from miles_deep.classify.known_film import Identity, film_from_table, film_table
from miles_deep.classify.looks import Look, Looks, looks_from_table, looks_table
from miles_deep.classify.scores import Scores, from_table, to_table
from miles_deep.classify.table import Table, read_meta, read_table, write_table
from miles_deep.errors import FormatError, OptionError, OutputError
from miles_deep.files import PARTIAL
from miles_deep.machine import cache_folder
from miles_deep.video import Video
from miles_deep.video.packets import PacketIndex

EXACT, LOOKS, PACKETS = "exact", "looks", "packets"

FILM = "film"
"""In the place of a model's digest, for what is known of a film without any model."""

FILE = re.compile(
    r"(?P<model>[\w-]+)\.(?P<kind>exact|adaptive|looks|packets)(-(?P<effort>\d(\.\d+)?(e-\d+)?))?\.parquet(?P<damaged>\.damaged)?",
    re.ASCII,
)
"""What the files of the store are called; others in its folders are not ours."""

STALE = timedelta(days=1)
"""Nobody writes a file for so long: its process was killed."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the store."""

    path: Path
    video: str
    """Fingerprint of the film."""
    model: str
    """Digest of the model."""
    name: str
    """Of the model at that time; empty where nobody told."""
    kind: str
    """The sampling of finished scores, `looks`, or `packets`."""
    effort: float
    rows: int
    """Seconds of the film, or how many looks or packets."""
    bytes: int
    when: datetime
    """When it was written."""
    film: str
    """Path of the film at that time; empty where nobody told."""
    damaged: bool


def default_folder() -> Path:
    """`scores` in the folder that the environment's MILES_DEEP_CACHE names, else in the user's cache."""
    return cache_folder("scores")


class Store:
    """Scores and looks of films, in a folder that need not be there before something is kept."""

    def __init__(self, folder: str | Path | None = None) -> None:
        """`folder` is `default_folder()` where None."""
        self.folder = default_folder() if folder is None else Path(folder)

    def find(
        self, video: str, model: str, labels: Sequence[str], sampling: str = EXACT, effort: float = 1.0
    ) -> Scores | None:
        """The best scores that answer a request: exact ones, else of its sampling those of at least its effort.

        Their `sampling` and `effort` say what they are. A file that is damaged, or of another film, model or
        labels than its name says, is set aside.

        Args:
            video: the film's fingerprint.
            model: the model's digest.
            labels: the model's labels.
            sampling: a name in `classify.sampling.SAMPLINGS`.
            effort: how much certainty is asked for, 0…1.
        """
        for kind, spent, path in self._finished(video, model):
            if kind == EXACT or (kind == sampling and spent >= effort):
                key = (video, model, tuple(labels), kind, spent)
                if (scores := _whole(path, partial(_read_scores, key=key))) is not None:
                    return scores
        return None

    def keep(self, scores: Scores, film: str | Path = "", name: str = "") -> None:
        """Keep finished scores, in the place of earlier ones of the same film, model, sampling and effort.

        Args:
            scores: with the film's fingerprint and the model's digest.
            film: where the film lies, for `entries` to tell.
            name: the model's, likewise.

        Raises:
            OptionError: the scores do not say of what film or model they are.
            OutputError: they cannot be written.
        """
        effort = "" if scores.sampling == EXACT else f"-{float(scores.effort)!r}"
        self._write(scores.video, scores.model, scores.sampling + effort, to_table(scores), film, name)

    def looks(self, video: str, model: str, labels: int) -> Looks:
        """All that a model of so many labels ever said of frames of a film."""
        path = self._path(video, model, LOOKS)
        return _whole(path, partial(_read_looks, video=video, model=model, labels=labels)) or {}

    def keep_looks(
        self, video: str, model: str, looks: Mapping[Fraction, Look], film: str | Path = "", name: str = ""
    ) -> None:
        """Add looks to those that are kept already.

        Where two processes do so in the same moment, what one of them added may be lost.

        Raises:
            OptionError: it is not said of what film or model they are.
            OutputError: they cannot be written.
        """
        if looks:
            kept = self.looks(video, model, len(next(iter(looks.values()))))
            self._write(video, model, LOOKS, looks_table({**kept, **looks}, video, model), film, name)

    def film(self, path: Path, identity: Identity) -> Video | None:
        """What is known of the film at a path, its packets too; None where that is of another file."""
        kept = self._path(identity.fingerprint, FILM, PACKETS)
        return _whole(kept, partial(_read_film, film=path, identity=identity))

    def keep_film(self, video: Video, index: PacketIndex, identity: Identity) -> None:
        """Keep what is known of a film. Raises OutputError."""
        table = film_table(video, index, identity)
        self._write(identity.fingerprint, FILM, PACKETS, table, video.path.absolute(), "the film's packets")

    def entries(self) -> list[Entry]:
        """All that is kept, film by film; of damaged files only what their names tell."""
        found = [_entry(path) for folder in _folders(self.folder) for path in _files(folder)]
        return sorted((entry for entry in found if entry is not None), key=lambda entry: str(entry.path))

    def clear(self, older_than: timedelta | None = None, film: str | None = None) -> int:
        """Delete what is kept, damaged files and the remains of killed processes too; nothing that is not ours.

        Args:
            older_than: only what was written longer ago.
            film: only what is of the film with this fingerprint.

        Returns:
            The bytes freed.
        """
        freed = 0
        for folder in _folders(self.folder):
            if film is None or folder.name == _name(film):
                freed += sum(_delete(path, older_than) for path in _files(folder))
                with suppress(OSError):  # something is left in it
                    folder.rmdir()
        return freed

    def _path(self, video: str, model: str, kind: str) -> Path:
        return self.folder / _name(video) / f"{_name(model)}.{kind}.parquet"

    def _finished(self, video: str, model: str) -> list[tuple[str, float, Path]]:
        """Sampling, effort and file of the finished scores that are there, the finest first."""
        found = []
        for path in _files(self.folder / _name(video)):
            match = FILE.fullmatch(path.name)
            finished = match and match["kind"] not in (LOOKS, PACKETS) and not match["damaged"]
            if match and finished and match["model"] == _name(model):
                found.append((match["kind"], float(match["effort"] or 1), path))
        return sorted(found, key=lambda scores: (scores[0] == EXACT, scores[1]), reverse=True)

    def _write(self, video: str, model: str, kind: str, table: Table, film: str | Path, name: str) -> None:
        path = self._path(video, model, kind)
        if not (video and model and FILE.fullmatch(path.name)):
            raise OptionError(
                "scores can be kept only with the fingerprint of their film and the digest of their model"
            )
        try:
            self.folder.mkdir(
                mode=0o700, parents=True, exist_ok=True
            )  # what films someone has is nobody's business
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f"{path.parent}: cannot be made ({error.strerror or error})") from error
        write_table(replace(table, meta={**table.meta, "film": str(film), "name": name}), path)
        for left in _files(path.parent):
            if left.name.startswith(PARTIAL):
                _delete(left, STALE)


def _whole(path: Path, read: Callable[[Path], T]) -> T | None:
    """What a file holds; None where it is not there. A damaged one is set aside."""
    try:
        return read(path) if path.is_file() else None  # opening a pipe would wait for ever
    except FormatError:
        with suppress(OSError):  # where the folder may not be written, or another process has the file open
            os.replace(path, path.with_name(path.name + ".damaged"))
    except OSError:  # missing, or not ours to read: that says nothing against it
        pass
    return None


def _read_scores(path: Path, key: tuple[str, str, tuple[str, ...], str, float]) -> Scores:
    scores = from_table(read_table(path, sealed=True), path)
    effort = 1.0 if scores.sampling == EXACT else scores.effort
    if key != (scores.video, scores.model, scores.labels, scores.sampling, effort):
        raise FormatError(f"{path}: scores of another film, model or sampling")
    return scores


def _read_looks(path: Path, video: str, model: str, labels: int) -> Looks:
    return looks_from_table(read_table(path, sealed=True), path, video, model, labels)


def _read_film(path: Path, film: Path, identity: Identity) -> Video | None:
    return film_from_table(read_table(path, sealed=True), film, identity, path)


def _name(key: str) -> str:
    """A key as part of a file name: itself, or its digest where a file system might not take it."""
    if re.fullmatch(r"[\w-]{1,80}", key, re.ASCII):
        return key
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


def _folders(root: Path) -> list[Path]:
    with suppress(OSError), os.scandir(root) as found:
        return [root / entry.name for entry in found if entry.is_dir(follow_symlinks=False)]
    return []


def _files(folder: Path) -> list[Path]:
    """The files in a film's folder that are ours, unfinished ones among them."""
    with suppress(OSError), os.scandir(folder) as found:
        return [
            folder / entry.name
            for entry in found
            if entry.is_file(follow_symlinks=False)
            and (entry.name.startswith(PARTIAL) or FILE.fullmatch(entry.name))
        ]
    return []


def _entry(path: Path) -> Entry | None:
    """What a file of the store is; None for an unfinished one, or one that has just gone."""
    match = FILE.fullmatch(path.name)
    if match is None:
        return None
    meta: dict[str, object] = {}
    rows, damaged = 0, bool(match["damaged"])
    try:
        status = path.stat()
        if not damaged:
            meta, rows = read_meta(path)
    except FormatError:
        damaged = True
    except OSError:
        return None
    return Entry(
        path=path,
        video=path.parent.name,
        model=match["model"],
        name=str(meta.get("name", "")),
        kind=match["kind"],
        effort=float(match["effort"] or 1),
        rows=rows,
        bytes=status.st_size,
        when=datetime.fromtimestamp(status.st_mtime, UTC),
        film=str(meta.get("film", "")),
        damaged=damaged,
    )


def _delete(path: Path, older_than: timedelta | None) -> int:
    """Delete a file, where it was written longer ago than that. Returns the bytes freed."""
    with suppress(OSError):
        status = path.stat()
        if older_than is None or time.time() - status.st_mtime > older_than.total_seconds():
            path.unlink()
            return status.st_size
    return 0
