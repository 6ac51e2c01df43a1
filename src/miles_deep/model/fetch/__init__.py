"""Models that their authors publish, but nobody packages: fetched once, checked, and put on the shelf.

Read `fetch` first; `sources` says what can be fetched.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from miles_deep.errors import FetchError, ModelError, OutputError
from miles_deep.machine import cache_folder
from miles_deep.model.card import ModelCard
from miles_deep.model.fetch.alone import alone
from miles_deep.model.fetch.blob import MAX_SIZE, check_blob, is_right
from miles_deep.model.fetch.patience import Patience
from miles_deep.model.fetch.sources import FETCHABLE, File, Source
from miles_deep.model.model import Model, read_card, read_model
from miles_deep.model.shelf import installed, make_shelf, place

__all__ = ["FETCHABLE", "Fetched", "File", "Patience", "Source", "fetch", "fetched", "fetched_card"]

PART = ".part"
"""How the names of unfinished files end."""

Progress = Callable[[int, int | None], None]
"""Told how many bytes are there, and of how many, None until all servers have said so."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model that was put on the shelf."""

    path: Path
    """Its file there."""
    model: Model


def fetch(
    name: str,
    folder: str | Path | None = None,
    base: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
    patience: Patience | None = None,
) -> Fetched:
    """Get a published model, check that its files are to the last byte those that were published, and install it.

    A download that was broken off goes on where it ended, also in another run: what there is of it lies in the
    user's cache folder until the model is on the shelf. Where another run is fetching the same model, this one
    waits for it, and takes what that brought. Proxies are those of the environment (`https_proxy`, `no_proxy`).

    Args:
        name: a name in `FETCHABLE`.
        folder: where its files were put by hand; nothing is downloaded then, and nothing in it is changed.
        base: an address in place of the source's own: `https`, or `http` on this machine.
        force: whether to replace a model of that name.
        progress: told of bytes while they come; fewer than before where a server makes it begin anew.
        patience: when to give up.

    Raises:
        FetchError: the files cannot be had, or are others; it says what to do by hand.
        ModelError: nothing of that name can be fetched.
        OutputExistsError: the model is there already.
        OutputError: it cannot be written.
    """
    if name not in FETCHABLE:
        raise ModelError(f"no model {name!r} can be fetched; there are: {', '.join(FETCHABLE)}")
    source, path = FETCHABLE[name], place(name, force)
    if folder is not None:
        _check_folder(Path(folder), source)
        return _placed(name, source, Path(folder), path, force)
    files, tell = cache_folder("fetched") / name, progress or _silent
    with _alone(files, source, tell) as waited:
        if waited and path.exists() and not force:
            return Fetched(path, read_model(path))
        try:
            _download(source, base or source.base, files, tell, patience or Patience())
        except FetchError as error:
            raise FetchError(f"{error}; {_by_hand(name, source)}") from error
        fetched = _placed(name, source, files, path, force)
        _forget(files, source)
        return fetched


def fetched(name: str) -> Model:
    """The model of that name, from the shelf. Raises ModelError, which says how to get it, if it is not there."""
    return read_model(_place(name))


def fetched_card(name: str) -> ModelCard:
    """Its card, without a look at its weights. Raises ModelError, likewise."""
    return read_card(_place(name))


def _placed(name: str, source: Source, files: Path, path: Path, force: bool) -> Fetched:
    """The model that the files make, on the shelf."""
    model = _imported(name, source, files)
    make_shelf()
    model.save(path, force)
    return Fetched(path, model)


def _place(name: str) -> Path:
    path = installed().get(name)
    if path is None:
        raise ModelError(f"{name} was not fetched yet: miles-deep models fetch {name}")
    return path


def _by_hand(name: str, source: Source) -> str:
    """What to do where nothing can be downloaded."""
    names = ", ".join(file.name for file in source.files)
    return f"or put {names} from {source.page} into a folder: miles-deep models fetch {name} --from FOLDER"


def _check_folder(folder: Path, source: Source) -> None:
    """Refuse a folder in which one of the files is missing or another. Raises FetchError."""
    for file in source.files:
        path = folder / file.name
        if not path.is_file():
            raise FetchError(f"{path}: is not there; {source.page} has it")
        try:
            check_blob(path, file, str(path))
        except OSError as error:
            raise FetchError(f"{path}: cannot be read ({error.strerror})") from error


@contextmanager
def _alone(folder: Path, source: Source, progress: Progress) -> Iterator[bool]:
    """See `alone`: of runs that would fill a folder. Meanwhile it is told what is there. Raises OutputError."""

    def waiting() -> None:
        there = (folder / f"{file.name}{part}" for file in source.files for part in ("", PART))
        progress(sum(path.stat().st_size for path in there if path.exists()), None)

    with ExitStack() as held:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            waited = held.enter_context(alone(folder.with_name(f"{folder.name}.lock"), waiting))
        except OSError as error:
            raise OutputError(f"{folder}: cannot be written ({error.strerror or error})") from error
        yield waited


def _download(source: Source, base: str, folder: Path, progress: Progress, patience: Patience) -> None:
    """Bring all files of a source into a folder, as far as they are not there. Raises FetchError, OutputError."""
    sizes: dict[str, int | None] = {file.name: file.size for file in source.files}
    done = dict.fromkeys(sizes, 0)

    def tell(file: File, there: int, total: int | None) -> None:
        done[file.name], sizes[file.name] = there, total
        known = [size for size in sizes.values() if size is not None]
        progress(sum(done.values()), sum(known) if len(known) == len(sizes) else None)

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in source.files:
            path = folder / file.name
            if not is_right(path, file):
                _bring(file, f"{base.rstrip('/')}/{file.name}", path, patience, tell)
            tell(file, path.stat().st_size, path.stat().st_size)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror or error})") from error


def _bring(
    file: File, url: str, path: Path, patience: Patience, tell: Callable[[File, int, int | None], None]
) -> None:
    """Download one file; it has its name only once it is checked. Raises FetchError, OSError."""
    # Here, since it brings in urllib3, which only a download needs.
    from miles_deep.model.fetch.download import download

    part = path.with_name(path.name + PART)
    goes_on = part.exists()
    if not is_right(part, file):
        download(url, part, file.size or MAX_SIZE, patience, lambda there, total: tell(file, there, total))
    try:
        check_blob(part, file, url)
    except FetchError:
        part.unlink()
        if not goes_on:
            raise
        # What lay there may have been the fault: once more, from the beginning.
        return _bring(file, url, path, patience, tell)
    part.replace(path)


def _imported(name: str, source: Source, folder: Path) -> Model:
    """The model that the files make, with the card that belongs to it."""
    # Here, since the catalogue knows of this room, and Caffe's files need protobuf and onnx.
    from miles_deep.model.caffe.asked import read
    from miles_deep.model.caffe.importing import import_files

    asked = read(
        folder / source.prototxt.name,
        folder / source.weights.name,
        mean=folder / source.mean.name,
        labels=folder / source.labels.name,
        background=source.background,
    )
    model = import_files(asked).model
    return replace(model, card=replace(model.card, name=name, licence=source.licence, source=source.page))


def _forget(folder: Path, source: Source) -> None:
    """Delete what was downloaded; what cannot be deleted only takes up room."""
    with suppress(OSError):
        for file in source.files:
            (folder / file.name).unlink(missing_ok=True)
        folder.rmdir()


def _silent(done: int, total: int | None) -> None:
    """Progress that nobody asked for."""
