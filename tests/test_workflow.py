"""The whole story, from a film to a film, with a small classifier whose answers are known."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from onnx import TensorProto, helper

import miles_deep as md
from media import SPECIAL, AudioTrack, FilmSpec, colour_at, decode_video, read_frame_number
from miles_deep.classify.sampling import EFFORT
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


@dataclass(frozen=True)
class Counting(md.Model):
    """Counts the frames that it is shown."""

    batches: list[int] = field(default_factory=list)

    def infer(self, batch: np.ndarray) -> np.ndarray:
        self.batches.append(len(batch))
        return super().infer(batch)

    @property
    def looks(self) -> int:
        return sum(self.batches)


def counting(model: md.Model) -> Counting:
    return Counting(model.card, model.network, model.device, model.precision)


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


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("sampling", ["exact", "adaptive"])
def test_a_store_spares_the_second_look(sampling: str, film: Film, model: md.Model, tmp_path: Path) -> None:
    watching, again = counting(model), counting(model)
    first = md.analyze(film(SPEC), watching, sampling, store=md.Store(tmp_path))
    told: list[object] = []
    second = md.analyze(
        str(film(SPEC)), again, sampling, store=md.Store(tmp_path), progress=lambda *at: told.append(at)
    )
    assert (watching.looks > 0, again.looks, told) == (True, 0, [])
    for name in ("times", "values", "looked"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
    for name in ("labels", "duration", "background", "groups", "model", "notes", "sampling", "effort", "video"):
        assert getattr(first, name) == getattr(second, name)
    assert first.video


def test_without_a_store_nothing_is_kept(film: Film, model: md.Model, tmp_path: Path) -> None:
    """Not even where the command line would keep it."""
    default = md.Store().folder
    before = everything(default)
    for _ in range(2):
        watching = counting(model)
        scores = md.analyze(film(SPEC), watching)
        segments = md.find_segments(scores, ["green"], EASY)
        md.refine(film(SPEC), scores, segments, ["green"], watching, EASY)
        assert watching.looks > 12
    assert everything(default) == before


def test_more_effort_is_not_answered_from_less(film: Film, model: md.Model, tmp_path: Path) -> None:
    store = md.Store(tmp_path)
    for effort, asked in ((0.6, 0.6), (0.8, 0.8), (0.7, 0.8), (None, EFFORT), (0.99, 0.99), (None, 0.99)):
        scores = md.analyze(film(SPEC), model, "adaptive", effort, store=store)
        assert (scores.sampling, scores.effort) == ("adaptive", asked)
    assert md.analyze(film(SPEC), model, store=store).sampling == "exact"
    assert md.analyze(film(SPEC), model, "adaptive", 0.5, store=store).sampling == "exact"


EASY = md.Rule(min_score=0, max_gap=1, min_length=2, min_coverage=0.5)


def labels_of(path: Path, model: md.Model, rule: md.Rule) -> list[tuple[Fraction, bool]]:
    """Of every frame of a film, when it is shown and whether green wins it by the rule."""
    video = md.probe(path)
    scaler, spec = md.Scaler(video, model.card.preprocess.resized), model.card.preprocess
    frames = list(md.frames_at(video, video.index.frame_times))
    rows = model.infer(np.stack([spec.crop(scaler.rgb(frame)) for _, frame in frames]))
    return [
        (time, row.argmax() == 1 and row[1] >= rule.min_score) for (time, _), row in zip(frames, rows, strict=True)
    ]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6])
def test_refine_moves_edges_to_the_frame(share: float, film: Film, model: md.Model, scores: md.Scores) -> None:
    """Held against what the model says of every frame: on one side of an edge they match, on the other not."""
    rule = replace(EASY, min_score=float(np.quantile(scores.values[5:, 1], share)) if share else 0.0)
    segments = md.find_segments(scores, ["green"], rule)
    matches = [True, *(match for _, match in labels_of(film(SPEC), model, rule)), False]
    refined = md.refine(film(SPEC), scores, segments, ["green"], model, rule)
    assert segments and len(refined) == len(segments)
    for before, after in zip(segments, refined, strict=True):
        first, end = int(after.span.start * 25) + 1, int(after.span.end * 25) + 1
        assert matches[first] and not matches[first - 1]
        assert matches[end - 1] and not matches[end]
        assert max(abs(after.span.start - before.span.start), abs(after.span.end - before.span.end)) <= 0.5
    if not share:
        assert refined[0].span == md.Span(Fraction(matches.index(True, 1) - 1, 25), 12)


def test_refine_with_a_store_looks_once(film: Film, model: md.Model, tmp_path: Path) -> None:
    store, watching = md.Store(tmp_path), counting(model)
    scores = md.analyze(film(SPEC), watching, store=store)
    segments = md.find_segments(scores, ["green"], EASY)
    refined = md.refine(film(SPEC), scores, segments, ["green"], watching, EASY, store)
    assert 12 < watching.looks < 12 + 30
    kept, again = everything(tmp_path), counting(model)
    scores = md.analyze(film(SPEC), again, store=store)
    assert md.refine(film(SPEC), scores, segments, ["green"], again, EASY, store) == refined
    assert again.looks == 0
    assert everything(tmp_path) == kept


def test_refine_asks_for_the_model_of_the_scores(film: Film, model: md.Model, scores: md.Scores) -> None:
    segments = md.find_segments(scores, ["green"], EASY)
    other = replace(model, card=replace(model.card, name="others"))
    with pytest.raises(OptionError, match="the model that gave the scores"):
        md.refine(film(SPEC), scores, segments, ["green"], other)
    assert md.refine(film(SPEC), scores, [], ["green"], model) == []


def test_a_film_without_times_keeps_its_edges(film: Film, model: md.Model) -> None:
    """A bare stream does not tell when its frames are shown."""
    path = film(SPECIAL["bare-h264"])
    scores = md.analyze(path, model)
    segments = md.find_segments(scores, ["green"], EASY)
    assert md.refine(path, scores, segments, ["green"], model, EASY) == segments != []
