"""What the store has of one film and model, for those who look at it.

Of several models everything is kept as each would keep it alone: what one has seen serves whoever asks for it with
whatever others. Only `adaptive` scores are kept of all together, since together they decided where to look.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from miles_deep.classify.looks import Looks
from miles_deep.classify.sampling import midpoints
from miles_deep.classify.scores import Scores
from miles_deep.classify.store import EXACT, Store
from miles_deep.errors import OutputError
from miles_deep.model.ensemble import Classifier, Ensemble, combined, heads_of, members_of, parts_of
from miles_deep.model.model import Model
from miles_deep.video.shots import Changes

CHANGES = "shots-64x36"
"""In the place of a model's digest, for the differences between frames that `video.shots` measures."""


class FilmMemory:
    """One film's part of a store. Where that cannot be written, nothing is kept, and no work is lost by it."""

    def __init__(self, store: Store, fingerprint: str, model: Classifier, film: Path) -> None:
        self._store, self._fingerprint, self._model, self._film = store, fingerprint, model, film.absolute()
        self._models, self._parts = members_of(model), parts_of(model)
        self.notes: list[str] = []
        """Why something could not be kept; one line at most."""

    def scores(self, sampling: str, effort: float) -> Scores | None:
        """Finished scores that answer a request, with what the model says of groups and rules today; or None."""
        model = self._model
        kept = self._exact() if isinstance(model, Ensemble) else None
        kept = kept or self._store.find(self._fingerprint, model.identity, model.labels, sampling, effort)
        if kept is None:
            return None
        today = replace(kept, groups=model.groups, background=model.background, rules=model.rules)
        return replace(today, model=model.digest)

    def looks(self) -> Looks:
        """All that was ever seen of single frames, raw; see `Sights`."""
        found = [self._looks(model) for model in self._models]
        if len(found) == 1:
            return found[0]
        raw: Looks = {}
        for part, looks in zip(self._parts, found, strict=True):
            for time, look in looks.items():
                raw.setdefault(time, np.full(self._parts[-1].stop, np.nan, np.float32))[part] = look
        return raw

    def keep_looks(self, looks: Looks) -> None:
        """Add what was seen of single frames, raw."""
        for model, part in zip(self._models, self._parts, strict=True):
            own = looks
            if len(self._models) > 1:
                own = {time: look[part] for time, look in looks.items() if not np.isnan(look[part.start])}
            with self._noting():
                self._store.keep_looks(self._fingerprint, model.identity, own, self._film, model.card.name)

    def changes(self) -> Changes:
        """How much frames differ from those before them, as far as that was looked at; of any model."""
        return {time: float(row[0]) for time, row in self._store.looks(self._fingerprint, CHANGES, 1).items()}

    def keep_changes(self, changes: Changes) -> None:
        """Add differences between frames."""
        rows = {time: np.array([change], np.float32) for time, change in changes.items()}
        with self._noting():
            self._store.keep_looks(self._fingerprint, CHANGES, rows, self._film, "shot changes")

    def keep(self, scores: Scores) -> Scores:
        """Keep finished scores, but those in which only some targets are certain: of these the looks are kept.

        Returns them, with a note where something could not be kept.
        """
        kept = [] if scores.asked else [replace(scores, model=self._model.identity)]
        if len(self._models) > 1 and scores.sampling == EXACT:
            kept = self._of_each(scores)
        names = {model.identity: model.card.name for model in self._models}
        with self._noting():
            for one in kept:
                self._store.keep(one, self._film, names.get(one.model, self._model.card.name))
        return replace(scores, notes=(*scores.notes, *self.notes))

    def _looks(self, model: Model) -> Looks:
        return self._store.looks(self._fingerprint, model.identity, len(model.labels))

    def _exact(self) -> Scores | None:
        """Exact scores of several models, where those of each are kept."""
        found = [self._store.find(self._fingerprint, model.identity, model.labels) for model in self._models]
        of_each = [scores for scores in found if scores is not None]
        if len(of_each) < len(found) or len({len(scores) for scores in of_each}) > 1:
            return None
        raw = np.concatenate([scores.values for scores in of_each], axis=1)
        values, heads = combined(self._model, raw), heads_of(self._model)
        return replace(of_each[0], labels=self._model.labels, values=values, heads=heads)

    def _of_each(self, scores: Scores) -> list[Scores]:
        """Exact scores of several models as those of each; not of one whose looks could not be kept."""
        times, of_each = midpoints(scores.duration), []
        for model in self._models:
            looks = self._looks(model)
            rows = [looks[time] for time in times if time in looks]
            if len(rows) == len(scores) > 0:
                own = replace(scores, labels=model.labels, values=np.stack(rows), heads=(), model=model.identity)
                of_each.append(replace(own, background=model.background, groups=model.groups, rules=model.rules))
        return of_each

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except OutputError as error:
            self.notes[:] = [f"scores are not kept: {error}"]
