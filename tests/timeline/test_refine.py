"""refine_edges on films whose truth is known: edges lie on the frame at which the label changes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fake_model import Labeller
from media import MATRIX, SPECIAL, FilmSpec, truncate
from miles_deep.classify import Scores, Store, score
from miles_deep.classify.memory import FilmMemory
from miles_deep.errors import OutputError
from miles_deep.timecode import Span
from miles_deep.timeline import Rule, Rules, Segment, find_segments
from miles_deep.timeline.refine import refine_edges
from miles_deep.video import Video, probe
from truth import FILMS, Truth, truth

Films = Callable[[FilmSpec], Path]

RULE = Rules(Rule(min_length=0, max_gap=0, min_coverage=0))
ON = [(67, 143), (211, 260)]
"""Numbers of the frames that have the label; at 25 a second none of the edges lies on a whole second."""

TIMED = ["vfr-mp4", "vfr-mkv", "vfr-webm", "late-start-mkv", "negative-start-ts", "negative-start-webm"]
TIMED += [
    "hidden-frames-mp4",
    "missing-duration-mkv",
    "missing-duration-webm",
    "fragmented-mp4",
    "interlaced-h264",
]
TIMED += ["interlaced-mpeg2", "29.97-fps", "23.976-fps-mkv", "50-fps", "one-keyframe", "open-gop-h264"]
TIMED += ["open-gop-hevc", "open-gop-mpeg2", "bframes-avi-mpeg4", "rotated-mp4-90", "10-bit-h264"]
ORDERED = {str(spec): spec for spec in MATRIX} | {name: SPECIAL[name] for name in TIMED}
"""All that a film's container and codec can do to the times of its frames."""


def labeller(*spans: tuple[int, int]) -> Labeller:
    return Labeller(on=lambda number: any(first <= number < after for first, after in spans or ON))


@dataclass
class Hesitant(Labeller):
    """Is sure of some frames, and less so of the others that have the label."""

    def row(self, number: int) -> tuple[float, float]:
        return (0.9, 0.1) if 103 <= number < 200 else (0.6, 0.4) if self.on(number) else (0, 1)


@dataclass
class Found:
    """Segments before and after, and what it took."""

    video: Video
    model: Labeller
    scores: Scores
    before: list[Segment]
    after: list[Segment] = field(default_factory=list)
    looks: int = 0


def found(path: Path, model: Labeller, sampling: str = "exact", memory: FilmMemory | None = None) -> Found:
    video = probe(path)
    scores = score(video, model, sampling, 0.9)
    segments = find_segments(scores, ["number"], RULE)
    whole = Found(video, model, scores, segments)
    looked = model.looks
    whole.after = refine_edges(video, model, scores, segments, ["number"], RULE, memory)
    whole.looks = model.looks - looked
    return whole


def edges(segments: list[Segment]) -> list[Fraction]:
    return [time for segment in segments for time in (segment.span.start, segment.span.end)]


def changes(true: Truth, model: Labeller) -> list[Fraction]:
    """When the label comes and goes."""
    labels = [False, *(model.on(number) for number, _ in true.frames), False]
    times = [*(time for _, time in true.frames), true.end]
    return [time for time, (one, other) in zip(times, pairwise(labels), strict=True) if one != other]


def error(segments: list[Segment], true: list[Fraction]) -> float:
    """Seconds between the edges found and the true ones, on average."""
    return float(np.mean([abs(a - b) for a, b in zip(edges(segments), true, strict=True)]))


@pytest.mark.parametrize("spec", ORDERED.values(), ids=ORDERED)
def test_every_edge_is_on_the_frame(spec: FilmSpec, film: Films) -> None:
    model = labeller()
    got, true = found(film(spec), model), changes(truth(spec), model)
    assert error(got.before, true) > 0.1
    assert edges(got.after) == true
    assert [segment.label for segment in got.after] == ["number"] * len(got.before)
    assert got.looks <= 11 * len(true)


