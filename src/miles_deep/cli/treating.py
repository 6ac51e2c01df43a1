"""What is done to stretches of a film besides keeping and dropping: blurred, muted, played faster."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from miles_deep.cli.choosing import Choice, Choosing, checked_targets, margin_of
from miles_deep.cli.watch import Watched
from miles_deep.edit import Effect, Treatment
from miles_deep.errors import OptionError
from miles_deep.model.ensemble import Classifier
from miles_deep.timeline import Margin, Segment, select


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done to segments of some targets."""

    targets: tuple[str, ...]
    treatment: Treatment
    margin: Margin


@dataclass(frozen=True, slots=True)
class Treated:
    """A segment, and what is done to it."""

    segment: Segment
    treatment: Treatment

    @property
    def effect(self) -> Effect:
        """The same, for an edit."""
        return Effect(self.segment.span, self.treatment)


@dataclass(frozen=True, slots=True)
class Treating(Choosing):
    """What is kept of a film and what is done to it: one field a flag of `cli.flags.EFFECTS`, and the others."""

    blurred: tuple[str, ...]
    muted: tuple[str, ...]
    sped: tuple[str, ...]

    @property
    def treats(self) -> bool:
        """Whether anything is to be done besides keeping and dropping."""
        return bool(self.blurred or self.muted or self.sped)

    @property
    def chooses(self) -> bool:
        """Whether anything is named that is to be found."""
        return self.selects or self.treats

    def check_treatment(self) -> None:
        """Refuse what no film could change. Raises OptionError."""
        speeds_of(self.sped)
        if self.margin is not None and not (self.selects or self.blurred or self.muted):
            raise OptionError(
                "--margin is about what is kept, blurred or muted, so --speed alone has no use for it"
            )

    def wishes(self, model: Classifier) -> tuple[Wish, ...]:
        """What is asked for, read and found right: what is wrong is told before any work.

        Raises:
            LabelError, ExpressionError: what is named is not there, or does not parse.
            OptionError: a speed is none.
        """
        margin = margin_of(self.margin)
        wishes = [
            Wish(self.blurred, Treatment(blur=True), margin),
            Wish(self.muted, Treatment(mute=True), margin),
            # A margin makes sure that nothing found is seen or heard; what is beside it keeps its speed.
            *(Wish(targets, Treatment(speed=speed), Margin()) for speed, targets in speeds_of(self.sped).items()),
        ]
        return tuple(
            replace(wish, targets=checked_targets(wish.targets, model)) for wish in wishes if wish.targets
        )

    def treat(
        self, wishes: Sequence[Wish], choice: Choice, watched: Watched, model: Classifier
    ) -> tuple[Treated, ...]:
        """What is found of each, in order of time."""
        treated = [
            Treated(segment, wish.treatment)
            for wish in wishes
            for segment in select(
                self.found(watched, wish.targets, model, choice.rules), (), watched.scores.duration, wish.margin
            ).segments
        ]
        return tuple(sorted(treated, key=lambda one: one.segment.span))


def speeds_of(texts: Sequence[str]) -> dict[Fraction, tuple[str, ...]]:
    """Read `cat=8`, `a|b=0.5`: speed to targets, in the order given.

    Raises:
        OptionError: there is no speed in it, or one that cannot be.
    """
    speeds: dict[Fraction, tuple[str, ...]] = {}
    for text in texts:
        targets, equals, number = text.rpartition("=")
        if not equals or not targets.strip():
            raise OptionError(f"--speed {text!r}: say of what, and how fast: LABEL=8")
        try:
            speed = Treatment(speed=Fraction(number.strip())).speed
        except (ValueError, ZeroDivisionError) as error:
            raise OptionError(f"--speed {text!r}: {number!r} is no number") from error
        except OptionError as error:
            raise OptionError(f"--speed {text!r}: {error}") from error
        if speed == 1:
            raise OptionError(f"--speed {text!r}: that is how fast it is played anyway")
        speeds[speed] = (*speeds.get(speed, ()), targets)
    return speeds


def together(treated: Iterable[Treated]) -> list[Treated]:
    """Each segment once, with all that is done to it."""
    found: dict[Segment, Treatment] = {}
    for one in treated:
        found[one.segment] = found.get(one.segment, Treatment()) | one.treatment
    return [Treated(segment, treatment) for segment, treatment in found.items()]


def in_words(treatment: Treatment) -> str:
    """What is done: `blurred, muted, 8 times as fast`."""
    words = ["blurred"] * treatment.blur + ["muted"] * treatment.mute
    if treatment.speed != 1:
        words.append(f"{float(treatment.speed):g} times as fast")
    return ", ".join(words)
