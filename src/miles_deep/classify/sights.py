"""What the models of a classifier have seen of a film, and the scores that this comes to."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from miles_deep.classify.looks import Look, Looks
from miles_deep.model.ensemble import Classifier, combined, parts_of


class Sights:
    """Raw looks, in which each model's scores stand beside those of the others, and the scores made of them.

    One model's raw look is its scores. Where several look, one may have seen a frame that another has not: what
    that one would say is NaN, and the frame has no scores before it has looked.
    """

    def __init__(self, classifier: Classifier, known: Mapping[Fraction, Look]) -> None:
        self.looks: Looks = dict(known)
        """Raw, (R,) each."""
        self._classifier, self._parts = classifier, parts_of(classifier)
        self._rows: Looks = {}

    def lacking(self, times: Sequence[Fraction]) -> list[set[Fraction]]:
        """Of each model, those of some times at which it has not looked."""
        return [
            {time for time in times if time not in self.looks or np.isnan(self.looks[time][part.start])}
            for part in self._parts
        ]

    def add(self, looks: Mapping[Fraction, Look]) -> None:
        """Remember what was just seen, beside what other models saw at the same times."""
        for time, look in looks.items():
            before = self.looks.get(time)
            self.looks[time] = look if before is None else np.where(np.isnan(look), before, look)

    def rows(self, times: Sequence[Fraction]) -> Looks:
        """Scores at those of some times at which all models have looked."""
        if len(self._parts) == 1:
            return {time: self.looks[time] for time in times if time in self.looks}
        new = [time for time in times if time in self.looks and time not in self._rows]
        if whole := [time for time in new if not np.isnan(self.looks[time]).any()]:
            raw = np.stack([self.looks[time] for time in whole])
            self._rows.update(zip(whole, combined(self._classifier, raw), strict=True))
        return {time: self._rows[time] for time in times if time in self._rows}
