"""The whole story, from a film to a film, with a small classifier whose answers are known."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from onnx import TensorProto, helper

import miles_deep as md
from media import AudioTrack, FilmSpec, colour_at, decode_video, read_frame_number
from miles_deep.errors import DeviceError, ModelError, NoVideoError, OptionError, VideoError

Film = Callable[[FilmSpec], Path]
SPEC = FilmSpec()
LABELS = ("red", "green", "blue")


@pytest.fixture(scope="module")
def model() -> md.Model:
    """Scores the colours of the middle of the picture, part of which shows the time in the clock films."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["data"], ["means"]),
        helper.make_node("Flatten", ["means"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["batch", 3, 6, 20])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 3])],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    spec = md.Preprocess(20, 6, resize_width=32, resize_height=12, scale=(1 / 255,) * 3)
    card = md.ModelCard("colours", LABELS, spec, background=("blue",), groups={"warm": ("red",)})
    return md.Model(card, network.SerializeToString(), "cpu", "f32")


@pytest.fixture(scope="module")
def scores(film: Film, model: md.Model) -> md.Scores:
    return md.analyze(film(SPEC), model)


def test_every_second_is_classified_at_its_midpoint(scores: md.Scores, model: md.Model) -> None:
    assert scores.labels == LABELS
    assert scores.background == ("blue",)
    assert scores.groups == {"warm": ("red",)}
    assert scores.model == model.digest
    assert scores.times.tolist() == [second + 0.5 for second in range(12)]
    assert scores.values.shape == (12, 3)
    assert scores.values.dtype == np.float32
    # The frame shown at k + 0.5 s is that of k + 0.48 s. Black and white cells weigh all colours alike.
    truth = np.array([colour_at(time - 0.02) for time in scores.times])
    assert scores.values.argmax(axis=1).tolist() == truth.argmax(axis=1).tolist()
    (seen, meant) = (values[:, 1] - values[:, 0] for values in (scores.values, truth / 255))
    share = seen[-1] / meant[-1]
    assert 0.2 < share < 0.8, "of the picture that is coloured"
    assert np.abs(seen - share * meant).max() < 0.01


@pytest.mark.parametrize("as_path", [str, Path, md.probe], ids=["str", "Path", "Video"])
def test_a_film_is_a_path_or_what_probe_made_of_it(
    as_path: Callable[[Path], object], film: Film, model: md.Model, scores: md.Scores, tmp_path: Path
) -> None:
    given = as_path(film(SPEC))
    again = md.analyze(given, model)  # type: ignore[arg-type]
    assert np.array_equal(again.values, scores.values)
    result = md.edit(given, [md.Span(1, 2)], str(tmp_path / "cut.mp4"), "copy")  # type: ignore[arg-type]
    assert result.path == tmp_path / "cut.mp4"
    [clip] = md.edit_clips(given, [md.Span(1, 2)], str(tmp_path / "clips"), "copy")  # type: ignore[arg-type]
    assert clip.path.exists()


def test_a_model_is_a_name_or_a_file_or_a_model(
    film: Film, model: md.Model, scores: md.Scores, tmp_path: Path
) -> None:
    file = tmp_path / "colours.onnx"
    model.save(file)
    for given in (file, str(file)):
        again = md.analyze(film(SPEC), given)
        assert np.allclose(again.values, scores.values, atol=0.01)  # the file runs as fast as the machine can
        assert (again.labels, again.model) == (LABELS, model.digest)
    short = film(FilmSpec(duration=Fraction(2), audio=()))
    default, named = md.analyze(short), md.analyze(short, "open_nsfw")
    loaded = md.analyze(short, md.load_model("open_nsfw"))
    assert default.labels == named.labels == loaded.labels == ("sfw", "nsfw")
    assert np.array_equal(default.values, named.values)
    assert np.array_equal(default.values, loaded.values)
    assert default.values.sum(axis=1) == pytest.approx(1, abs=0.02)


def test_batch_size_does_not_change_what_is_seen(film: Film, model: md.Model, scores: md.Scores) -> None:
    for size in (1, 5, 12, 100):
        assert np.allclose(md.analyze(film(SPEC), model, batch_size=size).values, scores.values, atol=1e-6)


def test_another_device(film: Film, model: md.Model, scores: md.Scores) -> None:
    again = md.analyze(film(SPEC), model, device="onnxruntime")
    assert np.allclose(again.values, scores.values, atol=0.01)
    with pytest.raises(OptionError, match="no device 'abacus'; there are: auto, cpu"):
        md.analyze(film(SPEC), model, device="abacus")
    if not (Path("/dev/nvidia0").exists() or Path("/dev/dxg").exists()):
        with pytest.raises(DeviceError):
            md.analyze(film(SPEC), model, device="cuda")


