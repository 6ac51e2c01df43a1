"""tune: find the rules that find the truth, and tell how well they do on films that they were not tuned on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from miles_deep.classify.scores import Scores
from miles_deep.errors import FormatError, OptionError
from miles_deep.timeline.rules import OwnMethod, Rule, Rules, Smoothing
from miles_deep.timeline.rules_table import as_rules
from miles_deep.timeline.tuning.calibration import Calibration, Uncalibrated, at_temperature, fit_temperature
from miles_deep.timeline.tuning.composing import FEWEST, Plan, notes_of, rules_of_plan
from miles_deep.timeline.tuning.counts import IOU, count
from miles_deep.timeline.tuning.examples import Example, Vocabulary, examples
from miles_deep.timeline.tuning.folds import LEAST_SEGMENTS, Folds, folds_of, inner_groups, members, train_sets
from miles_deep.timeline.tuning.grid import Grid, each_grid, evidence_grid, plain_grid
from miles_deep.timeline.tuning.outcome import Results, result_of, results_by_part, summed, truth_by_part, worth
from miles_deep.timeline.tuning.search import TRIED, Best, Search, smoothings_for
from miles_deep.timeline.tuning.tracks import columns_of_labels, tracks
from miles_deep.timeline.tuning.truth import Truth

BETTER = 0.01
"""Of F1 on parts left out, by how much other rules must be better than those there are, and more than fewer."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Rules that were found, and what they are worth."""

    rules: Rules
    """The best for all films; those to start from where nothing better was found."""
    start: Rules
    """Those to start from."""
    changed: bool
    """Whether better ones were found."""
    before: Results
    """What the rules to start from find, a result a label at IoU 0.5."""
    after: Results
    """What tuned rules find in parts that were left out when they were tuned, all parts together."""
    fitted: Results
    """What `rules` find in the very films that they were tuned on; better than they will do elsewhere."""
    calibration: Calibration | Uncalibrated
    folds: int
    """How often something was left out."""
    by_film: bool
    """Whether that was films; blocks of the one film, else."""
    notes: tuple[str, ...] = ()
    """Why labels have no rules of their own, and whatever else a user should know, a line each."""


def tune(
    truth: Truth,
    films: Mapping[str | Path, Scores] | Mapping[Path, Scores],
    start: Rule | Rules | None = None,
    smoothings: Sequence[Smoothing] = TRIED,
) -> Tuning:
    """Find the rules that find labelled spans best: by mean F1 of segments and of seconds, then by their edges.

    First one rule for all labels is looked for, with every smoothing, on scores at the temperature that fits them;
    then each label's own. Of rules that are as good, those in the middle are taken, near to those to start from.
    Other rules than those, and rules for single labels, are taken only where they do better on what was left out
    while they were looked for; rules to start from of labels that the truth does not name stay. All of this is
    judged on what was left out of all of it (nested cross-validation, Varma and Simon, BMC Bioinformatics 2006);
    only the temperature, one number from all seconds, is fitted once.

    Args:
        truth: labelled spans; see `read_truth`.
        films: path, as it is given or written in the truth, to scores; all by one model.
        start: rules to start from; those of the model's card where None, or else the default ones. Their method
            is that of the rules looked for; `plain`, where it is `classic`.
        smoothings: to choose from, simpler ones first.

    Raises:
        FormatError, LabelError, OptionError: as `evaluate`; or there is too little to learn from.
    """
    if not smoothings:
        raise OptionError("no smoothing was given to choose from")
    words, made = examples(truth, {Path(path): scores for path, scores in films.items()})
    if not words.labels:
        raise FormatError(f"{truth.path}: no row has a label, so there is nothing to tune rules by")
    folds = folds_of(made)
    if not folds.enough:
        least = LEAST_SEGMENTS
        needed = f"label three films, or two with {2 * least} segments each, or one with {3 * least}"
        raise FormatError(f"{truth.path}: too few segments to tune rules by; {needed}")
    return _Tuner(words, made, folds, as_rules(start, made[0].scores.rules), smoothings).run()


