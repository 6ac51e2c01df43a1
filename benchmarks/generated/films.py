"""Films with their truth and what the classifier says about them, as every way to find segments gets them."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import miles_deep as md
from generated.classifier import train
from generated.noise import disturbed
from generated.render import render
from generated.script import Script, write_script
from miles_deep.machine import cores
from miles_deep.timecode import Span
from miles_deep.timeline.tuning.examples import Example, Vocabulary, examples
from miles_deep.timeline.tuning.truth import Row, Truth


@dataclass(frozen=True, slots=True)
class Material:
    """What is compared on."""

    model: md.Model
    truth: Truth
    words: Vocabulary
    films: tuple[Example, ...]
    """Scores, and the truth."""
    seeds: tuple[int, ...]
    """Of their scripts."""


def make_material(seed: int, films: int, seconds: int, pictures: int, folder: Path) -> Material:
    """Write films, train a classifier on other footage, and watch them with it.

    Args:
        seed: of the first film; the next ones follow it.
        films: how many.
        seconds: about how long each is.
        pictures: how many the classifier is trained on.
        folder: where films may lie.
    """
    scripts = [write_script(seed + number, seconds) for number in range(films)]
    paths = [folder / f"{script.seed}.mp4" for script in scripts]
    # Not forked: this process has threads by the time it renders.
    with ProcessPoolExecutor(cores(), multiprocessing.get_context("spawn")) as pool:
        rendered = pool.map(render, scripts, paths)
        model = train(seed, pictures, folder)
        list(rendered)
    truth = truth_of(scripts, paths)
    words, made = examples(truth, {path: watch(path, model) for path in paths})
    return Material(model, truth, words, tuple(made), tuple(script.seed for script in scripts))


def with_noise(material: Material, level: float) -> Material:
    """The same with noise in the scores, `level` times as strong as `noise` has it."""
    films = [
        replace(
            film,
            scores=replace(film.scores, values=disturbed(film.scores.values, film.scores.labels, seed, level)),
        )
        for film, seed in zip(material.films, material.seeds, strict=True)
    ]
    return replace(material, films=tuple(films))


def watch(film: Path, model: md.Model) -> md.Scores:
    """Scores of every second."""
    return md.analyze(film, model, hwaccel="none")


def truth_of(scripts: Sequence[Script], paths: Sequence[Path]) -> Truth:
    """The truth of some films, as a user's file would have it."""
    rows = [
        Row(0, str(path), label, Span(start, end))
        for script, path in zip(scripts, paths, strict=True)
        for label, start, end in script.truth()
    ]
    return Truth(Path("truth.csv"), tuple(rows))
