"""Cuts that several tests look at, each made once a session."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cutting import Cut, CutOf, spans_for, state

import miles_deep as md
from media import FilmSpec
from miles_deep.edit import Mode
from miles_deep.edit.target import output_suffix


@pytest.fixture(scope="session")
def cut_of(film: Callable[[FilmSpec], Path], tmp_path_factory: pytest.TempPathFactory) -> CutOf:
    """Cuts `spans_for` a film out of it, and sees to it that the film stays as it is."""
    folder = tmp_path_factory.mktemp("cuts")
    made: dict[tuple[FilmSpec, Mode], Cut] = {}

    def cut(spec: FilmSpec, mode: Mode) -> Cut:
        if (spec, mode) not in made:
            source, spans = film(spec), spans_for(spec)
            video = md.probe(source)
            output = folder / f"{len(made):03}{output_suffix(video)}"
            before = state(source)
            made[spec, mode] = Cut(spec, source, spans, md.edit(video, spans, output, mode))
            assert state(source) == before, "the source is not touched"
        return made[spec, mode]

    return cut