class _Tuner:
    """One run of `tune`."""

    def __init__(
        self,
        words: Vocabulary,
        made: Sequence[Example],
        folds: Folds,
        start: Rules,
        smoothings: Sequence[Smoothing],
    ) -> None:
        self.words, self.made, self.folds, self.start = words, made, folds, start
        method = start.general.method
        self.method: OwnMethod = "plain" if method == "classic" else method
        self.calibration = fit_temperature(words, made)
        self.temperature = start.temperature
        # Where labels do not compete, min scores are found for the scores as they are.
        if self.method == "plain" and isinstance(self.calibration, Calibration):
            self.temperature = self.calibration.temperature
        self.sets = train_sets(folds)
        self.search = self._searched(smoothings_for(self.method, smoothings))
        self.before = self._by_part(start, range(len(made)))

    def run(self) -> Tuning:
        """Plan on all films, and judge the plan on those left out."""
        everything = frozenset(range(len(self.folds.outer)))
        plan = self._plan(everything)
        rules = self._rules(plan)
        after: list[Results] = []
        for group in sorted(set(self.folds.outer)):
            held_out = [part for part in everything if self.folds.outer[part] == group]
            tuned = self._rules(self._plan(everything - set(held_out)))
            found = self._by_part(tuned, self.folds.films_of(group))
            after.extend(found[part] for part in held_out)
        before = summed(self.before.values())
        fitted = summed(self._by_part(rules, range(len(self.made))).values())
        return Tuning(
            rules,
            self.start,
            plan.best is not None,
            before,
            summed(after),
            fitted,
            self.calibration,
            self.folds.count,
            self.folds.by_film,
            tuple(self._notes(plan, before)),
        )

    def _by_part(self, rules: Rules, films: Sequence[int]) -> dict[int, Results]:
        return results_by_part(self.words, self.made, self.folds, rules, films)

    def _searched(self, smoothings: Sequence[Smoothing]) -> Search:
        parts, start = len(self.folds.outer), self.start.general
        films = at_temperature(self.words, self.made, self.temperature)
        grids = {label: grid.around(start) for label, grid in self._grids(films).items()}
        room = max(max(grid.max_gaps) for grid in grids.values()) + 2
        counts = {
            (number, label): count(track, grids[label], parts)
            for number, smoothing in enumerate(smoothings)
            for label, track in tracks(self.words, films, self.folds, smoothing, grids, room).items()
        }
        truth = truth_by_part(self.words, self.made, self.folds)
        usual = smoothings.index(self.start.smoothing) if self.start.smoothing in smoothings else None
        table = members(self.sets, parts)
        places = [grid.place(start) for grid in grids.values()]
        return Search(grids, sorted(places)[len(places) // 2], usual, smoothings, counts, truth, table)

    def _grids(self, films: Sequence[Example]) -> dict[str, Grid]:
        labels = self.words.labels
        if self.method == "each":
            columns = np.concatenate([columns_of_labels(self.words, film) for film in films])
            return {label: each_grid(scores) for label, scores in zip(labels, columns.T, strict=True)}
        most = max(columns.stop - columns.start for columns in self.words.heads)
        return dict.fromkeys(labels, plain_grid(most) if self.method == "plain" else evidence_grid())

    def _plan(self, parts: frozenset[int]) -> Plan:
        """What is best for some parts: the simplest of what does best on those that are left out in turn."""
        groups = inner_groups(self.folds, parts)
        if len(groups) < 2:
            return Plan()
        general, own = [], []
        for held_out in groups:
            best = self.search.best[self.sets[parts - held_out]]
            general.append(self._held_out(best, held_out, own=False))
            own.append(self._held_out(best, held_out, own=True))
        general_results, own_results = summed(general), summed(own)
        best = self.search.best[self.sets[parts]]
        helped = tuple(
            one.label
            for one, of_all in zip(own_results, general_results, strict=True)
            if one.label in best.own and one.at[IOU].truth >= FEWEST and worth((one,)) > worth((of_all,)) + BETTER
        )
        mixed = tuple(
            one if one.label in helped else of_all
            for one, of_all in zip(own_results, general_results, strict=True)
        )
        reached = worth(summed(self.before[part] for part in parts))
        return Plan(best, helped) if worth(mixed) > reached + BETTER else Plan()

    def _held_out(self, best: Best, held_out: frozenset[int], own: bool) -> Results:
        """What rules find in parts that were left out when they were looked for."""
        return tuple(
            result_of(
                label,
                self.search.counts[best.smoothing, label],
                self.search.truth[label],
                best.own.get(label, best.general) if own else best.general,
                sorted(held_out),
            )
            for label in self.words.labels
        )

    def _rules(self, plan: Plan) -> Rules:
        return rules_of_plan(plan, self.search, self.start, self.words, self.temperature)

    def _notes(self, plan: Plan, before: Results) -> Iterator[str]:
        if isinstance(self.calibration, Uncalibrated):
            yield self.calibration.why
        if plan.best is None:
            yield "no rules did better on what was left out: they stay as they were"
            return
        yield from notes_of(plan, self.search, self.start, self.words, before)
