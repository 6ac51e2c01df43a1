"""What has to be certain of the seconds of a film in which some targets are asked for."""

from collections.abc import Iterator, Sequence

import numpy as np

from miles_deep.classify.questions import Question, Rows, is_reached, shortfall, winner_is
from miles_deep.timeline.calibrate import calibrate
from miles_deep.timeline.evidence import evidence
from miles_deep.timeline.rules import Rules
from miles_deep.timeline.targets import Contest, Groups, Heat, contest


def questions_of(
    targets: Sequence[str], labels: Sequence[str], groups: Groups, heads: Sequence[int], rules: Rules
) -> tuple[Question, ...]:
    """Whether seconds match some targets, as `winners.matching_frames` has it.

    With `viterbi` the min score is that of a whole stretch and not of a second, so there only the winner counts.

    Args:
        targets: as `contest` takes them; where there are none, it is asked which label wins, or, by the rule
            `each`, which labels reach their min scores.
        labels, groups, heads: the model's.
        rules: by which segments will be found.

    Raises:
        ExpressionError, LabelError: as `contest`.
    """
    if targets:
        asked = contest(targets, labels, groups, heads)
        return tuple(question for heat in asked.heats for question in _of_heat(asked, heat, labels, rules))
    if rules.general.method == "each" and rules.temperature == 1:
        return tuple(is_reached(number, rules.of(label).min_score) for number, label in enumerate(labels))
    return winner_is(heads)


def _of_heat(asked: Contest, heat: Heat, labels: Sequence[str], rules: Rules) -> Iterator[Question]:
    """What is asked of one head."""
    first, those = heat.labels.start or 0, heat.competitors
    # Numbered from the head's first label, as a question sees its own columns only.
    members = tuple(tuple(number - first for number in of_one) for of_one in asked.members[those])
    alone = Contest(asked.names[those], members, asked.is_target[those])
    min_score = np.array([rules.of(name).min_score for name in alone.names], np.float32)
    wanted = np.flatnonzero(alone.is_target)
    chance = asked.chance(heat, len(labels))

    def table(rows: Rows) -> Rows:
        return alone.table(calibrate(rows, rules.temperature))

    def match(rows: Rows) -> Rows:
        """The best target, and what it has to beat: the others, and its min score."""
        scores = table(rows)
        best = wanted[scores[:, wanted].argmax(axis=1)]
        score = scores[np.arange(len(scores)), best]
        others = scores.max(axis=1, initial=0, where=~alone.is_target)
        least = 0 if rules.smoothing.method == "viterbi" else shortfall(score, min_score[best])
        return np.stack([score, np.maximum(others, least)], axis=1)

    def reach(number: int) -> Question:
        def sides(rows: Rows) -> Rows:
            score = table(rows)[:, number]
            return np.stack([score, shortfall(score, min_score[number])], axis=1)

        return Question(heat.labels, sides)

    def speak(number: int) -> Question:
        """Whether a second speaks for a target; its share of the film is that of the seconds that are there."""

        def sides(rows: Rows) -> Rows:
            score, least = table(rows)[:, number : number + 1], min_score[number : number + 1]
            odds = np.exp(evidence(score, chance[number : number + 1], least, score))
            return np.concatenate([odds / (1 + odds), 1 / (1 + odds)], axis=1).astype(np.float32)

        return Question(heat.labels, sides)

    if rules.general.method == "each":
        yield from map(reach, wanted.tolist())
    elif rules.general.method == "evidence":
        yield from map(speak, wanted.tolist())
    elif len(wanted):
        yield Question(heat.labels, match)
