"""The shelf: imported models by name."""

from pathlib import Path

import pytest
from networks import mean_of_channels, model_of

from miles_deep.errors import ModelError, OptionError, OutputExistsError
from miles_deep.model import Preprocess, load_model
from miles_deep.model.card import Grouping
from miles_deep.model.shelf import installed, make_shelf, place, remove

SMALL = model_of(mean_of_channels(), Preprocess(8, 6))


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILES_DEEP_DATA", str(tmp_path / "data"))


def test_a_model_on_the_shelf_is_loaded_by_its_name_until_it_is_removed() -> None:
    assert installed() == {}
    make_shelf()
    SMALL.save(place("cats-2.1"))
    assert list(installed()) == ["cats-2.1"]
    assert load_model("cats-2.1").digest == SMALL.digest
    assert remove("cats-2.1").stem == "cats-2.1"
    with pytest.raises(ModelError, match="neither a file nor one of"):
        load_model("cats-2.1")


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a\\b", ".hidden", "-x", "a b", "a\n", "x" * 101, "a:b"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(OptionError, match="is no name for a model"):
        place(name)


@pytest.mark.parametrize("name", ["con", "NUL", "aux.v2", "com1", "LPT9.onnx"])
def test_devices_of_windows_are_no_names(name: str) -> None:
    with pytest.raises(OptionError, match="Windows takes it for a device"):
        place(name)


def test_a_name_in_other_letters_is_another_only_here() -> None:
    make_shelf()
    SMALL.save(place("Cats"))
    with pytest.raises(OptionError, match="'cats' is no name for a model beside Cats"):
        place("cats", force=True)
    with pytest.raises(OutputExistsError, match="is there already"):
        place("Cats")
    assert place("Cats", force=True) == installed()["Cats"]
    assert [place(name).stem for name in ("console", "null", "com10", "Cat")] == [
        "console",
        "null",
        "com10",
        "Cat",
    ]


def test_asking_for_a_place_makes_none() -> None:
    assert not place("cats").parent.exists()


def test_other_files_are_none(tmp_path: Path) -> None:
    make_shelf()
    place("a").parent.joinpath(".miles-deep-half.onnx").touch()
    place("a").with_name("notes.txt").touch()
    place("a").mkdir()
    assert installed() == {}
    with pytest.raises(ModelError, match="no model 'notes' was imported or fetched; there are: none"):
        remove("notes")


@pytest.mark.parametrize(
    ("name", "meant"), [("imagnet", "imagenet"), ("Open_NSFW", "open_nsfw"), ("CATS", "Cats")]
)
def test_a_name_that_is_nearly_one(name: str, meant: str) -> None:
    make_shelf()
    SMALL.save(place("Cats"))
    with pytest.raises(ModelError, match=f"no model '{name}'; did you mean '{meant}'"):
        load_model(name)


def test_no_name_at_all() -> None:
    with pytest.raises(ModelError, match="no model ''"):
        load_model("")


def test_other_groups_change_no_digest_and_are_checked() -> None:
    first, second, _ = SMALL.labels
    other = SMALL.regrouped(Grouping({"both": (first, second)}, (second,)))
    assert (other.groups, other.background) == ({"both": (first, second)}, (second,))
    assert other.digest == SMALL.digest
    assert other.regrouped(None).groups == SMALL.groups
    with pytest.raises(ModelError, match="'nothing', which is no label"):
        SMALL.regrouped(Grouping({"some": ("nothing",)}))
