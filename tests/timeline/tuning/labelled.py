"""Small films with a truth, for the tests of tuning; and large ones, made up from a seed."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from miles_deep import Scores, Span
from miles_deep.timeline.tuning.truth import Row, Truth

LABELS = ("other", "a", "b", "c")


def spans_of(letters: str) -> list[tuple[str, Span]]:
    """ "aa.b" -> a in 0-2, b in 3-4; a dot is nothing."""
    found, start = [], 0
    for place in range(1, len(letters) + 1):
        if place == len(letters) or letters[place] != letters[start]:
            if letters[start] != ".":
                found.append((letters[start], Span(start, place)))
            start = place
    return found


def truth_of(*films: str) -> Truth:
    """The truth of the films 0.mp4, 1.mp4, …, a letter a second."""
    rows = [(f"{number}.mp4", *row) for number, film in enumerate(films) for row in spans_of(film)]
    rows += [(f"{number}.mp4", "none", Span(0, 1)) for number, film in enumerate(films) if not film.strip(".")]
    return Truth(Path("labels.csv"), tuple(Row(line, *row) for line, row in enumerate(rows, 2)))


def scores_of_films(
    *films: str, sure: float = 0.9, background: tuple[str, ...] = ("other",)
) -> dict[Path, Scores]:
    """Scores in which a letter says who wins each second."""
    return {Path(f"{number}.mp4"): _scores(film, sure, background) for number, film in enumerate(films)}


def _scores(film: str, sure: float, background: tuple[str, ...]) -> Scores:
    values = np.full((len(film), len(LABELS)), (1 - sure) / (len(LABELS) - 1), np.float32)
    for second, letter in enumerate(film):
        values[second, LABELS.index("other" if letter == "." else letter)] = sure
    return _film(LABELS, values, background)


def _film(labels: tuple[str, ...], values: "np.ndarray", background: tuple[str, ...] = ("other",)) -> Scores:
    times = np.arange(len(values)) + 0.5
    return Scores(labels, times, values, Fraction(len(values)), background, {"ab": ("a", "b")})


def script(random: np.random.Generator, seconds: int = 240) -> str:
    """A film of shots of 5 to 30 s, a letter a second."""
    letters = ""
    while len(letters) < seconds:
        letters += str(random.choice(list("..abc"))) * int(random.integers(5, 31))
    return letters[:seconds]


def noisy(
    films: list[str], random: np.random.Generator, gain: float = 2.0, noise: float = 1.0, scale: float = 1.0
) -> dict[Path, Scores]:
    """Scores as a classifier gives that mistakes single seconds.

    The logits of every second are normal with a mean of `gain` for the label that is there; so their posterior is
    the softmax of gain / noise**2 times them, and `scale` makes scores too sure by that factor.
    """
    made = {}
    for number, film in enumerate(films):
        right = [LABELS.index("other" if letter == "." else letter) for letter in film]
        logits = random.normal(0, noise, (len(film), len(LABELS)))
        logits[np.arange(len(film)), right] += gain
        powers = np.exp(logits * gain / noise**2 * scale)
        made[Path(f"{number}.mp4")] = _film(
            LABELS, (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
        )
    return made