def test_progress(film: Film, model: md.Model) -> None:
    told: list[tuple[Fraction, Fraction]] = []
    md.analyze(film(SPEC), model, batch_size=3, progress=lambda *seconds: told.append(seconds))
    assert told[-1] == (12, 12)
    assert told == sorted(told)
    assert {total for _, total in told} == {12}


@pytest.mark.parametrize("mode", ["encode", "copy"])
def test_from_film_to_film(mode: str, film: Film, scores: md.Scores, model: md.Model, tmp_path: Path) -> None:
    """Watched, found, cut; and the cut, watched again, holds what was asked for and nothing else."""
    rule = md.Rule(min_score=0, max_gap=1, min_length=2, min_coverage=0.5)
    [segment] = md.find_segments(scores, ["green"], rule)
    assert (segment.span, segment.label) == (md.Span(5, 12), "green")
    result = md.edit(film(SPEC), [segment.span], tmp_path / "green.mp4", mode)  # type: ignore[arg-type]
    numbers = [read_frame_number(rgb) for _, rgb in decode_video(result.path)]
    first = 125 if mode == "encode" else 120
    assert numbers == list(range(first, 300))
    again = md.analyze(result.path, model)
    # Each second of the cut looks as that second of the film did, but for the copied frames before it.
    assert again.values.argmax(axis=1).tolist()[1:] == [1] * (len(again) - 1)
    assert len(again) == 7 + (mode == "copy")


def test_clips_of_segments(film: Film, scores: md.Scores, tmp_path: Path) -> None:
    rule = md.Rule(min_score=0, max_gap=1, min_length=2, min_coverage=0.5)
    segments = md.find_all(scores, rule)
    clips = md.edit_clips(film(SPEC), [segment.span for segment in segments], tmp_path / "clips")
    assert [(segment.label, segment.span) for segment in segments] == [
        ("red", md.Span(0, 5)),
        ("green", md.Span(5, 12)),
    ]
    assert [clip.frames for clip in clips] == [125, 175]


BAD_FILMS = {
    "missing": (lambda path: None, VideoError, "no such file"),
    "a folder": (lambda path: path.mkdir(), VideoError, "is a folder"),
    "empty": (lambda path: path.touch(), VideoError, "is empty"),
    "text": (lambda path: path.write_text("This is not a film.\n" * 99), VideoError, "not a film"),
}


@pytest.mark.parametrize(("make", "error", "cause"), BAD_FILMS.values(), ids=BAD_FILMS)
def test_films_that_are_none(
    make: Callable[[Path], object], error: type[Exception], cause: str, model: md.Model, tmp_path: Path
) -> None:
    path = tmp_path / "film.mp4"
    make(path)
    before = sorted(tmp_path.iterdir())
    for attempt in (
        lambda: md.analyze(path, model),
        lambda: md.edit(path, [md.Span(0, 1)], tmp_path / "out.mp4"),
        lambda: md.edit_clips(path, [md.Span(0, 1)], tmp_path / "clips"),
    ):
        with pytest.raises(error, match=rf"film\.mp4: .*{cause}") as told:
            attempt()
        assert "\n" not in str(told.value)
    assert sorted(tmp_path.iterdir()) == before


def test_a_sound_file_has_nothing_to_watch(film: Film, model: md.Model, tmp_path: Path) -> None:
    path = tmp_path / "song.mka"
    with (
        av.open(str(film(FilmSpec("mkv", audio=(AudioTrack("aac"),))))) as source,
        av.open(str(path), "w", "matroska") as out,
    ):
        track = out.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.size:
                packet.stream = track
                out.mux(packet)
    with pytest.raises(NoVideoError, match=r"song\.mka: has no picture, nothing to watch"):
        md.analyze(path, model)
    with pytest.raises(NoVideoError):
        md.edit(path, [md.Span(0, 1)], tmp_path / "out.mkv")


def test_options_that_make_no_sense(film: Film, model: md.Model, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no sampling 'often'; there are: exact"):
        md.analyze(film(SPEC), model, sampling="often")
    for size in (0, -1, 10**9):
        with pytest.raises(OptionError, match="batch size"):
            md.analyze(film(SPEC), model, batch_size=size)
    with pytest.raises(ModelError, match="nonsense"):
        md.analyze(film(SPEC), "nonsense")
    with pytest.raises(ModelError, match=r"nothing\.onnx"):
        md.analyze(film(SPEC), tmp_path / "nothing.onnx")
    wrong = replace(model, card=replace(model.card, labels=("red", "green"), background=(), groups={}))
    with pytest.raises(ModelError, match="gives 3 scores for 2 labels"):
        md.analyze(film(SPEC), wrong)
