"""The main job on a real film, Big Buck Bunny, held against what the first program found there."""

from fractions import Fraction

import numpy as np
import pytest

import miles_deep as md

FIRST_PROGRAM = [(134, 143), (244, 251), (314, 320), (365, 371)]
"""Seconds of `nsfw` that the first Miles Deep, built from source, found with the same weights: 28 in all."""

pytestmark = pytest.mark.film


@pytest.fixture(scope="module")
def scores(big_buck_bunny):
    return md.analyze(big_buck_bunny)


def test_every_second_is_watched(scores):
    assert len(scores) == 597
    assert scores.duration == Fraction(14315, 24)
    assert list(scores.times[:2]) == [0.5, 1.5]
    assert scores.times[-1] == pytest.approx((596 + 14315 / 24) / 2)
    assert scores.notes == ()


@pytest.mark.parametrize("method", ["plain", "classic"])
def test_finds_close_to_what_the_first_program_found(scores, method):
    """The weights are the same; the moments sampled, the scaler and the arithmetic are not."""
    spans = [segment.span for segment in md.find_segments(scores, ["nsfw"], md.Rule(method=method))]
    shared = [(start, end) for start, end in FIRST_PROGRAM if any(s.start < end and start < s.end for s in spans)]
    assert set(shared) >= {(134, 143), (314, 320), (365, 371)}
    assert 20 <= sum(span.length for span in spans) <= 40


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Keeps what the tests below look at; they look at it in parts."""
    return md.Store(tmp_path_factory.mktemp("scores"))


def test_adaptive_labels_99_seconds_of_100_as_exact_does(big_buck_bunny, scores, store):
    some = md.analyze(big_buck_bunny, sampling="adaptive", store=store)
    assert len(some) == len(scores)
    assert some.looked.sum() < 0.6 * len(scores)
    assert np.mean(some.values.argmax(axis=1) == scores.values.argmax(axis=1)) >= 0.99
    assert np.allclose(some.values[some.looked], scores.values[some.looked], atol=1e-3)


def test_edges_lie_on_the_frame(big_buck_bunny, scores, store):
    """Of the two frames at an edge, one matches and the other does not; or it is where a shot begins."""
    segments = md.find_segments(scores, ["nsfw"])
    refined = md.refine(big_buck_bunny, scores, segments, ["nsfw"], store=store)
    assert len(refined) == len(segments) > 2
    looks = store.looks(scores.video, scores.model, 2)
    moved = 0
    for before, after in zip(segments, refined, strict=True):
        for old, new in ((before.span.start, after.span.start), (before.span.end, after.span.end)):
            assert abs(old - new) <= 1
            inside, outside = (
                looks.get(new - Fraction(k, 24)) for k in ((0, 1) if new == after.span.start else (1, 0))
            )
            if inside is not None and outside is not None:
                moved += (inside[1] >= 0.5) and (outside[1] < 0.5)
    assert moved >= len(segments), "half of the edges at least are no shot changes"
    assert len(looks) < 700
    again = md.refine(big_buck_bunny, scores, segments, ["nsfw"], store=store)
    assert again == refined
    assert len(store.looks(scores.video, scores.model, 2)) == len(looks)


def test_a_cut_holds_the_same_pictures(big_buck_bunny, tmp_path):
    """Frame by frame: the number of them, and what they show, closer than an eye can tell."""
    asked = [md.Span(134, 137), md.Span(200.5, 202.25)]
    result = md.edit(big_buck_bunny, asked, tmp_path / "cut.mp4")
    assert result.frames == 72 + 42
    assert result.spans == tuple(asked)

    cut, film = md.probe(result.path), md.probe(big_buck_bunny)
    assert len(cut.index.frame_times) == 114
    for moment, origin in ((0, 134), (Fraction(71, 24), 134 + Fraction(71, 24)), (3, 200.5), (4, 201.5)):
        made, source = (picture_at(video, Fraction(time)) for video, time in ((cut, moment), (film, origin)))
        error = np.mean((made.astype(float) - source) ** 2)
        assert 10 * np.log10(255**2 / error) > 38, f"at {moment} s"


def picture_at(video, time):
    """The frame shown at a time, RGB."""
    ((_, frame),) = md.frames_at(video, [time])
    assert frame.time == time
    return md.Scaler(video).rgb(frame)
