"""A network's labels: as given, as its own file has them, or numbers."""

from collections.abc import Mapping, Sequence

from miles_deep.errors import ModelError
from miles_deep.model.card import BACKGROUND_NAMES
from miles_deep.model.labels import MAX_TEXT, parse_labels

KEYS = ("names", "labels", "classes", "class_names", "categories", "id2label")
"""Entries of the metadata that label lists are found in; `names` is Ultralytics'."""


def labels_for(
    given: Sequence[str] | None, given_from: str, behind: Sequence[str], metadata: Mapping[str, str], scores: int
) -> tuple[tuple[str, ...], str]:
    """A label for each score, and where they come from, in a few words.

    A single score is one of two labels, the second: `given` may be both, or that one.

    Args:
        given: what the user gave.
        given_from: where it is from, in a few words.
        behind: what stood behind the network's output.
        metadata: of its file.
        scores: how many it gives.

    Raises:
        ModelError: there are more or fewer labels than scores.
    """
    if given is not None:
        labels, words = tuple(given), given_from
    elif behind:
        labels, words = tuple(behind), "of its output"
    elif (own := _in_metadata(metadata, scores)) is not None:
        labels, words = own
    else:
        labels, words = tuple(map(str, range(max(scores, 2)))), "numbers, since its file has none"
        if named := [key for key in KEYS if key in metadata]:
            words = f"numbers, since its metadata ({', '.join(named)}) are no list of {max(scores, 2):,} labels"
    if scores == 1 and len(labels) == 1:
        rest = f"not {labels[0]}" if labels[0] in BACKGROUND_NAMES else BACKGROUND_NAMES[0]
        labels = (rest, labels[0])
    if len(labels) != max(scores, 2):
        hint = "; TensorFlow's networks often have one more, background, at the front"
        extra = hint if len(labels) == scores - 1 else ""
        raise ModelError(f"{len(labels):,} labels {words} for the {scores:,} scores it gives{extra}")
    return labels, words


def _in_metadata(metadata: Mapping[str, str], scores: int) -> tuple[tuple[str, ...], str] | None:
    """The first list among the metadata that has as many labels as there are scores."""
    texts = {key: metadata[key] for key in KEYS if key in metadata}
    if sum(map(len, texts.values())) > MAX_TEXT:  # reading them would take as long as reading the weights
        return None
    for key, text in texts.items():
        separated = text if text.lstrip().startswith(("{", "[")) or "\n" in text else text.replace(",", "\n")
        try:
            labels = parse_labels(separated)
        except ValueError:
            continue
        if len(labels) in (scores, max(scores, 2)):
            return labels, f"of its metadata ({key})"
    return None
