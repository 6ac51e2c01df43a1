"""Several models as one: whose scores are averaged, what labels are called, what cannot be."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from miles_deep.errors import ModelError, OptionError
from miles_deep.model import Model, ModelCard, Preprocess
from miles_deep.model.card import Grouping
from miles_deep.model.ensemble import Ensemble, together


def model(name: str, labels: str, **card: object) -> Model:
    """A model whose network nobody runs."""
    made = ModelCard(name, tuple(labels.split()), Preprocess(8, 8))
    return Model(replace(made, **card), name.encode())  # type: ignore[arg-type]


A = model("a", "cat dog other", background=("other",), groups={"pet": ("cat", "dog")}, licence="MIT")
B = model("b", "other dog cat", background=("other",), licence="MIT", source="somewhere")
C = model("c", "car other", groups={"thing": ("car",), "pet": ("other",)}, licence="BSD")


def test_one_model_is_itself() -> None:
    assert together([A]) is A


def test_the_same_labels_are_averaged() -> None:
    """Whatever their order; one column a label."""
    both = Ensemble((A, B))
    assert (both.labels, both.heads, both.background) == (A.labels, (), ("other",))
    assert both.groups == A.groups
    raw = np.array([[0.6, 0.3, 0.1, 0.5, 0.1, 0.4]], np.float32)
    assert_array_equal(both.combine(raw), np.array([[0.5, 0.2, 0.3]], np.float32))


def test_other_labels_stand_beside_them() -> None:
    """What two models have is called by the model's name too."""
    beside = Ensemble((A, C))
    assert beside.labels == ("cat", "dog", "a:other", "car", "c:other")
    assert (beside.heads, beside.background) == ((3, 2), ("a:other",))
    assert beside.groups == {"a:pet": ("cat", "dog"), "thing": ("car",), "c:pet": ("c:other",)}
    raw = np.arange(10, dtype=np.float32).reshape(2, 5)
    assert_array_equal(beside.combine(raw), raw)


def test_some_are_averaged_and_one_stands_beside() -> None:
    mixed = Ensemble((A, C, B))
    assert mixed.labels == ("cat", "dog", "a+b:other", "car", "c:other")
    assert mixed.heads == (3, 2)
    raw = np.array([[0.6, 0.3, 0.1, 0.9, 0.1, 0.5, 0.1, 0.4]], np.float32)
    assert_array_equal(mixed.combine(raw), np.array([[0.5, 0.2, 0.3, 0.9, 0.1]], np.float32))


def test_a_look_with_a_gap_has_no_scores() -> None:
    raw = np.array([[0.6, 0.3, 0.1, np.nan, np.nan, np.nan]], np.float32)
    assert np.isnan(Ensemble((A, B)).combine(raw)).all()


def test_what_there_is_to_tell_of_it() -> None:
    three = Ensemble((A, B, C))
    assert (three.name, Ensemble((A, C)).name) == ("a, b and c", "a and c")
    assert (three.card.name, three.card.licence, three.card.source) == ("a, b and c", "MIT; BSD", "somewhere")


def test_digests_tell_ensembles_apart() -> None:
    made = [Ensemble(members) for members in ((A, B), (B, A), (A, C), (A, B, C))]
    assert len({one.digest for one in made}) == len({one.identity for one in made}) == 4
    assert Ensemble((A, B)).digest == made[0].digest
    assert made[0].on("cpu").digest == made[0].digest != made[0].on("cpu").identity


def test_two_models_of_one_name() -> None:
    labels = Ensemble((model("m", "x other"), model("m", "y other"))).labels
    assert labels == ("x", "m:other", "y", "m#2:other")


def test_the_same_model_twice() -> None:
    with pytest.raises(OptionError, match=r"^model a is given twice$"):
        together([A, C, A])


def test_names_that_cannot_be_told_apart() -> None:
    with pytest.raises(ModelError, match="names that cannot be told apart: 'b:x'"):
        Ensemble((model("a", "b:x y"), model("b", "x z"), model("c", "x q")))


def test_other_groups_rename_no_label() -> None:
    """Scores are kept by the names of their labels."""
    beside = Ensemble((A, C)).regrouped(Grouping({"any": ("cat", "dog"), "nothing": ("c:other",)}, ("c:other",)))
    assert beside.labels == Ensemble((A, C)).labels and beside.digest == Ensemble((A, C)).digest
    assert (tuple(beside.groups), beside.background) == (("any", "nothing"), ("c:other",))
    assert beside.regrouped(None).groups == Ensemble((A, C)).groups
    own = Ensemble((A.regrouped(Grouping({"car": ("cat",)})), C))
    assert own.groups["a:car"] == ("cat",) and "car" in own.labels


def test_a_group_of_two_models_is_one_of_each() -> None:
    """Theirs never compete, so there is nothing to sum."""
    grouping = Grouping({"all": ("cat", "car", "dog"), "rest": ("a:other", "c:other")}, ("a:other", "c:other"))
    assert Ensemble((A, C)).regrouped(grouping).groups == {
        "a:all": ("cat", "dog"),
        "c:all": ("car",),
        "a:rest": ("a:other",),
        "c:rest": ("c:other",),
    }
    with pytest.raises(ModelError, match="'bird', which is no label"):
        Ensemble((A, C)).regrouped(Grouping({"all": ("cat", "bird")}))


def test_every_head_keeps_the_rules_of_its_model() -> None:
    ruled = model("r", "hare wolf", groups={"animal": ("hare", "wolf")}, rules={"min_score": 0.1, "max_gap": 3})
    both = Ensemble((A, ruled))
    own = {name: {"min_score": 0.1, "max_gap": 3} for name in ("hare", "wolf", "animal")}
    assert both.rules == {"labels": own}
    alike = Ensemble((replace(A, card=replace(A.card, rules={"max_gap": 3, "smooth": "median"})), ruled))
    assert alike.rules["max_gap"] == 3 and "smooth" not in alike.rules
    assert alike.rules["labels"]["hare"] == {"min_score": 0.1}
    assert Ensemble((A, C)).rules == {}
