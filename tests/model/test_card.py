"""ModelCard: what may be on one, and that it survives being written down."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miles_deep.errors import ModelError
from miles_deep.model import ModelCard, Preprocess

SPEC = Preprocess(8, 6)


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"labels": ()}, "no labels"),
        ({"labels": ("a", "b", "a")}, "'a' is there more than once"),
        ({"background": ("c",)}, "'c', which is no label"),
        ({"groups": {"g": ("a", "d")}}, "'d', which is no label"),
        ({"groups": {"b": ("a",)}}, "'b' is both"),
    ],
)
def test_what_cannot_be(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        ModelCard(**{"name": "mine", "labels": ("a", "b"), "preprocess": SPEC, **fields})
    assert "mine" in str(caught.value)


texts = st.text(max_size=8)


@given(name=texts, labels=st.lists(texts, min_size=1, max_size=6, unique=True), licence=texts, source=texts)
def test_round_trip(name: str, labels: list[str], licence: str, source: str) -> None:
    groups = {"all" + "".join(labels): tuple(labels), "none" + "".join(labels): ()}
    card = ModelCard(name, tuple(labels), SPEC, tuple(labels[:1]), groups, licence, source)
    assert ModelCard.from_json(card.to_json()) == card
    assert ModelCard.from_json(card.to_json()).to_json() == card.to_json()


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "3", '{"name": "a"}', '"' * 3, "{" * 100_000])
def test_what_is_no_card(text: str) -> None:
    with pytest.raises(ModelError) as caught:
        ModelCard.from_json(text)
    assert "\n" not in str(caught.value)


def test_brackets_without_end_are_no_card() -> None:
    with pytest.raises(ModelError, match="the model's card cannot be read"):
        ModelCard.from_json("[" * 200_000)


def test_rules_travel_with_the_card_and_cards_without_keep_their_text() -> None:
    plain = ModelCard("small", ("a", "b"), Preprocess(8, 8))
    assert "rules" not in plain.to_json()
    assert "precision" not in plain.to_json()
    ruled = replace(plain, rules={"min_score": 0.1, "smooth": "viterbi"}, precision="f32")
    assert ModelCard.from_json(ruled.to_json()) == ruled
    for key, value, words in (
        ("min_score", [1], r"model small: rule min_score must be a number, not '\[1\]'$"),
        ("min_score", True, "min_score must be a number"),
        ("method", 1, "method must be a name, not '1'"),
        ("foo", 1, "model small: no rule 'foo'; there are: min_score, max_gap"),
    ):
        with pytest.raises(ModelError, match=words):
            replace(plain, rules={key: value})
    with pytest.raises(ModelError, match="no precision 'f8'; there are: auto, f32"):
        replace(plain, precision="f8")