def test_the_mean_error_of_many_edges(film: Films) -> None:
    """From a quarter of a second, as chance has it, to nothing; ten looks an edge."""
    spec = FilmSpec(duration=Fraction(120), audio=(), gop=60)
    dice = np.random.default_rng(0)
    marks = np.cumsum(dice.integers(60, 160, 28))
    model = labeller(*[(int(a), int(b)) for a, b in zip(marks[::2], marks[1::2], strict=True) if b < 3000])
    got, true = found(film(spec), model), changes(truth(spec), model)
    assert len(true) > 20
    assert 0.2 < error(got.before, true) < 0.32
    assert edges(got.after) == true
    assert got.looks / len(true) <= 10


@pytest.mark.parametrize("name", ["mp4-h264", "vfr-mkv", "one-keyframe", "ts-h264-start=7_5"])
def test_after_adaptive_sampling(name: str, film: Films) -> None:
    """Where the seconds have the labels that exact sampling gives them, the edges are as exact."""
    model = labeller((40, 230))
    got, every = (found(film(FILMS[name]), model, sampling) for sampling in ("adaptive", "exact"))
    labels, all_labels = (one.scores.values.argmax(axis=1).tolist() for one in (got, every))
    assert labels == all_labels
    assert edges(got.after) == changes(truth(FILMS[name]), model)


def test_beginning_and_end_of_the_film(film: Films) -> None:
    for spans in ([(0, 300)], [(0, 140), (213, 300)], [(4, 297)]):
        model = labeller(*spans)
        got = found(film(FilmSpec()), model)
        assert edges(got.after) == changes(truth(FilmSpec()), model)
    assert got.after[0].span == Span(Fraction(4, 25), Fraction(297, 25))


def test_the_min_score_counts(film: Films) -> None:
    """A frame that the target wins with too low a score is outside, as a second is."""
    model = Hesitant(on=lambda number: 67 <= number < 260)
    video = probe(film(FilmSpec()))
    scores = score(video, model)
    for least, span in ((0.5, (67, 260)), (0.8, (103, 200))):
        rule = Rules(Rule(min_score=least, min_length=0, max_gap=0))
        segments = find_segments(scores, ["number"], rule)
        (after,) = refine_edges(video, model, scores, segments, ["number"], rule)
        assert (after.span.start * 25, after.span.end * 25) == span


def test_a_group_as_target(film: Films) -> None:
    """All labels together always win: the segment is the whole film."""
    video, model = probe(film(FilmSpec())), labeller()
    scores = score(video, model)
    segments = find_segments(scores, ["all"], RULE)
    (after,) = refine_edges(video, model, scores, segments, ["all"], RULE)
    assert after.span == Span(0, 12)


def test_what_was_looked_at_is_remembered(film: Films, tmp_path: Path) -> None:
    path, model, store = film(FilmSpec()), labeller(), Store(tmp_path)
    first = found(path, model, memory=FilmMemory(store, "film-1", model, path))
    again = found(path, model, memory=FilmMemory(store, "film-1", model, path))
    assert again.after == first.after
    assert (first.looks > 20, again.looks) == (True, 0)
    assert found(path, model, memory=FilmMemory(store, "film-2", model, path)).looks == first.looks
    kept = store.looks("film-1", model.digest, 2)
    assert len(kept) == first.looks
    assert all(row.tolist() == list(model.row(int(time * 25))) for time, row in kept.items())


def test_a_store_that_cannot_be_written_costs_nothing(film: Films, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path, model = film(FilmSpec()), labeller()
    store = Store(tmp_path / "file")
    with pytest.raises(OutputError):
        store.keep_looks("film-1", model.digest, {Fraction(0): np.zeros(2, np.float32)})
    memory = FilmMemory(store, "film-1", model, path)
    assert edges(found(path, model, memory=memory).after) == changes(truth(FilmSpec()), model)
    assert len(memory.notes) == 1


def test_a_truncated_film(film: Films, tmp_path: Path) -> None:
    """The label goes on to the end of what is left."""
    spec = FilmSpec(faststart=True)
    path = truncate(film(spec), tmp_path / "torn.mp4", 0.6)
    model = labeller((67, 300))
    got = found(path, model)
    assert got.scores.duration < 10
    (after,) = got.after
    assert after.span.start == Fraction(67, 25)
    assert abs(after.span.end - got.scores.duration) <= Fraction(1, 2)


def test_no_segment_takes_no_look(film: Films) -> None:
    got = found(film(FilmSpec()), Labeller())
    assert (got.after, got.looks) == ([], 0)
