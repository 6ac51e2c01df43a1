"""What a label or group is meant by what a user types."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from miles_deep.errors import LabelError

SYNSET = re.compile(r"(?P<model>[^:]+:)?(?P<wnid>n\d{8})\s+(?P<words>.*)")
"""A line of ImageNet's synset_words.txt: WordNet id, then words: "n02123045 tabby, tabby cat". Where two models
have the label, the name of one and a colon come first."""

CLOSE = 3
"""Names that are proposed where one is wrong."""


def resolve(target: str, labels: Sequence[str], groups: Mapping[str, tuple[str, ...]]) -> str:
    """The label or group a user means.

    That is its name; or, of an ImageNet label, the WordNet id or one of its words, in capitals or not. Names come
    first: `cat` is the group of that name, whatever words there are.

    Raises:
        LabelError: there is none, or more than one; the closest names are in the message.
    """
    if target in labels or target in groups:
        return target
    spoken = _spoken(tuple(labels))
    found = spoken.get(target) or _whatever_case(target, spoken) or _of_models(target, [*labels, *groups])
    if len(found) == 1:
        return found[0]
    if found:
        raise LabelError(f"label {target!r} could be any of: {'; '.join(found)}")
    known = [*labels, *groups, *spoken]
    if close := _close(target, known, spoken):
        raise LabelError(f"no label {target!r} in the model; did you mean {' or '.join(map(repr, close))}?")
    listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    raise LabelError(f"no label {target!r} in the model; it has: {listed}")


def spoken_name(label: str, labels: Sequence[str]) -> str:
    """The shortest that means a label: of an ImageNet label its first word, or its WordNet id where others have
    that word too."""
    match = SYNSET.fullmatch(label)
    if match is None or match["model"]:
        return label
    word = match["words"].split(",")[0].strip()
    return word if word not in labels and _spoken(tuple(labels))[word] == [label] else match["wnid"]


@lru_cache(maxsize=8)  # a file may name a thousand labels of a thousand
def _spoken(labels: tuple[str, ...]) -> dict[str, list[str]]:
    """WordNet ids and words, to the labels that have them."""
    spoken: dict[str, list[str]] = {}
    for label in labels:
        if match := SYNSET.fullmatch(label):
            for word in dict.fromkeys((match["wnid"], *map(str.strip, match["words"].split(",")))):
                spoken.setdefault(word, []).append(label)
                if match["model"]:
                    spoken.setdefault(match["model"] + word, []).append(label)
    return spoken


def _whatever_case(target: str, spoken: Mapping[str, list[str]]) -> list[str]:
    meant = target.casefold()
    return list(dict.fromkeys(label for word in spoken if word.casefold() == meant for label in spoken[word]))


def _of_models(target: str, names: Sequence[str]) -> list[str]:
    """The names that several models have for it, with the models' names."""
    found = [name for name in names if name.endswith(f":{target}")]
    return found if len(found) > 1 else []


def _close(target: str, known: Sequence[str], spoken: Iterable[str]) -> list[str]:
    """Names like it; first of all words that it is a part of: of "retriever", "golden retriever"."""
    part = target.casefold()
    inside = [word for word in spoken if part in word.casefold().split()]
    return list(dict.fromkeys([*inside, *difflib.get_close_matches(target, known, n=CLOSE)]))[:CLOSE]
