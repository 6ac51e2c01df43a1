"""score goes on where it stopped: what was seen before is not looked at again, and comes out the same."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fake_model import FrameReader, Labeller
from media import FilmSpec
from miles_deep.classify import Scores, score
from miles_deep.classify.looks import Look, Looks
from miles_deep.classify.sampling import midpoints
from miles_deep.errors import ModelError
from miles_deep.video import Video, probe

Films = Callable[[FilmSpec], Path]

FILM = FilmSpec(duration=Fraction(60), rate=Fraction(10), gop=35, audio=())
SAMPLINGS = pytest.mark.parametrize("sampling", ["exact", "adaptive"])


def lively() -> Labeller:
    """Changes its mind now and then, and is not sure."""
    return Labeller(on=lambda number: number // 47 % 3 == 1, sure=0.8)


@pytest.fixture
def video(film: Films) -> Video:
    return probe(film(FILM))


def same(one: Scores, other: Scores) -> bool:
    """Bit for bit."""
    arrays = ("times", "values", "looked")
    values = ("labels", "duration", "model", "notes", "sampling", "effort")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays) and all(
        getattr(one, name) == getattr(other, name) for name in values
    )


class Kept:
    """Remembers all that it is given to keep."""

    def __init__(self) -> None:
        self.looks: Looks = {}
        self.times = 0

    def __call__(self, looks: Mapping[Fraction, Look]) -> None:
        self.looks.update(looks)
        self.times += 1


def fail_after(model: FrameReader, batches: int, error: BaseException) -> None:
    def before(batch: NDArray[np.uint8]) -> None:
        if len(model.batches) == batches:
            raise error

    model.before = before


@SAMPLINGS
@pytest.mark.parametrize("error", [ModelError("no memory"), KeyboardInterrupt()], ids=["error", "Ctrl-C"])
def test_it_goes_on_where_it_stopped(sampling: str, error: BaseException, video: Video) -> None:
    whole = lively()
    uninterrupted = score(video, whole, sampling, batch_size=4)
    for stop in range(0, len(whole.batches), 3):
        kept, model, again = Kept(), lively(), lively()
        fail_after(model, stop, error)
        with pytest.raises(type(error)):
            score(video, model, sampling, batch_size=4, checkpoint=kept)
        assert len(kept.looks) == model.looks == sum(whole.batches[:stop])
        resumed = score(video, again, sampling, batch_size=4, known=kept.looks, checkpoint=kept)
        assert same(resumed, uninterrupted)
        assert again.looks == whole.looks - model.looks
        assert len(kept.looks) == whole.looks


@SAMPLINGS
def test_what_is_all_known_takes_no_look(sampling: str, video: Video) -> None:
    kept, model = Kept(), lively()
    first = score(video, model, sampling, checkpoint=kept)
    assert kept.times == 1
    again = lively()
    assert same(score(video, again, sampling, known=kept.looks, checkpoint=kept), first)
    assert (again.looks, kept.times) == (0, 1), "nothing new, nothing to keep"


def test_exact_reuses_what_adaptive_looked_at(video: Video) -> None:
    kept, lazy, rest = Kept(), lively(), lively()
    some = score(video, lazy, "adaptive", checkpoint=kept)
    middles = set(midpoints(video.index.end))
    every = score(video, rest, known=kept.looks)
    assert rest.looks == 60 - len(middles & kept.looks.keys())
    assert rest.looks < 60
    assert same(every, score(video, lively()))
    assert int(some.looked.sum()) == len(middles & kept.looks.keys())


def test_adaptive_after_exact_looks_at_keyframes_only(video: Video) -> None:
    kept, model = Kept(), lively()
    score(video, lively(), checkpoint=kept)
    some = score(video, model, "adaptive", known=kept.looks)
    assert same(some, score(video, lively(), "adaptive"))
    assert model.looks <= len(video.keyframes)


def test_what_else_is_known_changes_nothing(video: Video) -> None:
    """Looks of edge refinement lie anywhere in the film."""
    kept = Kept()
    other = {Fraction(number, 30): np.array((1, 0), np.float32) for number in range(1, 1800, 7)}
    other = {time: row for time, row in other.items() if time * 2 % 2 != 1 and time not in video.keyframes}
    for sampling in ("exact", "adaptive"):
        scores = score(video, lively(), sampling, known=other, checkpoint=kept)
        assert same(scores, score(video, lively(), sampling))


def test_it_keeps_what_was_seen_of_a_film_that_is_shorter_than_it_says(video: Video, film: Films) -> None:
    """Nothing is invented: every look that is kept is one that was taken."""
    kept, model = Kept(), FrameReader()
    score(video, model, "adaptive", 1.0, checkpoint=kept)
    assert len(kept.looks) == model.looks
    assert all(row[0] == int(time * 10) for time, row in kept.looks.items())


def test_an_unknown_error_is_not_hidden_by_the_checkpoint(video: Video) -> None:
    model = lively()
    fail_after(model, 2, ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        score(video, model, batch_size=4, checkpoint=Kept())
