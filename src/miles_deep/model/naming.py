"""What a label or group is meant by what a user types."""

import difflib
import re
from collections import Counter
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

    That is its name; or, of an ImageNet label, the WordNet id or one of its words; all in capitals or not. Names
    come first: `cat` and `Cat` are the group of that name, whatever words there are.

    Raises:
        LabelError: there is none, or more than one; the closest names are in the message.
    """
    if target in labels or target in groups:
        return target
    spoken = _spoken(tuple(labels))
    named = {name: [name] for name in (*groups, *labels)}
    found = (
        spoken.get(target)
        or _whatever_case(target, named)
        or _whatever_case(target, spoken)
        or _of_models(target, [*named])
    )
    if len(found) == 1:
        return found[0]
    if found:
        raise LabelError(f"label {target!r} could be any of: {'; '.join(_told_apart(found, groups))}")
    if close := _close(target, {name: [name] for name in named if not SYNSET.fullmatch(name)} | spoken):
        raise LabelError(f"no label {target!r} in the model; did you mean {' or '.join(map(repr, close))}?")
    known = [*labels, *groups, *spoken]
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


def short_names(labels: Iterable[str]) -> dict[str, str]:
    """What people read for each of some labels: of an ImageNet label the first word, with its WordNet id where
    another of them has that word too."""
    matches = {label: SYNSET.fullmatch(label) for label in labels}
    words = {
        label: (match["model"] or "") + match["words"].split(",")[0].strip() if match else label
        for label, match in matches.items()
    }
    times = Counter(words.values())
    return {
        label: f"{words[label]} ({match['wnid']})" if match and times[words[label]] > 1 else words[label]
        for label, match in matches.items()
    }


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


def _told_apart(labels: Sequence[str], groups: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Labels, each with the smallest group that none of the others is in: "n02012849 crane (bird)"."""
    result = []
    for label in labels:
        own = [name for name, members in groups.items() if set(members).intersection(labels) == {label}]
        result.append(f"{label} ({min(own, key=lambda name: len(groups[name]))})" if own else label)
    return result


def _close(target: str, meant: Mapping[str, Sequence[str]]) -> list[str]:
    """Names that begin so or are like it, or of which a word does or is: of "retreiver", "golden retriever".

    What it is the plural of comes first. Of names that mean the same label there is one; in place of an id, the
    label.

    Args:
        target: what is no name.
        meant: names to the labels, or group, that they mean.
    """
    part = target.casefold()
    named: dict[str, list[str]] = {}
    for name in meant:
        for key in dict.fromkeys((name.casefold(), *name.casefold().split())):
            named.setdefault(key, []).append(name)
    single = [key for key in _singulars(part) if key in named]
    begun = sorted((key for key in named if part and key.startswith(part)), key=len)
    found: dict[tuple[str, ...], str] = {}
    for key in [*single, *begun, *difflib.get_close_matches(part, named, n=CLOSE)]:
        for name in sorted(named[key], key=lambda name: name.casefold() != key):  # a whole name before its words
            labels = tuple(meant[name])
            is_id = len(labels) == 1 and labels[0].startswith(f"{name} ")
            found.setdefault(labels, labels[0] if is_id else name)
    return [*found.values()][:CLOSE]


def _singulars(word: str) -> list[str]:
    """What an English word may be the plural of: of "foxes" "foxe" and "fox", of "puppies" "puppy"."""
    ends = (("s", ""), ("es", ""), ("ies", "y"))
    return [word.removesuffix(end) + other for end, other in ends if word.endswith(end) and len(word) > len(end)]
