"""Targets that say whose label they mean: `imagenet:rabbit`."""

from collections.abc import Sequence

from miles_deep.errors import ExpressionError, LabelError
from miles_deep.model.ensemble import Classifier, head_names, heads_of
from miles_deep.model.naming import resolve
from miles_deep.timeline.expression import names_in, parse, renamed, written
from miles_deep.timeline.targets import columns_of


def without_models(targets: Sequence[str], classifier: Classifier) -> tuple[str, ...]:
    """Targets with each `MODEL:NAME` as the classifier calls it, whether others have that name or not.

    What names no model of it, or does not parse, stays as it is.

    Raises:
        LabelError: a model has no such label or group, or more than one.
    """
    return tuple(_target(target, classifier) for target in targets)


def called(name: str, classifier: Classifier) -> str:
    """What `MODEL:NAME` is called in a classifier; any other name as it is. Raises LabelError."""
    names = head_names(classifier)
    for models, columns in zip(names, columns_of(heads_of(classifier), len(classifier.labels)), strict=True):
        whose = next((model for model in models if name.startswith(f"{model}:")), None)
        if whose is None or name in classifier.labels or name in classifier.groups:
            continue
        own = classifier.labels[columns]
        groups = {group: inside for group, inside in classifier.groups.items() if set(inside) <= set(own)}
        # Where other models have a name as well, the classifier's is in full.
        labels = {label.removeprefix(f"{models[0]}:"): label for label in own}
        grouped = {group.removeprefix(f"{models[0]}:"): group for group in groups}
        found = resolve(name[len(whose) + 1 :].strip(), [*labels], {one: groups[grouped[one]] for one in grouped})
        return labels.get(found) or grouped[found]
    return name


def _target(target: str, classifier: Classifier) -> str:
    try:
        if (whole := called(target.strip(), classifier)) != target.strip():
            return whole
    except LabelError:  # it may be an expression that begins so
        if set(target).isdisjoint("|,&()\"'"):
            raise
    try:
        asked = parse(target, {*classifier.labels, *classifier.groups})
    except ExpressionError:
        return target
    if not any(called(name, classifier) != name for name in names_in(asked)):
        return target
    return written(renamed(asked, lambda name: called(name, classifier)))
