"""Rules: everything that says how scores become segments, for all labels and for single ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from miles_deep.errors import OptionError

SmoothingMethod = Literal["none", "median", "viterbi"]
OwnMethod = Literal["plain", "each", "evidence"]
Method = OwnMethod | Literal["classic"]

LONGEST = 10**30
"""Seconds: longer than any film, and still a number that arrays can hold."""

WIDEST = 599
"""Seconds of the median's window; each takes its share of memory."""

TEMPERATURES = (0.001, 1000)
"""At the least only the winner is left of scores, at the most they are all alike."""

OWN_METHODS: tuple[OwnMethod, ...] = ("plain", "each", "evidence")
"""Names of the ways to tell whose a second is, but for the first program's."""

METHODS: tuple[Method, ...] = (*OWN_METHODS, "classic")
"""All of them."""

SMOOTHINGS: tuple[SmoothingMethod, ...] = ("none", "median", "viterbi")
"""Names of the ways to smooth."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When seconds make a segment.

    Raises:
        OptionError: a value is out of range.
    """

    min_score: float = 0.5
    """A winner below it does not match, 0…1."""
    max_gap: int = 2
    """Seconds in a row that need not match inside a segment."""
    min_length: float = 4
    """Seconds; shorter segments are dropped."""
    min_coverage: float = 0.4
    """Fraction of a segment's seconds that a target must win, 0…1."""
    method: Method = "plain"
    """`plain`: a second is its winner's. `each`: it is that of every target which reaches its min score, whoever
    wins, for labels that do not exclude each other. `evidence`: it is that of every target for which the scores of
    the seconds around speak together, for many labels that are seldom sure; see `timeline.evidence`. `classic` is
    the first program's own rule, with whole seconds for `min_length`."""

    def __post_init__(self) -> None:
        for name, value in (("min score", self.min_score), ("min coverage", self.min_coverage)):
            if not 0 <= value <= 1:
                raise OptionError(f"{name} must be 0 to 1, not {_short(value)}")
        for name, value in (("max gap", self.max_gap), ("min length", self.min_length)):
            if not 0 <= value <= LONGEST:
                raise OptionError(f"{name} must be 0 or more seconds, not {_short(value)}")
        if self.method not in METHODS:
            raise OptionError(f"no rule {self.method!r}; there are: {', '.join(METHODS)}")
        if self.method == "classic" and self.min_length != int(self.min_length):
            raise OptionError(f"the classic rule counts whole seconds, so min length cannot be {self.min_length}")

    @property
    def competes(self) -> bool:
        """Whether a second has one winner of all labels."""
        return self.method in ("plain", "classic")


@dataclass(frozen=True, slots=True)
class Smoothing:
    """What is done to scores before a rule sees them.

    Raises:
        OptionError: a value is out of range.
    """

    method: SmoothingMethod = "none"
    window: int = 7
    """Of `median`: seconds, odd; each score becomes the median of those around it."""
    switch_cost: float = 4
    """Of `viterbi`: seconds that a stretch of another label must last, if its scores are 1 and those of the label
    around it 0, to be worth two switches of label. Where scores are less certain it has to last longer. With the
    method `evidence`, the evidence that a stretch must have, in log odds."""

    def __post_init__(self) -> None:
        if self.method not in SMOOTHINGS:
            raise OptionError(f"no smoothing {self.method!r}; there are: {', '.join(SMOOTHINGS)}")
        if not 1 <= self.window <= WIDEST or self.window % 2 == 0:
            window = _short(self.window)
            raise OptionError(f"the median's window must be an odd number of seconds up to {WIDEST}, not {window}")
        if not 0 <= self.switch_cost <= LONGEST:
            raise OptionError(f"switch cost must be 0 or more seconds, not {_short(self.switch_cost)}")


@dataclass(frozen=True, slots=True)
class Rules:
    """How scores become segments: temperature, then smoothing, then a rule for each label.

    Raises:
        OptionError: a value is out of range, or values exclude each other.
    """

    general: Rule = field(default_factory=Rule)
    """The rule of every label that has no other."""
    labels: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Label or group to what differs in its rule: `min_score`, `max_gap`, `min_length`, `min_coverage`."""
    smoothing: Smoothing = field(default_factory=Smoothing)
    temperature: float = 1
    """0.001…1000. What calibrates the scores: above 1 they become less certain, below 1 more (Guo et al. 2017)."""

    def __post_init__(self) -> None:
        least, most = TEMPERATURES
        if not least <= self.temperature <= most:
            raise OptionError(f"temperature must be {least} to {most}, not {_short(self.temperature)}")
        if self.general.method == "classic" and (self.labels or self.smoothing.method != "none"):
            raise OptionError("the classic rule knows no smoothing and no rules of single labels")
        object.__setattr__(
            self, "labels", MappingProxyType({label: dict(changes) for label, changes in self.labels.items()})
        )
        for label in self.labels:
            self.of(label)

    def of(self, label: str) -> Rule:
        """The rule of a label."""
        changes = self.labels.get(label)
        if not changes:
            return self.general
        try:
            return replace(self.general, **changes)  # type: ignore[arg-type]
        except OptionError as error:
            raise OptionError(f"{label}: {error}") from error


def _short(number: float) -> str:
    """A number for a message; integers can have thousands of digits."""
    return str(number) if isinstance(number, float) or abs(number) <= LONGEST else "so much"
