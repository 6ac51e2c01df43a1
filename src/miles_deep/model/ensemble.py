"""Several models at once: those with the same labels are averaged, the others stand side by side."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import ModelError, OptionError
from miles_deep.model.card import OF_LABEL, Grouping, ModelCard
from miles_deep.model.model import Model

Groups = dict[str, tuple[str, ...]]
"""Group name to its labels."""


@dataclass(frozen=True, slots=True)
class Head:
    """Models of an ensemble that have the same labels, in whatever order; their scores are averaged."""

    name: str
    members: tuple[int, ...]
    """Numbers of the models."""
    labels: tuple[str, ...]
    """In the order of the first of them."""
    groups: Groups
    """Of all of them; the first that has a name says what is in it."""
    background: tuple[str, ...]
    """That of the first which has one."""


@dataclass(frozen=True)
class Ensemble:
    """Several models that look at the same frames.

    Models with the same labels make one head, any other model a head of its own. Scores have the columns of one
    head after another, and in every second each head has a winner of its own. A label or group that two heads have
    is called `MODEL:NAME` in both.

    Raises:
        OptionError: a model is there twice.
        ModelError: names cannot be told apart.
    """

    members: tuple[Model, ...]
    grouping: Grouping | None = None
    """Groups and background asked for in place of the members' own; scores do not depend on them."""

    def __post_init__(self) -> None:
        digests = [model.digest for model in self.members]
        for number, digest in enumerate(digests):
            if digest in digests[:number]:
                raise OptionError(f"model {self.members[number].card.name} is given twice")
        if repeated := [name for name, times in Counter(self._called.values()).items() if times > 1]:
            raise ModelError(f"{self.name} have names that cannot be told apart: {repeated[0]!r}")

    @property
    def name(self) -> str:
        """Of all members: `a and b`, or `a, b and c`."""
        *names, last = (model.card.name for model in self.members)
        return f"{', '.join(names)} and {last}" if names else last

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """One name for each score."""
        return tuple(
            self._called[number, label] for number, head in enumerate(self._heads) for label in head.labels
        )

    @property
    def background(self) -> tuple[str, ...]:
        """The labels of all heads that mean "none of the interesting ones"."""
        if self.grouping is not None:
            return self.grouping.background
        return tuple(
            self._called[number, label] for number, head in enumerate(self._heads) for label in head.background
        )

    @property
    def groups(self) -> Groups:
        """Group name to the labels whose scores it sums; all of one head."""
        if self.grouping is not None:
            return self.grouping.groups
        return {
            self._called[number, group]: tuple(self._called[number, label] for label in inside)
            for number, head in enumerate(self._heads)
            for group, inside in head.groups.items()
        }

    @property
    def heads(self) -> tuple[int, ...]:
        """How many labels each head has; none where there is only one head."""
        return tuple(len(head.labels) for head in self._heads) if len(self._heads) > 1 else ()

    @property
    def head_names(self) -> tuple[tuple[str, ...], ...]:
        """Of each head, what comes before its names where other heads have them too, and its models' names."""
        return tuple(
            (head.name, *(self.members[number].card.name for number in head.members)) for head in self._heads
        )

    @property
    def rules(self) -> dict[str, Any]:
        """What suits the scores of its heads: what they have in common, and what their labels and groups have."""
        of_heads = [self.members[head.members[0]].rules for head in self._heads]
        alike = {key: value for key, value in of_heads[0].items() if all(o.get(key) == value for o in of_heads)}
        head_of = {
            self._called[number, label]: number for number, head in enumerate(self._heads) for label in head.labels
        }
        names = head_of | {group: head_of[inside[0]] for group, inside in self.groups.items() if inside}
        own = [{key: rules[key] for key in OF_LABEL if key in rules and key not in alike} for rules in of_heads]
        labels = {name: own[head] for name, head in names.items() if own[head]}
        return {**alike, **({"labels": labels} if labels else {})}

    @property
    def card(self) -> ModelCard:
        """What there is to tell of it. Each member has a preprocessing of its own; the card's is the first's."""
        cards = [model.card for model in self.members]
        licences, sources = (
            "; ".join(dict.fromkeys(filter(None, texts)))
            for texts in ([card.licence for card in cards], [card.source for card in cards])
        )
        return ModelCard(
            name=self.name,
            labels=self.labels,
            preprocess=cards[0].preprocess,
            background=self.background,
            groups=self.groups,
            licence=licences,
            source=sources,
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the members' digests, hexadecimal."""
        return _hashed(model.digest for model in self.members)

    @cached_property
    def identity(self) -> str:
        """What its scores depend on, as `Model.identity`."""
        return _hashed(model.identity for model in self.members)

    @cached_property
    def parts(self) -> tuple[slice, ...]:
        """Where each member's scores are in a raw row: all members' scores, one member after another."""
        ends = accumulate((len(model.labels) for model in self.members), initial=0)
        return tuple(slice(*ends) for ends in pairwise(ends))

    def combine(self, raw: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores of all members as those of the ensemble: averaged within a head, heads beside each other.

        Args:
            raw: [N, R] scores, all members' in their order. A row with gaps (NaN) has gaps.

        Returns:
            [N, K].
        """
        columns = []
        for head in self._heads:
            first = {label: place for place, label in enumerate(head.labels)}
            alike = np.zeros((len(raw), len(head.labels)))
            for number in head.members:
                places = [first[label] for label in self.members[number].labels]
                alike[:, places] += raw[:, self.parts[number]]
            columns.append((alike / len(head.members)).astype(np.float32))
        return np.concatenate(columns, axis=1)

    def classify(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Score pictures of any one size, as `Model.classify`."""
        return self.combine(np.concatenate([model.classify(frames) for model in self.members], axis=1))

    def prepare(self) -> None:
        """Make all networks ready now. Raises ModelError, DeviceError."""
        for model in self.members:
            model.prepare()

    def on(self, device: str) -> "Ensemble":
        """The same models on another device."""
        return replace(self, members=tuple(model.on(device, model.precision) for model in self.members))

    def regrouped(self, grouping: Grouping | None) -> "Ensemble":
        """The same models with other groups and background; the members' own where None.

        A group with labels of several heads, which never compete, becomes one of each: `MODEL:GROUP`.

        Raises:
            ModelError: they name what is no label.
        """
        if grouping is None:
            return replace(self, grouping=None)
        head_of = {
            self._called[number, label]: head.name
            for number, head in enumerate(self._heads)
            for label in head.labels
        }
        groups: Groups = {}
        for group, inside in grouping.groups.items():
            of_heads: dict[str | None, list[str]] = {}
            for label in inside:
                of_heads.setdefault(head_of.get(label), []).append(label)
            for head, labels in of_heads.items():
                groups[group if len(of_heads) == 1 else f"{head}:{group}"] = tuple(labels)
        regrouped = replace(self, grouping=Grouping(groups, grouping.background))
        _ = regrouped.card  # checks them
        return regrouped

    @cached_property
    def _heads(self) -> tuple[Head, ...]:
        alike: dict[frozenset[str], list[int]] = {}
        for number, model in enumerate(self.members):
            alike.setdefault(frozenset(model.labels), []).append(number)
        heads: dict[str, Head] = {}
        for numbers in alike.values():
            models = [self.members[number] for number in numbers]
            name = usual = "+".join(model.card.name for model in models)
            while name in heads:  # two models of one name
                name = f"{usual}#{len(heads) + 1}"
            groups = {group: inside for model in reversed(models) for group, inside in model.groups.items()}
            background = next((model.background for model in models if model.background), ())
            heads[name] = Head(name, tuple(numbers), models[0].labels, groups, background)
        return tuple(heads.values())

    @cached_property
    def _called(self) -> dict[tuple[int, str], str]:
        """Number of a head, and a label or group of it, to what that is called here."""
        # What labels are called depends on the cards alone: scores are kept by it, whatever groups are asked for.
        carded = [
            {*head.labels, *(group for number in head.members for group in self.members[number].card.groups)}
            for head in self._heads
        ]
        in_cards = Counter(name for names in carded for name in names)
        anywhere = Counter(
            name for names, head in zip(carded, self._heads, strict=True) for name in names | set(head.groups)
        )
        called: dict[tuple[int, str], str] = {}
        for number, head in enumerate(self._heads):
            for names, heads_with in ((head.labels, in_cards), (head.groups, anywhere)):
                called |= {
                    (number, name): f"{head.name}:{name}" if heads_with[name] > 1 else name for name in names
                }
        return called


Classifier = Model | Ensemble
"""What looks at a film: one model, or several."""


def together(models: Sequence[Model]) -> Classifier:
    """Several models as one; a single one as it is. Raises OptionError, ModelError, as `Ensemble`."""
    return models[0] if len(models) == 1 else Ensemble(tuple(models))


def members_of(classifier: Classifier) -> tuple[Model, ...]:
    """The models that look, one by one."""
    return classifier.members if isinstance(classifier, Ensemble) else (classifier,)


def parts_of(classifier: Classifier) -> tuple[slice, ...]:
    """Where each model's scores are in a raw row; see `Ensemble.parts`."""
    return classifier.parts if isinstance(classifier, Ensemble) else (slice(0, len(classifier.labels)),)


def heads_of(classifier: Classifier) -> tuple[int, ...]:
    """How many labels each head has; none where there is only one."""
    return classifier.heads if isinstance(classifier, Ensemble) else ()


def head_names(classifier: Classifier) -> tuple[tuple[str, ...], ...]:
    """Of each head, its name and those of its models; those of a single model are its own."""
    return classifier.head_names if isinstance(classifier, Ensemble) else ((classifier.card.name,),)


def combined(classifier: Classifier, raw: NDArray[np.float32]) -> NDArray[np.float32]:
    """Raw rows as scores; see `Ensemble.combine`. Those of a single model are its scores."""
    return classifier.combine(raw) if isinstance(classifier, Ensemble) else raw


def _hashed(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
