"""Make the golden files of the exports anew: `python tools/golden.py`. What changed is then seen in a diff."""

import sys
from importlib import import_module
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
EDITORS = ("edl", "fcpxml", "xmeml", "otio")


def main() -> None:
    """Write those of all cases, and delete others."""
    sys.path[:0] = [str(TESTS), str(TESTS / "export")]
    players = import_module("player_cases")
    files = players.goldens(players.CASES, players.PLAYERS)
    files |= players.goldens(import_module("nle_cases").CASES, EDITORS)
    for path in set(players.GOLDEN.iterdir()) - files.keys():
        path.unlink()
    for path, content in files.items():
        path.write_bytes(content)
    print(f"{len(files)} files in {players.GOLDEN.relative_to(TESTS.parent)}")


if __name__ == "__main__":
    main()
