"""Rules made of what was found best on a grid, and what there is to say of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from miles_deep.model.card import OF_LABEL
from miles_deep.timeline.rules import Rule, Rules
from miles_deep.timeline.tuning.counts import IOU
from miles_deep.timeline.tuning.examples import Vocabulary
from miles_deep.timeline.tuning.outcome import Results
from miles_deep.timeline.tuning.search import Best, Search

FEWEST = 8
"""Segments of the truth that a label needs for a rule of its own."""
LISTED = 12
"""Labels in a note; of more, the others are counted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What some parts say should be done."""

    best: Best | None = None
    """None: keep the rules to start from."""
    own: tuple[str, ...] = ()
    """Labels whose own rules are taken."""


def rules_of_plan(plan: Plan, search: Search, start: Rules, words: Vocabulary, temperature: float) -> Rules:
    """The rules that some parts say are best.

    What was found is the rule of all labels, where it is the same for all of the truth. But of labels that the
    truth does not name nothing is known; where each has to reach its own min score, or they are of another model,
    what suits those that it names need not suit them. Then rules are written for these alone.
    """
    if plan.best is None:
        return start
    best = plan.best
    of_label = {
        label: grid.rule(best.own[label] if label in plan.own else best.general)
        for label, grid in search.grids.items()
    }
    shared = {grid.rule(best.general) for grid in search.grids.values()}
    smoothing = search.smoothings[best.smoothing]
    if len(shared) > 1 or is_partial(words, search):
        general = replace(start.general, method=search.method)
        others = {label: changes for label, changes in start.labels.items() if label not in words.labels}
    else:
        (general,) = shared
        # Whole, so that what they leave to the rule of all labels does not change with it.
        others = {label: _values(start.of(label)) for label in unnamed(start, words)}
    own = {label: changed for label, rule in of_label.items() if (changed := _differences(general, rule))}
    return Rules(general, {**others, **own}, smoothing, temperature)


def is_partial(words: Vocabulary, search: Search) -> bool:
    """Whether there are labels that rules for those of the truth say nothing of."""
    heads = {words.head_of(number) for number in range(len(words.labels))}
    return len(heads) < len(words.heads) or (search.method == "each" and bool(words.unnamed))


def unnamed(start: Rules, words: Vocabulary) -> list[str]:
    """Labels with rules of their own to start from that the truth does not name, so that nothing is known."""
    return [label for label in start.labels if label not in words.labels]


def notes_of(plan: Plan, search: Search, start: Rules, words: Vocabulary, before: Results) -> Iterator[str]:
    """Why labels have no rules of their own, and whose rules stay."""
    if search.method != "each":
        yield from _without_own(plan, before)
    if is_partial(words, search):
        yield f"labels that the truth does not name keep the rules they had: {len(words.unnamed)} of them"
    elif kept := unnamed(start, words):
        yield f"own rules kept, as the truth does not name their labels: {listed(kept)}"


def _without_own(plan: Plan, before: Results) -> Iterator[str]:
    few = [result for result in before if result.at[IOU].truth < FEWEST]
    if few:
        counts = listed([f"{result.label} ({result.at[IOU].truth})" for result in few])
        yield f"no rules of their own, as the truth has fewer than {FEWEST} segments of them: {counts}"
    general = [result.label for result in before if result.label not in plan.own and result not in few]
    if general:
        yield f"no rules of their own, as those did no better on what was left out: {listed(general)}"


def listed(labels: Sequence[str]) -> str:
    """No more labels than a line has room for."""
    more = f" and {len(labels) - LISTED} more" if len(labels) > LISTED else ""
    return ", ".join(labels[:LISTED]) + more


def _differences(general: Rule, own: Rule) -> Mapping[str, float]:
    """What is different in a label's own rule."""
    return {name: value for name, value in _values(own).items() if value != getattr(general, name)}


def _values(rule: Rule) -> dict[str, float]:
    return {name: getattr(rule, name) for name in OF_LABEL}
