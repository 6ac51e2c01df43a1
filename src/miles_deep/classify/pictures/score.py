"""Score pictures: read side by side, given to the network in batches."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.pictures.files import LeftOut, picture_files
from miles_deep.classify.pictures.looks import Later, Look, Reader
from miles_deep.classify.score import MAX_BATCH
from miles_deep.errors import FormatError, OptionError
from miles_deep.model import load_model
from miles_deep.model.catalog import DEFAULT
from miles_deep.model.ensemble import Classifier, Ensemble, members_of
from miles_deep.timecode import Span

Rows = NDArray[np.float32]
"""[N, K] scores."""

Refused = Callable[[FormatError], None]
"""Is told of a file that cannot be read."""

Infer = Callable[[Sequence[Look]], Rows]
"""Gives a row for each look."""


@dataclass(frozen=True, slots=True, eq=False)
class PictureScores:
    """What a model said about a picture; where it moves, about each frame that was looked at."""

    path: Path
    labels: tuple[str, ...]
    """K label names, in the order of the columns."""
    values: NDArray[np.float32]
    """[N, K] scores, 0…1, one row a look; a picture that does not move has one."""
    spans: tuple[Span, ...] = ()
    """(N) seconds of an animation that each look stands for, without gaps; empty where nothing moves."""

    @property
    def mean(self) -> NDArray[np.float32]:
        """(K,) the scores of the whole: their mean over time."""
        weights = [float(span.length) for span in self.spans] or None
        return np.average(self.values, axis=0, weights=weights).astype(np.float32)


def classify_pictures(
    paths: str | Path | Iterable[str | Path],
    model: str | Path | Classifier = DEFAULT,
    batch_size: int = 32,
    refused: Refused | None = None,
    left_out: LeftOut | None = None,
) -> Iterator[PictureScores]:
    """Score pictures, and animations (GIF, PNG, WebP, AVIF), at which it looks four times a second.

    They are treated as the frames of films are, and are turned as their camera was held; what is transparent is
    white.

    Args:
        paths: a file or folder, or several; of folders all pictures are taken, see `picture_files`.
        model: a catalogue name, an `.onnx` file that carries its labels, or a loaded model or ensemble.
        batch_size: pictures read, and given to the network, at a time.
        refused: is told of each file that cannot be read, and the others go on; the first is raised where None.
        left_out: is told of each file in a folder that is no picture.

    Yields:
        The scores of each picture, in the order of the files.

    Raises:
        FormatError: a file is no picture, is damaged or too large, and `refused` is None.
        ModelError: the model cannot be read, or not run.
        OptionError: the batch size is out of range.
    """
    if not 1 <= batch_size <= MAX_BATCH:
        raise OptionError(f"the batch size must be 1 to {MAX_BATCH}, not {batch_size}")
    classifier = load_model(model) if isinstance(model, str | Path) else model
    members = members_of(classifier)

    def infer(looks: Sequence[Look]) -> Rows:
        raw = [member.infer(batch) for member, batch in zip(members, batches_of(looks), strict=True)]
        return classifier.combine(np.concatenate(raw, axis=1)) if isinstance(classifier, Ensemble) else raw[0]

    reader = Reader(tuple(member.card.preprocess for member in members))
    several = [paths] if isinstance(paths, str | Path) else paths
    for path, values, spans in scored(several, reader, infer, batch_size, refused or _raise, left_out):
        yield PictureScores(path, classifier.labels, values, spans)


def scored(
    paths: Iterable[str | Path],
    reader: Reader,
    infer: Infer,
    batch_size: int,
    refused: Refused,
    left_out: LeftOut | None = None,
) -> Iterator[tuple[Path, Rows, tuple[Span, ...]]]:
    """Files, and what a function makes of the pictures in them: fields of `PictureScores`.

    Args:
        paths: files and folders.
        reader: gives their pictures.
        infer: gives a row for each.
        batch_size: how many it is given at a time, at most.
        refused: is told of each file that cannot be read.
        left_out: likewise.
    """
    files = picture_files(paths, left_out)
    while together := list(islice(files, batch_size)):
        found = reader.read(together)
        looks = [one for one in found if isinstance(one, tuple)]
        rows = iter(infer(looks) if looks else ())
        for path, one in zip(together, found, strict=True):
            if isinstance(path, FormatError):
                refused(path)
            elif isinstance(one, FormatError):
                refused(one)
            elif isinstance(one, Later):
                try:
                    values, spans = _alone(path, reader, infer, batch_size)
                except FormatError as error:
                    refused(error)
                else:
                    yield path, values, spans
            else:
                yield path, next(rows)[np.newaxis], ()


def _alone(path: Path, reader: Reader, infer: Infer, batch_size: int) -> tuple[Rows, tuple[Span, ...]]:
    """An animation, or a large picture."""
    spans: list[Span] = []
    values: list[Rows] = []
    with closing(reader.looks(path)) as looks:
        while together := list(islice(looks, batch_size)):
            spans.extend(span for span, _ in together if span is not None)
            values.append(infer([look for _, look in together]))
    if not values:
        raise FormatError(f"{path}: an animation without frames")
    return np.concatenate(values), tuple(spans)


def batches_of(looks: Sequence[Look]) -> Iterator[NDArray[np.uint8]]:
    """Pictures as each network takes them, in its order: uint8 [N, H, W, 3]."""
    return (np.stack(pictures) for pictures in zip(*looks, strict=True))


def _raise(error: FormatError) -> None:
    raise error
