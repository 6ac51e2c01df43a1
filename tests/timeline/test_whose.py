"""Targets that say whose label they mean, of one model and of several."""

import pytest

from miles_deep.errors import LabelError
from miles_deep.model import Model, ModelCard, Preprocess
from miles_deep.model.card import Grouping
from miles_deep.model.ensemble import together
from miles_deep.timeline.targets import contest
from miles_deep.timeline.whose import without_models

TABBY = "n02123045 tabby, tabby cat"


def model(name: str, labels: tuple[str, ...], groups: dict[str, tuple[str, ...]]) -> Model:
    """A model whose network nobody runs."""
    return Model(ModelCard(name, labels, Preprocess(8, 8), groups=groups), name.encode())


PETS = model("pets", (TABBY, "hare", "other"), {"animal": (TABBY, "hare")})
FARM = model("farm", ("cow", "other"), {"animal": ("cow",)})
ALIKE = model("alike", ("cow", "other"), {})
CASES = [
    (PETS, "pets:hare", "hare"),
    (PETS, "pets:tabby", TABBY),
    (PETS, f"pets:{TABBY}", TABBY),
    (PETS, "pets: Animal", "animal"),
    (PETS, "!pets:hare & pets:animal", "(!hare & animal)"),
    (PETS, "farm:hare", "farm:hare"),
    (PETS, "hare", "hare"),
    (PETS, "(pets:hare", "(pets:hare"),
    (together([PETS, FARM]), "pets:hare", "hare"),
    (together([PETS, FARM]), "pets:other", "pets:other"),
    (together([PETS, FARM]), "farm:animal", "farm:animal"),
    (together([PETS, FARM]), "farm:cow | pets:tabby", f'(cow | "{TABBY}")'),
    (together([PETS, FARM, ALIKE]), "alike:other", "farm+alike:other"),
    (together([FARM, ALIKE]), "alike:cow", "cow"),
    (together([PETS, FARM]).regrouped(Grouping({"all": ("hare", "cow")}, ())), "farm:all", "farm:all"),
    (together([PETS, FARM]).regrouped(Grouping({"long-eared": ("hare",)}, ())), "pets:long-eared", "long-eared"),
]


@pytest.mark.parametrize(("classifier", "target", "name"), CASES)
def test_what_is_meant(classifier, target, name):
    assert without_models([target], classifier) == (name,)


def test_written_targets_are_read():
    both = together([PETS, FARM])
    for target in ("farm:cow | pets:tabby", "!(farm:cow & farm:other)", "pets:animal & !pets:hare"):
        found = contest(without_models([target], both), both.labels, both.groups, both.heads)
        assert found.is_target.any()


def test_a_label_of_another_model():
    with pytest.raises(LabelError, match="no label 'cow' in the model"):
        without_models(["pets:cow"], together([PETS, FARM]))
    with pytest.raises(LabelError, match="did you mean 'hare'"):
        without_models(["pets:hair | pets:animal"], PETS)
