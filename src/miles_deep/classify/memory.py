"""What the store has of one film and model, for those who look at it."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from miles_deep.classify.looks import Looks
from miles_deep.classify.scores import Scores
from miles_deep.classify.store import Store
from miles_deep.errors import OutputError
from miles_deep.model.model import Model
from miles_deep.video.shots import Changes

CHANGES = "shots-64x36"
"""In the place of a model's digest, for the differences between frames that `video.shots` measures."""


class FilmMemory:
    """One film's part of a store. Where that cannot be written, nothing is kept, and no work is lost by it."""

    def __init__(self, store: Store, fingerprint: str, model: Model, film: Path) -> None:
        self._store, self._fingerprint, self._model, self._film = store, fingerprint, model, film.absolute()
        self._key = model.identity
        self.notes: list[str] = []
        """Why something could not be kept; one line at most."""

    def scores(self, sampling: str, effort: float) -> Scores | None:
        """Finished scores that answer a request, or None."""
        kept = self._store.find(self._fingerprint, self._key, self._model.labels, sampling, effort)
        return None if kept is None else replace(kept, model=self._model.digest)

    def looks(self) -> Looks:
        """All that was ever seen of single frames."""
        return self._store.looks(self._fingerprint, self._key, len(self._model.labels))

    def keep_looks(self, looks: Looks) -> None:
        """Add what was seen of single frames."""
        with self._noting():
            self._store.keep_looks(self._fingerprint, self._key, looks, self._film)

    def changes(self) -> Changes:
        """How much frames differ from those before them, as far as that was looked at; of any model."""
        return {time: float(row[0]) for time, row in self._store.looks(self._fingerprint, CHANGES, 1).items()}

    def keep_changes(self, changes: Changes) -> None:
        """Add differences between frames."""
        rows = {time: np.array([change], np.float32) for time, change in changes.items()}
        with self._noting():
            self._store.keep_looks(self._fingerprint, CHANGES, rows, self._film)

    def keep(self, scores: Scores) -> Scores:
        """Keep finished scores; returns them, with a note where that failed."""
        with self._noting():
            self._store.keep(replace(scores, model=self._key), self._film)
        return replace(scores, notes=(*scores.notes, *self.notes))

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except OutputError as error:
            self.notes[:] = [f"scores are not kept: {error}"]
