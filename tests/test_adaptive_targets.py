"""Adaptive sampling with targets: only these have to be certain, and what was seen serves other questions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import miles_deep as md
from fake_model import number_or_not
from media import FilmSpec
from miles_deep.errors import LabelError

Film = Callable[[FilmSpec], Path]
FILM = FilmSpec(duration=Fraction(60), rate=Fraction(10), gop=35, audio=())
LABELS = ("odd", "even", "late", "calm")


@dataclass(frozen=True)
class Restless(md.Model):
    """Every second `odd` and `even` take turns; `late` is sure of the last 17 seconds."""

    batches: list[int] = field(default_factory=list)

    def prepare(self) -> None:
        """There is nothing to get ready."""

    def infer(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.batches.append(len(batch))
        return np.array([self.row(number_or_not(rgb)) for rgb in batch], np.float32)

    def row(self, number: int) -> tuple[float, float, float, float]:
        late, odd = (0.7 if number >= 433 else 0.02), (0.7 if number // 10 % 2 else 0.2)
        return odd * (1 - late), (0.9 - odd) * (1 - late), late, 0.1 * (1 - late)

    @property
    def looks(self) -> int:
        return sum(self.batches)


def restless(**rules: object) -> Restless:
    card = md.ModelCard("restless", LABELS, md.Preprocess(64, 48), groups={"turns": ("odd", "even")}, rules=rules)
    return Restless(card, b"", "cpu", "f32")


@pytest.fixture
def path(film: Film) -> Path:
    return film(FILM)


def late_seconds(scores: md.Scores) -> list[int]:
    return np.flatnonzero(scores.values.argmax(axis=1) == 2).tolist()


def test_targets_are_found_as_in_exact_scores_with_fewer_looks(path: Path) -> None:
    exact, whole, some = restless(), restless(), restless()
    truth = md.analyze(path, exact)
    labels = md.analyze(path, whole, "adaptive")
    assert labels.looked.all() and labels.asked == () and np.array_equal(labels.values, truth.values)
    scores = md.analyze(path, some, "adaptive", targets=["late"])
    assert scores.asked == ("late",)
    assert some.looks < 0.6 * exact.looks <= whole.looks
    for target in ("late", "turns"):  # what is not late is a turn
        assert md.find_segments(scores, [target]) and late_seconds(scores) == late_seconds(truth)
    [found], [true] = (md.find_segments(one, ["late"]) for one in (scores, truth))
    assert found.span == true.span == md.Span(43, 60)


def test_several_lists_are_several_questions(path: Path) -> None:
    """`late` alone is soon told; which of `odd` and `even` it is, never."""
    looks = []
    for targets in (["late"], [["late"], ["odd"]]):
        model = restless()
        scores = md.analyze(path, model, "adaptive", targets=targets)
        looks.append(model.looks)
        assert late_seconds(scores) == list(range(43, 60))
    assert scores.asked == ("late", "odd")
    assert looks[1] > 1.5 * looks[0]


def test_a_rule_says_what_matches(path: Path) -> None:
    """Nothing reaches its min score, so wherever it changes it is no segment's."""
    model = restless()
    md.analyze(path, model, "adaptive", targets=["odd"], rule=md.Rule(min_score=0.999))
    assert model.looks < 40


def test_of_each_label_it_has_to_be_certain_whether_it_reaches_its_min_score(path: Path) -> None:
    """By the card's own rules: the winner changes all the time, and what reaches 0.95 never does."""
    model = restless(method="each", min_score=0.95)
    scores = md.analyze(path, model, "adaptive")
    assert model.looks < 40 and not scores.looked.all()
    assert scores.asked == ()


def test_other_questions_look_again_only_where_they_must(path: Path, tmp_path: Path) -> None:
    store = md.Store(tmp_path)

    def analyzed(*targets: str, sampling: str = "adaptive") -> tuple[md.Scores, int]:
        model = restless()
        return md.analyze(path, model, sampling, store=store, targets=targets), model.looks

    first, looks = analyzed("late")
    again, none = analyzed("late")
    assert looks > none == 0
    assert np.array_equal(first.values, again.values) and np.array_equal(first.looked, again.looked)
    assert again.asked == ("late",)
    assert "adaptive" not in {entry.kind for entry in store.entries()}, "they do not answer other questions"
    odd, more = analyzed("odd")
    alone = restless()
    assert np.array_equal(odd.values, md.analyze(path, alone, "adaptive", targets=["odd"]).values)
    assert 0 < more < alone.looks
    exact, rest = analyzed("late", sampling="exact")
    assert rest == 60 - (odd.looked | first.looked).sum()
    assert exact.looked.all() and exact.asked == ()
    assert analyzed("late")[0].sampling == "exact"


def test_targets_that_are_none_are_told_before_any_look(path: Path) -> None:
    model = restless()
    with pytest.raises(LabelError, match="zebra"):
        md.analyze(path, model, "adaptive", targets=["zebra"])
    assert model.looks == 0


def test_a_file_of_scores_tells_what_was_asked(path: Path, tmp_path: Path) -> None:
    md.analyze(path, restless(), "adaptive", targets=["late"]).save(tmp_path / "s.parquet")
    assert md.Scores.load(tmp_path / "s.parquet").asked == ("late",)
    md.analyze(path, restless()).save(tmp_path / "all.parquet")
    assert md.Scores.load(tmp_path / "all.parquet").asked == ()
    assert b'"asked"' not in (tmp_path / "all.parquet").read_bytes(), "as it was written before"
