"""The shelf: imported models by name."""

from pathlib import Path

import pytest
from networks import mean_of_channels, model_of

from miles_deep.errors import ModelError
from miles_deep.model import Preprocess, load_model
from miles_deep.model.card import Grouping
from miles_deep.model.shelf import installed, place, remove

SMALL = model_of(mean_of_channels(), Preprocess(8, 6))


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILES_DEEP_DATA", str(tmp_path / "data"))


def test_a_model_on_the_shelf_is_loaded_by_its_name_until_it_is_removed() -> None:
    assert installed() == {}
    SMALL.save(place("cats-2.1"))
    assert list(installed()) == ["cats-2.1"]
    assert load_model("cats-2.1").digest == SMALL.digest
    assert remove("cats-2.1").stem == "cats-2.1"
    with pytest.raises(ModelError, match="neither a file nor one of"):
        load_model("cats-2.1")


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a\\b", ".hidden", "-x", "a b", "a\n", "x" * 101, "a:b"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(ModelError, match="is no name for a model"):
        place(name)


def test_other_files_are_none(tmp_path: Path) -> None:
    place("a").parent.joinpath(".miles-deep-half.onnx").touch()
    place("a").with_name("notes.txt").touch()
    assert installed() == {}
    with pytest.raises(ModelError, match="no model 'notes' was imported or fetched; there are: none"):
        remove("notes")


def test_other_groups_change_no_digest_and_are_checked() -> None:
    first, second, _ = SMALL.labels
    other = SMALL.regrouped(Grouping({"both": (first, second)}, (second,)))
    assert (other.groups, other.background) == ({"both": (first, second)}, (second,))
    assert other.digest == SMALL.digest
    assert other.regrouped(None).groups == SMALL.groups
    with pytest.raises(ModelError, match="'nothing', which is no label"):
        SMALL.regrouped(Grouping({"some": ("nothing",)}))
