"""The exact text of every format for players, in the situations that matter; `tools/golden.py` makes the files."""

import sys

import pytest
from player_cases import CASES, GOLDEN, PLAYERS, golden_path, goldens

from miles_deep.export import FORMATS

FILES = goldens(CASES, PLAYERS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@pytest.mark.skipif(sys.platform == "win32", reason="the files hold a film's path as it is elsewhere")
def test_golden(path):
    assert FILES[path] == path.read_bytes()


def test_every_format_has_them():
    for name, format in FORMATS.items():
        if name in PLAYERS:
            assert golden_path("kept", name).exists() and format.about


def test_no_file_is_left_of_cases_that_are_gone():
    ours = {path.name for path in GOLDEN.iterdir() if path.name.split(".")[1] in PLAYERS}
    assert ours == {path.name for path in FILES}
