"""Several models look at one film: each says what it says alone, and what one has seen serves the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fake_film import steady
from fake_model import Labeller
from media import FilmSpec
from miles_deep.classify import Scores, Store, score
from miles_deep.classify.certainty import Surroundings
from miles_deep.classify.memory import FilmMemory
from miles_deep.classify.pipeline import Pipeline
from miles_deep.classify.questions import LABEL, winner_is
from miles_deep.classify.sampling import midpoints
from miles_deep.errors import FormatError, ModelError
from miles_deep.model import ModelCard, Preprocess
from miles_deep.model.card import Grouping
from miles_deep.model.ensemble import Ensemble
from miles_deep.video import probe

Films = Callable[[FilmSpec], Path]

FILM = FilmSpec(duration=Fraction(60), rate=Fraction(10), gop=35, audio=())


@dataclass
class Judge(Labeller):
    """A labeller with a name and labels of its own."""

    name: str = "judge"
    yes: str = "number"

    def __post_init__(self) -> None:
        self.card = ModelCard(
            self.name, (self.yes, "other"), self.preprocess, ("other",), {f"{self.name}s": (self.yes,)}
        )
        self.labels, self.background, self.groups = self.card.labels, self.card.background, self.card.groups
        self.rules = self.card.rules
        self.digest = f"{self.name}-digest"


def early(**given: object) -> Judge:
    return Judge(on=lambda number: number < 217, sure=0.8, name="early", **given)  # type: ignore[arg-type]


def late(**given: object) -> Judge:
    return Judge(on=lambda number: number > 400, sure=0.6, name="late", **given)  # type: ignore[arg-type]


def both(*judges: Judge) -> Ensemble:
    return Ensemble(judges)  # type: ignore[arg-type]


@dataclass
class Watching:
    """What `analyze` does with a store, with models that need no network."""

    path: Path
    store: Store

    def __call__(self, model: Judge | Ensemble, sampling: str = "exact") -> Scores:
        video = probe(self.path)
        memory = FilmMemory(self.store, "film-1", model, self.path)  # type: ignore[arg-type]
        if kept := memory.scores(sampling, 0.9):
            return kept
        known, keep = memory.looks(), memory.keep_looks
        scores = score(video, model, sampling, batch_size=8, known=known, checkpoint=keep)  # type: ignore[arg-type]
        return memory.keep(replace(scores, video="film-1"))


@pytest.fixture
def watch(film: Films, tmp_path: Path) -> Watching:
    return Watching(film(FILM), Store(tmp_path))


def values(scores: Scores, *columns: int) -> NDArray[np.float32]:
    return scores.values[:, list(columns)]


def test_each_says_what_it_says_alone(watch: Watching) -> None:
    """Also where one wants smaller pictures than the other, and another batch of them."""
    video = probe(watch.path)
    one, other = early(yes="a"), late(yes="b", preprocess=Preprocess(96, 64))
    scores = score(video, both(one, other))
    assert (scores.labels, scores.heads) == (("a", "early:other", "b", "late:other"), (2, 2))
    assert scores.background == ("early:other", "late:other")
    assert scores.model == both(one, other).digest
    assert np.array_equal(values(scores, 0, 1), score(video, early()).values)
    assert np.array_equal(values(scores, 2, 3), score(video, late()).values)
    assert one.batches == other.batches == [8, 16, 32, 4]


def test_the_same_labels_are_averaged(watch: Watching) -> None:
    video = probe(watch.path)
    scores = score(video, both(early(), late()))
    alone = [score(video, model).values.astype(np.float64) for model in (early(), late())]
    assert np.array_equal(scores.values, ((alone[0] + alone[1]) / 2).astype(np.float32))
    assert scores.heads == ()


@pytest.mark.parametrize("first", ["early", "late"])
def test_what_one_has_seen_is_not_looked_at_again(watch: Watching, first: str) -> None:
    make = {"early": early, "late": late}
    alone = {name: watch_elsewhere(watch, model(yes=name)) for name, model in make.items()}
    watch(make[first](yes=first))
    pair = {name: model(yes=name) for name, model in make.items()}
    scores = watch(both(*pair.values()))
    assert {name: judge.looks for name, judge in pair.items()} == {"early": 60, "late": 60} | {first: 0}
    assert np.array_equal(values(scores, 0, 1), alone["early"].values)
    assert np.array_equal(values(scores, 2, 3), alone["late"].values)


def watch_elsewhere(watch: Watching, model: Judge) -> Scores:
    return Watching(watch.path, Store(watch.store.folder / "elsewhere"))(model)


def test_what_all_have_seen_serves_each_alone(watch: Watching) -> None:
    together = watch(both(early(), late()))
    one, other = early(), late()
    assert np.array_equal(watch(one).values, watch_elsewhere(watch, early()).values)
    again = watch(both(one, other))
    assert np.array_equal(again.values, together.values)
    assert watch(other).heads == ()
    assert one.looks == other.looks == 0
    assert {entry.kind for entry in watch.store.entries()} == {"exact", "looks"}
    assert len(watch.store.entries()) == 4, "two of each, none of both"


def test_adaptive_is_kept_of_both(watch: Watching) -> None:
    """They decide together where to look: no label of either changes unseen."""
    pair = early(yes="a"), late(yes="b")
    some = watch(both(*pair), "adaptive")
    assert pair[0].looks == pair[1].looks < 45
    every = score(probe(watch.path), both(early(yes="a"), late(yes="b")))
    for head in (slice(0, 2), slice(2, 4)):
        assert np.array_equal(some.values[:, head].argmax(axis=1), every.values[:, head].argmax(axis=1))
    again = early(yes="a"), late(yes="b")
    assert np.array_equal(watch(both(*again), "adaptive").values, some.values)
    one = early(yes="a")
    watch(one, "adaptive")
    exact = early(yes="a"), late(yes="b")
    watch(both(*exact))
    assert [judge.looks for judge in again] == [0, 0]
    assert one.looks < 10, "it may want a second where both together wanted none"
    assert all(judge.looks <= 60 - int(some.looked.sum()) for judge in exact)


def test_it_goes_on_where_it_stopped(watch: Watching) -> None:
    """One of them was two batches further when it happened."""
    one, other = early(yes="a"), late(yes="b")

    def fail(batch: NDArray[np.uint8]) -> None:
        if len(other.batches) == 2:
            raise ModelError("no memory")

    other.before = fail
    with pytest.raises(ModelError, match=r"^model late: no memory$"):
        watch(both(one, other))
    again = early(yes="a"), late(yes="b")
    watch(both(*again))
    assert [judge.looks + before.looks for judge, before in zip(again, (one, other), strict=True)] == [60, 60]


def test_only_those_are_asked_that_have_not_looked(film: Films) -> None:
    pair = early(), late(preprocess=Preprocess(96, 64))
    pipeline = Pipeline(probe(film(FILM)), both(*pair), 4)
    try:
        times = midpoints(Fraction(6))
        seen = list(pipeline.look(times, [set(times[:2]), set(times[1:5])]))
    finally:
        pipeline.close()
    assert (pair[0].looks, pair[1].looks) == (2, 4)
    gaps = {
        (time, part)
        for batch in seen
        for time, row in zip(batch.times, np.isnan(batch.values), strict=True)
        for part in (0, 1)
        if not row[2 * part :][:2].any()
    }
    assert gaps == {(time, 0) for time in times[:2]} | {(time, 1) for time in times[1:5]}


def test_groups_and_background_are_those_of_today(watch: Watching) -> None:
    """What is kept says nothing of them, and nothing is watched again for them."""
    for make in (lambda: early(yes="a"), lambda: both(early(yes="a"), late(yes="b"))):
        watch(make())
        model = make()
        members = model.members if isinstance(model, Ensemble) else (model,)
        if isinstance(model, Ensemble):
            model = model.regrouped(Grouping({"mine": ("a", "early:other")}, ("b",)))
        else:
            model.groups, model.background = {"mine": ("a", "other")}, ("a",)
        scores = watch(model)
        assert scores.groups == model.groups != watch(make()).groups
        assert scores.background == model.background
        assert [judge.looks for judge in members] == [0] * len(members)  # type: ignore[attr-defined]


def test_the_least_certain_head_counts() -> None:
    """And each head's scores between looks are its own."""
    index = steady(20, gop=500)
    seen = {Fraction(0): (0.9, 0.1, 0.99, 0.01), Fraction(10): (0.1, 0.9, 0.98, 0.02)}
    looks = {time: np.array(row, np.float32) for time, row in seen.items()}
    heads = [{time: row[part] for time, row in looks.items()} for part in (slice(0, 2), slice(2, 4))]
    times = [Fraction(number) for number in range(1, 10)]
    of_each = [Surroundings(index, head, LABEL) for head in heads]
    of_both = Surroundings(index, looks, winner_is((2, 2)))
    least = np.minimum(*(one.certainty(times) for one in of_each))
    assert np.array_equal(of_both.certainty(times), least)
    assert np.array_equal(of_both.between(times), np.concatenate([one.between(times) for one in of_each], axis=1))


def side_by_side(labels: Sequence[str], heads: tuple[int, ...]) -> Scores:
    rows = np.full((3, len(labels)), 0.5, np.float32)
    return Scores(tuple(labels), np.arange(3) + 0.5, rows, Fraction(3), heads=heads)


def test_a_file_of_scores_tells_of_heads(tmp_path: Path) -> None:
    side_by_side("abc", (2, 1)).save(tmp_path / "s.parquet")
    assert Scores.load(tmp_path / "s.parquet").heads == (2, 1)
    side_by_side("abc", ()).save(tmp_path / "one.parquet")
    assert Scores.load(tmp_path / "one.parquet").heads == ()
    assert b'"heads"' not in (tmp_path / "one.parquet").read_bytes(), "as it was written before"


@pytest.mark.parametrize("heads", [(2, 2), (3, 0), (1,)])
def test_heads_that_cannot_be(heads: tuple[int, ...]) -> None:
    with pytest.raises(FormatError, match="labels"):
        side_by_side("abc", heads)
